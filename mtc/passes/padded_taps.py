"""Do not multiply with the zeros around an image.

Of a dilated kernel on a small image most taps read padding: with dilation 12 on 14 rows, the first of three taps is
inside for two rows of the result only; with dilation 24 for none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant, Encoded
from mtc.ir.dims import Shape
from mtc.ir.module import Module, Node, Value
from mtc.ir.rewriter import apply_rewrites, rewrite
from mtc.ops.define import Layout
from mtc.passes.base import Rewrites
from mtc.passes.matching import UNBOUNDED
from mtc.passes.weight_channels import CONVOLUTIONS


@dataclass(frozen=True)
class _Axis:
    """A spatial axis of a convolution: of output `r`, tap `t` reads `r * stride - before + t * dilation` of `size`."""

    index: int  # among the spatial axes
    place: int  # among all axes of image, weight and result
    size: int
    taps: range
    outputs: range
    stride: int
    before: int
    dilation: int

    def inside(self, taps: range) -> range:
        """The outputs from the first to the last for which one of `taps` is in the image."""
        first, last = (self.before - t * self.dilation for t in (taps[-1], taps[0]))
        begin = min(max(-(-first // self.stride), 0), len(self.outputs))
        end = min(-(-(self.size + last) // self.stride), len(self.outputs))
        return range(begin, max(begin, end))

    @property
    def used(self) -> list[int]:
        """The taps that are ever in the image."""
        return [t for t in self.taps if self.inside(range(t, t + 1))]

    def reach(self, taps: range, outputs: range) -> tuple[int, int]:
        """From where to where `taps` read for `outputs`; what is below 0 or behind the size is padding."""
        first = outputs[0] * self.stride - self.before + taps[0] * self.dilation
        last = outputs[-1] * self.stride - self.before + taps[-1] * self.dilation
        return first, last + 1

    def crop(self, taps: range, outputs: range) -> tuple[int, int]:
        """The part of the image that these read, and what behind it is too short for another output."""
        first, end = self.reach(taps, outputs)
        return max(first, 0), self.size if self.size - end < self.stride else end


def _padded_axes(conv: Node) -> Iterator[_Axis]:
    """The axes of known size that are padded, if the weight is a constant that nothing else reads.

    The parts of any other weight would be stored beside the whole. Not an axis on which nothing but padding is read.
    """
    x, weight = conv.operand(0), conv.operand(1)
    if weight.constant is None or not weight.has_single_use:
        return
    start = 1 if conv.attrs.get("layout") is Layout.NHWC else 2
    for index, (stride, dilation) in enumerate(zip(conv.attrs["stride"], conv.attrs["dilation"], strict=True)):
        place = start + index
        size, taps, outputs = (value.type.shape[place] for value in (x, weight, conv.output))
        before, after = conv.attrs["padding"][2 * index : 2 * index + 2]
        if not (isinstance(size, int) and isinstance(taps, int) and isinstance(outputs, int) and before + after):
            continue
        axis = _Axis(index, place, size, range(taps), range(outputs), stride, before, dilation)
        if axis.used:
            yield axis


def _restricted(
    conv: Node,
    build: Builder,
    axis: _Axis,
    taps: range,
    outputs: range,
    bias: Value | None,
    clamp: tuple[float, float],
) -> Value:
    """`conv` with some of the taps, for some of the outputs."""
    x, constant = conv.operand(0), conv.operand(1).constant
    assert constant is not None
    begin, end = axis.crop(taps, outputs)
    first, last = axis.reach(taps, outputs)
    if (begin, end) != (0, axis.size):
        starts, ends = [0] * x.type.rank, list(x.type.shape)
        starts[axis.place], ends[axis.place] = begin, end
        x = build.emit(ops.slice, x, begin=tuple(starts), end=tuple(ends), step=(1,) * x.type.rank)
    padding, dilation = list(conv.attrs["padding"]), list(conv.attrs["dilation"])
    padding[2 * axis.index : 2 * axis.index + 2] = max(-first, 0), max(last - axis.size, 0)
    dilation[axis.index] = axis.dilation * taps.step if len(taps) > 1 else 1
    weight = build.constant(_kernel(constant, axis.place, taps))
    padded, dilated = tuple(padding), tuple(dilation)
    return build.again(conv, x, weight, bias, padding=padded, dilation=dilated, clamp=clamp).output


def _kernel(weight: Constant, place: int, taps: range) -> Constant:
    """Some taps along an axis, stored as all are: a view of what may be a file, made dense only when it is written."""
    if isinstance(weight.data, Encoded):
        stored = _kernel(weight.data.stored, place, taps)
        return Constant(weight.name, replace(weight.type, shape=stored.type.shape), Encoded(stored))
    part = weight.array()[(slice(None),) * place + (slice(taps.start, taps.stop, taps.step),)]
    return Constant(weight.name, replace(weight.type, shape=part.shape), part)


@rewrite(*CONVOLUTIONS, quantized=True)
def trim_padded_taps(conv: Node, build: Builder) -> Value | None:
    """Taps that read padding for every output add nothing. What remains has a step, so a new dilation.

    Not where a part of the image would be read by no tap any more: that takes a copy of the rest.
    """
    for axis in _padded_axes(conv):
        used = axis.used
        step = math.gcd(*(t - used[0] for t in used)) or 1
        taps = range(used[0], used[-1] + 1, step)
        if len(taps) < len(axis.taps) and axis.crop(taps, axis.outputs) == (0, axis.size):
            return _restricted(conv, build, axis, taps, axis.outputs, conv.inputs[2], conv.attrs["clamp"])
    return None


TRIM_PADDED_TAPS = Rewrites("trim-padded-taps", (trim_padded_taps,))


@dataclass(frozen=True)
class SplitPaddedTaps:
    """Taps that are inside for a few outputs only become a convolution of their own, which is added to these outputs.

    With dilation 12 on 14 rows and columns, the nine taps of a 3x3 kernel become nine 1x1 convolutions: the middle one
    for the whole image, the others for two rows or two columns or both, together 324 pixels in place of 9 * 196. Each
    tap's weight is in one of them, so that the weights do not grow. (Rows of the result with kernels of their own would
    need no sums, but store weights several times, and reading those takes longer than the sums.)

    It is done one axis after the other, where a `share` of the multiply-adds goes away (a third along each of two axes
    is more than half), `least` of them in all, and `per_output` for each element of the result: as many as can be done
    while an element is padded and added.
    """

    share: float = 1 / 3
    least: int = 1 << 22
    per_output: int = 256
    name: str = "split-padded-taps"

    def run(self, module: Module) -> int:
        @rewrite(*CONVOLUTIONS)
        def split(conv: Node, build: Builder) -> Value | None:
            splits = [_Split.of(axis) for axis in _padded_axes(conv)]
            best = max(splits, key=lambda split: split.saved_share, default=None)
            return best.apply(conv, build) if best is not None and self._pays(conv, best) else None

        return apply_rewrites(module, (split,))

    def _pays(self, conv: Node, split: _Split) -> bool:
        outputs = _known_product(conv.output.type.shape)
        products = split.saved_share * outputs * _known_product(conv.operand(1).type.shape[1:])
        return split.saved_share >= self.share and products >= max(self.least, self.per_output * outputs)


def _known_product(shape: Shape) -> int:
    """Of one image, if the batch has a name."""
    return math.prod(size for size in shape if isinstance(size, int))


@dataclass(frozen=True)
class _Split:
    """The taps of an axis in three runs: the first ones, those in the middle, the last ones."""

    axis: _Axis
    first: range
    middle: range
    last: range

    @staticmethod
    def of(axis: _Axis) -> _Split:
        """The split with the fewest products; in the middle at least the tap that is inside most often."""
        count = len(axis.taps)
        most = max(axis.taps, key=lambda t: len(axis.inside(range(t, t + 1))))

        def saved(taps: range) -> int:
            return len(taps) * (len(axis.outputs) - len(axis.inside(taps))) if taps else 0

        first = max((range(n) for n in range(most + 1)), key=saved)
        last = max((range(n, count) for n in range(count, most, -1)), key=saved)
        return _Split(axis, first, range(len(first), last.start), last)

    @property
    def saved_share(self) -> float:
        """Of the products along the axis."""
        outer = sum(len(taps) * len(self.axis.inside(taps)) for taps in (self.first, self.last) if taps)
        whole = len(self.axis.outputs) * len(self.axis.taps)
        return 1 - (len(self.middle) * len(self.axis.outputs) + outer) / whole

    def apply(self, conv: Node, build: Builder) -> Value:
        axis, clamp = self.axis, conv.attrs["clamp"]
        result = _restricted(conv, build, axis, self.middle, axis.outputs, conv.inputs[2], UNBOUNDED)
        for taps in filter(None, (self.first, self.last)):
            inside = axis.inside(taps)
            if not inside:
                continue
            part = _restricted(conv, build, axis, taps, inside, None, UNBOUNDED)
            padding = [0] * (2 * part.type.rank)
            padding[2 * axis.place : 2 * axis.place + 2] = inside.start, len(axis.outputs) - inside.stop
            result = build.emit(ops.add, result, build.emit(ops.pad, part, padding=tuple(padding)))
        return result if clamp == UNBOUNDED else build.emit(ops.clamp, result, min=clamp[0], max=clamp[1])


SPLIT_PADDED_TAPS = SplitPaddedTaps()
