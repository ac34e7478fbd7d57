"""Every target with every toolchain that is here: a network of floats and one of integers on XNNPACK, built, and run
where something here runs the target's programs."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import visual_studio
from torch import nn
from torch.nn import functional as F

import mtc
from mtc.build import runtime
from mtc.build.built_kernels import prove
from mtc.build.size_report import UNATTRIBUTED
from mtc.build.targets import TARGETS, Target
from mtc.build.toolchain import SEARCH, toolchain_for
from mtc.build.toolchains.zig import zig_binary
from mtc.diagnostics import MtcError

pytestmark = pytest.mark.all_targets


class Net(nn.Module):
    """What mobile networks are made of."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.depthwise = nn.Conv2d(3, 16, 3, 2, 1), nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.project, self.head = nn.Conv2d(16, 8, 1), nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.hardswish(self.stem(x))
        x = self.project(F.relu6(self.depthwise(x)) + x)
        return self.head(F.max_pool2d(x, 2).mean((2, 3)))


@dataclass(frozen=True)
class Programs:
    """The programs of both networks, with samples inside, and the kernels that they need."""

    files: tuple[Path, ...]
    kernels: tuple[str, ...]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("programs")
    image = torch.randn(1, 3, 24, 24)
    floats = mtc.optimize(mtc.export(Net().eval(), (image,)))
    integers = mtc.quantize(floats, "int8", [(torch.randn(1, 3, 24, 24),) for _ in range(4)])
    files = []
    for name, model in (("floats", floats), ("integers", integers)):
        mtc.package(model, folder / f"{name}.mtp")
        files.append(folder / f"{name}.mtp")
    return Programs(tuple(files), tuple(mtc.select_ops(floats, integers).kernels))


def _builds(target: Target) -> list[str]:
    found = []
    for choice in SEARCH:
        try:
            toolchain_for(target, choice)
        except MtcError:
            continue
        found.append(choice)
    return found


CASES = [(name, choice) for name in TARGETS for choice in _builds(TARGETS[name])]
MSVC = ("windows-x86_64", "msvc")
IS_STAND_IN = MSVC not in CASES and zig_binary() is not None  # for Visual Studio, which no other system has
if IS_STAND_IN:
    CASES.append(MSVC)


@pytest.mark.parametrize(("name", "choice"), CASES, ids=lambda word: word)
def test_a_target_is_built_and_run(name, choice, programs, tmp_path, monkeypatch):
    target = TARGETS[name]
    if IS_STAND_IN and (name, choice) == MSVC:
        visual_studio.enter(monkeypatch)
    built = runtime.build(programs.kernels, target, tmp_path / "runtime", toolchain=choice)
    assert prove(built.folder, programs.kernels)
    for report in built.bill.files:
        assert report.total == (built.folder / report.file).stat().st_size == sum(row.bytes for row in report.rows)
        assert UNATTRIBUTED not in report.by_component()
    command = _runner(target)
    if command is None:
        return
    for file in programs.files:
        # Names that no code page of Windows has all letters of.
        model, outputs = f"größe 日本 {file.name}", f"išvestis 日本 {file.stem}"
        shutil.copy(file, tmp_path / model)
        done = subprocess.run(
            [*command, built.program, model, "--outputs", outputs],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            env=os.environ | {"WINEDEBUG": "-all", "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, done.stderr
        assert target.system == "WASI" or (tmp_path / outputs / "output_0.npy").is_file()
        # What mtc_run says of the samples: f32 to 1e-5; integers to one unit of the output, which has 255.
        error = float(done.stdout.split("max_abs ")[1].split(",")[0])
        assert error <= (1e-5 if file.stem == "floats" else 0.1), done.stdout


WASI = """
import { WASI } from "node:wasi";
import { readFile } from "node:fs/promises";
const [, program, model] = process.argv;
const wasi = new WASI({ version: "preview1", args: ["mtc_run", `/here/${model}`], preopens: { "/here": "." } });
const module = await WebAssembly.compile(await readFile(program));
process.exit(wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject())));
"""


def _runner(target: Target) -> list[str | Path] | None:
    """What runs the programs of a target here, if there is something."""
    if target.is_host:
        return []
    if target.system == "Linux" and (qemu := shutil.which(f"qemu-{target.qemu}-static")):
        libraries = Path("/usr", target.gnu_triple)
        return [qemu, "-L", libraries] if libraries.is_dir() else None
    if target.system == "Windows":
        wine = shutil.which("wine64") or shutil.which("wine") or shutil.which("/usr/lib/wine/wine64")
        return [wine] if wine else None
    if target.system == "WASI" and (node := shutil.which("node")):
        return [node, "--no-warnings", "--input-type=module", "--eval", WASI, "--"]
    return None
