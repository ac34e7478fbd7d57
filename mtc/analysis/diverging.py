"""`verify --layers`: from a program and its source to the first operator that diverges."""

from __future__ import annotations

import tempfile
from functools import partial
from itertools import zip_longest
from pathlib import Path

from mtc import stages
from mtc.analysis.instruction_digests import instruction_digests
from mtc.analysis.layers import Layer, first_divergence
from mtc.analysis.limits import Limits
from mtc.analysis.sessions import open_session
from mtc.analysis.verify import Reference, samples_of
from mtc.ir.module import Module
from mtc.program import reader
from mtc.session import Runner
from mtc.stages.kinds import Kind, kind_of_input

_MOST_SHOWN = 5


def diverging_layer(
    program: Path,
    against: str,
    session: Runner,
    reference: Reference,
    data: Path | None,
    limits: Limits,
    *,
    runtime: Path | None,
    device: str,
) -> Layer | None:
    """The first operator of `program` that diverges on the first sample, or None.

    The source is exported and lowered again, for the backends that the program was lowered for.
    """
    backend = reader.read(program).backends
    _, arrays = next(samples_of(session, reference, data))
    return first_divergence(
        _canonical(against, backend),
        arrays,
        partial(open_session, runtime=runtime, device=device),
        backend=backend,
        limits=limits,
    )


def other_than_source(program: Path, against: str) -> str:
    """What of `program` is not what its source gives now, though each of its operators is right: the operators, or
    their attributes or constants. Empty if it is the source's program."""
    found = reader.read(program)
    with tempfile.TemporaryDirectory(prefix="mtc-program-") as folder:
        path = Path(folder, "source.mtp")
        stages.package(_canonical(against, found.backends), path, backend=found.backends)
        pairs = list(zip_longest(instruction_digests(found), instruction_digests(reader.read(path))))
    if any(a is None or b is None or a.op != b.op for a, b in pairs):
        return "the program has other operators than its source gives now"
    named = dict.fromkeys(str(a) for a, b in pairs if a != b)
    shown = [*named][:_MOST_SHOWN]
    more = f" and {len(named) - len(shown)} more" if len(named) > len(shown) else ""
    return f"constants or attributes of {', '.join(shown)}{more} are not those of the source" if named else ""


def _canonical(against: str, backend: list[str]) -> Module:
    path = Path(against)
    model = stages.load(path) if path.is_file() and kind_of_input(path) is Kind.IR else stages.export(against)
    return stages.optimize(model, backend)
