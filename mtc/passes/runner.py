"""Runs passes in order and checks what each of them did."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mtc.diagnostics import PASS_CHANGED_RESULT
from mtc.ir.module import Module
from mtc.ir.verifier import verify
from mtc.passes.base import Group, Pass
from mtc.passes.checking import Results, largest_excess, run_samples
from mtc.passes.registry import check_names


@dataclass(frozen=True)
class PassOptions:
    """How passes are run: which are left out, and what happens around each.

    `verify_each` runs the module's samples before and after every pass. `after` sees each pass that changed something,
    and the module then. `timings` receives the seconds that each pass took in all.
    """

    disabled: tuple[str, ...] = ()
    verify_each: bool = False
    after: Callable[[Pass, Module], None] | None = None
    timings: dict[str, float] | None = field(default=None, compare=False)


def run_passes(module: Module, passes: Sequence[Pass], options: PassOptions = PassOptions()) -> int:
    """Applies `passes` to `module` in place and returns how many changes they made.

    UNKNOWN_NAME if no pass has a name in `disabled`; PASS_CHANGED_RESULT names the first pass that changed a result.
    """
    check_names(options.disabled)
    return _Run(module, options, run_samples(module) if options.verify_each else None).all(passes)


@dataclass
class _Run:
    module: Module
    options: PassOptions
    results: Results | None

    def all(self, passes: Sequence[Pass]) -> int:
        return sum(self.one(step) for step in passes)

    def one(self, step: Pass) -> int:
        if step.name in self.options.disabled:
            return 0
        if isinstance(step, Group):
            return step.repeated(self.one)
        start = time.perf_counter()
        changed = step.run(self.module)
        if self.options.timings is not None:
            spent = time.perf_counter() - start
            self.options.timings[step.name] = self.options.timings.get(step.name, 0.0) + spent
        if changed:
            verify(self.module)
            self._compare(step)
            if self.options.after is not None:
                self.options.after(step, self.module)
        return changed

    def _compare(self, step: Pass) -> None:
        if self.results is None:
            return
        before, self.results = self.results, run_samples(self.module)
        excess, where = largest_excess(self.module, self.results, before)
        if excess > 1:
            raise PASS_CHANGED_RESULT.error(
                f"pass `{step.name}` changed {where}",
                notes=(f"the difference is {excess:.3g} times what rounding explains",),
                help=f"leave it out with --disable-pass {step.name}, and report it",
            )
