"""This machine as a phone: what a phone's adbd does, as far as shells go, for the real adb client and server.

The protocol is AOSP's, packages/modules/adb/protocol.txt: messages of six little-endian words, which are command, two
arguments, length, checksum and the command's complement. In a shell of version 2 each packet begins with a byte, which
says whose it is, and its length.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

STDIN, STDOUT, STDERR, EXIT, CLOSE_STDIN = range(5)


def missing() -> str:
    return "" if shutil.which("adb") else "adb is missing: apt-get install adb"


class _Shell:
    """One script, whose streams go through one stream of messages."""

    def __init__(self, connection: _Connection, local: int, remote: int, script: str) -> None:
        self._connection, self._ids, self._taken = connection, (local, remote), threading.Semaphore(1)
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(["sh", "-c", script], stdin=pipe, stdout=pipe, stderr=pipe, env=connection.env)
        self._pending = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def receive(self, data: bytes) -> None:
        self._pending += data
        while len(self._pending) >= 5:
            kind, length = struct.unpack_from("<BI", self._pending)
            if len(self._pending) < 5 + length:
                break
            content, self._pending = self._pending[5 : 5 + length], self._pending[5 + length :]
            if kind == STDIN:
                self._process.stdin.write(content)
                self._process.stdin.flush()
            elif kind == CLOSE_STDIN:
                self.end_input()

    def end_input(self) -> None:
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def was_taken(self) -> None:
        self._taken.release()

    def _serve(self) -> None:
        readers = [
            threading.Thread(target=self._copy, args=(kind, stream), daemon=True)
            for kind, stream in ((STDOUT, self._process.stdout), (STDERR, self._process.stderr))
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        code = self._process.wait()
        self._send(EXIT, bytes([code if code >= 0 else 128 - code]))
        self._taken.acquire()
        self._connection.send(b"CLSE", *self._ids)

    def _copy(self, kind: int, stream: BinaryIO) -> None:
        while data := stream.read1(16384):
            self._send(kind, data)

    def _send(self, kind: int, data: bytes) -> None:
        self._taken.acquire()  # the other side takes one message at a time
        self._connection.send(b"WRTE", *self._ids, struct.pack("<BI", kind, len(data)) + data)


class _Connection:
    def __init__(self, stream: socket.socket, env: dict[str, str]) -> None:
        self._stream, self.env, self._lock, self._shells = stream, env, threading.Lock(), {}

    def serve(self) -> None:
        with contextlib.suppress(OSError, struct.error):
            while True:
                command, first, second, length, _, _ = struct.unpack("<4sIIIII", self._read(24))
                self._answer(command, first, second, self._read(length))
        for shell in self._shells.values():  # as adbd does when the cable is pulled out
            shell.end_input()

    def _answer(self, command: bytes, remote: int, local: int, data: bytes) -> None:
        shell = self._shells.get(local)
        if command == b"CNXN":
            self.send(b"CNXN", 0x01000001, 1 << 18, b"device::ro.product.model=Pretended;features=shell_v2,cmd")
        elif command == b"OPEN" and data.startswith(b"shell,v2"):
            number = len(self._shells) + 1
            self.send(b"OKAY", number, remote)
            self._shells[number] = _Shell(self, number, remote, data.rstrip(b"\0").partition(b":")[2].decode())
        elif command == b"OPEN":
            self.send(b"CLSE", 0, remote)
        elif command == b"WRTE" and shell is not None:
            shell.receive(data)
            self.send(b"OKAY", local, remote)
        elif command == b"OKAY" and shell is not None:
            shell.was_taken()
        elif command == b"CLSE" and shell is not None:
            shell.end_input()

    def send(self, command: bytes, first: int, second: int, data: bytes = b"") -> None:
        (word,) = struct.unpack("<I", command)
        header = struct.pack("<4sIIIII", command, first, second, len(data), sum(data), word ^ 0xFFFFFFFF)
        with self._lock, contextlib.suppress(OSError):
            self._stream.sendall(header + data)

    def _read(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            if not (piece := self._stream.recv(length - len(data))):
                raise OSError("closed")
            data += piece
        return data


class Phone:
    """Listens for adb servers. `serial` is what the client calls it; files lie below `temporary`."""

    def __init__(self, folder: Path, abi: str) -> None:
        self.temporary = folder / "there"
        self.temporary.mkdir(parents=True)
        getprop = folder / "bin" / "getprop"
        getprop.parent.mkdir()
        getprop.write_text(f'#!/bin/sh\ncase $1 in *abi) echo {abi};; *) echo "Pretended phone";; esac\n')
        getprop.chmod(0o755)
        self._env = os.environ | {"TMPDIR": str(self.temporary), "PATH": f"{getprop.parent}:{os.environ['PATH']}"}
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._streams: list[socket.socket] = []
        self.serial = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                stream, _ = self._socket.accept()
                self._streams.append(stream)
                threading.Thread(target=_Connection(stream, self._env).serve, daemon=True).start()

    def unplug(self) -> None:
        """Ends it and its connections."""
        self._socket.close()
        for stream in self._streams:
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """The environment of an adb server of one's own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {"ANDROID_ADB_SERVER_PORT": str(port)}
    try:
        yield env
    finally:
        subprocess.run(["adb", "kill-server"], env=os.environ | env, capture_output=True, check=False)
