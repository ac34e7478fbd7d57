"""Kernels that are named by hand: `add:f32`, `conv2d.depthwise@xnnpack:f32`, `linear:qi8`, `relu`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mtc.delegates.library import KernelLibrary
from mtc.delegates.registry import LIBRARIES
from mtc.diagnostics import UNKNOWN_NAME, Diagnostic, collected
from mtc.ir.kernel_key import KernelKey
from mtc.ops import OPS
from mtc.selection.ops_list import OpsList, Users
from mtc.support.suggest import did_you_mean

BY_HAND = "by hand"  # who needs such kernels, in a list


def named(texts: Iterable[str], backends: Sequence[KernelLibrary]) -> OpsList:
    """The kernels that OP[.VARIANT][@LIBRARY][:DTYPES] mean. UNKNOWN_NAME that names all that mean none.

    Without a library those of every one in `backends` that has the operator; without dtypes all of its kernels, and
    without a variant all of its variants; a single dtype may stand for each of several. A library in which the operator
    has no variants has its kernel for any of them.
    """
    kernels: dict[str, Users] = {}
    with collected() as report:
        for text in dict.fromkeys(texts):
            found = _meant(text, backends)
            if isinstance(found, Diagnostic):
                report(found)
                continue
            for key in found:
                lines = kernels.get(key, {}).get(BY_HAND, ())
                kernels[key] = {BY_HAND: (*lines, f"--op {text}")}
    return OpsList(dict(sorted(kernels.items())))


def _meant(text: str, backends: Sequence[KernelLibrary]) -> list[str] | Diagnostic:
    where, colon, types = text.partition(":")
    named, at, library = where.partition("@")
    name, dot, variant = named.partition(".")
    for mark, part in ((dot, variant), (at, library), (colon, types)):
        if mark and not part:  # such as a shell's variable that is not set: what is left would mean much more
            return UNKNOWN_NAME(f"`{text}`: nothing stands after `{mark}`", help=f"leave `{mark}` out if all are meant")
    if name not in OPS:
        return UNKNOWN_NAME(f"no operator is called `{name}`", help=did_you_mean(name, OPS))
    if at and library not in LIBRARIES:
        return UNKNOWN_NAME(f"no backend is called `{library}`", help=did_you_mean(library, LIBRARIES))
    libraries = [LIBRARIES[library]] if at else backends
    every = (KernelKey.parse(key) for each in libraries for key in each.kernel_keys())
    offered = [key for key in every if key.op == name]
    is_known = variant in {key.variant for key in offered}
    of_variant = [key for key in offered if not dot or key.variant == variant or (is_known and not key.variant)]
    found = [str(key) for key in of_variant if not types or _is_for(key, types)]
    if found:
        return found
    has = ", ".join(f"`{key}`" for key in offered)
    return UNKNOWN_NAME(
        f"`{text}` names no kernel", help=f"there are {has}" if has else f"`mtc ops {name}` lists who has it", op=name
    )


def _is_for(key: KernelKey, types: str) -> bool:
    """Whether it takes these dtypes, or one that stands for all of them. A full key may end with its version."""
    wanted, slash, version = types.partition("/")
    if slash and version != str(key.version):
        return False
    return ",".join(key.dtypes) == wanted or {*key.dtypes} == {wanted}
