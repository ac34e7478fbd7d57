"""The ops that are grammar rather than computation: constants, state and return."""

from __future__ import annotations

from typing import Any

from mtc.ir.opspec import Arity, Operand, OpSpec, Signature, Trait


def _stated(*_: Any, **__: Any) -> Any:
    raise AssertionError("structural ops state their types")


def _structural(name: str, doc: str, operands: tuple[Operand, ...] = (), *traits: Trait) -> OpSpec:
    return OpSpec(
        name=name,
        doc=doc,
        operands=operands,
        attributes={},
        signature=Signature((), (), {}),
        infer=_stated,
        traits=frozenset((Trait.STRUCTURAL, *traits)),
        family="structural",
    )


# Attribute `value`: a Constant.
CONSTANT = _structural("constant", "A tensor that the module holds.")
# Attribute `state`: the name of a State. The value it had when the function was called.
STATE = _structural("state", "The value of a state.")
# Attribute `state`. From here on the state is the operand; its old value may not be read any more.
STATE_UPDATE = _structural("state_update", "Gives a state a new value.", (Operand("value"),), Trait.EFFECT)
RETURN = _structural("return", "The function's results.", (Operand("values", Arity.VARIADIC),), Trait.EFFECT)

STRUCTURAL = {op.name: op for op in (CONSTANT, STATE, STATE_UPDATE, RETURN)}
