"""The kernel libraries by name."""

from __future__ import annotations

from mtc.delegates.library import KernelLibrary
from mtc.delegates.portable import PORTABLE
from mtc.delegates.xnnpack import XNNPACK
from mtc.diagnostics import UNKNOWN_NAME
from mtc.support.suggest import did_you_mean

LIBRARIES: dict[str, KernelLibrary] = {library.name: library for library in (XNNPACK, PORTABLE)}


def backends(names: str | tuple[str, ...] | list[str]) -> tuple[KernelLibrary, ...]:
    """The libraries of a list such as "xnnpack" or ("vulkan", "xnnpack"), first choice first. Portable is always the
    last, as the fallback. MtcError for a name that no library has."""
    wanted = names.split(",") if isinstance(names, str) else list(names)
    found = []
    for name in (n.strip() for n in wanted):
        if name not in LIBRARIES:
            raise UNKNOWN_NAME.error(f"unknown backend `{name}`", help=did_you_mean(name, LIBRARIES))
        found.append(LIBRARIES[name])
    return tuple(dict.fromkeys([*found, PORTABLE]))
