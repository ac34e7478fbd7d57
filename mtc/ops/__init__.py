"""The opset. `OPS` is its index by name; each op is also an attribute: `ops.conv2d`.

A family of ops is a file; a new op is a definition in one of them and a name in nothing else.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from mtc.ir.opspec import OpSpec
from mtc.ir.structural import CONSTANT, RETURN, STATE, STATE_UPDATE
from mtc.ops.define import OPS

__all__ = ["CONSTANT", "OPS", "RETURN", "STATE", "STATE_UPDATE"]

for _family in iter_modules(__path__):
    import_module(f"{__name__}.{_family.name}")
globals().update(OPS)


def __getattr__(name: str) -> OpSpec:
    raise AttributeError(f"the opset has no `{name}`")
