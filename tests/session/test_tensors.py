"""Which array of a file is which input."""

from __future__ import annotations

import numpy as np
import pytest

from mtc.diagnostics import MtcError
from mtc.session.tensors import in_order

A, B = np.zeros(1), np.ones(1)
NAMES = ("image", "scale")


@pytest.mark.parametrize(
    "given", [{"scale": B, "image": A}, {"arr_0": A, "arr_1": B}], ids=["by name", "in the archive's order"]
)
def test_arrays_are_bound(given: dict[str, np.ndarray]) -> None:
    assert in_order(given, NAMES) == [A, B]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"scala": A, "image": B}, r"no input called `scala`[\s\S]*did you mean `scale`"),
        ({"image": A, "scale": B, "mask": B}, r"no input called `mask`[\s\S]*known: image, scale"),
        ({"image": A}, "lacks the inputs scale"),
        ({"arr_0": A}, "1 array .* 2 inputs"),
        ({}, "0 arrays"),
    ],
    ids=["a mistyped name", "one too many", "one too few", "too few in order", "none"],
)
def test_arrays_that_do_not_fit_are_refused(given: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(MtcError, match=message):
        in_order(given, NAMES)
