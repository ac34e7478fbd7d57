"""The kernel libraries by name."""

from __future__ import annotations

from collections.abc import Iterable

from mtc.delegates.library import KernelLibrary
from mtc.delegates.portable import PORTABLE
from mtc.delegates.qnnpack import QNNPACK
from mtc.delegates.xnnpack import XNNPACK
from mtc.diagnostics import BAD_OPS_LIST, UNKNOWN_NAME, Diagnostic, collected
from mtc.ir.kernel_key import KernelKey
from mtc.support.suggest import did_you_mean

LIBRARIES: dict[str, KernelLibrary] = {library.name: library for library in (XNNPACK, QNNPACK, PORTABLE)}


def kernel_keys() -> list[str]:
    """Every kernel of every library, sorted: what the host runtime holds."""
    return sorted(key for library in LIBRARIES.values() for key in library.kernel_keys())


def variants_by_key() -> dict[str, list[str]]:
    """The kernels that have variants: what a key without one means, which is all of them."""
    found: dict[str, list[str]] = {}
    for key in kernel_keys():
        parsed = KernelKey.parse(key)
        if parsed.variant:
            found.setdefault(str(parsed.of_any_variant), []).append(key)
    return found


def unknown_kernels(keys: Iterable[str], at: str | None = None) -> list[Diagnostic]:
    """One for every key that no library has; `at` is where they stand."""
    known = set(kernel_keys())
    return [
        BAD_OPS_LIST(f"unknown kernel `{key}`", at=at, help=did_you_mean(key, known)) for key in sorted({*keys} - known)
    ]


def backends(names: str | tuple[str, ...] | list[str]) -> tuple[KernelLibrary, ...]:
    """The libraries of a list such as "xnnpack" or ("xnnpack", "portable"), first choice first. Portable is always the
    last, as the fallback. MtcError for names that no library has."""
    wanted = names.split(",") if isinstance(names, str) else list(names)
    stripped = [name.strip() for name in wanted]
    with collected() as report:
        for name in stripped:
            if name not in LIBRARIES:
                report(UNKNOWN_NAME(f"no backend is called `{name}`", help=did_you_mean(name, LIBRARIES)))
    return tuple(dict.fromkeys([*(LIBRARIES[name] for name in stripped), PORTABLE]))


def first_backend(names: Iterable[str]) -> KernelLibrary:
    """The first choice of the backends that a program says it was lowered for; names unknown here are passed over."""
    return next((LIBRARIES[name] for name in names if name in LIBRARIES), PORTABLE)
