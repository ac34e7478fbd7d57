"""The stages of the toolchain, one function each: what `mtc.<stage>` and the command of that name call."""

from mtc.stages.build_runtime import build_runtime
from mtc.stages.bundle import bundle_format, bundle_of, bundle_to
from mtc.stages.check_runtime import check_runtime
from mtc.stages.export import export, export_to
from mtc.stages.files import load, load_any, save
from mtc.stages.fit import fit, fit_to
from mtc.stages.optimize import optimize, optimize_to
from mtc.stages.package import chosen_backends, lowered, package, package_to
from mtc.stages.pass_options import pass_options
from mtc.stages.quantize import quantize
from mtc.stages.select_ops import load_all, models_in, select_ops, select_ops_to

__all__ = [
    "build_runtime",
    "bundle_format",
    "bundle_of",
    "bundle_to",
    "check_runtime",
    "chosen_backends",
    "export",
    "export_to",
    "fit",
    "fit_to",
    "load",
    "load_all",
    "load_any",
    "lowered",
    "models_in",
    "optimize",
    "optimize_to",
    "package",
    "package_to",
    "pass_options",
    "quantize",
    "save",
    "select_ops",
    "select_ops_to",
]
