"""Kernel libraries: which operators each offers, under which conditions, and how its kernels are built."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mtc.ir.kernel_key import KernelKey
from mtc.ir.module import Node
from mtc.ir.opspec import OpSpec
from mtc.ir.types import DType
from mtc.ops.define import Layout

# None if the library can run the node, else the reason why not.
Rule = Callable[[Node], "str | None"]


@dataclass(frozen=True)
class Support:
    """One operator of a library: the dtypes its kernel is written for, and what else must hold of a node."""

    dtypes: tuple[DType, ...]
    rule: Rule | None = None
    takes_pitch: bool | Callable[[Node], bool] = False  # its operands and result may be rows of a wider tensor
    is_hot: bool = False  # compiled for several instruction-set levels


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

    def why_not(self, node: Node) -> str | None:
        """None if it can run `node`, else why not."""
        support = self.supports.get(node.op) or self.leaves.get(node.op)
        if support is None:
            return f"{self.name} has no `{node.op.name}`"
        bound = node.op.bind_types(node.input_types, node.attrs)
        for dtype in bound.values():
            if support.dtypes is not None and dtype not in support.dtypes:
                return f"{self.name}'s `{node.op.name}` does not take {dtype}"
        if isinstance(support, Left):
            return f"{self.name} leaves `{node.op.name}` to portable kernels: {support.why}"
        return support.rule(node) if support.rule else None

    def leaves_kernel(self, op: OpSpec, dtypes: Sequence[str]) -> bool:
        """Whether the kernel of `op` for these dtypes is one that it leaves to the portable library."""
        left = self.leaves.get(op)
        return left is not None and (left.dtypes is None or {*dtypes} <= set(map(str, left.dtypes)))

    def takes_pitch(self, node: Node) -> bool:
        """Whether its kernel for `node` reads and writes rows that do not lie side by side."""
        takes = self.supports[node.op].takes_pitch
        return takes if isinstance(takes, bool) else takes(node)

    def key(self, node: Node) -> str:
        """The kernel that computes `node`."""
        bound = node.op.bind_types(node.input_types, node.attrs)
        return self._key(node.op, tuple(bound.values()))

    def kernel_keys(self) -> Iterator[str]:
        """Every kernel it has."""
        for op, support in self.supports.items():
            choices = [
                [dtype for dtype in allowed if dtype in support.dtypes] for allowed in op.signature.variables.values()
            ]
            for dtypes in itertools.product(*choices):
                yield self._key(op, dtypes)

    def _key(self, op: OpSpec, dtypes: tuple[DType, ...]) -> str:
        return str(KernelKey(op.name, self.name, tuple(map(str, dtypes)), op.version))
