"""The programs that the fuzzer damages: small, and between them something of everything that a program may hold.

`write(folder)` makes them with the toolchain itself and returns the kernels they need.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.export import Dim

import mtc
from mtc.ir.module import Module
from mtc.ir.parser import parse
from mtc.ops import OPS
from mtc.program import reader


class Convolutions(nn.Module):
    """Branches that are computed inside the concat that joins them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.Hardswish())
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.pointwise = nn.Conv2d(8, 8, 1)
        self.up = nn.ConvTranspose2d(16, 4, 2, stride=2)
        self.head = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(x)
        x = torch.cat([F.relu6(self.depthwise(x)), F.relu(self.pointwise(x))], 1)
        x = self.up(F.max_pool2d(x, 3, 2, 1) + F.avg_pool2d(x, 2))
        return x, self.head(x.mean((2, 3)).softmax(1))


class Images(nn.Module):
    """Resizing, padding, sampling, volumes, of the portable library."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, dilation=2, padding=2, groups=2)
        self.volume = nn.Conv3d(1, 2, (1, 3, 3), padding=(0, 1, 1))
        self.up = nn.ConvTranspose2d(4, 2, 3, stride=2, output_padding=1)

    def forward(self, x: Tensor, grid: Tensor) -> list[Tensor]:
        y = F.pad(self.conv(F.pad(x, (1, 2, 2, 1), mode="reflect")), (0, 1, 1, 0), mode="replicate")
        planes = [
            F.interpolate(y, scale_factor=2.0, mode="bilinear"),
            F.interpolate(y, size=(5, 3), mode="nearest"),
            F.interpolate(y, size=(4, 9), mode="bicubic", align_corners=True),
            F.grid_sample(x, grid, padding_mode="reflection", align_corners=False),
            F.max_pool2d(F.pad(y, (2, 0, 0, 2), mode="circular"), 3, stride=2, ceil_mode=True),
            F.avg_pool2d(y, 3, padding=1, count_include_pad=False),
            F.adaptive_avg_pool2d(y, (3, 2)),
            self.up(y),
            self.volume(x[:, None]),
            F.max_pool3d(x[:, None], (1, 2, 2)),
            F.local_response_norm(y, 3),
            x.roll((1, -2), (2, 3)).flip(3),
        ]
        return planes


class Attention(nn.Module):
    """A transformer's layer over a sequence of any length."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 16)
        self.norm = nn.LayerNorm(16)
        self.qkv = nn.Linear(16, 48)
        self.wide, self.narrow = nn.Linear(16, 32), nn.Linear(32, 16)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        x = self.embed(tokens) + torch.arange(tokens.shape[1])[:, None].float()
        q, k, v = (t.unflatten(2, (2, 8)).transpose(1, 2) for t in self.qkv(self.norm(x)).chunk(3, 2))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None])
        x = x + y.transpose(1, 2).flatten(2)
        return self.narrow(F.gelu(self.wide(F.rms_norm(x, (16,))))) + (q @ k.mT).logsumexp(3).sum()


class Places(nn.Module):
    """Indices that come from the caller."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(6, 4)

    def forward(self, x: Tensor, rows: Tensor, places: Tensor) -> list[Tensor]:
        return [
            self.table(rows),
            x.gather(1, places),
            x.scatter(1, places, x * 2),
            x.scatter_add(0, places.clamp(0, 2), x),
            x.scatter_reduce(1, places, x, "amax"),
            x.index_select(0, rows),
            x[rows, places[0, :2]],
            x.index_put((rows,), x[:2], accumulate=True),
            places.gather(0, places.clamp(max=2)),
        ]


class Dynamic(nn.Module):
    """Sizes that the caller decides, and arithmetic on them."""

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        n, m = x.shape
        joined = torch.cat([x * 2 + 1, torch.sigmoid(x), x - x.mean(1, keepdim=True)], 1)
        grown = y[:, None].expand(m, n, 2).permute(1, 0, 2).reshape(n, 2 * m)
        windows = F.pad(x, (2, 1))[:, 1:]
        return joined, grown, windows, torch.full((n, m), 1.5).cumsum(1), torch.arange(m) * n, x.new_zeros(m).exp()


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 5, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(10, 3)
        self.rnn = nn.RNN(3, 2, nonlinearity="relu")

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, ...]:
        y, (hidden, cell) = self.lstm(x, (h, h * 2))
        y, last = self.gru(y)
        return (*self.rnn(y), hidden, cell, last)


class Order(nn.Module):
    def forward(self, x: Tensor, n: Tensor) -> list[Tensor]:
        values, places = x.sort(1, descending=True)
        largest, where = x.topk(2, dim=0)
        return [
            values,
            places,
            largest,
            where,
            n.sort(0).values,
            x.argmax(1),
            n.argmin(),
            x.cumprod(0),
            n.cumsum(1),
            x.gather(0, where),
        ]


class Sums(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.group, self.batch = nn.GroupNorm(2, 4), nn.BatchNorm1d(4)

    def forward(self, x: Tensor, d: Tensor, h: Tensor) -> list[Tensor]:
        return [
            x.sum((0, 2)),
            x.mean(1, keepdim=True),
            x.var(2),
            x.amax(0),
            x.amin((1, 2)),
            d.prod(1),
            d.logsumexp(0),
            (d * d).sum(),
            x.log_softmax(1),
            h.softmax(0),
            h.sum(1),
            (x > 0).any(1),
            (x > 0).all(2),
            self.group(x),
            self.batch(x),
        ]


class Logic(nn.Module):
    """Truth values and integers, with the numbers that integers do not take well."""

    def forward(self, a: Tensor, b: Tensor, n: Tensor, m: Tensor, x: Tensor) -> list[Tensor]:
        both = a & b | ~a ^ b
        return [
            both,
            torch.where(both, n, m),
            torch.where(a, x, 0.5),
            n // m,
            n % m,
            torch.fmod(n, m),
            torch.div(n, m, rounding_mode="trunc"),
            n << (m & 3),
            n >> m,
            n.abs() ** 2 - n * m,
            -n ^ m,
            x.to(torch.int64),
            x.to(torch.uint8),
            a.to(torch.int32) + n,
            n.to(torch.int16),
            n.bool(),
            (n == m) & (x < 1).logical_not(),
            x.floor().clamp(-3, 3),
            n.float().pow(x),
            both.sum(1),
        ]


STATEFUL = """
state @cache : f32[4, 3]
state @count : i64[] {initial=5}

func @forward(%x: f32[1, 3], %at: i64[1]) {
  %cache = state @cache : f32[4, 3]
  %new = index_put(%cache, %x, %at) {accumulate=true} : f32[4, 3]
  state_update @cache, %new
  %count = state @count : i64[]
  %one = constant 1 : i64[]
  %next = add(%count, %one) : i64[]
  state_update @count, %next
  %sum = sum(%new) {axes=(0), keepdim=true} : f32[1, 3]
  return %new, %sum, %next
}

func @peek<n: 1..9>(%y: f32[n, 3]) {
  %cache = state @cache : f32[4, 3]
  %both = concat(%cache, %y) {axis=0} : f32[n + 4, 3]
  return %both
}
"""


STORED = """
func @forward(%x: f32[6, 4], %rows: i64[2]) {
  %pairs = constant [1, 2, -3, 4, 5, -6, 7, -8] : qi4(scale=f16[0.5, 0.25, 1.0, 2.0], axis=1, block=2)[2, 4]
  %bytes = constant [1, 2, -3, 4, 5, -6, 7, -8] : qi8(scale=[0.5, 0.25], zero_point=[1, -2], axis=0)[2, 4]
  %half = constant [1.0, 2.0, -3.0, 4.0, 5.0, -6.0, 7.0, -8.0] : f16[2, 4]
  %few = slice(%x) {begin=[0,0], end=[2,4], step=[1,1]} : f32[2, 4]
  %a = linear(%x, %pairs, none) : f32[6, 2]
  %b = linear(%few, %bytes, none) : f32[2, 2]
  %c = linear(%few, %pairs, none) {dynamic=true} : f32[2, 2]
  %d = linear(%x, %half, none) : f32[6, 2]
  %e = embedding(%pairs, %rows) : f32[2, 4]
  %f = dequantize(%bytes) {dtype=f32} : f32[2, 4]
  return %a, %b, %c, %d, %e, %f
}
"""


def _integers(make: Callable[[], nn.Module], scheme: str, backend: str, *inputs: Tensor) -> Module:
    torch.manual_seed(1)
    model = mtc.optimize(mtc.export(make().eval(), inputs), backend=backend)
    return mtc.quantize(model, scheme, None if scheme.startswith(("weight", "bf", "fp")) else [inputs, inputs])


def _exported(make: Callable[[], nn.Module], *inputs: Tensor, **options: Any) -> Module:
    torch.manual_seed(1)
    return mtc.optimize(mtc.export(make().eval(), inputs, **options), backend="xnnpack")


def _whole(limit: int, *shape: int) -> Tensor:
    return torch.arange(torch.Size(shape).numel()).reshape(shape) % limit


def modules() -> dict[str, tuple[str, Module]]:
    """Name, backend, program."""
    length, n, m = Dim("length", min=1, max=64), Dim("n", min=1, max=32), Dim("m", min=2, max=32)
    x = torch.linspace(-2, 3, 24)
    truth = _whole(2, 2, 3).bool()
    return {
        "convolutions": ("xnnpack", _exported(Convolutions, torch.ones(1, 3, 16, 16))),
        "images": ("portable", _exported(Images, torch.ones(1, 2, 6, 7), torch.zeros(1, 3, 4, 2))),
        "attention": (
            "xnnpack",
            _exported(
                Attention,
                _whole(11, 1, 6),
                torch.ones(1, 6).bool(),
                dynamic_shapes=({1: length}, {1: length}),
            ),
        ),
        "places": ("portable", _exported(Places, x.reshape(4, 6)[:3, :4], _whole(3, 2), _whole(4, 3, 4))),
        "dynamic": (
            "xnnpack",
            _exported(
                Dynamic,
                x.reshape(4, 6),
                torch.ones(6, 2),
                dynamic_shapes=({0: n, 1: m}, {0: m}),
            ),
        ),
        "recurrent": ("portable", _exported(Recurrent, torch.ones(2, 3, 4), torch.zeros(2, 2, 5))),
        "order": ("portable", _exported(Order, x.reshape(4, 6), _whole(7, 3, 4))),
        "sums": (
            "portable",
            _exported(Sums, x.reshape(2, 4, 3), x.double().reshape(4, 6), x.half().reshape(6, 4)),
        ),
        "logic": (
            "portable",
            _exported(Logic, truth, ~truth, _whole(5, 2, 3), _whole(5, 2, 3) + 1, x[:6].reshape(2, 3)),
        ),
        "stateful": ("portable", parse(STATEFUL, OPS)),
        "integers": ("xnnpack", _integers(Convolutions, "int8", "xnnpack", torch.ones(1, 3, 16, 16))),
        "bytes": ("qnnpack", _integers(Convolutions, "uint8", "qnnpack", torch.ones(1, 3, 16, 16))),
        "portable_integers": ("portable", _integers(Convolutions, "int8", "portable", torch.ones(1, 3, 16, 16))),
        "decoded": ("xnnpack", _integers(Convolutions, "weight-int8", "xnnpack", torch.ones(1, 3, 16, 16))),
        "stored": ("portable", parse(STORED, OPS)),
    }


def write(folder: Path) -> list[str]:
    """Writes NAME.mtp for each into `folder`; returns the keys of their kernels, sorted."""
    keys: set[str] = set()
    for name, (backend, module) in modules().items():
        path = folder / f"{name}.mtp"
        mtc.package(module, path, backend=backend)
        keys.update(reader.read(path).kernels)
    return sorted(keys)
