"""How a user's wishes on passes become options of the runner."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mtc.ir.module import Module
from mtc.ir.printer import print_module
from mtc.passes.base import Pass
from mtc.passes.registry import check_names
from mtc.passes.runner import PassOptions


def pass_options(
    disabled: Sequence[str] = (),
    *,
    verify_each: bool = False,
    print_after: str | None = None,
    write: Callable[[str], None] = print,
) -> PassOptions:
    """Options that measure every pass, and give `write` the IR after the pass `print_after` (or `all`).

    UNKNOWN_NAME for names that no pass has.
    """
    check_names([*disabled, *([print_after] if print_after not in (None, "all") else [])])

    def after(step: Pass, module: Module) -> None:
        if print_after in ("all", step.name):
            write(f"// after {step.name}\n{print_module(module)}")

    return PassOptions(
        disabled=tuple(disabled), verify_each=verify_each, after=after if print_after else None, timings={}
    )
