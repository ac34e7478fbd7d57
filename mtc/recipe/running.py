"""Runs a recipe: compiles, runs the native program, compares it with the source model, and judges the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mtc.analysis import bench
from mtc.analysis.judges import load_function
from mtc.analysis.sessions import library_of
from mtc.analysis.verify import Difference, compared, drift, reference_of, refuse
from mtc.build.runtime_folder import products
from mtc.build.targets import target
from mtc.diagnostics import BAD_JUDGE, BAD_RECIPE, MISMATCH, collected
from mtc.recipe.inputs import image_preparation, prepared
from mtc.recipe.reader import Recipe
from mtc.session import Session
from mtc.stages.compile import Compiled, compile_model
from mtc.stages.compile_steps import Listener
from mtc.support.suggest import did_you_mean


@dataclass(frozen=True)
class Outcome:
    """What came of a recipe. `differences` and what follows are empty if the target is another machine's."""

    compiled: Compiled
    differences: Sequence[Difference] = ()
    answer: Mapping[str, Any] | None = None
    measured: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "program": str(self.compiled.files.program),
            "runtime": str(self.compiled.files.runtime),
            "runtime_bytes": self.runtime_bytes,
            "outputs": [difference.to_json() for difference in self.differences],
            "answer": None if self.answer is None else dict(self.answer),
            "median_ms": self.measured["median_ms"] if self.measured else None,
        }

    @property
    def runtime_bytes(self) -> int:
        """The size of the runtime's executable, else of its shared library."""
        return products(self.compiled.files.runtime)[0].stat().st_size


def run(
    recipe: Recipe,
    folder: Path,
    *,
    threads: int = 1,
    listener: Listener = Listener(),
    compiled: Callable[[Compiled], None] = lambda made: None,
    offline: bool = False,
    overwrite: bool = False,
) -> Outcome:
    """Everything the recipe says, on the runtime that was built for it. MISMATCH if an output differs from the source
    model's by more than the recipe allows, or the answer is not the expected one. `compiled` is called before the
    program runs."""
    beside = recipe.path.parent
    given = {name: prepared(entry, beside) for name, entry in recipe.inputs.items()}
    # Returns facts to print and to compare with `expected`; it may write pictures to the folder.
    judge = None if recipe.answer is None else load_function(recipe.answer, "answer", "inputs, outputs, folder")
    has_images = any("image" in entry for entry in recipe.inputs.values())
    prepare = image_preparation(recipe) if recipe.settings.calibration and has_images else None
    settings = replace(recipe.settings, prepare=prepare).resolved()
    made = compile_model(settings, folder, listener=listener, offline=offline, overwrite=overwrite)
    compiled(made)
    if not target(settings.target).is_host:
        return Outcome(made)
    files = made.files
    reference = reference_of(settings.source)
    with Session(files.program, threads=threads, runtime=library_of(files.runtime)) as session:
        names = [signature.name for signature in session.inputs()]
        arrays = _ordered(given, names, recipe.path) if given else reference.example()
        outputs = session.run(*arrays)
        labels = [signature.name for signature in session.outputs()]
        rows = compared("recipe", labels, outputs, reference.run(arrays), recipe.limits)
        if not all(row.is_ok for row in rows):
            refuse(rows, changed=drift(session, reference, recipe.limits))
    facts = None if judge is None else _facts(judge(arrays, outputs, folder), recipe)
    if facts is not None and (wrong := unexpected(recipe, facts)):
        raise MISMATCH.error("the answer is not the expected one", notes=wrong, at=str(recipe.path))
    inputs = dict(zip(names, arrays, strict=True))
    measured = bench.bench(
        files.program, threads=threads, seconds=1.0, runtime=files.runtime, inputs=inputs, progress=listener.progress
    )
    return Outcome(made, rows, facts, measured)


def _ordered(given: Mapping[str, np.ndarray], names: Sequence[str], recipe: Path) -> list[np.ndarray]:
    """The arrays in the program's order. BAD_RECIPE that names what is too many and what is missing."""
    with collected() as report:
        for name in given:
            if name not in names:
                report(BAD_RECIPE(f"the model has no input `{name}`", at=str(recipe), help=did_you_mean(name, names)))
        for name in names:
            if name not in given:
                report(BAD_RECIPE(f"`inputs` lacks the model's `{name}`", at=str(recipe)))
    return [given[name] for name in names]


def _facts(answer: Any, recipe: Recipe) -> dict[str, Any]:
    """What the recipe's `answer` returned, arrays as numbers and lists. BAD_JUDGE if it is no mapping."""
    if not isinstance(answer, Mapping):
        raise BAD_JUDGE.error(
            f"`answer` returned a {type(answer).__name__}, not a mapping of names to facts", at=str(recipe.answer)
        )
    return {str(key): value.tolist() if hasattr(value, "tolist") else value for key, value in answer.items()}


def unexpected(recipe: Recipe, facts: Mapping[str, Any]) -> list[str]:
    """How the answer differs from what the recipe expects; numbers may by `tolerance`."""
    found = []
    for key, want in recipe.expected.items():
        got = facts.get(key)
        is_number = isinstance(want, (int, float)) and isinstance(got, (int, float))
        if abs(got - want) > recipe.tolerance if is_number else got != want:
            found.append(f"`{key}` is {got!r}, expected {want!r}")
    return found
