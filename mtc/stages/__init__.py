"""The stages of the toolchain, one function each: what `mtc.<stage>` and the command of that name call."""

from mtc.stages.build_runtime import build_runtime
from mtc.stages.export import export
from mtc.stages.files import load, save
from mtc.stages.optimize import optimize
from mtc.stages.package import package
from mtc.stages.select_ops import select_ops

__all__ = ["build_runtime", "export", "load", "optimize", "package", "save", "select_ops"]
