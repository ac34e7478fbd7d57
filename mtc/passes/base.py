"""What a pass is, and the two kinds that are made of others: local rewrites, and groups of passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from mtc.ir.module import Module, Node
from mtc.ir.rewriter import Rewrite, apply_rewrites


def every_node(node: Node) -> bool:
    """The nodes that a pass by itself is for; lowering gives such passes a narrower rule."""
    return True


@runtime_checkable
class Pass(Protocol):
    """Changes a module in place. Returns how many changes it made."""

    @property
    def name(self) -> str: ...

    def run(self, module: Module) -> int: ...


@dataclass(frozen=True)
class Rewrites:
    """Applies local rewrites until none matches."""

    name: str
    rewrites: tuple[Rewrite, ...]

    def run(self, module: Module) -> int:
        return apply_rewrites(module, self.rewrites)


@dataclass(frozen=True)
class Group:
    """Passes that feed each other: run in turn until none of them changes anything.

    Two that undo each other's work would never end: that is a bug in one of them, and RuntimeError after `most_rounds`.
    """

    name: str
    passes: tuple[Pass, ...]
    most_rounds: int = 100

    def run(self, module: Module) -> int:
        return self.repeated(lambda step: step.run(module))

    def repeated(self, run: Callable[[Pass], int]) -> int:
        """Calls `run`, which returns how much it changed, with every pass in turn until nothing changes."""
        total = 0
        for _ in range(self.most_rounds):
            changed = {step.name: run(step) for step in self.passes}
            total += sum(changed.values())
            if not any(changed.values()):
                return total
        names = ", ".join(f"`{name}`" for name, count in changed.items() if count)
        raise RuntimeError(f"group `{self.name}`: {names} still changed something in round {self.most_rounds}")
