"""Remove what no output depends on: nodes, constants, state."""

from __future__ import annotations

from dataclasses import dataclass

from mtc.ir.module import Module
from mtc.ir.structural import CONSTANT, STATE, STATE_UPDATE


@dataclass(frozen=True)
class EliminateDeadCode:
    """Backwards, so that one sweep also removes what only dead nodes read."""

    name: str = "eliminate-dead-code"

    def run(self, module: Module) -> int:
        removed = 0
        for function in module.all_functions():
            for node in reversed(function):
                if node.is_dead:
                    node.erase()
                    removed += 1
        return removed + forget_unused(module)


def forget_unused(module: Module) -> int:
    """Removes the constants and states that no node names."""
    states = {node.attrs["state"] for node in module.nodes() if node.op in (STATE, STATE_UPDATE)}
    unused_states = [name for name in module.states if name not in states]
    for name in unused_states:
        del module.states[name]
    used = {node.attrs["value"] for node in module.nodes() if node.op is CONSTANT}
    used |= {state.initial for state in module.states.values()}
    unused = [name for name, constant in module.constants.items() if constant not in used]
    for name in unused:
        del module.constants[name]
    return len(unused) + len(unused_states)


ELIMINATE_DEAD_CODE = EliminateDeadCode()
