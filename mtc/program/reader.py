"""Reads a program's tables, for reports and operator lists. The runtime has a loader of its own."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from mtc.diagnostics import CANNOT_READ, DAMAGED_ARTIFACT, NOT_AN_ARTIFACT
from mtc.ir.kernel_key import KernelKey
from mtc.ir.types import DType
from mtc.program import header, schema_generated

schema: Any = schema_generated  # generated code has no types
_DEPTH, _LENGTH = 50, 10_000  # of an expression
# What FlatBuffers' Python code raises for bytes that are not its own.
DAMAGE = (
    struct.error,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
    UnicodeDecodeError,
    RecursionError,
)


@dataclass(frozen=True)
class Instruction:
    """One kernel call: what computes it, the IR value it makes, the user's source line, the types of its results."""

    function: str
    kernel: str
    name: str
    location: str
    outputs: tuple[str, ...]

    @property
    def op(self) -> str:
        return KernelKey.parse(self.kernel).op

    @property
    def library(self) -> str:
        return KernelKey.parse(self.kernel).library


@dataclass(frozen=True)
class Program:
    """The tables of a program file."""

    path: Path
    size: int
    tables: Any  # schema.ProgramT
    debug: Any  # schema.DebugT or None

    @cached_property
    def kernels(self) -> list[str]:
        """The keys of the kernels that its instructions call, by number."""
        return _texts(self.tables.kernels)

    @property
    def metadata(self) -> dict[str, str]:
        return {text(entry.key): text(entry.value) for entry in self.tables.metadata or []}

    @cached_property
    def backends(self) -> list[str]:
        """Those that it was lowered for, first choice first."""
        return _texts(self.tables.backends)

    @property
    def states(self) -> dict[str, str]:
        """Types by name."""
        return {text(s.name): _type_text(s.dtype, map(str, numbers(s.dims))) for s in self.tables.states or []}

    @property
    def constant_bytes(self) -> int:
        return sum(s.size for s in self.tables.segments or [] if s.kind == schema.SegmentKind.constants)

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """Every instruction of every function, in order."""
        found = []
        for number, function in enumerate(self.tables.functions or []):
            rows = self.debug.functions[number].instructions if self.debug and self.debug.functions else []
            for index, instruction in enumerate(function.instructions or []):
                row = rows[index] if index < len(rows) else None
                outputs = [_type(function, i) for i in numbers(instruction.outputs) if i >= 0]
                found.append(
                    Instruction(
                        text(function.name),
                        self.kernels[instruction.kernel],
                        text(row.name) if row else "",
                        text(row.location) if row else "",
                        tuple(outputs),
                    )
                )
        return tuple(found)

    def interface(self, function: Any, kind: str) -> list[tuple[str, str]]:
        """Names and types of a function's inputs or outputs."""
        names = _texts(getattr(function, f"{kind}Names"))
        return [
            (name, _type(function, i)) for name, i in zip(names, numbers(getattr(function, f"{kind}s")), strict=True)
        ]


def interface_of(program: Program, function: int = 0) -> dict[str, dict[str, str]]:
    """`inputs` and `outputs` of a function, each type by name."""
    table = program.tables.functions[function]
    return {f"{kind}s": dict(program.interface(table, kind)) for kind in ("input", "output")}


def read(path: Path) -> Program:
    """The program in a file. CANNOT_READ, NOT_AN_ARTIFACT or DAMAGED_ARTIFACT if there is none."""
    try:
        with open(path, "rb") as file:
            head = file.read(header.SIZE)
            try:
                offset, length, total, checksum = header.unpack(head)
            except ValueError as error:
                raise NOT_AN_ARTIFACT.error(f"`{path}`: {error}") from error
            size = file.seek(0, 2)
            if size != total or offset + length > size or length > 1 << 30:
                raise DAMAGED_ARTIFACT.error(f"`{path}` is damaged: it has {size} bytes and says {total}")
            file.seek(offset)
            content = file.read(length)
            program = _parsed(path, size, content, file)
            _check(path, file, checksum)
            return program
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror or error}") from error
    except DAMAGE as error:
        raise DAMAGED_ARTIFACT.error(f"`{path}` is damaged: its tables cannot be read") from error


def check_content(path: Path) -> None:
    """DAMAGED_ARTIFACT if the file is a program whose bytes are not those that were written: a session opens without
    reading all of them. What is no program at all is the session's to say."""
    try:
        with open(path, "rb") as file:
            _, _, size, checksum = header.unpack(file.read(header.SIZE))
            if (found := path.stat().st_size) < size:
                raise DAMAGED_ARTIFACT.error(
                    f"`{path}` is cut off: it was written with {size:,} bytes, and {found:,} are here",
                    help="copy it again, or write it again with `mtc package`",
                )
            _check(path, file, checksum)
    except (OSError, ValueError):
        return


def _check(path: Path, file: BinaryIO, checksum: int) -> None:
    if header.checksum_of(file) != checksum:
        raise DAMAGED_ARTIFACT.error(
            f"`{path}` is damaged: its checksum does not fit its content",
            help="copy it again, or write it again with `mtc package`",
        )


def _parsed(path: Path, size: int, content: bytes, file: Any) -> Program:
    if content[4:8] != b"MTP1":
        raise DAMAGED_ARTIFACT.error(f"`{path}` is damaged: its tables are not a program's")
    tables = schema.ProgramT.InitFromPackedBuf(content)
    debug = None
    for segment in tables.segments or []:
        if segment.kind == schema.SegmentKind.debug and segment.size and segment.offset + segment.size <= size:
            file.seek(segment.offset)
            debug = schema.DebugT.InitFromPackedBuf(file.read(segment.size))
    program = Program(path, size, tables, debug)
    # All that can be damaged is touched here, where it is reported.
    _ = program.metadata, program.backends, program.states
    for instruction in program.instructions:
        KernelKey.parse(instruction.kernel)
    for function in tables.functions or []:
        text(function.name)
        program.interface(function, "input")
        program.interface(function, "output")
        inputs = numbers(function.inputs)
        for symbol in function.symbols or []:
            _ = numbers(function.values[inputs[symbol.input]].dims)[symbol.axis]
    return program


def _type(function: Any, index: int) -> str:
    value = function.values[index]
    dims = [str(d) if d >= 0 else _expression(function, -d - 1) for d in numbers(value.dims)]
    return _type_text(value.dtype, dims)


def _type_text(dtype: int, dims: Iterable[str]) -> str:
    """As in the text of the IR: `f32[2,n]`, and `f32` for no dims."""
    inner = ",".join(dims)
    return f"{DType.numbered(dtype)}[{inner}]" if inner else str(DType.numbered(dtype))


def _expression(function: Any, index: int, depth: int = 0) -> str:
    """The text of an expression. ValueError if it is deep or long: shared operands double a text at each level."""
    row = function.exprs[index]
    if depth > _DEPTH:
        raise ValueError("expressions are nested too deeply")
    kind = row.kind
    if kind == schema.ExprKind.constant:
        return str(row.a)
    if kind == schema.ExprKind.symbol:
        return text(function.symbolNames[row.a])
    a, b = (_expression(function, i, depth + 1) for i in (row.a, row.b))
    if len(a) + len(b) > _LENGTH:
        raise ValueError("an expression is too long")
    signs = {
        schema.ExprKind.add: "+",
        schema.ExprKind.mul: "*",
        schema.ExprKind.floor_div: "//",
        schema.ExprKind.mod: "%",
    }
    if kind in signs:
        return f"({a}{signs[kind]}{b})"
    return f"{'min' if kind == schema.ExprKind.min else 'max'}({a},{b})"


def numbers(vector: Any) -> list[int]:
    """The numbers of a vector of the tables, which is None where it is empty."""
    return [] if vector is None else [int(v) for v in vector]


def _texts(vector: Any) -> list[str]:
    return [text(v) for v in vector or []]


def text(value: Any) -> str:
    """A text of the tables, which is None where it is empty. UnicodeDecodeError if it is none."""
    if value is None:
        return ""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
