"""Variants of kernels: a runtime without one is smaller, computes what it computed with it, and says what it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import mtc
from mtc.build import runtime
from mtc.build.runtime_folder import RuntimeBuild
from mtc.build.targets import host_target
from mtc.delegates.library import Support
from mtc.diagnostics import MtcError
from mtc.ir.kernel_key import KernelKey
from mtc.stages.select_ops import select_ops

IMAGES = torch.rand(2, 8, 9, 9)
ROWS = torch.rand(5, 8)


class Multiplied(nn.Module):
    """A linear layer of weights that it is given."""

    def forward(self, x, weight):
        return nn.functional.linear(x, weight)


def network(name: str) -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
    torch.manual_seed(0)
    return {
        "dense": (nn.Conv2d(8, 12, 3, padding=1), (IMAGES,)),
        "pointwise": (nn.Conv2d(8, 4, 1), (IMAGES,)),
        "grouped": (nn.Conv2d(8, 8, 3, groups=2), (IMAGES,)),
        "depthwise": (nn.Conv2d(8, 8, 3, groups=8, padding=1), (IMAGES,)),
        "depthwise, large": (nn.Conv2d(8, 8, 7, groups=8, padding=3), (IMAGES,)),
        "depthwise, of a pixel": (nn.Conv2d(8, 8, 1, groups=8), (IMAGES,)),
        "single": (nn.Conv2d(1, 1, 3), (IMAGES[:, :1],)),
        "linear": (nn.Linear(8, 6), (ROWS,)),
        "multiplied": (Multiplied(), (ROWS, torch.rand(6, 8))),
        "pooled": (nn.MaxPool2d(3, 2), (IMAGES,)),
    }[name.removesuffix(", int8")]


DENSE = ("dense", "pointwise", "grouped")
DEPTHWISE = ("depthwise", "depthwise, large", "depthwise, of a pixel")
OTHERS = ("single", "dense, int8")


def models(names: Iterable[str], backend: str = "xnnpack") -> dict[str, mtc.Module]:
    """Those that are called so are in integers."""
    found = {}
    for name in names:
        module, inputs = network(name)
        found[name] = mtc.optimize(mtc.export(module.eval(), inputs), backend=backend)
        if name.endswith(", int8"):
            calibration = [tuple(x.numpy() for x in inputs)]
            found[name] = mtc.quantize(found[name], scheme="int8", calibration=calibration)
    return found


def built(folder: Path, *of: dict[str, mtc.Module], more: Iterable[str] = ()) -> RuntimeBuild:
    keys = select_ops(*(model for each in of for model in each.values())).kernels
    return runtime.build([*keys, *more], host_target(), folder)


@pytest.fixture(scope="module")
def convolutions() -> dict[str, mtc.Module]:
    return models([*DENSE, *DEPTHWISE, *OTHERS])


@pytest.fixture(scope="module")
def runtimes(convolutions, tmp_path_factory) -> dict[str, RuntimeBuild]:
    folder = tmp_path_factory.mktemp("runtimes")
    dense, depthwise, others = ({name: convolutions[name] for name in names} for names in (DENSE, DEPTHWISE, OTHERS))
    return {
        "dense": built(folder / "dense", dense),
        "depthwise": built(folder / "depthwise", depthwise),
        "both": built(folder / "both", dense, depthwise),
        "others": built(folder / "others", others),
    }


def variants(of: Iterable[str], op: str) -> set[str]:
    return {key.variant for key in map(KernelKey.parse, of) if key.op == op}


def test_a_model_selects_the_variants_that_it_needs(runtimes) -> None:
    assert variants(runtimes["dense"].kernels, "conv2d") == {"dense"}
    assert variants(runtimes["depthwise"].kernels, "conv2d") == {"depthwise"}
    assert variants(runtimes["both"].kernels, "conv2d") == {"dense", "depthwise"}
    assert variants(runtimes["others"].kernels, "conv2d") == {"dense", "single"}


@pytest.mark.parametrize("fewer", ["dense", "depthwise"])
def test_a_variant_less_is_smaller(runtimes, fewer: str) -> None:
    for small, large in zip(runtimes[fewer].bill.files, runtimes["both"].bill.files, strict=True):
        assert small.total < large.total - 4096


def test_microkernels_are_linked_and_billed_for_the_variant_that_runs_them(runtimes) -> None:
    for report in runtimes["dense"].bill.files:
        assert not [row.part for row in report.rows if "dwconv_minmax" in row.part or "vmulcaddc_minmax" in row.part]
    for report in runtimes["both"].bill.files:
        found = [row for row in report.rows if "microkernel f32_dwconv_minmax" in row.part]
        assert found and {row.kernels for row in found} == {("conv2d.depthwise@xnnpack:f32/1",)}


def outputs(
    program: Path, inputs: tuple[torch.Tensor, ...], library: Path | None = None, cpu: str = "best"
) -> np.ndarray:
    with mtc.Session(program, runtime=library, cpu=cpu) as session:
        return session.run(*(x.numpy() for x in inputs))[0]


@pytest.mark.parametrize("cpu", ["best", "base"])  # at the base level XNNPACK computes all of them
@pytest.mark.parametrize("name", [*DENSE, *DEPTHWISE, *OTHERS])
def test_more_variants_give_the_same_results(runtimes, convolutions, name: str, cpu: str, tmp_path: Path) -> None:
    module, inputs = network(name)
    with torch.no_grad():
        want = module.eval()(*inputs).numpy()
    mtc.package(convolutions[name], tmp_path / "m.mtp")
    fewer = "dense" if name in DENSE else "depthwise" if name in DEPTHWISE else "others"
    more = [] if name in OTHERS else [runtimes["both"].library]
    got = outputs(tmp_path / "m.mtp", inputs, runtimes[fewer].library, cpu)
    assert np.abs(got - want).max() <= (0.03 if "int8" in name else 1e-5) * np.abs(want).max()
    for library in (*more, None):  # None has every kernel of this machine
        assert outputs(tmp_path / "m.mtp", inputs, library, cpu).tobytes() == got.tobytes()


@pytest.mark.parametrize(("name", "there"), [("depthwise", "dense"), ("dense", "depthwise"), ("single", "both")])
def test_a_variant_that_is_missing_is_named(runtimes, convolutions, name, there, tmp_path, monkeypatch) -> None:
    model = convolutions[name]
    mtc.package(model, tmp_path / "m.mtp")
    with pytest.raises(MtcError) as caught:
        mtc.Session(tmp_path / "m.mtp", runtime=runtimes[there].library)
    assert caught.value.code.id == "MTC402" and f"`conv2d.{name}@xnnpack:f32/1`" in str(caught.value)
    lie = "dense" if there == "both" else there  # a program may be wrong about which one it needs
    monkeypatch.setattr(Support, "variant_of", lambda support, node: lie if support.variants else "")
    mtc.package(model, tmp_path / "lie.mtp")
    with pytest.raises(MtcError, match=f"was built without the variant `{name}`"):
        outputs(tmp_path / "lie.mtp", network(name)[1], runtimes[there].library)


def test_linear_layers_bring_no_microkernels_of_convolutions(tmp_path: Path) -> None:
    linear = models(["linear"])
    made = built(tmp_path / "runtime", linear)
    for report in made.bill.files:
        parts = [row.part for row in report.rows]
        assert any("f32_gemm" in part for part in parts)
        assert not [part for part in parts if "igemm" in part.removesuffix("without-igemm") or "dwconv" in part]
    mtc.package(linear["linear"], tmp_path / "m.mtp")
    for cpu in ("best", "base"):
        got = outputs(tmp_path / "m.mtp", (ROWS,), made.library, cpu)
        assert got.tobytes() == outputs(tmp_path / "m.mtp", (ROWS,), cpu=cpu).tobytes()


def test_portable_variants(tmp_path: Path) -> None:
    constant, variable = models(["linear", "pooled"], "portable"), models(["multiplied"], "portable")
    small, other = built(tmp_path / "constant", constant), built(tmp_path / "variable", variable)
    both = built(tmp_path / "both", constant, variable, more=["max_pool2d.nhwc@portable:f32/1"])
    assert variants(small.kernels, "linear") == {"constant"} and variants(small.kernels, "max_pool2d") == {"nchw"}
    assert variants(other.kernels, "linear") == {"variable"}
    for fewer, of in ((small, constant), (other, variable)):
        assert all(a.total < b.total - 2048 for a, b in zip(fewer.bill.files, both.bill.files, strict=True))
        for name, model in of.items():
            module, inputs = network(name)
            mtc.package(model, tmp_path / "m.mtp")
            got = outputs(tmp_path / "m.mtp", inputs, fewer.library)
            np.testing.assert_allclose(got, module(*inputs).detach().numpy(), rtol=1e-5, atol=1e-5)
            for more in (both.library, None):
                assert outputs(tmp_path / "m.mtp", inputs, more).tobytes() == got.tobytes()
    with pytest.raises(MtcError, match=r"`linear\.variable@portable:f32/1`"):
        mtc.Session(tmp_path / "m.mtp", runtime=small.library)
