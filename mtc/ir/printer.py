"""Modules as text that reads like the model and parses back to the same module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from mtc.ir.dims import Bounds
from mtc.ir.literals import attribute_text, constant_text, qparams_names, quoted, symbol_text, type_text, word_text
from mtc.ir.module import Function, Loc, Module, Node, State, Value
from mtc.ir.structural import CONSTANT, RETURN, STATE, STATE_UPDATE
from mtc.ir.types import QParams

_INDENT = "  "
Scales = Mapping[QParams, str]


def print_module(module: Module) -> str:
    """The text of a module: form, states, functions; named constants are referred to, meta and samples stay out."""
    blocks = []
    scales = qparams_names(module.constants)
    if module.form != "imported":
        blocks.append(f"module {{form={word_text(module.form)}}}\n")
    if module.states:
        blocks.append("".join(f"{_state_text(state, scales)}\n" for state in module.states.values()))
    blocks += [print_function(function, scales) + "\n" for function in module.functions.values()]
    return "\n".join(blocks)


def print_function(function: Function, scales: Scales = MappingProxyType({})) -> str:
    """The text of one function, without a newline at the end; `scales` names those that stand elsewhere."""
    return "func " + "\n".join(_function_lines(function, "", scales))


def _state_text(state: State, scales: Scales) -> str:
    options = []
    if state.initial is not None:
        named = state.initial.name
        options.append(f"initial={symbol_text('@', named) if named is not None else constant_text(state.initial)}")
    if state.is_trainable:
        options.append("trainable")
    if state.space != "host":
        options.append(f"space={word_text(state.space)}")
    braces = f" {{{', '.join(options)}}}" if options else ""
    return f"state {symbol_text('@', state.name)} : {type_text(state.type, scales)}{braces}"


def _function_lines(function: Function, indent: str, scales: Scales) -> Iterator[str]:
    names = _value_names(function)
    symbols = ", ".join(_symbol_text(name, bounds) for name, bounds in function.symbols.items())
    inputs = ", ".join(f"{names[value]}: {type_text(value.type, scales)}" for value in function.inputs)
    yield f"{symbol_text('@', function.name)}{f'<{symbols}>' if symbols else ''}({inputs}) {{"
    for node in function:
        yield _node_text(node, function, names, indent + _INDENT, scales)
    yield indent + "}"


def _symbol_text(name: str, bounds: Bounds) -> str:
    if bounds == Bounds():
        return name
    return f"{name}: {bounds.min}..{'' if bounds.max is None else bounds.max}"


def _node_text(node: Node, function: Function, names: dict[Value, str], indent: str, scales: Scales) -> str:
    results = ", ".join(names[value] for value in node.outputs)
    text = f"{indent}{results} = " if results else indent
    operands = ["none" if value is None else names.get(value, f"%{quoted('?' + value.name)}") for value in node.inputs]
    if node.op is CONSTANT:
        constant = node.attrs["value"]
        text += f"constant {constant_text(constant) if constant.name is None else symbol_text('@', constant.name)}"
    elif node.op is STATE or node.op is STATE_UPDATE:
        text += f"{node.op.name} {', '.join([symbol_text('@', node.attrs['state']), *operands])}"
    elif node.op is RETURN:
        text += " ".join(["return", _returned(operands, function)] if operands else ["return"])
    else:
        text += f"{node.op.name}({', '.join(operands)}){_attributes_text(node)}"
    if node.regions:
        regions = ("\n".join(_function_lines(region, indent, scales)) for region in node.regions)
        text += " with " + ", ".join(f"func {region}" for region in regions)
    if node.outputs:
        text += f" : {', '.join(type_text(value.type, scales) for value in node.outputs)}"
    if node.loc:
        text += f" loc({', '.join(map(_loc_text, node.loc))})"
    return text


def _returned(operands: list[str], function: Function) -> str:
    names = function.output_names
    return ", ".join(
        f"{operand} as {word_text(names[index])}" if index < len(names) else operand
        for index, operand in enumerate(operands)
    )


def _attributes_text(node: Node) -> str:
    """Those that differ from the op's defaults."""
    texts = []
    for name, spec in node.op.attributes.items():
        if name not in node.attrs:  # incomplete; the verifier says so, and its reader wants to see the rest
            continue
        text = attribute_text(spec.kind, node.attrs[name])
        if spec.is_required or text != attribute_text(spec.kind, spec.default):
            texts.append(f"{name}={text}")
    return f" {{{', '.join(texts)}}}" if texts else ""


def _loc_text(loc: Loc) -> str:
    return f"{quoted(loc.module)} {quoted(loc.source)}" if loc.source else quoted(loc.module)


def _value_names(function: Function) -> dict[Value, str]:
    """A name for each value that no other has: its own, with a suffix if taken; a number if it has none.

    The inputs' names come first, for they are the function's interface.
    """
    names: dict[Value, str] = {}
    taken: set[str] = set()
    suffixes: dict[str, int] = {}
    unnamed = 0
    for value in [*function.inputs, *(value for node in function for value in node.outputs)]:
        if not value.name:
            names[value] = f"%{unnamed}"
            unnamed += 1
            continue
        name = value.name
        while name in taken:
            suffixes[value.name] = suffixes.get(value.name, 0) + 1
            name = f"{value.name}_{suffixes[value.name]}"
        taken.add(name)
        names[value] = symbol_text("%", name)
    return names
