"""Adds nodes to a function, with attributes completed and types inferred from the op's definition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mtc.ir.constant import MOST_INLINE, Constant
from mtc.ir.module import Function, Loc, Node, Value
from mtc.ir.opspec import OpSpec
from mtc.ir.structural import CONSTANT, RETURN, STATE, STATE_UPDATE
from mtc.ir.types import DType, QParams, TensorType


class Builder:
    """Inserts in front of `before`, or at the end of the function; each node gets the location `loc`."""

    def __init__(self, function: Function, before: Node | None = None, loc: tuple[Loc, ...] = ()) -> None:
        self.function = function
        self.before = before
        self.loc = loc
        self.emitted: list[Node] = []

    def node(
        self,
        op: OpSpec,
        *inputs: Value | None,
        regions: Sequence[Function] = (),
        name: str = "",
        qparams: QParams | None = None,
        **attrs: Any,
    ) -> Node:
        """Inserts a node. `qparams` are those of quantized results, where the op leaves the choice. TypeMismatch if the
        op does not take these operands or attributes."""
        full = op.complete(attrs)
        types = op.result_types([None if v is None else v.type for v in inputs], full, regions)
        if qparams is not None:
            types = tuple(
                TensorType(t.dtype, t.shape, t.qparams or qparams) if t.dtype.is_quantized else t for t in types
            )
        return self._insert(Node(op, inputs, full, types, regions=regions, loc=self.loc), name)

    def emit(
        self,
        op: OpSpec,
        *inputs: Value | None,
        regions: Sequence[Function] = (),
        name: str = "",
        qparams: QParams | None = None,
        **attrs: Any,
    ) -> Value:
        """Inserts a node with one result, and returns that."""
        return self.node(op, *inputs, regions=regions, name=name, qparams=qparams, **attrs).output

    def again(self, node: Node, *inputs: Value | None, **changed: Any) -> Node:
        """Inserts a node like `node`, of other operands and with some attributes `changed`, whose results stand for the
        same numbers: they are quantized alike."""
        qparams = next((value.type.qparams for value in node.outputs if value.type.qparams is not None), None)
        return self.node(node.op, *inputs, regions=node.regions, qparams=qparams, **node.attrs | changed)

    def constant(self, value: Constant | np.ndarray, name: str = "", *, called: str = "constant") -> Value:
        """The value of a constant. One that has no name and is too large for the text of the IR is `called` so, until
        the module registers it, which makes that unique."""
        constant = value if isinstance(value, Constant) else Constant.of(value)
        if constant.name is None and constant.count > MOST_INLINE:
            constant = constant.renamed(called)
        return self._insert(Node(CONSTANT, (), {"value": constant}, [constant.type], loc=self.loc), name).output

    def scalar(self, value: float | int | bool, dtype: DType) -> Value:
        """A 0-d constant."""
        return self.constant(np.asarray(value, dtype.numpy))

    def state(self, state: str, type: TensorType, name: str = "") -> Value:
        """The value of a state of the module."""
        return self._insert(Node(STATE, (), {"state": state}, [type], loc=self.loc), name).output

    def update_state(self, state: str, value: Value) -> None:
        self._insert(Node(STATE_UPDATE, (value,), {"state": state}, [], loc=self.loc), "")

    def results(self, *values: Value) -> Node:
        """Ends the function."""
        return self._insert(Node(RETURN, values, {}, [], loc=self.loc), "")

    def insert(self, node: Node) -> Node:
        """Inserts a node that was made elsewhere."""
        self.function.insert(node, self.before)
        self.emitted.append(node)
        return node

    def _insert(self, node: Node, name: str) -> Node:
        for value in node.outputs:
            value.name = name
        return self.insert(node)
