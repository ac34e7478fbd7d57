"""Kernel libraries: which operators each offers, under which conditions, and how its kernels are built."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from mtc.ir.kernel_key import KernelKey
from mtc.ir.module import Node
from mtc.ir.opspec import OpSpec, Signature
from mtc.ir.types import BF16, F16, DType
from mtc.ops.define import Layout
from mtc.program.storage import is_free

# None if the library can run the node, else the reason why not.
Rule = Callable[[Node], "str | None"]


class Adapter(Enum):
    """How a kernel for quantized elements is made of the plain one, where it is no file of its own
    (`runtime/kernels/quantized_adapters.h`)."""

    BY_TABLE = "ByTable"  # of what the f64 kernel computes of each of the 256 elements
    AS_INTEGERS = "AsIntegers"  # the kernel for i8 or u8, which moves or compares elements
    WIDENED = "Widened"  # the f64 kernel, between elements made real and results made integers again


@dataclass(frozen=True)
class Variants:
    """What a runtime may hold of an operator's kernel without the rest, and which of these a node needs. The kernel
    computes the same whatever else of it is there: each node needs one variant on every processor."""

    names: tuple[str, ...]
    of: Callable[[Node], str]


@dataclass(frozen=True)
class Support:
    """One operator of a library: the dtypes its kernel is written for, and what else must hold of a node.

    A tuple among the dtypes is those of the signature's variables together; a dtype alone may be that of each.
    """

    dtypes: tuple[DType | tuple[DType, ...], ...]
    rule: Rule | None = None
    takes_pitch: bool | Callable[[Node], bool] = False  # its operands and result may be rows of a wider tensor
    is_hot: bool = False  # compiled for several instruction-set levels
    is_hot_in_half: bool = False  # for half precision alone, which only the higher levels convert by an instruction
    adapter: Adapter | None = None
    variants: Variants | None = None

    @property
    def variant_names(self) -> tuple[str, ...]:
        """Of the variants that keys name; an empty name if there are none."""
        return self.variants.names if self.variants else ("",)

    def variant_of(self, node: Node) -> str:
        """The variant that `node` needs, as its key names it."""
        return self.variants.of(node) if self.variants else ""

    def takes(self, dtypes: tuple[DType, ...]) -> bool:
        return dtypes in self.dtypes or all(dtype in self.dtypes for dtype in dtypes)

    def is_hot_for(self, dtypes: Sequence[DType]) -> bool:
        """Whether the kernel for these dtypes is compiled for several instruction-set levels."""
        return self.is_hot or (self.is_hot_in_half and not {F16, BF16}.isdisjoint(dtypes))


@dataclass(frozen=True)
class Left:
    """An operator that a library has too, and why it is left to the portable kernels all the same: these are as fast,
    more exact, or smaller. `dtypes`: those it is left for; None is any."""

    why: str
    dtypes: tuple[DType, ...] | None = None


@dataclass(frozen=True, eq=False)
class KernelLibrary:
    """A set of kernels, one C++ file an operator, in `runtime/kernels/<name>/`."""

    name: str
    supports: Mapping[OpSpec, Support]
    layout: Layout | None = None  # the one its layout-aware kernels want
    title: str = ""
    leaves: Mapping[OpSpec, Left] = field(default_factory=dict)
    forms: Mapping[str, Mapping[OpSpec, Support]] = field(default_factory=dict)  # of variants: `Signature.form`
    allowed: frozenset[str] | None = None  # the kernels that a runtime was built with; None: all

    @property
    def ops(self) -> frozenset[OpSpec]:
        """The operators that it has kernels of."""
        return frozenset(self.supports).union(*self.forms.values())

    def only(self, keys: Collection[str]) -> KernelLibrary:
        """The library as a runtime has it that was built with these kernels."""
        return replace(self, allowed=frozenset(keys))

    def offers(self, op: OpSpec) -> bool:
        """Whether it has a kernel of `op` for any dtypes."""
        if self.allowed is None:
            return op in self.ops
        keys = map(KernelKey.parse, self.allowed)
        return any((key.op, key.library) == (op.name, self.name) for key in keys)

    def support_of(self, op: OpSpec, signature: Signature) -> Support | None:
        """What it has of an op for operands of that signature."""
        return (self.forms.get(signature.form, {}) if signature.form else self.supports).get(op)

    def support(self, node: Node) -> Support | None:
        """What it has for `node`."""
        return self.support_of(node.op, node.op.match(node.input_types, node.attrs)[0])

    def why_not(self, node: Node) -> str | None:
        """None if it can run `node`, else why not."""
        signature, bound = node.op.match(node.input_types, node.attrs)
        support = self.support_of(node.op, signature)
        left = self.leaves.get(node.op) if not signature.form else None
        if support is None and left is None:
            missing = f"{signature.form} `{node.op.name}`" if signature.form else f"`{node.op.name}`"
            return f"{self.name} has no {missing}"
        dtypes = tuple(bound.values())
        if support is None and left is not None and (left.dtypes is None or {*dtypes} <= {*left.dtypes}):
            return f"{self.name} leaves `{node.op.name}` to portable kernels: {left.why}"
        if support is None or not support.takes(dtypes):
            return f"{self.name}'s `{node.op.name}` does not take {', '.join(map(str, dtypes))}"
        reason = support.rule(node) if support.rule else None
        return reason or self._why_not_allowed(node)

    def _why_not_allowed(self, node: Node) -> str | None:
        if self.allowed is None or is_free(node) or (key := self.key(node)) in self.allowed:
            return None
        return f"the runtime has no `{key}`"

    def leaves_kernel(self, op: OpSpec, dtypes: Sequence[str]) -> bool:
        """Whether the kernel of `op` for these dtypes is one that it leaves to the portable library."""
        left = self.leaves.get(op)
        return left is not None and (left.dtypes is None or {*dtypes} <= set(map(str, left.dtypes)))

    def takes_pitch(self, node: Node) -> bool:
        """Whether its kernel for `node` reads and writes rows that do not lie side by side."""
        support = self.support(node)
        takes = support is not None and support.takes_pitch
        return takes if isinstance(takes, bool) else takes(node)

    def key(self, node: Node) -> str:
        """The kernel that computes `node`."""
        bound = node.op.bind_types(node.input_types, node.attrs)
        support = self.support(node)
        return self._key(node.op, tuple(bound.values()), support.variant_of(node) if support else "")

    def kernel_keys(self, form: str | None = None) -> Iterator[str]:
        """Every kernel it has, or those for operands of one form of signature."""
        for own, supports in {"": self.supports, **self.forms}.items():
            if form is not None and own != form:
                continue
            for op, support in supports.items():
                for signature in op.signatures:
                    if signature.form != own:
                        continue
                    for dtypes in itertools.product(*signature.variables.values()):
                        if support.takes(dtypes):
                            yield from (self._key(op, dtypes, variant) for variant in support.variant_names)

    def _key(self, op: OpSpec, dtypes: tuple[DType, ...], variant: str) -> str:
        return str(KernelKey(op.name, self.name, tuple(map(str, dtypes)), op.version, variant))
