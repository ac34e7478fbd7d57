"""`mtc bench`: measures a program."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from mtc.cli import console
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    PATH,
    Percent,
    device_option,
    inputs_option,
    model_argument,
    model_or_last,
    runtime_option,
    threads_option,
)
from mtc.support.plural import counted

_MOST_ROWS = 30


@click.command(cls=MtcCommand)
@model_argument
@threads_option
@click.option("--runs", type=click.IntRange(1), help="How many runs. Default: as many as fit into --seconds.")
@click.option("--seconds", type=click.FloatRange(0.01), default=2.0, show_default=True, help="How long to measure.")
@inputs_option
@runtime_option
@device_option
@click.option("--baseline", type=PATH, help="What `mtc bench --json` wrote before: fail if this is slower.")
@click.option("--max-regress", type=Percent(), help="How much worse than the baseline is allowed.  [default: 5%]")
@click.option("--fail-on-fallback", is_flag=True, help="Fail if an operator fell back from the first backend.")
@json_option
def bench(
    model: Path | None,
    threads: int,
    runs: int | None,
    seconds: float,
    inputs: tuple[Path, ...],
    runtime: Path | None,
    device: str,
    baseline: Path | None,
    max_regress: float | None,
    fail_on_fallback: bool,
) -> None:
    """Measure the program MODEL: cold load, latency, memory, and what each operator costs and where it runs.

    \b
    Example:
      mtc bench model.mtp --runs 5
    """
    from mtc.analysis import baseline as baselines
    from mtc.analysis import bench as measuring
    from mtc.analysis.sessions import HOST
    from mtc.program import reader
    from mtc.session import tensors
    from mtc.stages.kinds import Kind

    if max_regress is not None and baseline is None:
        raise click.UsageError("--max-regress compares with a --baseline, and none is given")
    model = model_or_last(model, Kind.PROGRAM)
    base = baselines.read(baseline) if baseline is not None else None
    if base is not None:
        baselines.check_program(reader.read(model), base)
    given = tensors.read_all(inputs) if inputs else None
    most = 0.05 if max_regress is None else max_regress
    console.effective(
        "bench",
        model=model,
        threads=threads,
        runs=runs,
        seconds=None if runs else seconds,
        inputs=inputs or None,
        runtime=runtime,
        device=None if device == HOST else device,
        baseline=baseline,
        max_regress=None if baseline is None else f"{most:.4g}",
        fail_on_fallback=fail_on_fallback,
    )
    bench = measuring.bench if device == HOST else partial(measuring.bench_on_device, device=device)
    measured = bench(
        model,
        threads=threads,
        seconds=seconds,
        runs=runs or 0,
        runtime=runtime,
        inputs=given,
        progress=console.progress(),
    )
    console.clear()
    if base is not None:
        measured["against_baseline"] = baselines.compared(measured, base)
        for difference in baselines.unlike(measured, base):
            console.warn(difference)
    if not console.settings.is_json:  # with --json a refusal is the one document
        console.result(measured, lambda: _text(measured))
    if fail_on_fallback:
        measuring.refuse_fallback(measured)
    if base is not None:
        baselines.refuse_regression(measured, base, most)
    if console.settings.is_json:
        console.json_document(measured)


def _text(measured: dict[str, Any]) -> str:
    parts = ("arena", "scratch", "state", "packed_weights", "mapped_file")
    memory = "  ".join(f"{part.replace('_', ' ')} {console.size(measured[part])}" for part in parts)
    most = measured["machine_gflops"]
    taken = f"{counted(measured['runs'], 'run')}, {counted(measured['threads'], 'thread')}"
    lines = [
        f"median {measured['median_ms']:.3f} ms   p90 {measured['p90_ms']:.3f} ms   "
        f"min {measured['min_ms']:.3f} ms   ({taken})",
        f"cold load {measured['load_ms']:.1f} ms, first run {measured['first_run_ms']:.1f} ms",
        f"peak memory {console.size(measured['peak_memory'])}: {memory}",
        _speed(measured),
    ]
    if most is None:
        lines.append(f"on {measured['device']}: {measured['machine']}")
    for key, ratio in measured.get("against_baseline", {}).items():
        lines.append(f"{key} is {ratio:.3f} times the baseline's")
    rows = [
        (r["op"], r["backend"], r["count"], f"{r['ms']:.3f}", f"{r['share']:.1%}", f"{r['gflops']:.1f}", r["at"])
        for r in measured["operators"][:_MOST_ROWS]
    ]
    header = ("operator", "backend", "calls", "ms", "share", "GFLOP/s", "slowest at")
    return "\n".join([*lines, "", console.table(header, rows, right=(2, 3, 4, 5))])


def _speed(measured: dict[str, Any]) -> str:
    """How much is computed in a second, and what share that is of what the machine could. That is known of floats; a
    processor computes more integers than floats."""
    speed, most = f"{measured['gflops']:.1f} GFLOP/s", measured["machine_gflops"]
    if measured["quantized_flops"]:
        share = measured["quantized_flops"] / measured["flops"]
        floats = "" if most is None else f"; this machine does {most:.1f} of f32"
        return f"{speed}, {share:.0%} of them by quantized kernels{floats}"
    return speed if most is None else f"{speed}, {measured['gflops'] / most:.0%} of this machine's {most:.1f}"
