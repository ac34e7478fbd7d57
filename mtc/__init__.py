"""mtc turns a trained model into the smallest, fastest native program that runs exactly that model.

The stages are one function each and are imported when first used, so that `import mtc` stays instant::

    model = mtc.export(module, (example,))
    model = mtc.optimize(model, backend="xnnpack")
    model = mtc.quantize(model, scheme="int8", calibration=batches)
    mtc.package(model, "m.mtp")
    outputs = mtc.Session("m.mtp", threads=2).run(image)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mtc.diagnostics import MtcError
    from mtc.ir.module import Module
    from mtc.session import Session
    from mtc.stages import build_runtime, export, fit, load, optimize, package, quantize, save, select_ops  # type: ignore[no-redef]

__all__ = [
    "Module",
    "MtcError",
    "Session",
    "build_runtime",
    "export",
    "fit",
    "load",
    "optimize",
    "package",
    "quantize",
    "save",
    "select_ops",
]

_HOMES = {"Module": "mtc.ir.module", "MtcError": "mtc.diagnostics", "Session": "mtc.session"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'mtc' has no attribute '{name}'")
    return getattr(import_module(_HOMES.get(name, "mtc.stages")), name)
