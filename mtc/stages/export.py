"""export: a trained model → the IR."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from os import PathLike
from pathlib import Path
from typing import Any

from mtc import __version__
from mtc.frontends import source as sources
from mtc.ir.module import Module
from mtc.stages.files import save
from mtc.stages.outputs import check_room


def export(
    source: Any,
    example_inputs: Sequence[Any] | Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
    metadata: Mapping[str, str] | None = None,
    warn: Callable[[str], None] = warnings.warn,
    check_size: Callable[[int], None] = lambda size: None,
) -> Module:
    """Reads a model: a path, `model.py:attr` or `pkg.mod:attr`, an `nn.Module`, or an `ExportedProgram`.

    `check_size` hears how many bytes its weights have before the work begins, and may refuse.
    `example_inputs` is a tuple of positional arguments or a mapping of keyword arguments; a path brings its own.
    `dynamic_shapes` is torch.export's. MtcError if the model cannot be read; unsupported operators are all in one.
    """
    label = type(source).__name__
    neighbours: AbstractContextManager[object] = nullcontext()
    if isinstance(source, (str, PathLike)):
        label = Path(source).name
        found = sources.load(source)  # type: ignore[arg-type]
        source, neighbours = found.model, found.neighbours
        example_inputs = found.example_inputs if example_inputs is None else example_inputs
        dynamic_shapes = found.dynamic_shapes if dynamic_shapes is None else dynamic_shapes
    from mtc.frontends.torch.exporter import import_torch, weight_bytes

    check_size(weight_bytes(source))
    with neighbours:
        module = import_torch(
            source,
            example_inputs,
            dynamic_shapes=dynamic_shapes,
            input_names=input_names,
            output_names=output_names,
            warn=warn,
        )
    module.meta |= {"source": label, "tool": __version__, "stages": ["export"]}
    if metadata:
        module.meta["metadata"] = dict(metadata)
    return module


def export_to(
    output: Path,
    source: str,
    *,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
    metadata: Mapping[str, str] | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Module:
    """Writes what `export` reads of a path or an attribute. CANNOT_WRITE, before the model is traced, if its weights do
    not fit the disk."""
    model = export(
        source,
        input_names=input_names,
        output_names=output_names,
        metadata=metadata,
        warn=warn,
        check_size=lambda size: check_room(output, size),
    )
    save(model, output)
    return model
