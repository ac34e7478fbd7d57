"""Fetches one URL into a file. Apart from `sources`, because HTTP and TLS take long to import and are rarely needed."""

from __future__ import annotations

import os
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from mtc.build.progress import Progress

_SECONDS = 60
_BLOCK = 1 << 16
_SIZE_LIMIT = 256 << 20


class DownloadFailed(Exception):
    """Why an archive could not be fetched, in words."""


def download(url: str, file: Path, what: str, progress: Progress) -> None:
    """Writes the content of `url` to `file`, whole or not at all. Raises DownloadFailed."""
    handle, name = tempfile.mkstemp(prefix=".fetch-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            _receive(url, out.write, what, progress)
        os.replace(name, file)
    except (OSError, HTTPException, ValueError) as error:
        raise DownloadFailed(_reason(error)) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _receive(url: str, write: Callable[[bytes], object], what: str, progress: Progress) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "mtc"})
    with urllib.request.urlopen(request, timeout=_SECONDS, context=ssl.create_default_context()) as answer:
        size, done = int(answer.headers.get("Content-Length") or 0), 0
        while block := answer.read(_BLOCK):
            done += len(block)
            if done > _SIZE_LIMIT:
                raise DownloadFailed(f"it is larger than {_SIZE_LIMIT >> 20} MiB")
            write(block)
            progress(f"fetching {what}", done, size)
    if size and done != size:
        raise DownloadFailed(f"the connection ended after {done} of {size} bytes")


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return str(error) or type(error).__name__
