"""The classes of a Java package, compiled when it is made: mtc ships sources only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mtc.bundles.archives import Entry
from mtc.diagnostics import BUILD_FAILED, NO_COMPILER

_LEVEL = "8"  # of the language and of class files: what every Android tool of today reads
_SHOWN_LINES = 25


def compiled(sources: Sequence[Path]) -> list[Entry]:
    """The class files of `sources`, named as in a .jar. Raises MtcError: MTC702 without a JDK, MTC703 if it refuses."""
    with tempfile.TemporaryDirectory(prefix="mtc-java-") as work:
        # The sources' lines are for stack traces; a path of this machine is nowhere in the classes.
        options = ["--release", _LEVEL, "-Xlint:-options", "-proc:none", "-encoding", "UTF-8", "-g:source,lines"]
        done = subprocess.run(
            [_javac(), *options, "-d", work, *map(str, sources)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise BUILD_FAILED.error(
                "`javac` did not compile the Java classes",
                notes=tuple((done.stderr or done.stdout).splitlines()[:_SHOWN_LINES]),
                help="set JAVA_HOME to a JDK from 9 on that still compiles for Java 8, such as 17 or 21",
            )
        files = sorted(Path(work).rglob("*.class"))
        return [Entry(file.relative_to(work).as_posix(), file.read_bytes()) for file in files]


def _javac() -> str:
    """The compiler of the JDK that JAVA_HOME names, else of the one on PATH."""
    home = os.environ.get("JAVA_HOME", "")
    found = shutil.which("javac", path=str(Path(home, "bin")) if home else None)
    if found is None:
        raise NO_COMPILER.error(
            f"JAVA_HOME is `{home}`, which has no `bin/javac`" if home else "`javac` was not found",
            notes=("the classes of a Java package are compiled when it is made",),
            help="install a JDK, such as 17, or set JAVA_HOME to one",
        )
    return found
