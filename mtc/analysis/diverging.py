"""`verify --layers`: from a program and its source to the first operator that diverges."""

from __future__ import annotations

from pathlib import Path

from mtc import stages
from mtc.analysis.layers import Layer, first_divergence
from mtc.analysis.sessions import library_of
from mtc.analysis.verify import Reference, samples_of
from mtc.ir.module import Module
from mtc.program import reader
from mtc.session import Session
from mtc.stages.outputs import Kind, kind_of


def diverging_layer(
    program: Path,
    against: str,
    session: Session,
    reference: Reference,
    data: Path | None,
    runtime: Path | None,
    max_rel: float,
    min_cosine: float,
) -> Layer | None:
    """The first operator of `program` that diverges on the first sample, or None.

    The source is exported and lowered again, for the backends that the program was lowered for.
    """
    backend = reader.read(program).backends
    _, arrays = next(samples_of(session, reference, data))
    return first_divergence(
        _canonical(against, backend),
        arrays,
        lambda path: Session(path, runtime=library_of(runtime)),
        backend=backend,
        max_rel=max_rel,
        min_cosine=min_cosine,
    )


def _canonical(against: str, backend: list[str]) -> Module:
    path = Path(against)
    model = stages.load(path) if path.is_file() and kind_of(path) is Kind.IR else stages.export(against)
    return stages.optimize(model, backend)
