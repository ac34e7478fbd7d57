"""The rules of the IR. The verifier runs after every pass and every load, and reports all it finds at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from mtc.diagnostics import INVALID_IR, Diagnostic, collected
from mtc.ir import dims
from mtc.ir.constant import Constant
from mtc.ir.literals import type_text
from mtc.ir.module import Function, Module, Node, Value
from mtc.ir.opspec import OpSpec, Trait, TypeMismatch
from mtc.ir.structural import CONSTANT, RETURN, STATE, STATE_UPDATE
from mtc.ir.typerules import check_constant, check_symbol, check_type
from mtc.ir.types import TensorType

FORMS = ("imported", "canonical", "lowered")
# Of a damaged file, type inference may see operands and attributes that no op expects.
_INFERENCE_ERRORS = (TypeMismatch, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def verify(module: Module) -> None:
    """INVALID_IR, with everything that is wrong, unless `module` keeps all rules of the IR."""
    with collected() as report:
        for message in _check_module(module):
            report(INVALID_IR(message))
        for key, function in module.functions.items():
            if function.name != key:
                report(INVALID_IR(f"function `@{function.name}` is registered as `@{key}`"))
            for finding in _FunctionVerifier(module, function, set()).check():
                report(finding)


def _check_module(module: Module) -> Iterator[str]:
    if module.form not in FORMS:
        yield f"`{module.form}` is no form of the IR; it has: {', '.join(FORMS)}"
    for name, constant in module.constants.items():
        if constant.name != name:
            yield f"constant `@{constant.name}` is registered as `@{name}`"
        yield from (f"constant `@{name}`: {message}" for message in check_constant(constant))
    for name, state in module.states.items():
        if state.name != name:
            yield f"state `@{state.name}` is registered as `@{name}`"
        if not state.type.is_static:
            yield f"state `@{name}`: its shape is symbolic"
        yield from (f"state `@{name}`: {message}" for message in check_type(state.type, frozenset()))
        if state.initial is not None:
            if state.initial.type != state.type:
                yield f"state `@{name}` is {type_text(state.type)}, its initial value {type_text(state.initial.type)}"
            yield from (f"state `@{name}`: {message}" for message in _check_use(module, state.initial))


def _check_use(module: Module, constant: Constant) -> Iterator[str]:
    """A named constant is the module's, an unnamed one is sound by itself."""
    if constant.name is None:
        yield from check_constant(constant)
    elif module.constants.get(constant.name) is not constant:
        yield f"constant `@{constant.name}` is not registered in the module"


class _FunctionVerifier:
    """Checks one function and those nested in it.

    A nested function is closed: it sees neither values nor named dims of the function around it, only its operands.
    `updated` are the states that have a new value when it is called.
    """

    def __init__(self, module: Module, function: Function, updated: set[str]) -> None:
        self.module = module
        self.function = function
        self.symbols = function.symbols
        self.updated = set(updated)
        self.defined: set[Value] = set()
        self.viewed_states: dict[Value | None, str] = {}
        self.findings: list[Diagnostic] = []

    def check(self) -> list[Diagnostic]:
        self._check_inputs()
        last: Node | None = None
        for node in self.function:
            if node.previous is not last or node.function is not self.function:
                self._report(node, "its links to the function are broken")
            self._check_node(node)
            last = node
        if last is None or last.op is not RETURN:
            self._report(None, "it does not end with return")
        for value in self.defined:
            self._check_users(value)
        return self.findings

    def _report(self, node: Node | None, message: str) -> None:
        where = f"`@{self.function.name}`" if node is None else f"`{node.op.name}` in `@{self.function.name}`"
        at = ", ".join(map(str, node.loc)) if node is not None else ""
        self.findings.append(INVALID_IR(f"{where}: {message}", at=at or None))

    def _report_all(self, node: Node | None, messages: Iterable[str]) -> None:
        for message in messages:
            self._report(node, message)

    def _check_inputs(self) -> None:
        names = [value.name for value in self.function.inputs if value.name]
        for name in sorted({name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()):
            self._report(None, f"two inputs are called `{name}`")
        sizes = {size for value in self.function.inputs for size in value.type.shape}
        for name, bounds in self.function.symbols.items():
            self._report_all(None, check_symbol(name, bounds))
            if dims.dim(name) not in sizes:
                self._report(None, f"dim `{name}` is not the size of an input, so a call does not say what it is")
        for value in self.function.inputs:
            if value in self.defined or value.producer is not None:
                self._report(None, f"input {value!r} is defined twice")
            self._define(None, value)

    def _define(self, node: Node | None, value: Value) -> None:
        self.defined.add(value)
        if (state := value.read_state or self.viewed_states.get(value.viewed)) is not None:
            self.viewed_states[value] = state
        self._report_all(node, (f"{value!r}: {message}" for message in check_type(value.type, self.symbols.keys())))

    def _check_node(self, node: Node) -> None:
        for index, value in enumerate(node.inputs):
            if value is None:
                continue
            if value not in self.defined:
                self._report(node, f"{value!r} is used before it is defined, or belongs to another function")
            elif (node, index) not in value.users:
                self._report(node, f"{value!r} does not know this use")
            state = self.viewed_states.get(value)
            if state in self.updated:
                self._report(node, f"the old value of state `@{state}` is read after its update")
        if node.op.has(Trait.STRUCTURAL):
            self._check_structural(node)
        elif self._has_sound_attributes(node):
            self._check_types(node)
            self._check_form(node)
        self._check_regions(node)
        for value in node.outputs:
            if value.producer is not node:
                self._report(node, f"{value!r} does not know this producer")
            self._define(node, value)

    def _has_sound_attributes(self, node: Node) -> bool:
        missing = [name for name in node.op.attributes if name not in node.attrs]
        if missing:
            self._report(node, f"attribute `{missing[0]}` is missing")
            return False
        try:
            complete = node.op.complete(node.attrs)
        except TypeMismatch as error:
            self._report(node, str(error))
            return False
        undeclared = dims.names_in(
            size for value in complete.values() if isinstance(value, tuple) for size in value if _is_size(size)
        )
        for name in sorted(undeclared - self.symbols.keys()):
            self._report(node, f"dim `{name}` is not declared")
        return True

    def _check_types(self, node: Node) -> None:
        stated = tuple(value.type for value in node.outputs)
        operands = [None if value is None else value.type for value in node.inputs]
        try:
            inferred = node.op.result_types(operands, node.attrs, node.regions)
        except _INFERENCE_ERRORS as error:
            self._report(node, str(error) or type(error).__name__)
            return
        if len(inferred) != len(stated):
            self._report(node, f"it has {len(inferred)} results, not {len(stated)}")
            return
        for want, have in zip(inferred, stated, strict=True):
            # Quantization parameters are chosen, not inferred, unless the op's rule says otherwise.
            if (want.dtype, want.shape) != (have.dtype, have.shape):
                self._report(node, f"its result is {type_text(want)}, not {type_text(have)}")
            elif not _shares_qparams(node.op, operands, have):
                self._report(node, f"its result is {type_text(have)}, but it keeps its operand's scale and zero point")
            elif want.qparams not in (None, have.qparams):
                self._report(node, f"its result is {type_text(want)}, not {type_text(have)}")

    def _check_form(self, node: Node) -> None:
        """Attributes that only lowering may set have their defaults before it."""
        if self.module.form != "lowered" and node.op.has(Trait.LAYOUT_AWARE):
            layout, default = node.attrs.get("layout"), node.op.attributes["layout"].default
            if layout is not default and isinstance(layout, Enum):
                self._report(node, f"layout `{layout.value}` before lowering")

    def _check_regions(self, node: Node) -> None:
        after = set(self.updated)
        for region in node.regions:
            nested = _FunctionVerifier(self.module, region, self.updated)
            self.findings += nested.check()
            after |= nested.updated
        for value in node.inputs:
            # A loop would hand the new value to its second turn.
            if value is not None and (state := self.viewed_states.get(value)) in after - self.updated:
                self._report(node, f"state `@{state}` is an operand of a function that updates it")
        self.updated = after

    def _check_structural(self, node: Node) -> None:
        if node.op is RETURN:
            self._check_return(node)
        elif node.op is CONSTANT:
            constant = node.attrs.get("value")
            if not isinstance(constant, Constant) or node.inputs or [v.type for v in node.outputs] != [constant.type]:
                self._report(node, "its result does not have the constant's type")
                return
            self._report_all(node, _check_use(self.module, constant))
        else:
            self._check_state(node)

    def _check_state(self, node: Node) -> None:
        name = node.attrs.get("state")
        state = self.module.states.get(str(name))
        if state is None:
            self._report(node, f"state `@{name}` is not declared")
            return
        values = node.outputs if node.op is STATE else node.inputs
        if len(node.inputs) != (node.op is STATE_UPDATE) or len(node.outputs) != (node.op is STATE):
            self._report(node, "it has other operands or results than it takes")
        elif any(value is None or value.type != state.type for value in values):
            self._report(node, f"state `@{name}` is {type_text(state.type)}")
        if node.op is STATE_UPDATE:
            self.updated.add(state.name)
        elif name in self.updated:
            self._report(node, f"the old value of state `@{name}` is read after its update")

    def _check_return(self, node: Node) -> None:
        names = self.function.output_names
        if node.next is not None:
            self._report(node, "it is not at the end of the function")
        if node.outputs or any(value is None for value in node.inputs):
            self._report(node, "it returns nothing in place of a value")
        if names and len(names) != len(node.inputs):
            self._report(node, f"{len(names)} names for {len(node.inputs)} results")
        given = [name for name in names if name]
        if len(set(given)) < len(given):
            self._report(node, "two results have the same name")

    def _check_users(self, value: Value) -> None:
        for user, index in value.users:
            if index >= len(user.inputs) or user.inputs[index] is not value:
                self._report(value.producer, f"{value!r} lists a use that is none")
            elif user.function is not self.function:
                self._report(value.producer, f"{value!r} is used by a node outside of the function")


def _is_size(value: object) -> bool:
    return isinstance(value, dims.Expr)


def _shares_qparams(op: OpSpec, operands: list[TensorType | None], result: TensorType) -> bool:
    """Whether a result has its operand's parameters if it must. Those per channel may move to another axis."""
    if not op.has(Trait.SHARES_QPARAMS) or result.qparams is None:
        return True
    given = [type.qparams for type in operands if type is not None and type.qparams is not None]
    return not given or not given[0].is_per_tensor or all(qparams == result.qparams for qparams in given)
