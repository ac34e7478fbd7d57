"""`mtc verify --layers` on a runtime with one kernel that is wrong."""

from __future__ import annotations

import shutil

from mtc.build import runtime_sources

REAL = runtime_sources.runtime_sources()
MODEL = """\
import torch

class Model(torch.nn.Module):
    def forward(self, x, counts):
        counts = counts + counts
        scaled = torch.relu(x) * 0.5
        summed = scaled + x
        return summed * counts.to(torch.float32)

model = Model().eval()
example_inputs = (torch.randn(2, 8), torch.arange(8))
"""


def test_verify_layers_tells_of_constants_that_are_not_the_sources(mtc, folder):
    for line in ("export model.py", "optimize", "package"):
        assert mtc(*line.split()).code == 0
    text = (folder / "model.py").read_text()
    layers = ("verify", "model.mtp", "--against", "model.py", "--layers")
    (folder / "model.py").write_text(text.replace("example_inputs", "model[4].weight.data[0] = 0\nexample_inputs"))
    found = mtc(*layers)
    assert found.code == 1
    assert "no operator diverges, but constants or attributes of `linear` at 4 are not those" in found.err
    (folder / "model.py").write_text(text.replace("nn.ReLU()", "nn.Tanh()"))
    found = mtc(*layers)
    assert found.code == 1 and "the program has other operators than its source gives now" in found.err


def test_verify_layers_finds_a_planted_kernel(mtc, folder, own_sources):
    shutil.copytree(REAL, own_sources, dirs_exist_ok=True, ignore=shutil.ignore_patterns("tests"))
    kernel = own_sources / "kernels" / "xnnpack" / "add.cpp"
    right = kernel.read_text()
    kernel.write_text(right.replace("xnn_init_f32_vadd_config", "xnn_init_f32_vsub_config"))
    assert kernel.read_text() != right
    (folder / "model.py").write_text(MODEL)
    for line in ("export model.py", "optimize", "package", "build-runtime"):
        assert mtc(*line.split()).code == 0
    found = mtc("verify", "model.mtp", "--runtime", "runtime-linux-x86_64", "--against", "model.py", "--layers")
    assert found.code == 1
    assert "first to diverge: `add`" in found.out
    # The same operator runs, rightly, in another kernel: `add@portable:i64/1`.
    assert "`add@xnnpack:f32/1`" in found.out and "model.py:7" in found.out
