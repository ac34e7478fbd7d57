"""What `mtc.export` keeps of a module: inputs, outputs, sizes, state, weights; and how it refuses."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.export import Dim
from torch.nn import functional as F

import mtc
from mtc import interp
from mtc.frontends.torch import refusals
from mtc.ir.dims import Bounds
from mtc.ir.printer import print_module
from mtc.ir.types import BF16, F16, F32, I64


class Pytree(nn.Module):
    def forward(self, x: Any, flag: bool = True, k: int = 2, other: Any = None, *, unused: Any = None) -> Any:
        y = x["a"] * k
        return {"out": y, "nest": [x["b"], {"z": y + 1}], "none": None, "size": y.shape[0] * 2, "same": y}


def test_inputs_and_outputs_follow_the_pytree(exported: Any) -> None:
    inputs = {"x": {"b": torch.randn(1), "a": torch.randn(3, 4)}, "unused": torch.randn(2)}
    module = exported(Pytree(), inputs, dynamic_shapes={"x": {"b": None, "a": {0: Dim("rows")}}, "unused": None})
    function = module.functions["forward"]
    assert [str(value.type.shape[0]) for value in function.inputs] == ["1", "rows", "2"]
    assert function.output_names == ["out", "nest.0", "nest.1.z", "size", "same"]
    assert function.outputs[3].type.dtype is I64 and function.outputs[3].type.shape == ()


def test_an_output_may_be_an_input_a_constant_or_given_twice(exported: Any) -> None:
    module = exported(lambda x: (torch.ones(2), x, x, torch.arange(3) * 2), (torch.randn(3),))
    names = module.functions["forward"].output_names
    assert len(set(names)) == len(names) == 4


def test_numbers_and_none_are_specialised(exported: Any) -> None:
    assert (
        len(exported(Pytree(), ({"a": torch.randn(2), "b": torch.randn(1)}, True, 5)).functions["forward"].inputs) == 2
    )


N = Dim("n")


@pytest.mark.parametrize(
    ("shape", "symbols"),
    [
        ({0: Dim("n", min=3, max=9)}, {"n": Bounds(3, 9)}),
        ({0: Dim("n")}, {"n": Bounds(1, None)}),
        ({0: Dim("n", min=1)}, {"n": Bounds(1, None)}),
        ({0: Dim("n", min=2, max=8)}, {"n": Bounds(2, 8)}),
        ({0: 2 * Dim("n", min=2)}, {"n_2": Bounds(4, None)}),
        ({0: Dim.DYNAMIC(min=2)}, {"s0": Bounds(2, None)}),
        ({0: Dim.DYNAMIC}, {"s0": Bounds(1, None)}),
        ({0: Dim.AUTO, 1: Dim.AUTO}, {"s0": Bounds(1, None), "s1": Bounds(1, None)}),
        ({0: 2 * N}, {"n_2": Bounds(2, None)}),
    ],
    ids=["bounded", "named", "from-1", "from-2", "derived-from-2", "dynamic-from-2", "dynamic", "auto", "derived"],
)
def test_dynamic_sizes(shape: Any, symbols: Any, exported: Any) -> None:
    def function(x: torch.Tensor) -> Any:
        rows = x.reshape(x.shape[0], -1)
        return rows.sum(0), rows / x.shape[0], torch.arange(x.shape[0]), x.new_zeros(x.shape[0]), torch.cat([x, x])

    module = exported(function, (torch.randn(4, 6),), [(torch.randn(8, 6),)], dynamic_shapes=((shape,),))
    assert module.functions["forward"].symbols == symbols


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers_take_any_length(kind: str, exported: Any) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = getattr(nn, kind)(4, 5, num_layers=2, bidirectional=True, batch_first=True)

        def forward(self, x: torch.Tensor) -> Any:
            return self.layer(x)

    sizes = {0: Dim("batch"), 1: Dim("time")}
    module = exported(Model(), (torch.randn(2, 3, 4),), [(torch.randn(3, 7, 4),)], dynamic_shapes=(sizes,))
    assert set(module.functions["forward"].symbols) == {"batch", "time"}


def test_a_count_that_torch_must_know_fixes_its_size_and_no_other(exported: Any) -> None:
    """Neither way of tracing takes the loop while the number is free."""

    def function(x: torch.Tensor) -> torch.Tensor:
        for _ in range(int(math.log2(x.shape[1]))):
            x = x + 1
        return x

    x, sizes = torch.randn(2, 8), {0: Dim.AUTO, 1: Dim.AUTO}
    module = exported(function, (x,), [(torch.randn(5, 8),)], dynamic_shapes=((sizes,),))
    assert len(module.functions["forward"].symbols) == 1


def test_operators_stay_whole_beside_a_recurrent_layer(exported: Any) -> None:
    """Its graph is traced twice; torch takes these apart where gradients may be recorded."""

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.GRU(4, 5)

        def forward(self, x: torch.Tensor) -> Any:
            return self.layer(F.softshrink(F.hardshrink(x)))[0]

    x = torch.randn(3, 2, 4)
    module = exported(Model(), (x,), [(torch.randn(3, 7, 4),)], dynamic_shapes=({1: Dim.AUTO},))
    assert {"hardshrink", "softshrink", "gru"} <= {node.op.name for node in module.nodes()}


@pytest.mark.parametrize("has_bias", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_projections_of_lstms_take_any_length(batch_first: bool, has_bias: bool, exported: Any) -> None:
    options: Any = {"bias": has_bias, "batch_first": batch_first, "bidirectional": True, "num_layers": 2}
    sizes = [(torch.randn(2, n, 4),) if batch_first else (torch.randn(n, 2, 4),) for n in (5, 3, 1)]
    axis = 1 if batch_first else 0
    model = nn.LSTM(4, 6, proj_size=3, **options)
    exported(model, sizes[0], sizes[1:], dynamic_shapes=({axis: Dim.AUTO},))


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(2))
        self.register_buffer("factor", torch.ones(2), persistent=False)

    def forward(self, x: torch.Tensor) -> Any:
        before = self.count.clone()
        self.count += x
        self.factor.mul_(2)
        return before, self.count, x * self.factor


def test_buffers_that_change_are_state(exported: Any) -> None:
    model = Counter()
    x = torch.tensor([1.0, 2.0])
    module = exported(model, (x,))
    assert set(module.states) == {"count", "factor"}
    assert model.count.tolist() == [0, 0] and model.factor.tolist() == [1, 1]
    states = interp.initial_states(module)
    for _ in range(2):
        before, count, scaled = interp.run(module, [x.numpy()], states=states)
    assert (before.tolist(), count.tolist(), scaled.tolist()) == ([1, 2], [2, 4], [4, 8])


def test_training_mode_warns_and_keeps_statistics() -> None:
    model = nn.BatchNorm1d(3)
    with pytest.warns(UserWarning, match="training mode"):
        module = mtc.export(model, (torch.randn(4, 3),))
    assert set(module.states) == {"running_mean", "running_var", "num_batches_tracked"}
    assert model.num_batches_tracked == 0
    states = interp.initial_states(module)
    x = torch.randn(4, 3)
    (got,) = interp.run(module, [x.numpy()], states=states)
    np.testing.assert_allclose(got, model(x).detach().numpy(), atol=1e-5)
    np.testing.assert_allclose(states["running_var"], model.running_var.numpy(), atol=1e-6)


def test_tied_weights_are_stored_once(exported: Any) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.out = nn.Embedding(10, 4), nn.Linear(4, 10, bias=False)
            self.out.weight = self.embed.weight

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.out(self.embed(x))

    assert list(exported(Tied(), (torch.tensor([1, 2]),)).constants) == ["embed.weight"]


def test_large_constants_of_operators_are_weights(exported: Any) -> None:
    """Those that the text of the IR holds are for people to read."""

    def model(x: torch.Tensor) -> Any:
        return torch.pdist(x), torch.bartlett_window(40) + x[0, 0], torch.arange(1, 3) + x[0, 1]

    module = exported(model, (torch.randn(9, 4),))
    text = print_module(module)
    assert {"_pdist_forward", "_pdist_forward.1"} <= set(module.constants)
    assert "constant @_pdist_forward.1 : i64[36]" in text
    assert max(map(len, text.splitlines())) < 300


@pytest.mark.parametrize(("dtype", "expected"), [(torch.float16, F16), (torch.bfloat16, BF16)], ids=str)
def test_half_precision_models(dtype: torch.dtype, expected: Any) -> None:
    model = (
        nn.Sequential(nn.Conv1d(1, 4, 3), nn.BatchNorm1d(4), nn.SiLU(), nn.Flatten(), nn.Linear(24, 2)).to(dtype).eval()
    )
    module = mtc.export(model, (torch.randn(1, 1, 8).to(dtype),))
    (sample,) = module.samples["forward"]
    (got,) = interp.run(module, [sample.inputs[0].array()])
    assert module.functions["forward"].outputs[0].type.dtype is expected
    np.testing.assert_allclose(got.astype(np.float32), sample.outputs[0].array().astype(np.float32), atol=0.02)


def test_channels_last_tensors_are_dense(exported: Any) -> None:
    model = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    exported(model, (torch.randn(1, 3, 5, 5).to(memory_format=torch.channels_last),))


def test_exported_programs_and_their_files(tmp_path: Path) -> None:
    x = torch.randn(2, 3)
    program = torch.export.export(nn.Linear(3, 4), (x,))
    torch.export.save(program, tmp_path / "m.pt2")
    for source in (program, program.run_decompositions(), tmp_path / "m.pt2"):
        module = mtc.export(source)
        (sample,) = module.samples["forward"]
        (got,) = interp.run(module, [x.numpy()])
        np.testing.assert_allclose(got, sample.outputs[0].array(), atol=1e-6)
        assert "linear" in {node.op.name for node in module.functions["forward"]}


def test_masked_attention_is_that_of_the_layers() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 1).eval()
    mask = torch.tensor([[False, False, True]])
    x = torch.randn(1, 3, 8)
    module = mtc.export(model, {"src": x, "src_key_padding_mask": mask})
    (got,) = interp.run(module, [x.numpy(), mask.numpy()])
    np.testing.assert_allclose(got[:, :2], model(x, src_key_padding_mask=mask)[:, :2].detach().numpy(), atol=1e-5)


def test_transformers_take_masks_whatever_they_hold(exported: Any) -> None:
    model = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
    causal = nn.Transformer.generate_square_subsequent_mask(5)
    inputs = {"src": torch.randn(2, 4, 8), "tgt": torch.randn(2, 5, 8), "tgt_mask": causal}
    others = [(*(inputs[name] for name in ("src", "tgt")), mask) for mask in (causal, causal.T.contiguous())]
    module = exported(model, inputs)
    for src, tgt, mask in others:
        (got,) = interp.run(module, [src.numpy(), tgt.numpy(), mask.numpy()])
        np.testing.assert_allclose(got, model(src, tgt, tgt_mask=mask).detach().numpy(), atol=1e-5)


class Unsupported(nn.Module):
    def forward(self, x: torch.Tensor) -> Any:
        return torch.linalg.qr(x)[0], x.nonzero(), torch.erfinv(torch.relu(torch.linalg.inv(x)))


def test_all_unsupported_operators_are_in_one_error(exported: Any) -> None:
    with pytest.raises(mtc.MtcError) as caught:
        exported(Unsupported(), (torch.randn(3, 3),))
    first = str(caught.value).splitlines()[0]
    assert all(name in first for name in ("aten.linalg_qr", "aten.nonzero", "aten.linalg_inv_ex", "aten.erfinv"))
    assert len(caught.value.diagnostics) == 4
    assert all("test_torch_export.py:" in str(finding.at) and finding.help for finding in caught.value.diagnostics)


class Branches(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


def test_what_torch_cannot_trace_is_told_once(capfd: Any) -> None:
    with pytest.raises(mtc.MtcError, match=r"torch\.export cannot trace `Branches`") as caught:
        mtc.export(Branches().eval(), (torch.randn(3),))
    assert capfd.readouterr() == ("", "")
    place = Path(__file__).read_text().splitlines().index("        return x if x.sum() > 0 else -x") + 1
    assert str(caught.value.diagnostics[0].at).endswith(f"test_torch_export.py:{place}")


def test_a_model_that_fails_on_its_inputs_is_told_so() -> None:
    with pytest.raises(mtc.MtcError, match=r"`Linear.forward` raised RuntimeError: .*1x7 and 3x4") as caught:
        mtc.export(nn.Linear(3, 4).eval(), (torch.randn(1, 7),))
    assert caught.value.code.id == "MTC206"


class Sparse(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("w", torch.eye(3).to_sparse())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sparse.mm(self.w, x)


@pytest.mark.parametrize(
    ("function", "inputs", "reason"),
    [
        (lambda x: x.add_(1), (torch.randn(3),), "in place"),
        (lambda x: x.abs(), (torch.randn(3, dtype=torch.complex64),), "complex64"),
        (lambda x: torch.fft.rfft(x), (torch.randn(3),), "return torch.view_as_real"),
        (lambda x: (x + 1j).sqrt().real, (torch.randn(3),), "no mtc op .* for complex numbers"),
        (lambda x: x[x > 0], (torch.randn(3),), "values"),
        (lambda x: x * x.argmax().item(), (torch.randn(3),), r"aten.mul[\s\S]*leave out `.item\(\)`"),
        (lambda x: x[x.argmax().item() // 2], (torch.randn(3),), "`floordiv`"),
        (lambda x: torch.linalg.slogdet(x)[1], (torch.randn(3, 3),), "no mtc op"),
        (lambda x: x + torch.rand_like(x), (torch.randn(3),), "random numbers"),
        (lambda x: x.mT.as_strided((2,), (1,)), (torch.randn(3, 4),), "contiguous"),
        (lambda x: x[:2].as_strided((3, 4), (4, 1)), (torch.randn(3, 4),), "behind the tensor"),
        (lambda x: x.to(torch.float32), (torch.ones(3, dtype=torch.uint16),), "use one of float32, "),
        (lambda x: x * 2, (torch.eye(3).to_sparse(),), r"layout sparse_coo[\s\S]*to_dense"),
        (Sparse(), (torch.randn(3, 3),), r"parameter w`[\s\S]*layout sparse_coo"),
    ],
    ids=[
        "input changed",
        "complex",
        "complex output",
        "complex root",
        "data-dependent",
        "a factor by value",
        "a quotient by value",
        "unknown",
        "random",
        "not dense",
        "other memory",
        "another dtype",
        "sparse input",
        "sparse constant",
    ],
)
def test_refusals_say_why(function: Any, inputs: Any, reason: str, exported: Any) -> None:
    with pytest.raises(mtc.MtcError, match=reason):
        exported(function, inputs)


@pytest.mark.parametrize("wrap", [lambda script: script, nn.Sequential], ids=["alone", "as a part"])
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_what_torch_jit_made_is_refused(wrap: Any) -> None:
    with pytest.raises(mtc.MtcError, match=r"cannot trace `\w+`[\s\S]*export the nn.Module itself"):
        mtc.export(wrap(torch.jit.script(nn.Linear(3, 4).eval())).eval(), (torch.randn(1, 3),))


def test_what_torch_says_at_length_is_shortened() -> None:
    guard = " and ".join(f"s{i} > {i}" for i in range(500))
    said = refusals.reason(ValueError(f"Constraints violated ({guard})\nline two"))
    assert said.startswith("ValueError: Constraints violated (s0 > 0 and") and said.endswith(" …\n    line two")
    assert len(said) < 500


def test_what_torch_cannot_trace_is_told_for_both_modes(exported: Any) -> None:
    with pytest.raises(mtc.MtcError) as caught:
        exported(lambda x: x + 1 if x.sum() > 0 else x - 1, (torch.randn(3),))
    assert [note.split(":")[0] for note in caught.value.diagnostics[0].notes] == ["non-strict", "strict"]


def coarse(x: torch.Tensor) -> torch.Tensor:
    return F.conv2d(F.max_pool2d(x[None], 1, 2, ceil_mode=True), torch.ones(1, 1, 1, 3))


def fixed_by_a_number(x: torch.Tensor) -> torch.Tensor:
    return x + torch.ones(5)


@pytest.mark.parametrize(
    ("function", "size", "help"),
    [
        (lambda x: F.conv1d(x[None], torch.ones(1, 1, 9)), Dim("n", min=2), "use n = Dim('n', min="),
        (fixed_by_a_number, Dim("n"), "use n = 5"),
        (coarse, Dim("n", min=5), "other bounds"),
        (lambda x: x if x.sum() > 0 else -x, Dim("n"), "torch.where or torch.cond"),
    ],
    ids=["a limit", "a fixed size", "a guard", "a choice by value"],
)
def test_what_torch_refuses_comes_with_what_to_do(function: Any, size: Any, help: str, exported: Any) -> None:
    with pytest.raises(mtc.MtcError) as caught:
        exported(function, (torch.randn(1, 5 if "5" in help else 20),), dynamic_shapes=(({1: size},),))
    (finding,) = caught.value.diagnostics
    assert not any("TORCH_LOGS" in note or "draft_export" in note for note in finding.notes)
    assert help in str(finding.help)


def test_locations_name_module_and_line(exported: Any) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(3, 3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x)

    (node,) = [n for n in exported(Model(), (torch.randn(1, 3),)).nodes() if n.op.name == "linear"]
    assert node.loc[0].module == "inner.0" and "test_torch_export.py" in str(node.loc[0])


def test_locations_name_lines_of_packages_beside_torch(exported: Any) -> None:
    from torchvision.models import squeezenet1_0

    module = exported(squeezenet1_0(weights=None), (torch.randn(1, 3, 64, 64),))
    files = {place.source.partition(":")[0] for node in module.nodes() for place in node.loc}
    assert files == {"torchvision/models/squeezenet.py"}


def test_lines_of_branches_are_the_user_s_whenever_they_are_exported(exported: Any) -> None:
    def choose(x: torch.Tensor) -> torch.Tensor:
        return torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x - 1, (x,))

    once, again = (str(exported(choose, (torch.randn(3),))) for _ in range(2))
    assert once == again and "eval_with_key" not in once


def test_an_export_passes_no_warning_of_torch_on(exported: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = exported(nn.Sequential(nn.Linear(2, 2), nn.ReLU(inplace=True)), (torch.randn(2, 2),))
    assert module.functions["forward"].outputs[0].type.dtype is F32


class Mixed(nn.Module):
    def forward(self, x: torch.Tensor, how: str, n: int) -> Any:
        return x * n, "label", None


def test_what_is_no_tensor_is_told_of() -> None:
    with pytest.warns(UserWarning, match="`'a'`, `2` as in the example") as told:
        module = mtc.export(Mixed().eval(), (torch.randn(2), "a", 2))
    assert any("also returns `'label'`, which the program does not" in str(warning.message) for warning in told)
    assert len(module.functions["forward"].inputs) == len(module.functions["forward"].outputs) == 1
