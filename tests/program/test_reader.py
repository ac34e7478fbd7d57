"""What Python reads of a program: numbers and names as the runtime has them, and no trust in the tables."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mtc.build.runtime_sources import runtime_sources
from mtc.build.third_party import libraries_of
from mtc.diagnostics import DAMAGED_ARTIFACT, MtcError
from mtc.ir.builder import Builder
from mtc.ir.dims import Bounds, dim
from mtc.ir.kernel_key import KernelKey
from mtc.ir.module import Function, Module, Value
from mtc.ir.types import ANY, F32, DType, TensorType
from mtc.ops import OPS
from mtc.program import reader, schema_generated
from mtc.program.emitter import Emitter
from mtc.program.rows import make


def program(path: Path, change=lambda tables: None) -> Path:
    """A program of one instruction on an input of `n` elements, whose tables `change` has changed."""
    function = Function("forward", [Value(TensorType(F32, (dim("n"),)), "x")], symbols={"n": Bounds()})
    build = Builder(function)
    build.results(build.emit(OPS["add"], function.inputs[0], build.constant(np.ones(1, np.float32))))
    module = Module({"forward": function})
    emitter = Emitter(module, lambda node: "add@portable:f32/1", lambda node: False, ["xnnpack", "portable"])
    write_debug = emitter._write_debug

    def write_debug_and_change(*arguments):
        write_debug(*arguments)
        change(emitter.tables)

    emitter._write_debug = write_debug_and_change  # the last step before the tables are packed
    with open(path, "wb") as file:
        emitter.write(file)
    return path


def test_instructions_say_which_kernel_computes_what(tmp_path):
    found = reader.read(program(tmp_path / "m.mtp"))
    assert found.backends == ["xnnpack", "portable"]
    (instruction,) = found.instructions
    assert (instruction.op, instruction.library, instruction.outputs) == ("add", "portable", ("f32[n]",))
    assert found.interface(found.tables.functions[0], "output") == [("output0", "f32[n]")]


def _doubled(tables):
    """Each expression is the sum of the one before it with itself: 40 rows, 2^40 letters."""
    function = tables.functions[0]
    kind = schema_generated.ExprKind
    rows = [make(schema_generated.ExprT, kind=kind.symbol, a=0, b=0)]
    rows += [make(schema_generated.ExprT, kind=kind.add, a=i, b=i) for i in range(40)]
    function.exprs = rows
    function.values[-1].dims = [-len(rows)]


def _without_version(tables):
    tables.kernels = ["add@portable:f32"]


def _of_no_dtype(tables):
    tables.functions[0].values[-1].dtype = 200


@pytest.mark.parametrize("change", [_doubled, _without_version, _of_no_dtype])
def test_tables_that_make_no_sense_are_refused(tmp_path, change):
    with pytest.raises(MtcError) as caught:
        reader.read(program(tmp_path / "m.mtp", change))
    assert caught.value.code is DAMAGED_ARTIFACT


@pytest.mark.parametrize(
    "key",
    ["conv2d@xnnpack:f32/1", "conv2d.depthwise@xnnpack:f32/1", "cast@portable:f32,i8/2", "arange@xnnpack/1"],
)
def test_a_kernel_key_is_read_as_it_is_written(key):
    assert str(KernelKey.parse(key)) == key
    assert libraries_of([key]) == (("xnnpack",) if "xnnpack" in key else ())


@pytest.mark.parametrize(
    "key",
    ["", "conv2d", "conv2d@", "conv2d@/1", "@xnnpack:f32/1", "conv2d@xnnpack:f32", "a@b/x", "a.@b/1", ".a@b/1"],
)
def test_other_texts_are_no_kernel_keys(key):
    with pytest.raises(ValueError):
        KernelKey.parse(key)


def test_dtypes_have_the_numbers_of_the_schema_and_of_the_c_api():
    header = (runtime_sources() / "include" / "mtc" / "mtc.h").read_text()
    named = {name.lower(): int(number) for name, number in re.findall(r"MTC_(\w+) = (\d+)", header)}
    schema = {name.rstrip("_"): number for name, number in vars(schema_generated.DType).items() if name[0] != "_"}
    assert {dtype.value: dtype.number for dtype in DType} == schema
    assert {dtype.value: dtype.number for dtype in ANY}.items() <= named.items()
    assert [DType.numbered(dtype.number) for dtype in DType] == list(DType)
    with pytest.raises(ValueError):
        DType.numbered(len(DType))
