"""Compares a program with the model it was made from, output by output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mtc import interp, stages
from mtc.analysis.limits import Limits
from mtc.diagnostics import BAD_JUDGE, BAD_SOURCE, CANNOT_READ, MISMATCH, MtcError, collected
from mtc.frontends import source as sources
from mtc.ir.module import Module
from mtc.session import Runner, tensors
from mtc.stages.kinds import Kind, kind_of_input
from mtc.support.plural import counted


@dataclass(frozen=True)
class Difference:
    """How far one output is from the reference's. Integers must be equal: then max_rel is 0, else infinite."""

    sample: str
    output: str
    max_rel: float  # max|got - want| / max|want|
    cosine: float
    is_ok: bool
    by_metric: bool = False  # whether the user's metric judged the sample's outputs together, not the two numbers
    unequal: int = 0  # elements of integers that differ, of `elements`
    elements: int = 0

    @property
    def amount(self) -> str:
        if self.unequal:
            return f"{self.unequal:,} of {counted(self.elements, 'element')}"
        return f"max_rel {self.max_rel:.3g}, cosine {self.cosine:.6f}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Reference(Protocol):
    """The source model, by flat lists of arrays."""

    def example(self) -> list[np.ndarray]: ...

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]: ...


# metric(outputs, references) -> whether that is good enough
Metric = Callable[[list[np.ndarray], list[np.ndarray]], object]


class Interpreted:
    """A .mtc model run on the NumPy references of its operators."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def example(self) -> list[np.ndarray]:
        samples = self.module.samples.get("forward")
        if not samples:
            raise BAD_SOURCE.error("the model has no samples", help="give inputs with --data")
        return [constant.array() for constant in samples[0].inputs]

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        return interp.run(self.module, arrays)


def reference_of(against: str) -> Reference:
    """The model that `against` names: what `mtc export` reads, or a .mtc."""
    path = Path(against)
    if path.is_file() and kind_of_input(path) is Kind.IR:
        return Interpreted(stages.load(path))
    found = sources.load(against)
    from mtc.frontends.torch.eager import Eager

    return Eager(found)


def verify(
    session: Runner,
    reference: Reference,
    data: Path | None = None,
    *,
    limits: Limits = Limits(),
    metric: Metric | None = None,
) -> list[Difference]:
    """Every output for every sample: those in the folder `data`, else the source's example. `metric` decides instead
    of the limits if there is one. Each sample finds the state that the model was exported with."""
    found: list[Difference] = []
    names = [signature.name for signature in session.outputs()]
    for name, arrays in samples_of(session, reference, data):
        with _named(name):
            session.reset_state()
            got, want = session.run(*arrays), reference.run(arrays)
            rows = compared(name, names, got, want, limits)
            if metric is not None:
                is_ok = _judged(metric, got, want)
                rows = [replace(row, is_ok=is_ok, by_metric=True) for row in rows]
        found += rows
    return found


def _judged(metric: Metric, got: list[np.ndarray], want: list[np.ndarray]) -> bool:
    found = sources.guarded(partial(metric, got, want), "metric")
    if isinstance(found, bool) or (
        isinstance(found, np.generic | np.ndarray) and found.shape == () and found.dtype == bool
    ):
        return bool(found)
    raise BAD_JUDGE.error(
        f"`metric` returned {_described(found)}, which is neither True nor False",
        help="compare it with a threshold in the metric itself",
    )


def _described(found: object) -> str:
    return f"an array {found.dtype}{list(found.shape)}" if isinstance(found, np.ndarray) else f"`{found!r:.60}`"


@contextmanager
def _named(sample: str) -> Iterator[None]:
    """Whatever is wrong with one of many samples names it."""
    try:
        yield
    except MtcError as error:
        found = [replace(finding, at=finding.at or f"sample {sample}") for finding in error.diagnostics]
        raise MtcError(*found, summary=error.summary) from error


def drift(session: Runner, reference: Reference, limits: Limits = Limits()) -> str:
    """Why a program may differ from its source though no operator is wrong: on the sample that the program carries the
    source gives other results than at the export. Empty if it does not, or if there is no sample."""
    sample = session.samples()
    if sample is None:
        return ""
    inputs, outputs = sample
    try:
        names = [signature.name for signature in session.outputs()]
        rows = compared("", names, outputs, reference.run(inputs), limits)
    except MtcError as error:
        return f"{_CHANGED}: {error.diagnostics[0].message}"
    worst = max(rows, key=lambda row: row.max_rel, default=None)
    if worst is None or all(row.is_ok for row in rows):
        return ""
    return f"{_CHANGED}: on the program's own sample it gives another `{worst.output}` ({worst.amount})"


_CHANGED = "the source has other weights or other code than the program was made from"


def compared(
    sample: str,
    names: Sequence[str],
    got: Sequence[np.ndarray],
    want: Sequence[np.ndarray],
    limits: Limits,
) -> list[Difference]:
    """Every output against its reference. MISMATCH if there are more of the one than of the other, or if they have
    other types."""
    if len(got) != len(want):
        raise MISMATCH.error(f"the program has {counted(len(got), 'output')}, the source model {len(want)}")
    with collected() as report:
        for name, a, b in zip(names, got, want, strict=True):
            if (a.dtype, a.shape) != (b.dtype, b.shape):
                types = [f"{array.dtype}{list(array.shape)}" for array in (a, b)]
                help = "export the source again"
                report(MISMATCH(f"output `{name}` is {types[0]}, the source model's {types[1]}", help=help))
    rows = []
    for name, a, b in zip(names, got, want, strict=True):
        rel, cosine = distance(a, b)
        unequal = int(np.count_nonzero(a != b)) if a.dtype.kind in "iub" else 0
        is_ok = limits.accept(rel, cosine)
        rows.append(Difference(sample, name, rel, cosine, is_ok, unequal=unequal, elements=a.size))
    return rows


def refuse(differences: Sequence[Difference], first: str = "", changed: str = "", quantized: str = "") -> None:
    """MISMATCH that names every output beyond the threshold; `first` says which operator diverges first, `changed` how
    the source is another one than the program's (`drift`), `quantized` how the program was quantized."""
    notes = tuple(filter(None, (changed, quantized and f"the program is quantized: {quantized}", first)))
    with collected() as report:
        judged = set()
        for row in differences:
            if row.is_ok or (row.by_metric and row.sample in judged):
                continue
            judged.add(row.sample)
            message = f"output `{row.output}` differs: {row.amount}"
            if row.by_metric:
                message = "the metric does not accept the outputs"
            remedy = None if first else "`mtc verify --layers` finds where it begins"
            if quantized:
                means = "--max-rel and --min-cosine, or --metric, say"
                if row.unequal:
                    means = "integers have to be equal, or --metric says"
                remedy = f"{means} what is near enough; `mtc quantize --report` what was lost"
            if changed:
                remedy = "export the source again; weights that it draws by generators of its own need a seed or a file"
            report(MISMATCH(message, at=f"sample {row.sample}", notes=notes, help=remedy))


def samples_of(session: Runner, reference: Reference, data: Path | None) -> Iterator[tuple[str, list[np.ndarray]]]:
    """The samples' names and arrays, in the program's order."""
    if data is None:
        yield "example", reference.example()
        return
    files = sorted(data.glob("*.np[yz]")) if data.is_dir() else [data]
    if not files:
        raise CANNOT_READ.error(f"`{data}` holds no .npz or .npy")
    names = [signature.name for signature in session.inputs()]
    for file in files:
        with _named(file.name):
            arrays = tensors.in_order(tensors.read(file), names)
        yield file.name, arrays


def distance(got: np.ndarray, want: np.ndarray) -> tuple[float, float]:
    """max|got - want| / max|want|, and the cosine. Other shapes, dtypes, or integers that are not equal: infinite."""
    if got.shape != want.shape or got.dtype != want.dtype:
        return float("inf"), -1.0
    if got.size == 0 or np.array_equal(got, want):
        return 0.0, 1.0
    if got.dtype.kind in "iub":
        return float("inf"), -1.0
    a, b = got.astype(np.float64).reshape(-1), want.astype(np.float64).reshape(-1)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if not (np.isfinite(a[~same]).all() and np.isfinite(b[~same]).all()):
        return float("inf"), -1.0
    finite = np.isfinite(a) & np.isfinite(b)
    a, b = a[finite], b[finite]
    largest = float(np.abs(b).max(initial=0.0))
    rel = float(np.abs(a - b).max()) / largest if largest else float("inf")
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return rel, float(a @ b) / lengths if lengths else 0.0
