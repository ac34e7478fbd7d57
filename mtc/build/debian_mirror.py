"""Finds the Debian mirror that this machine uses: its pool also holds the sources of libraries, at stable names."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from functools import cache

_SECONDS = 30


@cache
def mirror() -> str | None:
    """The base URL of this machine's Debian mirror, or None if it has no apt or uses no Debian mirror.

    apt itself is asked, since its configuration may come from many files. An empty list folder makes it print an
    address for every index, instead of only for the outdated ones.
    """
    apt = shutil.which("apt-get") or shutil.which("apt-get", path="/usr/bin")  # also where PATH has little
    if apt is None:
        return None
    with tempfile.TemporaryDirectory(prefix="mtc-apt-") as lists:
        try:
            done = subprocess.run(
                [apt, "-o", f"Dir::State::Lists={lists}", "--print-uris", "update"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    return parse_print_uris(done.stdout)


def parse_print_uris(output: str) -> str | None:
    """The first base URL in the output of `apt-get --print-uris update` that is an archive with a full pool."""
    for base in re.finditer(r"^'(https?://[^']*)/dists/", output, re.MULTILINE):
        if "security" not in base[1]:
            return base[1]
    return None
