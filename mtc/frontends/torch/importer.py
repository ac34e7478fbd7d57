"""Turns an exported program's graph into a function of the IR, node by node, by the rows of the ATen table."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.export.graph_signature import InputKind, OutputKind

from mtc.diagnostics import UNSUPPORTED_OP, collected
from mtc.frontends.torch.locations import location
from mtc.frontends.torch.sizes import Sizes, UnsupportedSize, is_size
from mtc.frontends.torch.table import Row
from mtc.frontends.torch.tensors import DTYPES, TensorPool
from mtc.ir.builder import Builder
from mtc.ir.dims import Dim
from mtc.ir.module import Function, Loc, Module, State, Value
from mtc.ir.opspec import OpSpec, TypeMismatch
from mtc.ir.types import DType, TensorType
from mtc.ops import OPS


class Unsupported(Exception):
    """Raised by a row for arguments that no op of the opset covers."""


class Importer:
    """The state of one import; what rows are given to build with."""

    def __init__(
        self, program: torch.export.ExportedProgram, rows: Mapping[Any, Row], dim_names: dict[str, str]
    ) -> None:
        self.program = program
        self.rows = rows
        self.module = Module()
        self.function = Function("forward")
        self.build = Builder(self.function)
        self.sizes = Sizes(program, dim_names)
        self.pool = TensorPool()
        self.result: Any = None  # torch's own result of the call being imported: a fake tensor or several
        self._env: dict[torch.fx.Node, Any] = {}
        self._states: dict[str, str] = {}

    # What rows use.

    def emit(self, op: OpSpec, *inputs: Value | None, **attrs: Any) -> Value:
        return self.build.emit(op, *inputs, **attrs)

    def constant(self, array: np.ndarray) -> Value:
        return self.build.constant(array)

    def scalar(self, value: float | int | bool, dtype: DType) -> Value:
        return self.build.scalar(value, dtype)

    def cast(self, value: Value, dtype: DType) -> Value:
        return value if value.type.dtype is dtype else self.emit(OPS["cast"], value, dtype=dtype)

    def tensor(self, value: Value | float | int | bool, dtype: DType) -> Value:
        """An operand in `dtype`: a tensor is cast, a number becomes a 0-d constant."""
        return self.cast(value, dtype) if isinstance(value, Value) else self.scalar(value, dtype)

    def reshape(self, value: Value, shape: Sequence[Dim]) -> Value:
        return value if value.type.shape == tuple(shape) else self.emit(OPS["reshape"], value, shape=tuple(shape))

    def result_type(self, index: int | None = None) -> TensorType:
        """What torch says of the call's result."""
        fake = self.result if index is None else self.result[index]
        return TensorType(DTYPES[fake.dtype], self.sizes.shape(fake.shape))

    # The import.

    def run(self) -> Module:
        """MtcError that lists every call that cannot be imported."""
        self.module.functions["forward"] = self.function
        self._placeholders()
        problems: dict[str, list[tuple[Loc, str]]] = defaultdict(list)
        for node in self.program.graph.nodes:
            if node.op == "get_attr":
                self._env[node] = self._attribute(node)
            elif node.op == "call_function":
                self._call(node, problems)
        if problems:
            self._refuse(problems)
        self._outputs()
        self.function.symbols = self.sizes.bounds
        return self.module

    def _placeholders(self) -> None:
        signature = self.program.graph_signature
        mutated = set(signature.buffers_to_mutate.values())
        for node, spec in zip(self.program.graph.find_nodes(op="placeholder"), signature.input_specs, strict=True):
            fake = node.meta.get("val")
            if spec.kind is InputKind.USER_INPUT:
                if isinstance(fake, torch.Tensor):
                    type_ = TensorType(DTYPES[fake.dtype], self.sizes.input_shape(fake.shape))
                    self._env[node] = Value(type_, node.name)
                    self.function.inputs.append(self._env[node])
                else:
                    self._env[node] = fake if fake is not None else getattr(spec.arg, "value", None)
            elif spec.kind in (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR):
                self._env[node] = self._held(spec.target, is_state=spec.target in mutated)
            else:
                self._env[node] = None

    def _held(self, target: str, *, is_state: bool) -> Value:
        tensor = self.program.state_dict.get(target)
        if tensor is None:
            tensor = self.program.constants[target]
        constant = self.pool.constant(self.module, tensor, target)
        if not is_state:
            return self.build.constant(constant, name=target)
        self.module.states[target] = State(target, constant.type, constant)
        return self.build.state(target, constant.type, name=target)

    def _attribute(self, node: torch.fx.Node) -> Any:
        held: Any = self.program.graph_module
        for part in str(node.target).split("."):
            held = getattr(held, part)
        if isinstance(held, torch.Tensor):
            return self.build.constant(self.pool.constant(self.module, held, str(node.target)))
        return held

    def _call(self, node: torch.fx.Node, problems: dict[str, list[tuple[Loc, str]]]) -> None:
        fake = node.meta.get("val")
        if node.target is operator.getitem:
            source = self._env[node.args[0]]  # type: ignore[index]
            self._env[node] = None if source is None else source[node.args[1]]
            return
        if is_size(fake) and not isinstance(fake, torch.Tensor):
            try:
                self._env[node] = self.sizes.size(fake)
            except UnsupportedSize as error:
                problems[str(node.target)].append((location(node), str(error)))
                self._env[node] = None
            return
        if fake is None or isinstance(fake, (bool, torch.SymBool)):
            self._env[node] = None  # an assertion about sizes; the program's own bounds say the same
            return
        loc = location(node)
        row = self.rows.get(node.target)
        args, kwargs = self._lookup(node.args), self._lookup(node.kwargs)
        if row is None:
            problems[str(node.target)].append((loc, "no mtc op has its semantics"))
        elif not any(argument is _FAILED for argument in _flat((args, kwargs))):
            self.result = fake
            self.build.loc = (loc,)
            try:
                self._env[node] = row(self, *args, **kwargs)
                self._name(node)
                return
            except (Unsupported, UnsupportedSize, TypeMismatch) as error:
                problems[str(node.target)].append((loc, str(error)))
        self._env[node] = defaultdict(lambda: _FAILED) if isinstance(fake, (tuple, list)) else _FAILED

    def _name(self, node: torch.fx.Node) -> None:
        value = self._env[node]
        if isinstance(value, Value) and not value.name:
            value.name = node.name

    def _lookup(self, argument: Any) -> Any:
        if isinstance(argument, torch.fx.Node):
            return self._env[argument]
        if isinstance(argument, (list, tuple)):
            return tuple(self._lookup(item) for item in argument)
        if isinstance(argument, dict):
            return {key: self._lookup(item) for key, item in argument.items()}
        return argument

    def _outputs(self) -> None:
        outputs: list[Value] = []
        (node,) = self.program.graph.find_nodes(op="output")
        self.build.loc = ()
        for argument, spec in zip(node.args[0], self.program.graph_signature.output_specs, strict=True):
            value = self._lookup(argument)
            if spec.kind is OutputKind.BUFFER_MUTATION:
                self.build.update_state(spec.target, value)
            elif spec.kind is OutputKind.USER_OUTPUT:
                if isinstance(value, Value):
                    outputs.append(value)
                    self.function.output_names.append(spec.arg.name)
            else:
                raise UNSUPPORTED_OP.error(
                    f"the model changes its input `{spec.target}` in place",
                    help="return the new value instead",
                )
        self.build.results(*outputs)

    def _refuse(self, problems: dict[str, list[tuple[Loc, str]]]) -> None:
        names = ", ".join(f"`{name}`" for name in sorted(problems))
        with collected() as report:
            for index, (name, places) in enumerate(sorted(problems.items())):
                reasons = dict.fromkeys(reason for _, reason in places)
                lines = dict.fromkeys(str(loc) for loc, _ in places)
                first = f"cannot import {names}: " if index == 0 else ""
                report(
                    UNSUPPORTED_OP(
                        f"{first}`{name}` is called {len(places)} time{'s' * (len(places) > 1)}",
                        at="; ".join(lines),
                        notes=tuple(reasons),
                        help="replace it in the model by operators that `mtc ops` lists",
                    )
                )


_FAILED = object()  # the result of a call that could not be imported: what uses it is not reported as well


def _flat(item: Any) -> list[Any]:
    if isinstance(item, (tuple, list)):
        return [leaf for part in item for leaf in _flat(part)]
    if isinstance(item, Mapping) and not isinstance(item, defaultdict):
        return [leaf for part in item.values() for leaf in _flat(part)]
    return [item]


