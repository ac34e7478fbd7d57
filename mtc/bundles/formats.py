"""The formats of app packages, as one table."""

from __future__ import annotations

from mtc.bundles.c_array import C_ARRAY
from mtc.bundles.deb import DEB
from mtc.bundles.npm import NPM
from mtc.bundles.tar import TAR
from mtc.bundles.wheel import WHEEL

FORMATS = {known.name: known for known in (TAR, DEB, WHEEL, NPM, C_ARRAY)}
