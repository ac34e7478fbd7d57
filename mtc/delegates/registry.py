"""The kernel libraries by name."""

from __future__ import annotations

from mtc.delegates.library import KernelLibrary
from mtc.delegates.portable import PORTABLE
from mtc.delegates.xnnpack import XNNPACK
from mtc.diagnostics import UNKNOWN_NAME, collected
from mtc.support.suggest import did_you_mean

LIBRARIES: dict[str, KernelLibrary] = {library.name: library for library in (XNNPACK, PORTABLE)}


def backends(names: str | tuple[str, ...] | list[str]) -> tuple[KernelLibrary, ...]:
    """The libraries of a list such as "xnnpack" or ("vulkan", "xnnpack"), first choice first. Portable is always the
    last, as the fallback. MtcError for names that no library has."""
    wanted = names.split(",") if isinstance(names, str) else list(names)
    stripped = [name.strip() for name in wanted]
    with collected() as report:
        for name in stripped:
            if name not in LIBRARIES:
                report(UNKNOWN_NAME(f"no backend is called `{name}`", help=did_you_mean(name, LIBRARIES)))
    return tuple(dict.fromkeys([*(LIBRARIES[name] for name in stripped), PORTABLE]))
