"""Reads the text of a module. The op table is an argument, because the IR lies below the opset.

Text may come from anywhere: whatever it holds, the only exception is an MtcError with line and column. Types of results
are taken as stated; that they follow from the operands is for the verifier to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mtc.ir.constant import Constant
from mtc.ir.dims import Bounds
from mtc.ir.lexer import Lexer
from mtc.ir.literals import qparams_constants, qparams_names
from mtc.ir.module import Function, Loc, Module, Node, State, Value
from mtc.ir.opspec import OpSpec, TypeMismatch
from mtc.ir.structural import CONSTANT, RETURN, STATE, STATE_UPDATE, STRUCTURAL
from mtc.ir.typeparser import TypeParser
from mtc.ir.types import TensorType
from mtc.support.suggest import did_you_mean

_DEPTH = 32  # of functions in functions


def parse(text: str, ops: Mapping[str, OpSpec], constants: Mapping[str, Constant] | None = None) -> Module:
    """The module that `text` is, over the ops `ops` and the named constants `constants`. IR_SYNTAX if it is none."""
    return _Parser(text, ops, dict(constants or {})).module()


class _Parser(TypeParser):
    def __init__(self, text: str, ops: Mapping[str, OpSpec], constants: dict[str, Constant]) -> None:
        scales = qparams_constants(qparams_names(constants))
        super().__init__(Lexer(text), lambda name: scales[name].array() if name in scales else None)
        self.ops = ops
        self.result = Module(constants=constants)

    def module(self) -> Module:
        lexer = self.lexer
        if lexer.accept("module"):
            lexer.expect("{")
            lexer.expect("form")
            lexer.expect("=")
            self.result.form = lexer.word_or_string("a form")
            lexer.expect("}")
        while lexer.token.kind != "end":
            start = lexer.token.position
            if lexer.accept("state"):
                state = self._state()
                if state.name in self.result.states:
                    lexer.fail(f"state `@{state.name}` is declared twice", start)
                self.result.states[state.name] = state
            else:
                lexer.expect("func")
                function = self._function(0)
                if function.name in self.result.functions:
                    lexer.fail(f"function `@{function.name}` is defined twice", start)
                self.result.functions[function.name] = function
        return self.result

    def _state(self) -> State:
        lexer = self.lexer
        name = lexer.symbol("@", "a state")
        lexer.expect(":")
        state = State(name, self.tensor_type())
        seen: set[str] = set()
        if not lexer.accept("{"):
            return state
        while not lexer.accept("}"):
            if seen:
                lexer.expect(",")
            key = lexer.expect_kind("word", "`initial`, `trainable` or `space`")
            if key.text not in ("initial", "trainable", "space") or key.text in seen:
                lexer.fail(f"unexpected `{key.text[:40]}`", key.position)
            seen.add(key.text)
            if key.text == "trainable":
                state.is_trainable = True
                continue
            lexer.expect("=")
            if key.text == "space":
                state.space = lexer.word_or_string("a memory space")
            elif lexer.token.kind == "symbol":
                state.initial = self._named_constant(state.type)
            else:
                state.initial = self.inline_constant(lexer.token.position)(state.type)
        return state

    def _named_constant(self, type: TensorType | None = None) -> Constant:
        start = self.lexer.token.position
        name = self.lexer.symbol("@", "a constant")
        constant = self.result.constants.get(name)
        if constant is None:
            self.lexer.fail(f"there is no constant `@{name}`", start)
        if type is not None and constant.type != type:
            self.lexer.fail(f"constant `@{name}` has another type", start)
        return constant

    def _function(self, depth: int) -> Function:
        lexer = self.lexer
        if depth > _DEPTH:
            lexer.fail("functions are nested too deep")
        function = Function(lexer.symbol("@", "the function's name"))
        if lexer.is_next("<"):
            self.items("<", ">", lambda: self._symbol(function))
        values: dict[str, Value] = {}
        self.items("(", ")", lambda: self._input(function, values))
        lexer.expect("{")
        while not lexer.accept("}"):
            self._statement(function, values, depth)
        return function

    def _symbol(self, function: Function) -> None:
        token = self.lexer.expect_kind("word", "a named dim")
        if token.text in function.symbols:
            self.lexer.fail(f"`{token.text}` is declared twice", token.position)
        function.symbols[token.text] = Bounds()
        if self.lexer.accept(":"):
            low = self.lexer.integer("a bound")
            self.lexer.expect("..")
            is_open = self.lexer.token.kind != "number" and not self.lexer.is_next("-")
            function.symbols[token.text] = Bounds(low, None if is_open else self.lexer.integer("a bound"))

    def _input(self, function: Function, values: dict[str, Value]) -> None:
        name, start = self._new_name()
        self.lexer.expect(":")
        value = Value(self.tensor_type())
        function.inputs.append(value)
        self._define(name, value, values, start)

    def _new_name(self) -> tuple[str, int]:
        """The key of the value that stands next: `#0` if it is written as a number, else `%` and its name."""
        token = self.lexer.token
        name = self.lexer.symbol("%", "a value")
        is_number = token.text[1] != '"' and name.isdigit()
        return f"#{name}" if is_number else f"%{name}", token.position

    def _define(self, name: str, value: Value, values: dict[str, Value], start: int) -> None:
        if name in values:
            self.lexer.fail(f"value `{name.replace('#', '%', 1)}` is defined twice", start)
        value.name = "" if name.startswith("#") else name[1:]
        values[name] = value

    def _operand(self, values: dict[str, Value]) -> Value | None:
        if self.lexer.accept("none"):
            return None
        name, start = self._new_name()
        if name not in values:
            self.lexer.fail(f"value `%{name[1:]}` is not defined before it is used", start)
        return values[name]

    def _statement(self, function: Function, values: dict[str, Value], depth: int) -> None:
        lexer = self.lexer
        names: list[tuple[str, int]] = []
        while lexer.token.kind == "symbol":
            names.append(self._new_name())
            if not lexer.accept(","):
                break
        if names:
            lexer.expect("=")
        start = lexer.token.position
        word = lexer.expect_kind("word", "an operator").text
        if word == CONSTANT.name:
            node = self._constant(start)
        elif word == RETURN.name:
            node = self._return(function, values)
        else:
            op = STRUCTURAL.get(word) or self.ops.get(word)
            if op is None:
                lexer.fail(f"there is no operator `{word[:80]}`", start, help=did_you_mean(word[:80], self.ops))
            if op is STATE or op is STATE_UPDATE:
                node = self._state_node(op, values)
            else:
                node = self._node(op, values, depth, start)
        if lexer.accept("loc"):
            node.loc = tuple(self.items("(", ")", self._loc))
        if len(names) != len(node.outputs):
            lexer.fail(f"`{word}` states {len(node.outputs)} types for {len(names)} results", start)
        for (name, position), value in zip(names, node.outputs, strict=True):
            self._define(name, value, values, position)
        function.insert(node)

    def _result_types(self) -> list[TensorType]:
        types: list[TensorType] = []
        if self.lexer.accept(":"):
            types.append(self.tensor_type())
            while self.lexer.accept(","):
                types.append(self.tensor_type())
        return types

    def _constant(self, start: int) -> Node:
        if self.lexer.token.kind == "symbol":
            constant = self._named_constant()
            self.lexer.expect(":")
            if self.tensor_type() != constant.type:
                self.lexer.fail(f"constant `@{constant.name}` has another type", start)
        else:
            of_type = self.inline_constant(start)
            self.lexer.expect(":")
            constant = of_type(self.tensor_type())
        return Node(CONSTANT, (), {"value": constant}, [constant.type])

    def _state_node(self, op: OpSpec, values: dict[str, Value]) -> Node:
        state = self.lexer.symbol("@", "a state")
        operands: list[Value | None] = []
        while self.lexer.accept(","):
            operands.append(self._operand(values))
        return Node(op, operands, {"state": state}, self._result_types())

    def _return(self, function: Function, values: dict[str, Value]) -> Node:
        operands: list[Value | None] = []
        names: list[str] = []
        if self.lexer.token.kind == "symbol" or self.lexer.is_next("none"):
            while True:
                operands.append(self._operand(values))
                is_named = self.lexer.accept("as")
                names.append(self.lexer.word_or_string("an output's name") if is_named else "")
                if is_named or function.output_names:
                    function.output_names = names
                if not self.lexer.accept(","):
                    break
        return Node(RETURN, operands, {}, [])

    def _node(self, op: OpSpec, values: dict[str, Value], depth: int, start: int) -> Node:
        lexer = self.lexer
        operands = self.items("(", ")", lambda: self._operand(values))
        attrs: dict[str, Any] = {}
        if lexer.is_next("{"):
            self.items("{", "}", lambda: self._attribute(op, attrs))
        try:
            attrs = op.complete(attrs)
        except TypeMismatch as error:
            lexer.fail(str(error), start)
        regions: list[Function] = []
        if lexer.accept("with"):
            while True:
                lexer.expect("func")
                regions.append(self._function(depth + 1))
                if not lexer.accept(","):
                    break
        return Node(op, operands, attrs, self._result_types(), regions=regions)

    def _attribute(self, op: OpSpec, attrs: dict[str, Any]) -> None:
        key = self.lexer.expect_kind("word", "an attribute")
        if key.text not in op.attributes:
            self.lexer.fail(
                f"`{op.name}` has no attribute `{key.text[:40]}`",
                key.position,
                help=did_you_mean(key.text[:40], op.attributes) if op.attributes else None,
            )
        if key.text in attrs:
            self.lexer.fail(f"attribute `{key.text}` is given twice", key.position)
        self.lexer.expect("=")
        attrs[key.text] = self.attribute(op.attributes[key.text])

    def _loc(self) -> Loc:
        token = self.lexer.expect_kind("string", "a module's path")
        module = self.lexer.string(token.text, token.position)
        if self.lexer.token.kind != "string":
            return Loc(module)
        token = self.lexer.take()
        return Loc(module, self.lexer.string(token.text, token.position))
