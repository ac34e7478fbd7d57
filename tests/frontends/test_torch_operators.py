"""ATen operators: each row of a table is a function that is exported and compared with itself."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch.export import Dim

from mtc.frontends.torch import table

X = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(1))
IMAGE = torch.randn(1, 4, 6, 8, generator=torch.Generator().manual_seed(2))
VIDEO = torch.randn(1, 2, 4, 6, 6, generator=torch.Generator().manual_seed(3))
I = torch.tensor([0, 3, 1])  # noqa: E741
J = torch.tensor([1, -1, 2])


def set_slice(x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[:, 1:3] = 0
    y[0, ..., ::2] += 1
    y[y > 1] = 5
    return y


def set_diagonals(x: torch.Tensor) -> list[torch.Tensor]:
    y, z = x.clone(), torch.zeros(5, 4)
    y.diagonal(1, 1, 2).mul_(3)
    y.diagonal(-2, 2, 1).zero_()
    z.diagonal(-1).copy_(x[0, 0, :4])
    return [y, z, torch.diagonal_scatter(x, x[:, :, 0], 0, 1, 2)]


def complex_arithmetic(x: torch.Tensor) -> list[torch.Tensor]:
    z, w = torch.complex(x, x.flip(0)), torch.polar(x.abs() + 1, x)
    return [
        *(part for y in (z * w, z + x, x - z, 2 - w, z / w, z / 2, 1 / w, z * 1j, w**2) for part in (y.real, y.imag)),
        *((z @ w.mT).real, torch.einsum("bij,bkj->bik", x + 0j, w).imag, torch.exp(1j * x).imag, z.conj().imag),
        *(z.abs(), w.angle(), torch.add(z, w, alpha=0.5).imag, torch.view_as_real(z.sum(1))),
        *(torch.where(x > 0, z, x).imag, z.masked_fill(x > 0, 2).imag, F.pad(z, (1, 2), value=3).imag),
    ]


def complex_parts(x: torch.Tensor) -> list[torch.Tensor]:
    z = torch.view_as_complex(x.unflatten(-1, (3, 2)))
    a, b = torch.cat([z, x[..., :3]], 1).transpose(0, 1).chunk(2)
    written = z.clone()
    written[..., 0] = x[..., 0]
    written[:, 1:] = x[:, 1:, :3]
    moved = [written, a, b, torch.stack([z, z * 2]), z[:, [2, 0]], z.flatten(1), z.roll(1, 1), z.new_ones(2), z.mean(1)]
    return [torch.view_as_real(y) for y in (*moved, z.to(torch.complex128))]


def transforms(x: torch.Tensor) -> list[torch.Tensor]:
    z = torch.fft.fft2(x)
    return [
        *(torch.fft.rfft(x, dim=1, norm="ortho").abs(), torch.fft.rfftn(x, dim=(0, 2)).imag, z.real),
        torch.fft.ifft(z).imag,
        *(torch.fft.irfft(z, dim=0), torch.fft.irfft2(z, s=(4, 5), norm="forward"), torch.fft.fft(x, n=9).real),
        *(torch.fft.fftshift(z, dim=1).real, torch.fft.ifft(x, norm="forward").imag, torch.fft.hfft(z, n=6)),
    ]


def spectrogram(x: torch.Tensor) -> list[torch.Tensor]:
    window = torch.hann_window(6)
    z = torch.stft(x.flatten(1), 8, 2, 6, window, return_complex=True)
    return [z.abs(), torch.istft(z, 8, 2, 6, window)]


FUNCTIONS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "arithmetic": lambda: (lambda x: [x + 1, 2 - x, x * 2.5, x / 3, x // 2, x % 2, x**3, 2**x, x**-1, x**0.5], X.abs()),
    "numbers that a dtype has not": lambda: (
        lambda x: [x.byte() + 300, x.byte() > 300, x.char() * 200, x.int() < 10**10],
        X.abs(),
    ),
    "promotion": lambda: (lambda x: [x.int() + 1.5, x.int() / 2, x.half() * 0.1, x.bool() + x, x.int() > 0.5], X),
    "zero-d": lambda: (lambda x: [x.sum() * 2, torch.tensor(2.0) * x, x.mean().reshape(1), x.max() - 1], X),
    "promotion of halves": lambda: (
        lambda x: [x > 0.1, x == 0.1, x % 0.3, torch.fmod(x, 0.3), x**0.3, x * 0.1, x / 0.3, x + 0.1, 0.1 - x],
        X.half().abs(),
    ),
    "numbers of a tensor": lambda: (
        lambda x: [
            x * x.sum().item() + 1 / x.max().item(),
            torch.full((2,), x.mean().item()),
            x.clamp(max=x.mean().item()),
            x > x.mean().item(),
            x.half() * x.max(0, keepdim=True)[0][0, 0, 0].item(),
        ],
        X,
    ),
    "logic": lambda: (
        lambda x: [(x > 0) & (x < 1), ~(x > 0), x.int() | 2, x.isnan(), x.isfinite(), x.logical_not()],
        X,
    ),
    "choice": lambda: (
        lambda x: [torch.where(x > 0, x, 0), x.masked_fill(x < 0, -1e9), x.clamp(0, 1), x.clamp(min=x.mean())],
        X,
    ),
    "limits beyond 53 bits": lambda: (
        lambda x: [x.clamp(1 - 2**53, 2**53 + 1), x.clamp(min=2**62 + 1), torch.clamp_max(x, -(2**62) - 1), x.clamp(3)],
        torch.tensor([2**63 - 1, -(2**63), 2**53 + 1, 2**53 + 2, -(2**53) - 1, 5]),
    ),
    "weighted means": lambda: (
        lambda x, w: [x.lerp(-x, 0.3), x.lerp(x * 1e6, 0.9), x.lerp(-x, w), x.half().lerp(x.half() * 7, 0.6)],
        X,
        X.flip(0) * 2,
    ),
    "activations": lambda: (
        lambda x: [F.glu(x), F.softsign(x), F.tanhshrink(x), F.selu(x), F.celu(x, 0.7), F.relu6(x)],
        X,
    ),
    "activations of a number": lambda: (lambda x: [F.prelu(x, torch.tensor([0.2])), F.rrelu(x)], X[0, 0, 0]),
    "signs and NaN": lambda: (
        lambda x, y: [
            x.signbit(),
            x.isinf().int().neg().signbit(),
            torch.copysign(x, y),
            torch.copysign(x, -2.0),
            torch.fmax(x, y),
            torch.fmin(x, y),
            torch.ldexp(x, torch.tensor(3)),
        ],
        torch.tensor([-0.0, 0.0, -math.inf, math.inf, math.nan, -2.0]),
        torch.tensor([1.0, -0.0, math.nan, -1.0, 3.0, math.nan]),
    ),
    "bits": lambda: (lambda x: [1 << x, 64 >> x, x << 1, 3 | x, 5 ^ x, x & 3], torch.tensor([0, 3, 1])),
    "reductions": lambda: (
        lambda x: [
            x.sum(),
            x.mean((0, -1)),
            x.std(1),
            x.max(1),
            x.argmax(),
            x.any(),
            x.prod(0),
            x.norm(dim=1),
            x.var((0, 1)),
            x.amin(),
        ],
        X,
    ),
    "order": lambda: (lambda x: [x.topk(2), x.sort(1, descending=True), x.argsort(), x.cumsum(1)], X),
    "shapes": lambda: (
        lambda x: [
            x.flatten(),
            x.movedim(0, 1),
            x.mT,
            x.unsqueeze(1),
            x.repeat(2, 1, 2),
            x.repeat_interleave(2, 1),
            torch.stack([x, x], -1),
            x.expand(3, 2, 4, 6),
            x.roll(1, 0),
            x.flip(0),
            x.roll(2),
            x.fliplr(),
            x.flipud(),
            x.permute(2, 0, 1).T,
        ],
        X,
    ),
    "parts": lambda: (
        lambda x: [
            x[:, 1:-1],
            x[..., -1],
            x.chunk(2, 1),
            x.split([1, 3], 1),
            x.unbind(0),
            x[:, ::2],
            x.narrow(1, 1, 2),
            x.diagonal(),
            x.diagonal(1, 1, 2),
            x.diagonal(-2, 2, 1),
            x.unfold(1, 2, 1),
            x[0, :, None],
            x.as_strided((2, 3), (1, 2)),
            x[1].as_strided((2, 2, 3), (1, 1, 5)),
            x[1].as_strided((2, 3), (6, 1), 30),
            x.as_strided((), (), 4),
        ],
        X,
    ),
    "writes": lambda: (set_slice, X),
    "index": lambda: (
        lambda x, i, j: [
            x[:, i],
            x[:, i, j],
            x[..., j],
            x[0][i, j],
            x[0, i[:, None]],
            x.index_select(1, i),
            x.gather(1, i.expand(2, 6, 3).mT),
            x.index_add(1, i, x[:, i]),
        ],
        X,
        I,
        J,
    ),
    "bags": lambda: (
        lambda i, begins, w: (
            [
                F.embedding_bag(i, w, begins, mode=mode, padding_idx=padding, include_last_offset=is_last)
                for mode in ("sum", "mean", "max")
                for padding in (None, 3)
                for is_last in (False, True)
            ]
            + [F.embedding_bag(i[None, :8].view(2, 4), w, mode=mode, padding_idx=2) for mode in ("sum", "mean", "max")]
            + [F.embedding_bag(i, w, begins, mode="sum", per_sample_weights=w[i, 0])]
        ),
        torch.tensor([1, 3, 3, 0, 2, 3, 1, 1, 0, 3]),
        torch.tensor([0, 1, 3, 3, 7, 10]),
        torch.randn(4, 5),
    ),
    "indexed axes apart": lambda: (lambda x, i: x[i, :, i], X.expand(4, 2, 4, 6)[:, 0], I),
    "triangles": lambda: (
        lambda x: [x.tril(), x.triu(1), torch.ones(3, 3).tril() + x[0, :3, :3], F.one_hot(x.abs().long(), 5)],
        X,
    ),
    "creation": lambda: (
        lambda x: [
            torch.arange(3) + x[0, 0, :3],
            x.new_zeros(2),
            torch.linspace(0, 1, 6) * x,
            torch.full_like(x, 3),
            torch.eye(6) @ x.mT,
            torch.arange(5.0),
            torch.arange(0, 1, 0.3),
            torch.arange(4, -1, -2),
            torch.arange(0.5, 6) * x,
            torch.arange(5, -1, -1.0) * x,
        ],
        X,
    ),
    "matrices": lambda: (
        lambda x: [
            x @ x.mT,
            torch.einsum("bij,bkj->bik", x, x),
            torch.baddbmm(x @ x.mT, x, x.mT),
            x[0, 0] @ x[0, 1],
            torch.outer(x[0, 0], x[0, 1]),
            x @ x[0, 0],
            torch.einsum("bii->b", x[:, :, :4]),
            F.bilinear(x, x[..., :5], torch.ones(3, 6, 5).tril(), torch.ones(3)),
            torch.inner(x, x),
            torch.inner(x[:, :, :4], x[0, :, :4]),
            torch.inner(x[0, 0], torch.tensor(2.0)),
            torch.dist(x, x + 1, 1),
            *(torch.cdist(x, x + 1, p) for p in (1.0, 2.0, 3.0, math.inf)),
            torch.cdist(x[0, :1].expand(30, 6), x[1]),
            F.pdist(x[0]),
            (x * 3).int() @ (x * 3).int().mT,
            (x * 3).int() @ (x[0, 0] * 3).int(),
        ],
        X,
    ),
    "matrices of integers": lambda: (
        lambda x, y: [
            *(x @ y.mT, x[0] @ y[0, 0], x[0, 0] @ y[0, 0], F.linear(x, y[0], y[1, 0, :4])),
            *(torch.addmm(x[0, :, :4], x[0], y[1].mT, beta=3), torch.baddbmm(x[..., :4], x, y.mT, alpha=2)),
            *(torch.addbmm(x[0, :, :4], x, y.mT), torch.addmv(y[0, 0, :4], x[0], y[0, 0]), F.linear(x, y[0, 0])),
        ],
        (X * 9).int(),
        (X.flip(1) * 2**31).int(),
    ),
    "pads": lambda: (
        lambda x: [
            F.pad(x, (1, 2)),
            F.pad(x, (1, -1, 0, 2), value=2.0),
            F.pad(x, (1, 2, 1, 1), "reflect"),
            F.pad(x, (2, 1), "replicate"),
            F.pad(x, (1, 1), "circular"),
        ],
        X,
    ),
    "resizes": lambda: (
        lambda x: [
            F.interpolate(x, scale_factor=s, mode=m)
            for s in (2.0, 1.5)
            for m in ("nearest", "nearest-exact", "bilinear", "bicubic")
        ],
        IMAGE,
    ),
    "resizes with antialiasing": lambda: (
        lambda x: [
            F.interpolate(x, s, f, m, align_corners=a, antialias=True)
            for s, f in (((3, 12), None), (None, 0.4))
            for m in ("bilinear", "bicubic")
            for a in (False, True)
        ],
        IMAGE,
    ),
    "resizes 1d": lambda: (lambda x: [F.interpolate(x, size=9, mode=m) for m in ("nearest", "linear", "area")], X),
    "resizes 3d": lambda: (
        lambda x: [F.interpolate(x, size=(3, 8, 5), mode=m) for m in ("nearest", "trilinear")],
        VIDEO,
    ),
    "pools": lambda: (
        lambda x: [
            F.max_pool2d(x, 3, 2, 1),
            F.avg_pool2d(x, 2),
            F.adaptive_avg_pool2d(x, (4, 3)),
            F.adaptive_max_pool2d(x, (4, 3)),
            F.adaptive_avg_pool2d(x, 1),
            F.max_pool2d(x[0], 2),
        ],
        IMAGE,
    ),
    "pools 1d": lambda: (
        lambda x: [
            F.max_pool1d(x, 2),
            F.avg_pool1d(x, 3, 1, 1),
            F.adaptive_avg_pool1d(x, 4),
            F.adaptive_max_pool1d(x, 3),
        ],
        X,
    ),
    "pools 3d": lambda: (
        lambda x: [
            F.max_pool3d(x, 2),
            F.avg_pool3d(x, (1, 2, 2)),
            F.adaptive_avg_pool3d(x, (3, 2, 4)),
            F.adaptive_avg_pool3d(x, 2),
        ],
        VIDEO,
    ),
    "convolutions": lambda: (
        lambda x: [
            F.conv2d(x, torch.ones(2, 4, 3, 2), padding="same"),
            F.conv_transpose2d(x, torch.ones(4, 2, 3, 3), stride=2),
            F.conv_transpose1d(x[0], torch.ones(6, 2, 3), stride=2),
            F.conv2d(x[0], torch.ones(4, 1, 2, 2), groups=4),
        ],
        IMAGE,
    ),
    "norms": lambda: (
        lambda x: [
            F.layer_norm(x, (6,)),
            F.group_norm(x, 2),
            F.instance_norm(x),
            F.rms_norm(x, (6,)),
            F.local_response_norm(x, 3),
            F.normalize(x, dim=1),
        ],
        X,
    ),
    "blocks": lambda: (lambda x: [F.pixel_shuffle(x, 2), F.pixel_unshuffle(x, 2), F.channel_shuffle(x, 2)], IMAGE),
    "sampling": lambda: (
        lambda x, g: F.grid_sample(x, g, align_corners=False),
        IMAGE,
        torch.randn(1, 3, 5, 2).clamp(-1, 1),
    ),
    "sampling volumes": lambda: (
        lambda x, g: F.grid_sample(x, g, padding_mode="border", align_corners=True),
        VIDEO,
        torch.randn(1, 3, 2, 2, 3),
    ),
    "attention": lambda: (
        lambda x: [
            F.scaled_dot_product_attention(x, x, x, is_causal=True),
            F.scaled_dot_product_attention(x, x, x, x @ x.mT > 0),
        ],
        X,
    ),
    "complex arithmetic": lambda: (complex_arithmetic, X),
    "complex parts": lambda: (complex_parts, X),
    "transforms": lambda: (transforms, X),
    "spectrogram": lambda: (spectrogram, X),
    "written diagonals": lambda: (set_diagonals, X),
    "in place": lambda: (lambda x: [(x * 2).add_(1).relu_(), x.clone().mul_(x).clamp_(0, 1)], X),
    "in place below a view": lambda: (lambda x: (lambda y: (y.view(-1).add_(1), y))(x * 2)[1], X),
    "no grad, autocast": lambda: (_modes, X),
}


# Axis 1 of [2, n, 6] varies.
OF_ANY_SIZE: dict[str, Callable[[torch.Tensor], Any]] = {
    "triangles": lambda x: (x @ x.mT).masked_fill(torch.ones(x.shape[1], x.shape[1]).triu(1) > 0, -9.0) @ x,
    "pools 1d": lambda x: [F.max_pool1d(x.mT, 2), F.max_pool1d(x.mT, 3, 2, 1, 1, True), F.avg_pool1d(x.mT, 3, 2)],
    "pools with ceil": lambda x: [F.max_pool2d(x, 2, ceil_mode=True), F.avg_pool2d(x[None], 3, 2, 1, ceil_mode=True)],
    "pools of pools": lambda x: F.max_pool2d(F.max_pool2d(x, 3, 2, ceil_mode=True), 3, 1, 1, ceil_mode=True),
    "pools 3d": lambda x: [F.max_pool3d(x[None], (1, 2, 3)), F.avg_pool3d(x[None], 2, ceil_mode=True)],
    "pools of a graph that is decomposed": lambda x: [
        F.local_response_norm(x.mT[..., None], 3),
        F.avg_pool2d(x, 2),
        F.max_pool1d(x.mT, 2),
        F.max_pool2d(x, 2, ceil_mode=True),
        F.max_pool3d(x[None], 2),
        set_slice(x),
    ],
    "resizes": lambda x: [F.interpolate(x.mT, scale_factor=f) for f in (0.5, 1.5, 0.7)],
    "resizes with antialiasing": lambda x: F.interpolate(x[None], (3, 9), mode="bicubic", antialias=True),
    "computed sizes": lambda x: [
        x.new_ones(math.ceil(x.shape[1] / 2)),
        x.new_ones(int(x.shape[1] * 0.3)),
        x.new_ones(math.ceil(x.shape[1] * 1.1)),
    ],
    "ranges of fractions": lambda x: [
        torch.arange(0.5, x.shape[1]),
        torch.arange(x.shape[1], -1, -0.5),
        torch.arange(0.25, x.shape[1] / 2, 0.25),
        torch.arange(0.0, x.shape[1], 0.3, dtype=torch.float64),
    ],
    "bags": lambda x: [F.embedding_bag((x > 0).long()[0], torch.ones(2, 3).tril(), mode=m) for m in ("mean", "max")],
    "windows": lambda x: [x.unfold(1, 3, 2), x.as_strided((2, x.shape[1] // 2, 4), (6 * x.shape[1], 12, 2))],
    "complex numbers": complex_arithmetic,
    "transforms": lambda x: [
        torch.fft.rfft(x.mT).abs(),
        torch.fft.fft2(x, norm="ortho").imag,
        torch.stft(x.mT.flatten(0, 1), 4, 1, return_complex=True, window=torch.ones(4)).imag,
    ],
    "moved triangles": lambda x: [x.tril(x.shape[1] - 6), torch.ones(x.shape[1], 9).triu(9 - x.shape[1])],
    "padding that cuts": lambda x: [
        F.pad(x, (1, 0, 0, 8 - x.shape[1]), value=2.0),
        F.pad(x, (0, 0, 6 - x.shape[1], x.shape[1] - 6)),
    ],
    "limits that are sizes": lambda x: [F.hardtanh(x * 9, -x.shape[1], x.shape[1]), (x * 9).clamp(max=x.shape[1] - 1)],
    "diagonals": lambda x: [(x @ x.mT).diagonal(0, 1, 2), x.diagonal(-1, 1, 2)[..., :1]],
}


def _modes(x: torch.Tensor) -> Any:
    with torch.enable_grad():
        y = x * 2
    with torch.autocast("cpu", dtype=torch.bfloat16):
        z = (x.round() * 37) @ x.round().mT  # exact in f32, rounded once to bf16
    return y + 1, z.float()


def test_what_depends_on_weights_alone_is_computed_by_torch(exported: Any) -> None:
    class Invertible(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.randn(4, 4))
            self.phases = torch.nn.Parameter(torch.randn(4, 4, dtype=torch.complex64))

        def forward(self, x: torch.Tensor) -> Any:
            q, r = torch.linalg.qr(self.weight)
            rotation = torch.linalg.matrix_exp(self.weight.triu() - self.weight.triu().mT)
            volume = torch.linalg.slogdet(self.weight)[1] * x.shape[0]
            return x @ torch.linalg.inv(self.weight), x @ q, r, volume, x @ rotation, self.phases.inverse().imag @ x.mT

    module = exported(Invertible(), (torch.randn(3, 4),), dynamic_shapes=({0: Dim("n")},))
    assert {node.op.name for node in module.nodes()} >= {"matmul", "constant"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_operators_agree_with_torch(name: str, exported: Any) -> None:
    function, *inputs = FUNCTIONS[name]()
    exported(function, tuple(inputs))


@pytest.mark.parametrize("name", OF_ANY_SIZE)
def test_operators_take_any_size(name: str, exported: Any) -> None:
    sizes = [(torch.randn(2, n, 6),) for n in (4, 5, 8, 11, 20)]
    exported(OF_ANY_SIZE[name], (torch.randn(2, 7, 6),), sizes, dynamic_shapes=(({1: Dim("n", min=4)},),))


def test_every_row_takes_the_arguments_of_its_overload() -> None:
    table.load()
    for name, convert in table.ROWS.items():
        target = table.overload(name)
        if not isinstance(target, torch._ops.OpOverload):
            continue
        positional = [argument for argument in target._schema.arguments if not argument.kwarg_only]
        named = {argument.name: None for argument in target._schema.arguments if argument.kwarg_only}
        required = [argument for argument in positional if not argument.has_default_value()]
        for arguments in (required, positional):
            inspect.signature(convert).bind(None, *arguments, **named)


def test_bags_of_one_size_are_reduced_where_they_lie(exported: Any) -> None:
    bags = torch.nn.EmbeddingBag(10, 4, mode="mean")
    shapes = ({0: Dim("bags")},)
    module = exported(bags, (torch.randint(0, 10, (3, 5)),), [(torch.randint(0, 10, (1, 5)),)], dynamic_shapes=shapes)
    assert "scatter" not in {node.op.name for node in module.nodes()}


def test_every_row_names_an_overload_of_torch() -> None:
    table.load()
    assert not [name for name in table.ROWS if table.overload(name) is None]
