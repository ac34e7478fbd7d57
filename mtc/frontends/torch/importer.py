"""Turns an exported program's graph into a function of the IR, node by node, by the rows of the ATen table."""

from __future__ import annotations

import copy
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch._higher_order_ops.effects import with_effects
from torch._subclasses.fake_tensor import FakeTensor
from torch.export.graph_signature import InputKind

from mtc.frontends.torch import complexes, results
from mtc.frontends.torch.complexes import Complex, is_complex, part_dtype
from mtc.frontends.torch.dimnames import StatedDims
from mtc.frontends.torch.functional import InPlace
from mtc.frontends.torch.guards import equal_sizes, guards
from mtc.frontends.torch.known import Known, held_tensor, is_used
from mtc.frontends.torch.locations import location
from mtc.frontends.torch.problems import Problems, Unsupported
from mtc.frontends.torch.scalars import check_numbers, is_scalar_call, scalar
from mtc.frontends.torch.sizes import Sizes, UnsupportedSize, is_size
from mtc.frontends.torch.table import Table
from mtc.frontends.torch.tensors import TensorPool, check_dense, dtype_of, to_numpy, to_torch
from mtc.ir.builder import Builder
from mtc.ir.dims import Dim, Expr, product
from mtc.ir.module import Function, Module, State, Value
from mtc.ir.opspec import OpSpec, TypeMismatch
from mtc.ir.types import I64, DType, TensorType
from mtc.ops import OPS

__all__ = ["Importer", "Number", "Operand", "Unsupported"]

Number = float | int | bool | Expr
Operand = Value | Number


class Importer:
    """The state of one import; what rows are given to build with."""

    def __init__(self, program: torch.export.ExportedProgram, table: Table, stated: StatedDims) -> None:
        self.program = program
        self.graph_module = program.graph_module
        self.rows = table.rows
        self.complex_rows = table.complex_rows
        self.module = Module()
        self.function = Function("forward")
        self.build = Builder(self.function)
        self.sizes = Sizes(program, stated)
        self.pool = TensorPool()
        self.problems = Problems()
        self.node: Any = None  # the call being imported, and torch's own result of it: a fake tensor or several
        self.result: Any = None
        self._in_place = InPlace()
        self._known = Known(program)
        self._checked: set[frozenset[Dim]] = set()
        self._env: dict[torch.fx.Node, Any] = {}
        self._numbers: set[torch.fx.Node] = set()  # whole numbers that are read from tensors

    # What rows use.

    def emit(self, op: OpSpec, *inputs: Value | None, **attrs: Any) -> Value:
        return self.build.emit(op, *inputs, **attrs)

    def several(self, op: OpSpec, *inputs: Value | None, **attrs: Any) -> tuple[Value, ...]:
        """The results of an op that has more than one."""
        return self.build.node(op, *inputs, **attrs).outputs

    def constant(self, array: np.ndarray) -> Value:
        return self.build.constant(array, called=self.node.name)

    def scalar(self, value: float | int | bool, dtype: DType) -> Value:
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

    def nested(self, graph_module: torch.fx.GraphModule, name: str, arguments: Sequence[Any]) -> tuple[Function, Any]:
        """A graph inside the one being imported, as a function, and what it returns: its own values, None or numbers.

        Those of `arguments` that are types become its inputs, the others stand in it as they are.
        """
        inner = copy.copy(self)
        inner.graph_module = graph_module
        inner.function = Function(name)
        inner.build = Builder(inner.function, loc=self.build.loc)
        inner._in_place = InPlace()
        inner._checked = set()
        inner._env = {}
        placeholders = graph_module.graph.find_nodes(op="placeholder")
        for node, argument in zip(placeholders, arguments, strict=True):
            inner._env[node] = argument
            if isinstance(argument, TensorType):
                inner._env[node] = Value(argument, node.name)
                inner.function.inputs.append(inner._env[node])
        inner._nodes()
        (output,) = graph_module.graph.find_nodes(op="output")
        return inner.function, inner._lookup(output.args[0])

    def wants(self, index: int) -> bool:
        """Whether something uses result `index` of the call being imported."""
        items = (user for user in self.node.users if user.target is operator.getitem)
        return any(item.args[1] == index and item.users for item in items)

    def check(self, size: Dim, wanted: Dim) -> None:
        """Makes it an error of the run where the two are not equal."""
        pair = frozenset((size, wanted))
        if size != wanted and pair not in self._checked:
            self._checked.add(pair)
            self.build.node(OPS["check_sizes"], sizes=(size,), wanted=(wanted,))

    # The import.

    def run(self) -> Module:
        """MtcError that lists every call that cannot be imported."""
        self.module.functions["forward"] = self.function
        self._placeholders()
        self._guards()
        self._nodes()
        self.build.loc = ()
        returned = results.collect(self.program, self._lookup, self.problems)
        self.problems.raise_if_any()
        results.emit(self, returned)
        self.function.symbols = self.sizes.bounds
        self.module.register_constants()
        return self.module

    def _nodes(self) -> None:
        for node in self.graph_module.graph.nodes:
            if node.op == "get_attr":
                self._env[node] = self._attribute(node)
            elif node.op == "call_function":
                self._call(node)

    def _placeholders(self) -> None:
        signature = self.program.graph_signature
        mutated = results.changed_states(signature)
        for node, spec in zip(self.program.graph.find_nodes(op="placeholder"), signature.input_specs, strict=True):
            fake = node.meta.get("val")
            if spec.kind is InputKind.USER_INPUT:
                self._env[node] = self._input(node, fake, spec)
            elif spec.kind in (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR):
                self._env[node] = self._held(node, spec.target, is_state=spec.target in mutated)
            else:
                self._env[node] = None

    def _guards(self) -> None:
        for size, wanted in self.sizes.equal:
            self.check(size, wanted)
        for guard in guards(self.program):
            try:
                pair = equal_sizes(guard.condition, self.sizes)
            except UnsupportedSize:
                reason = f"the model does this only where {guard.condition}, which cannot be computed from sizes"
                self.problems.add("a condition on sizes", guard.loc, f"{reason}; use torch.cond, or fix these sizes")
                continue
            if pair is not None:
                self.build.loc = (guard.loc,)
                self.check(*pair)

    def _input(self, node: torch.fx.Node, fake: Any, spec: Any) -> Any:
        if isinstance(fake, torch.Tensor):
            try:
                check_dense(fake)
                type_ = TensorType(dtype_of(fake.dtype), self.sizes.input_shape(fake.shape))
            except (Unsupported, UnsupportedSize) as error:
                self.problems.add(f"input {node.name}", location(node), str(error))
                return FAILED
            value = Value(type_, node.name)
            self.function.inputs.append(value)
            return value
        if isinstance(fake, (torch.SymInt, torch.SymFloat)):
            self.problems.add(f"input {node.name}", location(node), "a number that varies; pass it as a 0-d tensor")
            return FAILED
        return fake if fake is not None else getattr(spec.arg, "value", None)

    def _held(self, node: torch.fx.Node, target: str, *, is_state: bool) -> Any:
        tensor = held_tensor(self.program, target)
        if isinstance(tensor, FakeTensor):
            if is_used(node):
                reason = "torch.export lost its elements; make it in the module's constructor, as a buffer"
                self.problems.add(f"constant {target}", location(node), reason)
            return FAILED
        if not is_state and is_complex(tensor):
            return self._parts_of(tensor, target)
        try:
            constant = self.pool.constant(self.module, tensor, target)
        except Unsupported as error:
            self.problems.add(f"parameter {target}", None, str(error))
            return FAILED
        if not is_state:
            return self.build.constant(constant, name=target)
        self.module.states[target] = State(target, constant.type, constant)
        return self.build.state(target, constant.type, name=target)

    def _attribute(self, node: torch.fx.Node) -> Any:
        held: Any = self.graph_module
        for part in str(node.target).split("."):
            held = getattr(held, part)
        if isinstance(held, torch.Tensor) and is_complex(held):
            return self._parts_of(held, str(node.target))
        if isinstance(held, torch.Tensor):
            return self.build.constant(self.pool.constant(self.module, held, str(node.target)))
        return held

    def _parts_of(self, tensor: torch.Tensor, name: str) -> Complex:
        """A constant that is complex."""
        parts = {part: getattr(tensor.resolve_conj(), part).contiguous() for part in ("real", "imag")}
        held = {part: self.pool.constant(self.module, own, f"{name}.{part}") for part, own in parts.items()}
        return Complex(*(self.build.constant(constant, name=f"{name}.{part}") for part, constant in held.items()))

    def _call(self, node: torch.fx.Node) -> None:
        if node.target is operator.getitem:
            value = self._item(node, *node.args)  # type: ignore[arg-type]
            if isinstance(value, Value) and not value.name:
                value.name = node.name
            self._env[node] = value
            return
        self.build.loc = (location(node),)
        try:
            self._env[node] = self._imported(node)
        except (Unsupported, UnsupportedSize, TypeMismatch) as error:
            is_operator = isinstance(node.target, torch._ops.OperatorBase)
            name = str(node.target) if is_operator else getattr(node.target, "__name__", str(node.target))
            self.problems.add(name, self.build.loc[0], str(error))
            self._env[node] = self._instead(node.meta.get("val"))
        for alias in self._in_place.renewed(node):
            self._env[alias] = self._env[node]

    def _item(self, node: torch.fx.Node, call: torch.fx.Node, index: int) -> Any:
        """One of the results of `call`; None if nobody wants it."""
        source = self._env[call]
        if source is None or source is FAILED:
            return source
        value = source[index]
        is_tensor = isinstance(node.meta.get("val"), torch.Tensor)
        if value is None and is_tensor and node.users and isinstance(call.target, torch._ops.OpOverload):
            self.problems.add(str(call.target), location(call), f"its result {index} is used, which no mtc op computes")
            return FAILED
        return value

    def _imported(self, node: torch.fx.Node) -> Any:
        fake = node.meta.get("val")
        if node.target is with_effects and not node.args[1]._schema.returns:  # type: ignore[union-attr]
            return None, None  # an assertion or a print
        args, kwargs = self._lookup(node.args), self._lookup(node.kwargs)
        target = self._in_place.functional(node.target)
        row = self.rows.get(target)
        if any(argument is FAILED for argument in _leaves((args, kwargs))):
            if row is None and target not in self.complex_rows and isinstance(fake, torch.Tensor):
                raise Unsupported("no mtc op has its semantics")
            return FAILED
        if is_size(fake) and isinstance(fake, torch.SymInt):
            return self._whole_number(node, args, fake)
        if isinstance(fake, (int, float, bool)):
            return fake  # torch has computed it
        if is_scalar_call(node):
            return scalar(self, node.target, args)
        if isinstance(fake, torch.SymBool):
            return fake  # which only some rows take
        if fake is None:
            return None  # an assertion about sizes; the program's own bounds say the same
        check_numbers(node, self._numbers)
        self.node, self.result = node, fake
        try:
            values = self._computed(node, target, args, kwargs)
        except Unsupported:
            known = self._known.value(node)
            if known is not None:
                values = self._constants(known, node.name)
            elif self._knows_operands(node):
                values = self._computed(node, target, self._lookup(node.args), self._lookup(node.kwargs))
            else:
                raise
        if isinstance(values, Value):
            values.name = values.name or node.name
            self.sizes.learn(fake.shape, values.type.shape)
        return values

    def _computed(self, node: torch.fx.Node, target: Any, args: Any, kwargs: Any) -> Any:
        """By the operator's row."""
        if is_complex(node.meta["val"]) or any(isinstance(leaf, Complex) for leaf in _leaves((args, kwargs))):
            return complexes.imported(self, target, args, kwargs)
        row = self.rows.get(target)
        if row is None:
            is_random = torch.Tag.nondeterministic_seeded in getattr(target, "tags", ())
            draws = "it draws random numbers; draw them outside and pass them as an input"
            raise Unsupported(draws if is_random else "no mtc op has its semantics")
        return row(self, *args, **kwargs)

    def _knows_operands(self, node: torch.fx.Node) -> bool:
        """Makes constants of those operands that torch can compute: a row may need to see their values."""
        found = {
            operand: known
            for operand in node.all_input_nodes
            if isinstance(self._env[operand], Value) and isinstance(known := self._known.value(operand), torch.Tensor)
        }
        self._env.update({operand: self._constants(known, operand.name) for operand, known in found.items()})
        return bool(found)

    def _constants(self, known: Any, name: str) -> Any:
        """Tensors that torch has computed."""
        if isinstance(known, (tuple, list)):
            return tuple(self._constants(part, f"{name}.{index}") for index, part in enumerate(known))
        return self._parts_of(known, name) if is_complex(known) else self.constant(to_numpy(known))

    def _whole_number(self, node: torch.fx.Node, args: Any, fake: torch.SymInt) -> Number | Value:
        """A size, or a 0-d tensor where it is no size but is read from a tensor: an index, such as a position."""
        try:
            return self.sizes.size(fake)
        except UnsupportedSize:
            value = scalar(self, node.target, args, I64)
        self._numbers.add(node)
        return value

    def _instead(self, fake: Any) -> Any:
        """What stands for a result that could not be imported, so that the calls that use it are checked as well."""
        if isinstance(fake, (tuple, list)):
            return tuple(self._instead(part) for part in fake)
        if not isinstance(fake, torch.Tensor):
            return FAILED
        try:
            part = TensorType(dtype_of(part_dtype(fake.dtype)), self.sizes.shape(fake.shape))
            return Complex(Value(part), Value(part)) if is_complex(fake) else Value(part)
        except (Unsupported, UnsupportedSize):
            return FAILED

    def _lookup(self, argument: Any) -> Any:
        if isinstance(argument, torch.fx.Node):
            return self._env[argument]
        if isinstance(argument, (list, tuple)):
            return tuple(self._lookup(item) for item in argument)
        if isinstance(argument, dict):
            return {key: self._lookup(item) for key, item in argument.items()}
        return argument


FAILED = object()  # a result of a type that the IR has not: rows that would use it are not called


def _leaves(item: Any) -> list[Any]:
    if isinstance(item, (tuple, list)):
        return [leaf for part in item for leaf in _leaves(part)]
    if isinstance(item, Mapping):
        return [leaf for part in item.values() for leaf in _leaves(part)]
    return [item]


def _stand_in(operand: Operand) -> Any:
    if isinstance(operand, Value):
        return torch.empty((1,) * operand.type.rank, dtype=to_torch(operand.type.dtype), device="meta")
    return 1 if isinstance(operand, Expr) else operand
