"""What a format of app packages is, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import BinaryIO

from mtc.build.targets import TARGETS
from mtc.bundles.bundle import Bundle, Runtime
from mtc.diagnostics import BAD_PACKAGE, Diagnostic

# What lists of files, CMake and C take without quotes.
_PROGRAM_NAME = re.compile(r"\w[\w .+-]*")


@dataclass(frozen=True)
class Format:
    """One kind of package. `file_name` says how it is called by default; `write` writes it."""

    name: str
    purpose: str  # a line for people: who uses it, and what is in it
    file_name: Callable[[Bundle], str]
    write: Callable[[Bundle, BinaryIO], None]
    targets: tuple[str, ...] = ("*",)  # patterns of the targets whose runtimes it takes
    most_runtimes: int | None = None  # None is any number
    is_of_programs: bool = False  # holds programs and no runtime, which then only is what they are checked against
    default_name: str = "mtc-runtime"
    check: Callable[[Bundle], Iterator[Diagnostic]] = lambda bundle: iter(())  # what only this format knows

    def takes(self, target: str) -> bool:
        return any(fnmatch(target, pattern) for pattern in self.targets)

    def faults(self, bundle: Bundle) -> Iterator[Diagnostic]:
        """Every reason why `bundle` cannot be a package of this format."""
        if self.is_of_programs and not bundle.programs:
            yield BAD_PACKAGE(f"a package of format {self.name} holds programs, and there is none", help="name a MODEL")
        if not self.is_of_programs and not bundle.runtimes:
            yield BAD_PACKAGE(
                f"a package of format {self.name} needs a runtime",
                help="--runtime names a folder of `mtc build-runtime`",
            )
        for runtime in bundle.runtimes:
            if not self.takes(runtime.target):
                yield self._wrong_target(runtime)
        if self.most_runtimes is not None and len(bundle.runtimes) > self.most_runtimes:
            yield BAD_PACKAGE(
                f"a package of format {self.name} holds one runtime, not {len(bundle.runtimes)}",
                help="make one package for each",
            )
        for target in sorted(_twice(bundle.targets)):
            yield BAD_PACKAGE(f"two runtimes are for `{target}`", help="give one for each target")
        for program in bundle.programs:
            if not _PROGRAM_NAME.fullmatch(program.name):
                yield BAD_PACKAGE(
                    f"a program in a package cannot be called {program.name!r}",
                    help="name its file with letters, digits, spaces and `.`, `_`, `+`, `-`",
                )
        for name in sorted(_twice([program.name for program in bundle.programs])):
            yield BAD_PACKAGE(f"two programs are called `{name}`", help="give their files different names")
        if all(self.takes(runtime.target) for runtime in bundle.runtimes):  # what it asks of runtimes is for its own
            yield from self.check(bundle)

    def _wrong_target(self, runtime: Runtime) -> Diagnostic:
        fitting = [name for name in TARGETS if self.takes(name)] or list(self.targets)
        return BAD_PACKAGE(
            f"a package of format {self.name} cannot hold the runtime `{runtime.folder}`: it is for `{runtime.target}`",
            help=f"it takes runtimes for {', '.join(fitting)}",
        )


def _twice(names: Collection[str]) -> set[str]:
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
