"""The `.mtc` file: a module with its weights, samples and history, as one archive that people and tools can open.

`graph.mtir` is text, `weights.safetensors` and `samples.safetensors` are mapped in place, `meta.yaml` says where the
model comes from. Loading reads no weights, and saving copies those it does not hold from file to file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from mtc import __version__
from mtc.diagnostics import CANNOT_READ, DAMAGED_ARTIFACT, NOT_AN_ARTIFACT, MtcError, writing
from mtc.ir import storedzip, tensorfile
from mtc.ir.constant import Constant, OpenFile
from mtc.ir.literals import qparams_constants, qparams_names, type_text
from mtc.ir.module import Function, Module, Sample
from mtc.ir.opspec import OpSpec
from mtc.ir.parser import parse
from mtc.ir.printer import print_module
from mtc.ir.storedzip import DamagedArchive, Member, Stored
from mtc.ir.types import TensorType
from mtc.ir.verifier import verify
from mtc.support.atomic import atomic_file

GRAPH, META, WEIGHTS, SAMPLES = "graph.mtir", "meta.yaml", "weights.safetensors", "samples.safetensors"
_FORMAT = 1
_FIRST_KEYS = ("source", "stages")  # of Module.meta: stand on top of meta.yaml, where people look
_MAX_META = 64 << 20


def save(module: Module, path: str | Path) -> None:
    """Writes a valid module in the form `imported` or `canonical`; `meta` holds what YAML can. Same module, same bytes.

    INVALID_IR if the module is not valid, CANNOT_WRITE if the file cannot be written.
    """
    path = Path(path)
    with writing(path), atomic_file(path) as file:
        write(module, file)


def write(module: Module, file: BinaryIO) -> None:
    """Writes it to an open file, for whom decides what becomes of the file. INVALID_IR as above."""
    verify(module)
    if module.form == "lowered":
        raise ValueError("a lowered module is written as a program, not as IR")
    scales = qparams_names(module.constants)
    members = (
        _text_member(GRAPH, print_module(module)),
        _text_member(META, yaml.safe_dump(_meta(module), sort_keys=False, allow_unicode=True, width=120)),
        tensorfile.member(WEIGHTS, {**module.constants, **qparams_constants(scales)}, scales),
        tensorfile.member(SAMPLES, _sample_tensors(module)),
    )
    storedzip.write_archive(file, members)


def load(path: str | Path, ops: Mapping[str, OpSpec]) -> Module:
    """The module of a file, over the ops `ops`; its constants stay in the file.

    CANNOT_READ, NOT_AN_ARTIFACT or DAMAGED_ARTIFACT, with the reason, if there is none.
    """
    given, path = path, Path(path).absolute()
    try:
        if not is_artifact(path):
            what = "is not a .mtc file" if path.stat().st_size else "is empty, and not a .mtc file"
            raise NOT_AN_ARTIFACT.error(f"`{given}` {what}", help="make one with `mtc export`")
        return _load(OpenFile(path), ops, given)
    except DamagedArchive as error:
        again = "copy it again, or export the model again"
        raise DAMAGED_ARTIFACT.error(f"`{given}` is damaged: {error}", help=again) from error
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror or error}") from error


def is_artifact(path: str | Path) -> bool:
    """Whether the file is a .mtc by its content, damaged ones included. OSError if it cannot be read."""
    path = Path(path)
    first = storedzip.first_name(path)
    if first is None or first == GRAPH:
        return first == GRAPH
    try:  # another tool may have written the members in another order
        return GRAPH in storedzip.read_directory(OpenFile(path))
    except DamagedArchive:
        return False


def _load(file: OpenFile, ops: Mapping[str, OpSpec], shown: str | Path) -> Module:
    """`shown` is what the user calls the file."""
    members = storedzip.read_directory(file)
    for name in (GRAPH, META, WEIGHTS, SAMPLES):
        if name not in members:
            raise DamagedArchive(f"{name} is missing")
    meta = _read_meta(file, members[META], shown)
    try:
        text = storedzip.read_member(file, members[GRAPH], GRAPH).decode()
    except UnicodeDecodeError as error:
        raise DamagedArchive(f"{GRAPH} is not text") from error
    for name in (WEIGHTS, SAMPLES):
        storedzip.check_member(file, members[name], name)
    try:
        module = parse(text, ops, tensorfile.read(file, members[WEIGHTS], WEIGHTS))
        verify(module)
    except MtcError as error:
        first, *others = error.diagnostics
        raise DAMAGED_ARTIFACT.error(
            f"`{shown}` is damaged: {GRAPH}: {first.message}",
            at=first.at,
            notes=(*first.notes, *(other.message for other in others)),
            help=first.help,
        ) from error
    if module.form != meta["form"]:
        raise DamagedArchive(f"{META} and {GRAPH} state different forms")
    module.meta = {key: meta[key] for key in _FIRST_KEYS if key in meta} | meta["meta"]
    module.samples = _samples(meta["samples"], tensorfile.read(file, members[SAMPLES], SAMPLES))
    for name, samples in module.samples.items():
        for index, sample in enumerate(samples):
            if name not in module.functions:
                raise DamagedArchive(f"{SAMPLES} is of `{name[:80]}`, which {GRAPH} does not define")
            _check_sample(module.functions[name], sample, f"sample {index} of `@{name}`")
    return module


def _check_sample(function: Function, sample: Sample, what: str) -> None:
    for side, tensors, values in (
        ("input", sample.inputs, function.inputs),
        ("output", sample.outputs, function.outputs),
    ):
        if len(tensors) != len(values):
            raise DamagedArchive(f"{what} has {len(tensors)} {side}s; the function has {len(values)}")
        for index, (tensor, value) in enumerate(zip(tensors, values, strict=True)):
            if not _is_one(tensor.type, value.type):
                raise DamagedArchive(
                    f"{side} {index} of {what} is {type_text(tensor.type)}, the function's {type_text(value.type)}"
                )


def _is_one(stored: TensorType, wanted: TensorType) -> bool:
    """Whether a tensor of a file is a value of type `wanted`, whose named dims may have any size."""
    return (stored.dtype, stored.rank) == (wanted.dtype, wanted.rank) and all(
        b == a for a, b in zip(stored.shape, wanted.shape, strict=True) if isinstance(b, int)
    )


def _text_member(name: str, text: str) -> Member:
    content = text.encode()
    return Member(name, len(content), lambda: (content,))


def _meta(module: Module) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "mtc": __version__,
        "form": module.form,
        **{key: module.meta[key] for key in _FIRST_KEYS if key in module.meta},
        "functions": {function.name: _interface(function) for function in module.functions.values()},
        "samples": {
            name: [{"inputs": len(sample.inputs), "outputs": len(sample.outputs)} for sample in samples]
            for name, samples in module.samples.items()
        },
        "meta": {key: value for key, value in module.meta.items() if key not in _FIRST_KEYS},
    }


def _interface(function: Function) -> dict[str, list[str]]:
    """For people: what the function takes and gives. The graph is what counts."""
    return {"inputs": [value.name for value in function.inputs], "outputs": list(function.output_names)}


def _read_meta(file: OpenFile, member: Stored, shown: str | Path) -> dict[str, Any]:
    if member.size > _MAX_META:
        raise DamagedArchive(f"{META} is too big")
    try:
        meta = yaml.safe_load(storedzip.read_member(file, member, META))
    except DamagedArchive:
        raise
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError) as error:
        raise DamagedArchive(f"{META} is not YAML") from error
    if not isinstance(meta, dict) or not isinstance(meta.get("format"), int):
        raise DamagedArchive(f"{META} does not say which format it has")
    if meta["format"] > _FORMAT:
        version = str(meta.get("mtc"))[:40]
        raise NOT_AN_ARTIFACT.error(
            f"`{shown}` was written by a newer mtc ({version})", help="update mtc, or export the model again"
        )
    if not all(isinstance(meta.get(key), dict) for key in ("meta", "samples")) or not isinstance(meta.get("form"), str):
        raise DamagedArchive(f"{META} lacks a part")
    if not (_is_names(meta.get("stages", [])) and _is_names(meta["meta"].get("backends", []))):
        raise DamagedArchive(f"{META}: stages and backends are lists of names")
    for part in ("metadata", "quantization"):
        if not isinstance(meta["meta"].get(part, {}), dict):
            raise DamagedArchive(f"{META}: {part} is not a mapping")
    return meta


def _is_names(names: object) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) for name in names)


def _sample_tensors(module: Module) -> dict[str, Constant]:
    return {
        f"{name}.{index}.{side}.{position}": tensor
        for name, samples in module.samples.items()
        for index, sample in enumerate(samples)
        for side, tensors in (("input", sample.inputs), ("output", sample.outputs))
        for position, tensor in enumerate(tensors)
    }


def _samples(counts: dict[Any, Any], tensors: dict[str, Constant]) -> dict[str, list[Sample]]:
    """The inverse of `_sample_tensors`, given how many inputs and outputs each sample has."""

    def side(function: str, index: int, side: str, count: object) -> tuple[Constant, ...]:
        keys = [f"{function}.{index}.{side}.{position}" for position in range(_bounded(count, len(tensors)))]
        if any(key not in tensors for key in keys):
            raise DamagedArchive(f"{SAMPLES} lacks a tensor of sample {index} of `{function[:80]}`")
        return tuple(tensors[key].renamed(None) for key in keys)

    samples: dict[str, list[Sample]] = {}
    for name, entries in counts.items():
        if not isinstance(name, str) or not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            raise DamagedArchive(f"{META} lists samples in another way")
        samples[name] = [
            Sample(side(name, index, "input", entry.get("inputs")), side(name, index, "output", entry.get("outputs")))
            for index, entry in enumerate(entries)
        ]
    return samples


def _bounded(count: object, most: int) -> int:
    if not isinstance(count, int) or not 0 <= count <= most:
        raise DamagedArchive(f"{SAMPLES} has fewer tensors than {META} lists")
    return count
