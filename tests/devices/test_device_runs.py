"""Programs on devices: in qemu, over a real ssh, and by a real adb; the results are torch's."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import phone
import pytest
import ssh_server
import torch
from emulation import missing
from torch import nn

from mtc.build.targets import host_target
from mtc.devices import Device, open_device, report
from mtc.diagnostics import (
    BAD_INPUT,
    DEVICE_FAILED,
    MISSING_KERNELS,
    NO_DEVICE,
    OTHER_TARGET,
    RUN_FAILED,
    UNKNOWN_NAME,
    Code,
    MtcError,
)

Runtimes = Callable[[str], Path]
SLEEP = "exec sleep 60"
is_x86 = pytest.mark.skipif(host_target().name != "linux-x86_64", reason="it takes this machine for an x86_64 phone")


def check_runs(device: Device, network: nn.Module, program: Path, runtime: Path) -> None:
    """Two runs, on the samples and on other data, with all that they cost."""
    measured = device.run(program, runtime, threads=2, runs=3, profile=True)
    assert [event.kernel.partition("@")[0] for event in measured.profile] == ["linear.constant", "linear.constant"]
    assert all(event.duration >= 0 for event in measured.profile)
    times = measured.timings
    assert times.runs == 3 and times.load > 0 and 0 <= times.min <= times.median <= times.p90
    assert measured.memory.arena > 0 and (1 << 16) < measured.peak_memory < (64 << 20)
    x = torch.arange(48.0).reshape(3, 16) / 48
    other = device.run(program, runtime, [x.numpy()])
    with torch.no_grad():
        np.testing.assert_allclose(other.outputs[0], network(x).numpy(), rtol=1e-5, atol=1e-6)
    assert (other.timings.runs, other.profile) == (0, [])
    assert measured.outputs[0].shape == (3, 4)


def refused(code: Code, call: Callable[[], object]) -> str:
    """What the MtcError says that `call` raises."""
    with pytest.raises(MtcError) as error:
        call()
    assert error.value.code is code, error.value
    return str(error.value)


@pytest.mark.parametrize("name", ["host", "qemu:arm64", "qemu:arm64:cortex-a53", "qemu:armv7"])
def test_here_and_in_an_emulator(name: str, network: nn.Module, program: Path, runtime_for: Runtimes) -> None:
    if name != "host" and (reason := missing(name)):
        pytest.skip(reason)
    with open_device(name) as device:
        check_runs(device, network, program, runtime_for(device.target.name))


@pytest.mark.skipif(bool(ssh_server.missing()), reason=ssh_server.missing())
def test_the_server_takes_another_port_where_one_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken, free_port = other.getsockname()[1], ssh_server.free_port
        ports = itertools.chain([taken], iter(free_port, None))
        monkeypatch.setattr(ssh_server, "free_port", ports.__next__)
        with ssh_server.serving(tmp_path) as server:
            assert server.port != taken
            subprocess.run([tmp_path / "bin/ssh", "board", "true"], check=True)


def test_over_ssh(sshd: ssh_server.Server, network: nn.Module, program: Path, runtime_for: Runtimes) -> None:
    with open_device("ssh:board") as device:
        assert device.target is host_target() and sshd.left()
        check_runs(device, network, program, runtime_for(device.target.name))
    assert not sshd.left()


@pytest.mark.parametrize("name", ["n" * 60, "with a space", "100%h"])
def test_over_ssh_whatever_the_temporary_folder_is_called(
    sshd: ssh_server.Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with tempfile.TemporaryDirectory(prefix=name) as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        with open_device("ssh:board") as device:
            assert device.target is host_target()
        assert not sshd.left() and not left(Path(folder))


@is_x86
def test_by_adb(plugged: phone.Phone, network: nn.Module, program: Path, changed_runtime: Callable[..., Path]) -> None:
    with open_device(f"adb:{plugged.serial}") as device:
        assert device.target.name == "android-x86_64" and device.processor.startswith("Pretended phone: ")
        check_runs(device, network, program, changed_runtime(target="android-x86_64"))
    with open_device("adb") as only:
        assert only.target is device.target
    assert not left(plugged.temporary)


def left(folder: Path) -> list[Path]:
    """What is left in a device's folder: after a while nothing."""
    for _ in range(600):
        if not (found := [*folder.iterdir()]):
            break
        time.sleep(0.05)
    return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the folders of devices that are this machine lie."""
    folder = tmp_path / "with a space, and 'quotes'"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_what_fails_is_said_and_leaves_nothing(
    place: Path, program: Path, runtime_for: Runtimes, changed_runtime: Callable[..., Path]
) -> None:
    right = runtime_for(host_target().name)
    with open_device("host") as device:
        shape = refused(BAD_INPUT, lambda: device.run(program, right, [np.zeros((3, 17), np.float32)]))
        assert "expected f32[3, 16], got f32[3, 17]" in shape
        refused(RUN_FAILED, lambda: device.run(program, right, max_memory=1))
        crash = changed_runtime(script="kill -SEGV $$")
        assert "ended by SIGSEGV" in refused(DEVICE_FAILED, lambda: device.run(program, crash))
        silent = changed_runtime(script="exit 3")
        assert "exited with 3" in refused(DEVICE_FAILED, lambda: device.run(program, silent))
        strange = changed_runtime(script="echo hello")
        assert "another version" in refused(DEVICE_FAILED, lambda: device.run(program, strange))
        lacking = changed_runtime(script="echo 'mtc_run: missing kernel: it lacks `x`' >&2; exit 1")
        refused(MISSING_KERNELS, lambda: device.run(program, lacking))
        foreign = changed_runtime(target="android-arm64")
        assert "is for android-arm64" in refused(OTHER_TARGET, lambda: device.run(program, foreign))
        assert device.run(program, right).outputs
        damaging = changed_runtime(script="echo damaged >outputs/output_0.npy; echo 'output 0 `y`'")
        assert "another version" in refused(DEVICE_FAILED, lambda: device.run(program, damaging))
    assert not left(place)


def test_a_trace_of_another_version(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    for text in ("", "[]", '{"traceEvents": [{"name": "y"}]}', '{"traceEvents": [{"args": 1}]}'):
        trace.write_text(text)
        with pytest.raises(ValueError):
            report.events(trace)


def test_a_machine_that_does_not_say_how_many_bits_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "getconf").write_text("#!/bin/sh\necho undefined\n")
    (tmp_path / "getconf").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with open_device("host") as device:
        assert device.target is host_target()


def test_a_full_disk_there(
    program: Path, runtime_for: Runtimes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(folder))
            device = open_device("host")
        with device:
            said = refused(DEVICE_FAILED, lambda: device.run(program, runtime_for(host_target().name)))
        assert "No space left on device" in said and not left(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def started(folder: Path) -> int:
    """The process that a device runs below its `folder`, once it does."""
    for _ in range(1200):
        for file in folder.glob("mtc-*/pid"):
            if text := file.read_text().strip():
                return int(text)
        time.sleep(0.05)
    raise AssertionError("nothing runs")


def is_running(process: int) -> bool:
    for _ in range(600):
        if not Path(f"/proc/{process}/exe").exists():
            return False
        time.sleep(0.05)
    return True


def end_when_it_runs(folder: Path, end: Callable[[], object]) -> list[int]:
    """Calls `end` once a program runs there. The list gets the program's process."""
    found: list[int] = []

    def wait() -> None:
        found.append(started(folder))
        end()

    threading.Thread(target=wait, daemon=True).start()
    return found


def test_a_lost_ssh_connection(
    sshd: ssh_server.Server, program: Path, changed_runtime: Callable[..., Path]
) -> None:
    device = open_device("ssh:board")
    processes = end_when_it_runs(sshd.temporary, sshd.drop_connections)
    said = refused(DEVICE_FAILED, lambda: device.run(program, changed_runtime(script=SLEEP)))
    assert "the connection is lost" in said
    device.close()
    assert not sshd.left() and not is_running(processes[0])


@is_x86
def test_a_phone_that_is_unplugged(
    plugged: phone.Phone, program: Path, changed_runtime: Callable[..., Path]
) -> None:
    runtime = changed_runtime(script=SLEEP, target="android-x86_64")
    device = open_device(f"adb:{plugged.serial}")
    processes = end_when_it_runs(plugged.temporary, plugged.unplug)
    refused(DEVICE_FAILED, lambda: device.run(program, runtime))
    device.close()
    assert not left(plugged.temporary) and not is_running(processes[0])


RUN = """
import sys
import tempfile
from pathlib import Path
from mtc.devices import open_device
with open_device(sys.argv[1]) as device:
    device.run(Path(sys.argv[2]), Path(sys.argv[3]))
"""


@pytest.mark.parametrize("name", ["ssh:board", "host"])
def test_ctrl_c_ends_what_runs_there(
    name: str, sshd: ssh_server.Server, program: Path, changed_runtime: Callable[..., Path], tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    folder = own if name == "host" else sshd.temporary
    command = [sys.executable, "-c", RUN, name, program, changed_runtime(script=SLEEP)]
    with subprocess.Popen(command, env=os.environ | {"TMPDIR": str(own)}, stderr=subprocess.PIPE) as called:
        there = started(folder)
        called.send_signal(signal.SIGINT)
        _, said = called.communicate(timeout=60)
    assert called.returncode == -signal.SIGINT and b"KeyboardInterrupt" in said, said
    assert not is_running(there) and not left(folder)


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("quemu:arm64", UNKNOWN_NAME, "did you mean `qemu`?"),
        ("qemu:arm46", UNKNOWN_NAME, "did you mean `arm64`?"),
        ("qemu", UNKNOWN_NAME, "known: "),
        ("qemu:arm64:cortex-a35x", UNKNOWN_NAME, "did you mean `cortex-a35`?"),
        ("qemu:armv7:,vfp=off", UNKNOWN_NAME, "known: "),
        ("host:x", UNKNOWN_NAME, "this machine is `host`"),
        ("ssh:", UNKNOWN_NAME, "ssh HOST"),
        ("ssh:-oProxyCommand=touch x", UNKNOWN_NAME, "ssh HOST"),
        ("ssh:stranger", NO_DEVICE, "`ssh-copy-id stranger`"),
        ("ssh:impostor", NO_DEVICE, "call `ssh impostor` once"),
        ("ssh:nowhere", NO_DEVICE, "Connection refused"),
    ],
)
def test_names_of_no_device(name: str, code: Code, words: str, sshd: ssh_server.Server) -> None:
    assert words in refused(code, lambda: open_device(name))
    assert not sshd.left()


def test_what_is_missing_here_comes_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for name, package in {
        "qemu:arm64": "qemu-user-static",
        "ssh:board": "openssh-client",
        "adb:x": "adb",
    }.items():
        assert f"apt-get install {package}" in refused(NO_DEVICE, lambda name=name: open_device(name))


def test_phones_that_are_not_there(adb: None, tmp_path: Path) -> None:
    assert "developer options" in refused(NO_DEVICE, lambda: open_device("adb:1234"))
    phones = [phone.Phone(tmp_path / name, abi) for name, abi in (("a", "x86_64"), ("b", "mips"))]
    for found in phones:
        subprocess.run(["adb", "connect", found.serial], check=True, capture_output=True)
    assert f"adb:{phones[1].serial}" in refused(UNKNOWN_NAME, lambda: open_device("adb"))
    refused(UNKNOWN_NAME, lambda: open_device("adb:1234"))
    assert "`mips`" in refused(NO_DEVICE, lambda: open_device(f"adb:{phones[1].serial}"))
    phones[0].unplug()
    said = refused(NO_DEVICE, lambda: open_device(f"adb:{phones[0].serial}"))
    assert "offline" in said or "no such phone" in said
    assert not left(phones[1].temporary)
