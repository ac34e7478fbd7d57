"""Turns an exported program's graph into a function of the IR, node by node, by the rows of the ATen table."""

from __future__ import annotations

import copy
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch._higher_order_ops.effects import with_effects

from mtc.frontends.torch import complexes, inputs, results
from mtc.frontends.torch.complexes import Complex, is_complex, part_dtype
from mtc.frontends.torch.dimnames import StatedDims
from mtc.frontends.torch.functional import InPlace
from mtc.frontends.torch.guards import equal_sizes, guards
from mtc.frontends.torch.importer import Importer, Number
from mtc.frontends.torch.known import Known
from mtc.frontends.torch.locations import location
from mtc.frontends.torch.problems import FAILED, Problems, Unsupported
from mtc.frontends.torch.scalars import check_numbers, computes, is_scalar_call, scalar
from mtc.frontends.torch.sizes import Sizes, UnsupportedSize, is_size
from mtc.frontends.torch.table import Table
from mtc.frontends.torch.tensors import TensorPool, dtype_of, to_numpy
from mtc.ir.module import Function, Module, Value
from mtc.ir.opspec import TypeMismatch
from mtc.ir.structural import CONSTANT
from mtc.ir.types import I64, TensorType
from mtc.passes.dead_code import forget_unused


class GraphImporter(Importer):
    """The state of one import."""

    def __init__(self, program: torch.export.ExportedProgram, table: Table, stated: StatedDims) -> None:
        super().__init__(table, Sizes(program, stated))
        self.program = program
        self.graph_module = program.graph_module
        self.module = Module()
        self.pool = TensorPool()
        self.problems = Problems()
        self._in_place = InPlace()
        self._known = Known(program)
        self._env: dict[torch.fx.Node, Any] = {}
        self._numbers: set[torch.fx.Node] = set()  # whole numbers that are read from tensors

    def run(self) -> Module:
        """MtcError that lists every call that cannot be imported."""
        self.module.functions["forward"] = self.function
        self._env.update(inputs.placeholders(self))
        self._guards()
        self._nodes()
        self.build.loc = ()
        returned = results.collect(self.program, self._lookup, self.problems)
        self.problems.raise_if_any()
        results.emit(self, returned)
        self.function.symbols = self.sizes.bounds
        self._forget_read_by_rows()
        self.module.register_constants()
        return self.module

    def _forget_read_by_rows(self) -> None:
        """Constants that have gone into attributes and types, such as scales."""
        for function in self.module.all_functions():
            for node in reversed(function):
                if node.op is CONSTANT and node.is_dead:
                    node.erase()
        forget_unused(self.module)

    def nested(self, graph_module: torch.fx.GraphModule, name: str, arguments: Sequence[Any]) -> tuple[Function, Any]:
        inner = copy.copy(self)
        inner.start(Function(name), self.build.loc)
        inner.graph_module = graph_module
        inner._in_place = InPlace()
        inner._env = {}
        for node, argument in zip(graph_module.graph.find_nodes(op="placeholder"), arguments, strict=True):
            inner._env[node] = argument
            if isinstance(argument, TensorType):
                inner._env[node] = Value(argument, node.name)
                inner.function.inputs.append(inner._env[node])
        inner._nodes()
        (output,) = graph_module.graph.find_nodes(op="output")
        return inner.function, inner._lookup(output.args[0])

    def _nodes(self) -> None:
        for node in self.graph_module.graph.nodes:
            if node.op == "get_attr":
                self._env[node] = inputs.attribute(self, node)
            elif node.op == "call_function":
                self._call(node)

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
                self.build.loc = (guard.loc,) if guard.loc is not None else ()
                self.check(*pair)

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
        row = self.table.rows.get(target)
        if any(argument is FAILED for argument in _leaves((args, kwargs))):
            if row is None and target not in self.table.complex_rows and isinstance(fake, torch.Tensor):
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
        before = len(self.build.emitted), len(self._checked)
        try:
            values = self._computed(node, target, args, kwargs)
        except Unsupported:
            self._undo(*before)
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

    def _undo(self, emitted: int, checked: int) -> None:
        """Takes back what a row has emitted before it gave up."""
        while len(self.build.emitted) > emitted:
            self.build.emitted.pop().erase()
        while len(self._checked) > checked:
            self._checked.popitem()

    def _computed(self, node: torch.fx.Node, target: Any, args: Any, kwargs: Any) -> Any:
        """By the operator's row."""
        if is_complex(node.meta["val"]) or any(isinstance(leaf, Complex) for leaf in _leaves((args, kwargs))):
            return complexes.imported(self, target, args, kwargs)
        row = self.table.rows.get(target)
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
        return inputs.constant(self, known, name) if is_complex(known) else self.constant(to_numpy(known))

    def _whole_number(self, node: torch.fx.Node, args: Any, fake: torch.SymInt) -> Number | Value:
        """A size, or a 0-d tensor where it is no size but is read from a tensor: an index, such as a position."""
        try:
            return self.sizes.size(fake)
        except UnsupportedSize as error:
            if not computes(node.target):
                raise Unsupported(str(error)) from error
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


def _leaves(item: Any) -> list[Any]:
    if isinstance(item, (tuple, list)):
        return [leaf for part in item for leaf in _leaves(part)]
    if isinstance(item, Mapping):
        return [leaf for part in item.values() for leaf in _leaves(part)]
    return [item]
