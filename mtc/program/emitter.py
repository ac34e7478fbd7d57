"""Writes a lowered module as a program: its tables, and the bytes of constants, samples and debug names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, BinaryIO

import flatbuffers
import numpy as np

from mtc import __version__, ops
from mtc.ir.constant import Constant, Encoded
from mtc.ir.kernel_key import KernelKey
from mtc.ir.module import Function, Module, Node, Value
from mtc.ir.opspec import Attribute, AttrKind
from mtc.ir.structural import CONSTANT, RETURN, STATE, STATE_UPDATE
from mtc.ir.types import DType, QParams, TensorType
from mtc.program import header
from mtc.program import schema_generated as schema
from mtc.program.expressions import Expressions
from mtc.program.plan import align, plan
from mtc.program.rows import make
from mtc.program.storage import assign_storage, stays_in_place


def copy_key(dtype: DType) -> str:
    """The kernel that gives a state its new value."""
    return str(KernelKey(ops.copy.name, "portable", (str(dtype),), ops.copy.version))


class Emitter:
    """One program being made. `key_of` gives a node's kernel; `takes_pitch` whether that kernel reads pitched rows;
    `backends` are those the module was lowered for."""

    def __init__(
        self,
        module: Module,
        key_of: Callable[[Node], str],
        takes_pitch: Callable[[Node], bool],
        backends: Sequence[str],
    ) -> None:
        self.module = module
        self.key_of = key_of
        self.takes_pitch = takes_pitch
        self.tables = make(schema.ProgramT, producer=f"mtc {__version__}", backends=list(backends))
        self.kernels: dict[str, int] = {}
        self.constants: dict[int, int] = {}
        self.qparams: dict[QParams, int] = {}
        self.stored: list[Constant] = []
        self.states = {name: index for index, name in enumerate(module.states)}
        self._bodies = [_FunctionEmitter(self, function, name) for name, function in module.functions.items()]
        self._names = set(module.functions)

    def write(self, file: BinaryIO) -> None:
        """Writes the program to `file`, which is empty and can seek."""
        self.tables.functions = [body.emit() for body in self._bodies]  # which grows while they nest others
        self.tables.states = [self._state(name) for name in self.module.states]
        self.tables.kernels = list(self.kernels)
        self.tables.qparams = [self._qparams(qparams) for qparams in self.qparams]
        self.tables.metadata = [
            make(schema.EntryT, key=str(key), value=str(value))
            for key, value in (*self.module.meta.get("metadata", {}).items(), *self._quantization())
        ]
        body = header.Body(file)
        _pad(body)
        self.tables.segments = []
        self.tables.constants = []
        self._write_constants(body)
        self._write_samples(body)
        self._write_debug(body)
        tables = _packed(self.tables, b"MTP1")
        offset = _pad(body)
        body.write(tables)
        size = _pad(body)
        file.seek(0)
        file.write(header.pack(offset, len(tables), size, body.checksum))

    def _quantization(self) -> list[tuple[str, str]]:
        """What was done to the numbers, for who meets the program later."""
        facts = self.module.meta.get("quantization")
        return [("quantization", ", ".join(f"{key} {value}" for key, value in facts.items()))] if facts else []

    def kernel(self, key: str) -> int:
        return self.kernels.setdefault(key, len(self.kernels))

    def nested(self, function: Function, name: str) -> int:
        """The index of a function inside another; it stands behind that one and behind all the module's.

        It is called `name`, with a number if that is taken.
        """
        index = len(self._bodies)
        name = f"{name}.{index}" if name in self._names else name
        self._names.add(name)
        self._bodies.append(_FunctionEmitter(self, function, name))
        return index

    def constant(self, constant: Constant) -> int:
        """The index of a constant, which is stored once however often it is read."""
        if isinstance(constant.data, Encoded):  # what it is made of comes first
            self.constant(constant.data.stored)
            self.qparams_index(constant.data.stored.type.qparams)
        key = id(constant)  # which `stored` keeps from being another's
        if key not in self.constants:
            self.constants[key] = len(self.stored)
            self.stored.append(constant)
        return self.constants[key]

    def qparams_index(self, qparams: QParams | None) -> int:
        return -1 if qparams is None else self.qparams.setdefault(qparams, len(self.qparams))

    def _qparams(self, qparams: QParams) -> schema.QParamsT:
        zero_point = qparams.zero_points
        row = make(schema.QParamsT, scale=float(qparams.scale[0]) or 1.0, zeroPoint=0)
        if isinstance(zero_point, int):
            row.zeroPoint = zero_point
        if qparams.axis is not None:
            row.axis, row.block = qparams.axis, qparams.block or 0
            row.scale = 1.0
            row.scales = self.constant(Constant.of(qparams.scale))
            if not isinstance(zero_point, int):
                row.zeroPoints = self.constant(Constant.of(np.ascontiguousarray(zero_point)))
        return row

    def _state(self, name: str) -> schema.StateT:
        state = self.module.states[name]
        return make(
            schema.StateT,
            name=name,
            dtype=state.type.dtype.number,
            dims=list(state.type.shape),
            initial=-1 if state.initial is None else self.constant(state.initial),
        )

    def _write_constants(self, file: header.Body) -> None:
        start = _pad(file)
        for constant in self.stored:
            self.tables.constants.append(self._constant_row(constant, start, file))
        self._segment(schema.SegmentKind.constants, start, file)

    def _constant_row(self, constant: Constant, start: int, file: header.Body) -> schema.ConstantT:
        if not isinstance(constant.data, Encoded):
            return make(schema.ConstantT, segment=0, **_written(constant, start, file))
        stored = constant.data.stored
        return make(
            schema.ConstantT,
            dtype=constant.type.dtype.number,
            dims=list(constant.type.shape),
            encoded=self.constants[id(stored)],
            qparams=self.qparams_index(stored.type.qparams),
        )

    def _write_samples(self, file: header.Body) -> None:
        self.tables.samples = []
        start = _pad(file)
        index = len(self.tables.segments)
        for number, name in enumerate(self.module.functions):
            for sample in self.module.samples.get(name, [])[:1]:
                for is_output, tensors in ((False, sample.inputs), (True, sample.outputs)):
                    for position, tensor in enumerate(tensors):
                        place = {"function": number, "index": position, "isOutput": is_output}
                        row = make(schema.SampleT, segment=index, **place, **_written(tensor, start, file))
                        self.tables.samples.append(row)
        if self.tables.samples:
            self._segment(schema.SegmentKind.samples, start, file)

    def _write_debug(self, file: header.Body) -> None:
        debug = make(schema.DebugT, functions=[body.debug for body in self._bodies])
        start = _pad(file)
        file.write(_packed(debug, None))
        self._segment(schema.SegmentKind.debug, start, file)

    def _segment(self, kind: int, start: int, file: header.Body) -> None:
        size = file.tell() - start
        self.tables.segments.append(make(schema.SegmentT, kind=kind, offset=start, size=size))


class _FunctionEmitter:
    """One function of the program."""

    def __init__(self, owner: Emitter, function: Function, name: str) -> None:
        self.owner = owner
        self.function = function
        self.name = name
        self.storage = assign_storage(function, owner.takes_pitch)
        self.expressions = Expressions(function)
        self.values: dict[Value, int] = {}
        self.rows: list[schema.ValueT] = []
        self.instructions: list[schema.InstructionT] = []
        self.debug = make(schema.DebugFunctionT, values=[], instructions=[])

    def emit(self) -> schema.FunctionT:
        function = self.function
        for value in function.inputs:
            self._value(value)
        for node in self.storage.steps:
            if node.op is STATE_UPDATE:
                if not stays_in_place(self.storage, node):
                    self._update_state(node)
            elif node.op is not RETURN:
                self._instruction(node)
        outputs = [self._value(value) for value in function.outputs]
        is_planned, arena_size = self._plan()
        return make(
            schema.FunctionT,
            name=self.name,
            values=self.rows,
            inputs=[self.values[value] for value in function.inputs],
            outputs=outputs,
            inputNames=function.input_labels,
            outputNames=function.output_labels,
            exprs=self.expressions.rows,
            symbols=self.expressions.symbols,
            symbolNames=self.expressions.names,
            instructions=self.instructions,
            arenaSize=arena_size,
            isPlanned=is_planned,
        )

    def _value(self, value: Value) -> int:
        """The index of a value. What it stands in has a smaller one."""
        missing = []
        around: Value | None = value
        while around is not None and around not in self.values:
            missing.append(around)
            alias = self.storage.aliases.get(around)
            around = None if alias is None else alias.of
        for each in reversed(missing):
            self._add_value(each)
        return self.values[value]

    def _add_value(self, value: Value) -> None:
        alias = self.storage.aliases.get(value)
        row = self._row(value.type, value.name)
        self.values[value] = len(self.rows) - 1
        producer = value.producer
        if producer is not None and producer.op is CONSTANT:
            row.place, row.index = schema.Place.constant, self.owner.constant(producer.attrs["value"])
        elif producer is not None and producer.op is STATE:
            row.place, row.index = schema.Place.state, self.owner.states[producer.attrs["state"]]
        elif alias is not None:
            row.aliasOf = self.values[alias.of]
            row.aliasOffset = self.expressions.dim(alias.offset)
            row.isPitched = alias.is_pitched

    def _row(self, type_: TensorType, name: str) -> schema.ValueT:
        dims = [self.expressions.dim(size) for size in type_.shape]
        row = make(schema.ValueT, dtype=type_.dtype.number, dims=dims, qparams=self.owner.qparams_index(type_.qparams))
        self.rows.append(row)
        self.debug.values.append(name)
        return row

    def _instruction(self, node: Node) -> None:
        self._append(
            self.owner.key_of(node),
            node,
            inputs=[-1 if value is None else self._value(value) for value in node.inputs],
            outputs=[self._value(value) for value in node.outputs],
            attrs=[self._attr(spec, node.attrs[name]) for name, spec in node.op.attributes.items()],
            functions=[
                self.owner.nested(region, f"{self.name}.{node.op.name}.{role}")
                for role, region in node.op.named_regions(node.regions).items()
            ],
        )

    def _update_state(self, node: Node) -> None:
        (value,) = node.inputs
        assert value is not None
        row = self._row(value.type, node.attrs["state"])
        row.place, row.index = schema.Place.state, self.owner.states[node.attrs["state"]]
        target = len(self.rows) - 1
        self._append(
            copy_key(value.type.dtype), node, inputs=[self._value(value)], outputs=[target], attrs=[], functions=[]
        )

    def _append(self, key: str, node: Node, **fields: Any) -> None:
        self.instructions.append(make(schema.InstructionT, kernel=self.owner.kernel(key), **fields))
        name = node.outputs[0].name if node.outputs else node.attrs.get("state", node.op.name)
        self.debug.instructions.append(
            make(schema.DebugInstructionT, name=name, location="; ".join(map(str, node.loc)))
        )

    def _attr(self, spec: Attribute, value: Any) -> schema.AttrT:
        match spec.kind:
            case AttrKind.INT | AttrKind.BOOL:
                return make(schema.AttrT, ints=[int(value)])
            case AttrKind.ENUM:
                return make(schema.AttrT, ints=[enum_value(value)])
            case AttrKind.DTYPE:
                return make(schema.AttrT, ints=[value.number])
            case AttrKind.FLOAT:
                return make(schema.AttrT, floats=[value])
            case AttrKind.INTS:
                return make(schema.AttrT, ints=list(value))
            case AttrKind.FLOATS:
                return make(schema.AttrT, floats=list(value))
        if all(isinstance(size, int) for size in value):
            return make(schema.AttrT, ints=list(value))
        return make(schema.AttrT, exprs=[self.expressions.index(size) for size in value])

    def _plan(self) -> tuple[bool, int]:
        """Offsets of the values in the arena, if all their sizes are numbers."""
        roots = [value for value in self.values if value in self.storage.live]
        sizes = [value.type.nbytes for value in roots]
        if not all(isinstance(size, int) for size in sizes) or self.function.symbols:
            return False, 0
        offsets, total = plan(sizes, [self.storage.live[value] for value in roots])  # type: ignore[arg-type]
        for value, offset in zip(roots, offsets, strict=True):
            self.rows[self.values[value]].offset = offset
        return True, total


def enum_value(value: Enum) -> int:
    """The number of an enumerator: its place in the definition, as in C++."""
    return list(type(value)).index(value)


def _packed(table: Any, identifier: bytes | None) -> bytes:
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(table.Pack(builder), identifier)
    return bytes(builder.Output())


def _written(constant: Constant, start: int, file: header.Body) -> dict[str, Any]:
    """Writes a tensor into the segment that begins at `start`: what a table says of it."""
    offset = _pad(file) - start
    for piece in constant.chunks():
        file.write(piece)
    return {"dtype": constant.type.dtype.number, "dims": list(constant.type.shape), "offset": offset}


def _pad(file: header.Body) -> int:
    """Fills up to the next multiple of the alignment, and returns that position."""
    position = file.tell()
    file.write(bytes(align(position) - position))
    return align(position)
