"""The functions that give XNNPACK's operators their tables of microkernels (runtime/third_party/xnnpack_selection.h).

A table is XNNPACK's own where a selected kernel may run what stands in it. Else it is empty: the operator finds no
microkernel of that kind, as on a processor that has none, and takes the path that the selected kernels take anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mtc.delegates.xnnpack.microkernels import DWCONV, GEMM, IGEMM, VMULCADDC, microkernels
from mtc.ir.kernel_key import KernelKey


@dataclass(frozen=True)
class _Table:
    """A function that gives one, what is in the table, and the expressions for it: whole, and for GEMM alone."""

    function: str
    type: str
    holds: tuple[tuple[str, str], ...]  # the kinds of microkernels, each with a dtype
    whole: str
    nothing: str
    for_gemm: str = ""


def _gemm(name: str, dtype: str) -> _Table:
    own = f"xnn_init_{name}_config"
    return _Table(
        f"xnn_selected_{name}_config",
        "const xnn_gemm_config*",
        ((GEMM, dtype), (IGEMM, dtype)),
        f"{own}()",
        "static xnn_gemm_config nothing; return &nothing;",
        f"{own}_without_igemm()",
    )


def _dwconv(dtype: str, count: str, packing: str) -> tuple[_Table, _Table]:
    kind = ((DWCONV, dtype),)
    own, none = f"xnn_init_{dtype}_dwconv_config()", f"static xnn_dwconv_config nothing[{count}]; return nothing;"
    function = "xnn_pack_dwconv_ghw_w_fn"
    return (
        _Table(f"xnn_selected_{dtype}_dwconv_config", "const xnn_dwconv_config*", kind, own, none),
        _Table(
            f"xnn_selected_{dtype}_dwconv_packing",
            function,
            kind,
            f"reinterpret_cast<{function}>({packing})",
            "return nullptr;",
        ),
    )


def _vmulcaddc(dtype: str) -> _Table:
    return _Table(
        f"xnn_selected_{dtype}_vmulcaddc_config",
        "const xnn_vmulcaddc_config*",
        ((VMULCADDC, dtype),),
        f"xnn_init_{dtype}_vmulcaddc_config()",
        "static xnn_vmulcaddc_config nothing; return &nothing;",
    )


_TABLES = (
    _gemm("f32_gemm", "f32"),
    _gemm("f32_gemm_nr2", "f32"),
    _gemm("f16_gemm", "f16"),
    _gemm("qs8_qc8w_gemm", "qs8_qc8w"),
    _gemm("qu8_gemm", "qu8"),
    _gemm("qd8_f32_qc8w_gemm", "qd8_f32_qc8w"),
    *_dwconv("f32", "XNN_MAX_F32_DWCONV_UKERNELS", "xnn_pack_f32_dwconv_ghw_w"),
    *_dwconv("f16", "XNN_MAX_F16_DWCONV_UKERNELS", "xnn_pack_f16_dwconv_ghw_w"),
    *_dwconv("qs8_qc8w", "XNN_MAX_QC8_DWCONV_UKERNELS", "xnn_pack_qs8_dwconv_ghw_w"),
    *_dwconv("qu8", "XNN_MAX_QU8_DWCONV_UKERNELS", "xnn_pack_qu8_dwconv_ghw_w"),
    _vmulcaddc("f32"),
    _vmulcaddc("f16"),
)


def definitions(keys: Collection[KernelKey], *, is_whole: bool = False) -> list[str]:
    """C++ that defines the functions for these kernels; nothing if none is XNNPACK's. With `is_whole` all tables are
    XNNPACK's own, whatever the kernels."""
    if not is_whole and not any(key.library == "xnnpack" for key in keys):
        return []
    run = {wanted for key in keys if key.library == "xnnpack" for wanted in microkernels(key)}
    if is_whole:
        run = {wanted for table in _TABLES for wanted in table.holds}
    reduced = [table.for_gemm.removesuffix("()") for table in _TABLES if table.for_gemm]
    lines = ["", '#include "third_party/xnnpack_selection.h"', "", 'extern "C" {']
    lines += [f"const xnn_gemm_config* {name}(void);" for name in reduced]
    lines += [f"{table.type} {table.function}(void) {{ {_body(table, run)} }}" for table in _TABLES]
    return [*lines, '}  // extern "C"', ""]


def _body(table: _Table, run: set[tuple[str, str]]) -> str:
    held = [wanted for wanted in table.holds if wanted in run]
    if not held:
        return table.nothing
    return f"return {table.for_gemm if table.for_gemm and held == [table.holds[0]] else table.whole};"


def needed_by(keys: Iterable[str]) -> dict[str, frozenset[str]]:
    """The functions, each with the kernels that may run what is in its table."""
    found: dict[str, set[str]] = {table.function: set() for table in _TABLES}
    for key in keys:
        parsed = KernelKey.parse(key)
        run = microkernels(parsed) if parsed.library == "xnnpack" else frozenset()
        for table in _TABLES:
            if not run.isdisjoint(table.holds):
                found[table.function].add(key)
    return {function: frozenset(users) for function, users in found.items()}
