"""Constants as a safetensors file, with every tensor at a multiple of 64 bytes.

The format (https://huggingface.co/docs/safetensors, "Format") allows no gaps between tensors, so a gap is a tensor
itself: bytes of zero called `__pad.N__`. The header is padded with spaces, which the format allows. Types that
safetensors lacks (`qi8`, packed `qi4`) are stored as bytes, and `__metadata__` says what they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mtc.diagnostics import MtcError
from mtc.ir.constant import Constant, FileRange, OpenFile
from mtc.ir.literals import type_text
from mtc.ir.storedzip import ALIGNMENT, DamagedArchive, Member, Stored
from mtc.ir.typeparser import Lookup, parse_type
from mtc.ir.types import DType, QParams, TensorType
from mtc.support import strict_json

_PLAIN = {
    DType.F32: "F32", DType.F64: "F64", DType.F16: "F16", DType.BF16: "BF16", DType.I8: "I8", DType.U8: "U8",
    DType.I16: "I16", DType.I32: "I32", DType.I64: "I64", DType.BOOL: "BOOL",
}  # fmt: skip
_STORED = {**_PLAIN, DType.QI8: "I8", DType.QU8: "U8", DType.QI4: "U8"}
_DTYPES = {name: dtype for dtype, name in _PLAIN.items()}
_METADATA = "__metadata__"
_PADDING = "__pad."
_MAX_HEADER = 1 << 30


def member(name: str, constants: Mapping[str, Constant], scales: Mapping[QParams, str] | None = None) -> Member:
    """A member of an archive that holds `constants` under their keys, in their order. `scales` names those among them
    that are the scales of others."""
    header: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    offset = 0
    for key, constant in constants.items():
        begin = offset + -offset % ALIGNMENT
        if begin != offset:
            header[f"{_PADDING}{len(header)}__"] = _entry("U8", [begin - offset], offset)
        offset = begin + constant.nbytes
        shape = [constant.nbytes] if constant.type.dtype is DType.QI4 else list(constant.type.shape)
        header[_escaped(key)] = _entry(_STORED[constant.type.dtype], shape, begin, offset)
        if constant.type.dtype.is_quantized:
            metadata[_escaped(key)] = type_text(constant.type, scales)
    text = json.dumps({_METADATA: metadata} | header if metadata else header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % ALIGNMENT)

    def pieces() -> Iterator[bytes | memoryview]:
        yield len(text).to_bytes(8, "little") + text
        written = 0
        for constant in constants.values():
            yield bytes(-written % ALIGNMENT)
            written += -written % ALIGNMENT + constant.nbytes
            yield from constant.chunks()

    return Member(name, 8 + len(text) + offset, pieces)


def read(file: OpenFile, member: Stored, name: str) -> dict[str, Constant]:
    """The constants of a member, which stay in the file. DamagedArchive if it is no safetensors file."""
    length = int.from_bytes(file.read(member.offset, 8), "little") if member.size >= 8 else member.size
    if length > min(member.size - 8, _MAX_HEADER):
        raise DamagedArchive(f"the header of {name} reaches beyond its end")
    try:
        header = strict_json.load(file.read(member.offset + 8, length))
    except ValueError as error:
        raise DamagedArchive(f"the header of {name} is not JSON") from error
    metadata = header.pop(_METADATA, {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(entry, dict) for entry in header.values()):
        raise DamagedArchive(f"the header of {name} is not one of safetensors")
    start = member.offset + 8 + length
    plain: dict[str, Constant] = {}  # as they are stored
    end = 0
    for key, entry in sorted(header.items(), key=lambda item: _offsets(item[1], name)):
        begin, stop = _offsets(entry, name)
        if begin != end or stop < begin or start + stop > member.offset + member.size:
            raise DamagedArchive(f"tensor `{key[:80]}` of {name} overlaps another, leaves a gap or is cut off")
        end = stop
        if not key.startswith(_PADDING):
            type = _stored_type(entry, f"tensor `{key[:80]}` of {name}", stop - begin)
            known = _unescaped(key)
            plain[known] = Constant(known, type, FileRange(file.path, start + begin, stop - begin, file))
    if start + end != member.offset + member.size:
        raise DamagedArchive(f"{name} has bytes that no tensor has")
    types = {_unescaped(key): stated for key, stated in metadata.items()}
    return _quantized(plain, types, name)


def _quantized(plain: dict[str, Constant], types: dict[str, object], name: str) -> dict[str, Constant]:
    """Tensors with the types that are stated for them, without those that are the scales of others."""
    scales: set[str] = set()

    def lookup(key: str) -> np.ndarray | None:
        if key not in plain or key in types:
            return None
        scales.add(key)
        return plain[key].array()

    found = {
        key: replace(constant, type=_real_type(types[key], constant, f"tensor `{key[:80]}` of {name}", lookup))
        if key in types
        else constant
        for key, constant in plain.items()
    }
    return {key: constant for key, constant in found.items() if key not in scales}


def _entry(dtype: str, shape: list[Any], begin: int, end: int | None = None) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, begin + shape[0] if end is None else end]}


def _offsets(entry: dict[str, Any], name: str) -> tuple[int, int]:
    offsets = entry.get("data_offsets")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(type(offset) is int for offset in offsets):
        raise DamagedArchive(f"the header of {name} is not one of safetensors")
    return offsets[0], offsets[1]


def _stored_type(entry: dict[str, Any], what: str, size: int) -> TensorType:
    """The type of a tensor's bytes; checked, so that they fill it."""
    shape = entry.get("shape")
    dtype = _DTYPES.get(str(entry.get("dtype")))
    if dtype is None or not isinstance(shape, list) or not all(type(n) is int and 0 <= n < 1 << 63 for n in shape):
        raise DamagedArchive(f"{what} has no known type")
    type_ = TensorType(dtype, tuple(shape))
    if type_.nbytes != size:
        raise DamagedArchive(f"{what} has {size} bytes, which do not fill its type")
    return type_


def _real_type(stated: object, stored: Constant, what: str, lookup: Lookup) -> TensorType:
    """The quantized type that a tensor is stated to have; checked, so that its bytes fill it."""
    try:
        type_ = parse_type(str(stated), lookup)
    except MtcError as error:
        raise DamagedArchive(f"{what} has no known type ({error.diagnostics[0].message})") from error
    expected = (stored.nbytes,) if type_.dtype is DType.QI4 else type_.shape
    stored_as = (_PLAIN[stored.type.dtype], stored.type.shape)
    if not type_.dtype.is_quantized or (_STORED[type_.dtype], expected) != stored_as:
        raise DamagedArchive(f"{what} is stored as another type than it is")
    if not type_.is_static or any(isinstance(n, int) and n < 0 for n in type_.shape) or type_.nbytes != stored.nbytes:
        raise DamagedArchive(f"{what} has {stored.nbytes} bytes, which do not fill its type")
    return type_


def _escaped(key: str) -> str:
    """Keys that begin with two underscores are the format's and ours; those of constants get a third one."""
    return f"_{key}" if key.startswith("__") else key


def _unescaped(key: str) -> str:
    return key[1:] if key.startswith("___") else key
