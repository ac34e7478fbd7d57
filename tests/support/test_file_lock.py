"""One process at a time; the dead hold nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from mtc.support.file_lock import file_lock

HOLDER = """
import sys
from pathlib import Path
from mtc.support.file_lock import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_another_process_waits(tmp_path):
    other = hold(tmp_path / "lock")
    waits = threading.Event()
    got = threading.Event()

    def take() -> None:
        with file_lock(tmp_path / "lock", waiting=waits.set):
            got.set()

    thread = threading.Thread(target=take)
    thread.start()
    assert waits.wait(10) and not got.is_set()
    other.communicate("")
    thread.join(10)
    assert got.is_set()


def test_a_killed_holder_leaves_no_lock(tmp_path):
    other = hold(tmp_path / "lock")
    other.kill()
    other.communicate()
    with file_lock(tmp_path / "lock", waiting=lambda: None):
        pass
