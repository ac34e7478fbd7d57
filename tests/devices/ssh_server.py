"""A real sshd on the loopback, with keys, port and configuration of its own, and the real ssh client set up for it."""

from __future__ import annotations

import contextlib
import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
_PORTS = 5  # that are tried


def missing() -> str:
    """What this machine lacks to run it; empty if nothing."""
    if not Path(SSHD).is_file() or shutil.which("ssh") is None:
        return "sshd is missing: apt-get install openssh-server openssh-client"
    return ""


def free_port() -> int:
    """A port of the loopback that nobody has at this moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class Server:
    """Accepts the key of `ssh NAME` for `board`; not that of `stranger`, and `impostor` expects another host key."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.temporary = folder, folder / "there"
        self.temporary.mkdir()
        for name in ("host", "client", "other"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        shutil.copy(folder / "client.pub", folder / "authorized")
        if os.getuid() == 0:  # what Debian's service makes before it starts an sshd
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        for _ in range(_PORTS):
            self.port = free_port()
            if self._listens():
                break
        else:
            raise RuntimeError((folder / "log").read_text())
        self._write_client()

    def _listens(self) -> bool:
        """Starts it. False if it ends: another program may have taken the port since it was free."""
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder / 'host'}\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile {self.folder / 'authorized'}\nStrictModes no\nPasswordAuthentication no\n"
            f"SetEnv TMPDIR={self.temporary}\n"
        )
        log = self.folder / "log"
        with open(log, "wb") as said:
            self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", self.folder / "sshd_config"], stderr=said)
        for _ in range(600):
            if f"Server listening on 127.0.0.1 port {self.port}." in log.read_text():
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.05)
        self.close()
        return False

    def _write_client(self) -> None:
        """A configuration with the hosts, and an `ssh` that reads it: the client looks for its own in the home."""
        place = f"  HostName 127.0.0.1\n  Port {self.port}\n  User {getpass.getuser()}\n  IdentitiesOnly yes\n"
        hosts = {"board": ("client", "host"), "stranger": ("other", "host"), "impostor": ("client", "other")}
        text = "Host nowhere\n  HostName 127.0.0.1\n  Port 1\n"
        for name, (key, known) in hosts.items():
            public = (self.folder / f"{known}.pub").read_text()
            (self.folder / f"known_{name}").write_text(f"[127.0.0.1]:{self.port} {public}")
            text += f"Host {name}\n{place}  IdentityFile {self.folder / key}\n"
            text += f"  UserKnownHostsFile {self.folder / f'known_{name}'}\n"
        (self.folder / "ssh_config").write_text(text)
        client = self.folder / "bin" / "ssh"
        client.parent.mkdir()
        real, config = shutil.which("ssh"), self.folder / "ssh_config"
        client.write_text(f'#!/bin/sh\nexec {real} -F {shlex.quote(str(config))} "$@"\n')
        client.chmod(0o755)

    def left(self) -> list[Path]:
        """What is left on the device: after a while nothing."""
        for _ in range(600):
            if not (found := [*self.temporary.iterdir()]):
                break
            time.sleep(0.05)
        return found

    def drop_connections(self) -> None:
        """As if the cable were pulled out: ends the processes that serve one."""
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                if int(status.read_text().rpartition(")")[2].split()[1]) == self.process.pid:
                    os.kill(int(status.parent.name), signal.SIGKILL)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    try:
        yield server
    finally:
        server.close()
