"""What the rows of the ATen table build with."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from mtc.frontends.torch.complexes import is_complex, part_dtype
from mtc.frontends.torch.problems import Unsupported
from mtc.frontends.torch.sizes import Sizes
from mtc.frontends.torch.table import Table
from mtc.frontends.torch.tensors import dtype_of, to_torch
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.dims import Dim, Expr, product
from mtc.ir.loc import Loc
from mtc.ir.module import Function, Value
from mtc.ir.opspec import OpSpec
from mtc.ir.types import DType, QParams, TensorType
from mtc.ops import OPS

__all__ = ["Importer", "Number", "Operand", "Unsupported"]

Number = float | int | bool | Expr
Operand = Value | Number


class Importer(ABC):
    """Builds the function that a graph becomes, one call after another: the present one is `node`.

    `cast`, `reshape`, `permute` and `expand` give the operand itself where they would change nothing.
    """

    def __init__(self, table: Table, sizes: Sizes) -> None:
        self.table = table
        self.sizes = sizes
        self.node: Any = None
        self.result: Any = None  # torch's own of that call: a fake tensor or several
        self.start(Function("forward"))

    def start(self, function: Function, loc: tuple[Loc, ...] = ()) -> None:
        """Builds `function` from now on, which is empty; `loc` is where its first nodes come from."""
        self.function = function
        self.build = Builder(function, loc=loc)
        self._checked: dict[frozenset[Dim], None] = {}  # in the order of the checks
        self.stored: dict[tuple[Constant, QParams], Value] = {}  # integers that are constant, by what they stand for
        # Of dynamic quantization: what a scale is chosen from, integers are rounded from, and real numbers then were.
        self.origins: dict[Value, Value] = {}

    def close(self, function: Function) -> None:
        """Gives a nested function, which is finished, the bounds of the named dims that stand in it."""
        named = function.named_dims()
        function.symbols = {name: bounds for name, bounds in self.sizes.bounds.items() if name in named}

    @abstractmethod
    def nested(self, graph_module: torch.fx.GraphModule, name: str, arguments: Sequence[Any]) -> tuple[Function, Any]:
        """A graph inside the one being imported, as a function, and what it returns: its own values, None or numbers.

        Those of `arguments` that are types become its inputs, the others stand in it as they are.
        """

    def emit(self, op: OpSpec, *inputs: Value | None, **attrs: Any) -> Value:
        """The result of an op that has one. TypeMismatch, as for all that emits, if it does not take these operands."""
        return self.build.emit(op, *inputs, **attrs)

    def several(self, op: OpSpec, *inputs: Value | None, **attrs: Any) -> tuple[Value, ...]:
        """The results of an op that has more than one."""
        return self.build.node(op, *inputs, **attrs).outputs

    def constant(self, array: np.ndarray) -> Value:
        """A constant that is named after the call, if it is too large for the text of the IR."""
        return self.build.constant(array, called=self.node.name)

    def scalar(self, value: float | int | bool, dtype: DType) -> Value:
        """A 0-d constant. Unsupported for a comparison of sizes."""
        if isinstance(value, torch.SymBool):
            raise Unsupported("a comparison of sizes as a number; choose with torch.cond, or compare 0-d tensors")
        if isinstance(value, int) and dtype.is_integer:  # one that the dtype has not wraps, as torch's does
            value = int(np.array(value, np.int64).astype(dtype.numpy))
        return self.build.scalar(value, dtype)

    def cast(self, value: Value, dtype: DType) -> Value:
        return value if value.type.dtype is dtype else self.emit(OPS["cast"], value, dtype=dtype)

    def tensor(self, value: Operand, dtype: DType) -> Value:
        """An operand in `dtype`: a tensor is cast, a number becomes a 0-d constant, a size a 0-d tensor."""
        if isinstance(value, Expr):
            value = self.reshape(self.emit(OPS["size_to_tensor"], sizes=(value,)), ())
        return self.cast(value, dtype) if isinstance(value, Value) else self.scalar(value, dtype)

    def reshape(self, value: Value, shape: Sequence[Dim]) -> Value:
        """The elements in another shape; that it fits is checked when the program runs, if it depends on sizes."""
        self.check(product(shape), value.type.count)
        return value if value.type.shape == tuple(shape) else self.emit(OPS["reshape"], value, shape=tuple(shape))

    def permute(self, value: Value, dims: Sequence[int]) -> Value:
        return value if list(dims) == sorted(dims) else self.emit(OPS["permute"], value, dims=tuple(dims))

    def expand(self, value: Value, shape: Sequence[Dim]) -> Value:
        return value if value.type.shape == tuple(shape) else self.emit(OPS["expand"], value, shape=tuple(shape))

    def full(self, shape: Sequence[Dim], value: float | int | bool, dtype: DType) -> Value:
        return self.expand(self.scalar(value, dtype), shape)

    def promoted(self, *operands: Operand) -> DType:
        """The dtype in which torch combines them."""
        dtype = torch.result_type(*(_stand_in(operand) for operand in operands))
        return dtype_of(dtype)

    def result_type(self, index: int | None = None) -> TensorType:
        """What torch says of the call's result; of a complex one, of its parts."""
        fake = self.result if index is None else self.result[index]
        return TensorType(dtype_of(part_dtype(fake.dtype)), self.sizes.shape(fake.shape))

    @property
    def is_complex_result(self) -> bool:
        return is_complex(self.result)

    def wants(self, index: int) -> bool:
        """Whether something uses result `index` of the call being imported."""
        items = (user for user in self.node.users if user.target is operator.getitem)
        return any(item.args[1] == index and item.users for item in items)

    def check(self, size: Dim, wanted: Dim) -> None:
        """Makes it an error of the run where the two are not equal."""
        pair = frozenset((size, wanted))
        if size != wanted and pair not in self._checked:
            self._checked[pair] = None
            self.build.node(OPS["check_sizes"], sizes=(size,), wanted=(wanted,))


def _stand_in(operand: Operand) -> Any:
    if isinstance(operand, Value):
        return torch.empty((1,) * operand.type.rank, dtype=to_torch(operand.type.dtype), device="meta")
    return 1 if isinstance(operand, Expr) else operand
