"""Each file of tests/golden/<pass>/ is a module before and behind a pass.

`MTC_UPDATE_GOLDEN=1 pytest tests/passes/test_golden.py` writes what the passes do now, for review. Both modules are
also run on random inputs: a golden file cannot enshrine a wrong rewrite.
"""

from __future__ import annotations

import os
import re
import zlib
from pathlib import Path

import numpy as np
import pytest

from mtc.ir.constant import Constant
from mtc.ir.module import Function, Module
from mtc.ir.parser import parse
from mtc.ir.printer import print_module
from mtc.ir.typeparser import parse_type
from mtc.ir.types import DType, TensorType
from mtc.ir.verifier import verify
from mtc.ops import OPS
from mtc.passes.checking import largest_excess, run_once
from mtc.passes.registry import all_passes

FOLDER = Path(__file__).parents[1] / "golden"
CASES = sorted(FOLDER.glob("*/*.mtir"))
EXPECT = "// -- expect\n"
NAMED = re.compile(r"constant @([\w.]+) : (.+)")
SYMBOLIC = 3


def random_array(type: TensorType, seed: str) -> np.ndarray:
    """Small numbers of `type`, the same for the same seed; positive where the name says variance."""
    random = np.random.default_rng(zlib.crc32(seed.encode()))
    shape = tuple(size if isinstance(size, int) else SYMBOLIC for size in type.shape)
    if type.dtype is DType.BOOL:
        return random.random(shape) < 0.5
    if type.dtype.is_integer or type.dtype.is_quantized:
        return random.integers(0, 3, shape).astype(type.dtype.numpy)
    array = random.normal(0, 2, shape)
    return (np.abs(array) + 0.5 if "variance" in seed else array).astype(type.dtype.numpy)


def weights(text: str) -> dict[str, Constant]:
    """A constant for each name that `text` mentions; `@a.copy` equals `@a`."""
    found = {}
    for name, described in NAMED.findall(text):
        type = parse_type(described)
        found[name] = Constant(name, type, random_array(type, name.removesuffix(".copy")))
    return found


def run_all(module: Module, interface: Module) -> dict[str, np.ndarray]:
    """The results of every function on random inputs of `interface`."""
    results = {}
    for name, function in interface.functions.items():
        results |= run_once(module, name, inputs_of(function))
    return results


def inputs_of(function: Function) -> list[np.ndarray]:
    return [random_array(value.type, value.name) for value in function.inputs]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_golden(path: Path) -> None:
    text = path.read_text()
    header, _, rest = text.partition("\n")
    before, _, expected = rest.partition(EXPECT)
    name = header.removeprefix("// pass: ")
    assert name == path.parent.name
    constants = weights(before)
    module, original = parse(before, OPS, constants), parse(before, OPS, constants)
    verify(original)
    all_passes()[name].run(module)
    verify(module)
    longer = max(module, original, key=lambda held: sum(1 for _ in held.nodes()))  # whose roundings are more
    excess, where = largest_excess(longer, run_all(module, original), run_all(original, original))
    assert excess <= 1, where
    printed = print_module(module)
    if os.environ.get("MTC_UPDATE_GOLDEN"):
        path.write_text(f"{header}\n{before}{EXPECT}{printed}")
    else:
        assert printed == expected


def test_every_pass_has_cases() -> None:
    assert {path.parent.name for path in CASES} == set(all_passes())
