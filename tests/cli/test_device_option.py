"""`run`, `bench` and `verify` with --device: the same flags and results, on another processor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtc.devices import open_device
from mtc.diagnostics import MtcError

DEVICE = "qemu:arm64"
try:
    open_device(DEVICE).close()
    reason = ""
except MtcError as error:
    reason = str(error)


@pytest.mark.skipif(bool(reason), reason=reason)
def test_the_same_flags_in_an_emulator(folder: Path, mtc) -> None:
    assert mtc("export", "model.py").code == 0
    assert mtc("optimize", "--backend", "portable").code == 0
    assert mtc("package").code == 0
    assert mtc("run", "model.mtp", "--outputs", "here.npz", "--seed", "3").code == 0
    there = mtc("run", "model.mtp", "--outputs", "there.npz", "--device", DEVICE, "--threads", "2")
    assert there.code == 0 and f"device={DEVICE} (" in there.err, there.err
    with np.load("here.npz") as here, np.load("there.npz") as emulated:
        assert here.files == emulated.files
        for name in here.files:
            np.testing.assert_allclose(emulated[name], here[name], rtol=1e-5, atol=1e-6)

    own = mtc("bench", "model.mtp", "--runs", "2", "--json").json
    measured = mtc("bench", "model.mtp", "--runs", "2", "--device", DEVICE, "--json").json
    assert own.keys() == measured.keys()
    assert (measured["device"], measured["runtime"], measured["runs"]) == (DEVICE, "linux-arm64", 2)
    assert "qemu-aarch64" in measured["machine"] and measured["machine_gflops"] is None
    assert [row["op"] for row in measured["operators"]] and measured["peak_memory"] > 0
    named = {(row["op"], row["count"], row["flops"]) for row in own["operators"]}
    assert named == {(row["op"], row["count"], row["flops"]) for row in measured["operators"]}
    shown = mtc("bench", "model.mtp", "--seconds", "0.01", "--device", DEVICE)
    assert shown.code == 0 and f"on {DEVICE}: " in shown.out

    right = mtc("verify", "model.mtp", "--against", "model.py", "--layers", "--device", DEVICE)
    assert right.code == 0 and "no operator diverges" in right.out, right.err
    changed = Path("model.py").read_text().replace("manual_seed(0)", "manual_seed(1)")
    Path("other.py").write_text(changed)
    wrong = mtc("verify", "model.mtp", "--against", "other.py", "--device", DEVICE)
    assert wrong.code == 1 and "MTC504" in wrong.err and "other weights" in wrong.err

    np.savez("wide.npz", input=np.zeros((1, 3, 16, 16)))
    refused = mtc("run", "model.mtp", "--inputs", "wide.npz", "--outputs", "no.npz", "--device", DEVICE)
    assert refused.code == 1 and "MTC501" in refused.err and "astype('float32')" in refused.err
    assert not Path("no.npz").exists()


@pytest.mark.parametrize("command", [("run",), ("bench",), ("verify", "--against", "model.py")], ids=lambda c: c[0])
def test_exit_codes(command: tuple[str, ...], folder: Path, mtc) -> None:
    assert mtc("export", "model.py").code == 0
    assert mtc("package", "model.mtc").code == 0
    unknown = mtc(*command, "model.mtp", "--device", "sssh:board")
    assert unknown.code == 2 and "did you mean `ssh`?" in unknown.err
    absent = mtc(*command, "model.mtp", "--device", "ssh:no-such-host.invalid")
    assert absent.code == 1 and "MTC507" in absent.err
