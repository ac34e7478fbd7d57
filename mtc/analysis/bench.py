"""Measures a program: cold load, latency, memory, and what each operator costs."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtc.analysis.program_flops import instruction_flops
from mtc.analysis.sessions import library_of
from mtc.delegates.library import KernelLibrary
from mtc.delegates.registry import first_backend
from mtc.diagnostics import FALLBACK, collected
from mtc.ir.kernel_key import KernelKey
from mtc.partition import is_fallback
from mtc.program import reader
from mtc.session import Event, Session, tensors
from mtc.support.plural import counted

Measured = dict[str, Any]


def bench(
    path: Path,
    *,
    threads: int = 1,
    seconds: float = 2.0,
    runs: int = 0,
    runtime: Path | None = None,
    inputs: tensors.Arrays | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Measured:
    """Latency over `runs` runs, or as many as fit into `seconds`; then a few more with the profiler."""
    program = reader.read(path)
    library = library_of(runtime, progress)
    before = _reset_peak_memory()
    start = time.perf_counter()
    session = Session(path, threads=threads, runtime=library)
    arrays, origin = tensors.bound(session, inputs)
    opened = time.perf_counter()
    session.run(*arrays)
    first = time.perf_counter()
    times = _timed(session, arrays, seconds, runs, progress)
    peak = _peak_memory()
    memory = session.memory()
    mapped = _resident(path)
    session.close()
    backend = first_backend(program.backends)
    rows = _profile(path, library, threads, arrays, max(3, min(len(times), 50)), backend)
    flops = _flops(program, [array.shape for array in arrays])
    for row in rows:
        row["flops"] = sum(flops.get(place, 0) for place in row.pop("instructions"))
        row["gflops"] = row["flops"] / (row["ms"] * 1e6) if row["ms"] else 0.0
    total = sum(row["flops"] for row in rows)
    limit = machine_peak(threads)
    median = statistics.median(times)
    return {
        "program": path.name,
        "backends": program.backends,
        "inputs": origin,
        "threads": threads,
        "runtime": "host" if runtime is None else runtime.name,
        "machine": machine(),
        "interface": reader.interface_of(program),
        "runs": len(times),
        "load_ms": 1000 * (opened - start),
        "first_run_ms": 1000 * (first - opened),
        "median_ms": 1000 * median,
        "p90_ms": 1000 * float(np.quantile(times, 0.9)),
        "min_ms": 1000 * min(times),
        "peak_memory": max(peak - before, 0),
        "arena": memory.arena,
        "scratch": memory.scratch,
        "state": memory.state,
        "packed_weights": memory.packed,
        "mapped_file": mapped,  # weights that are used in place, samples, tables
        "flops": total,
        "gflops": total / median / 1e9,
        "machine_gflops": limit,
        "operators": rows,
    }


def refuse_fallback(measured: Measured) -> None:
    """FALLBACK that names every operator that fell back from the first backend that the program was lowered for."""
    with collected() as report:
        for row in measured["operators"]:
            if row["is_fallback"]:
                share = f"{row['share']:.1%} of the time"
                report(
                    FALLBACK(
                        f"`{row['op']}` runs on {row['backend']}: {counted(row['count'], 'node')}, {share}",
                        at=row["at"] or None,
                        help="`mtc inspect --why-not` of the .mtc says why",
                        op=row["op"],
                    )
                )


def machine() -> str:
    """The processor, as the system calls it, and how many of its cores there are."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(named, platform.processor() or platform.machine())}, {counted(os.cpu_count() or 1, 'core')}"


def machine_peak(threads: int) -> float:
    """GFLOP/s of a float matrix product, in a process of its own: BLAS fixes its threads when it loads."""
    code = (
        "import time, numpy as np\n"
        "a = np.ones((768, 768), np.float32); a @ a; best = 1e9\n"
        "for _ in range(8):\n"
        "    t = time.perf_counter(); a @ a; best = min(best, time.perf_counter() - t)\n"
        "print(2 * 768 ** 3 / best / 1e9)"
    )
    limits = {f"{name}_NUM_THREADS": str(threads) for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM", "BLIS")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | limits, capture_output=True, text=True, timeout=60, check=True
    )
    return float(done.stdout)


def _timed(
    session: Session,
    arrays: Sequence[np.ndarray],
    seconds: float,
    runs: int,
    progress: Callable[[str, int, int], None] | None,
) -> list[float]:
    times: list[float] = []
    began = time.perf_counter()
    end = began + seconds
    while len(times) < runs if runs else (len(times) < 5 or time.perf_counter() < end):
        session.reset_state()  # every run is the first one: a cache never is full
        start = time.perf_counter()
        session.run(*arrays)
        times.append(time.perf_counter() - start)
        if progress is not None:
            spent, wanted = int(1000 * (time.perf_counter() - began)), int(1000 * seconds)
            progress("measuring", *((len(times), runs) if runs else (min(spent, wanted), wanted)))
    return times


def _profile(
    path: Path, library: Path, threads: int, arrays: Sequence[np.ndarray], runs: int, first: KernelLibrary
) -> list[Measured]:
    """Time of each operator and backend, slowest first: milliseconds of one run, medians over the runs.

    That of a branch or loop is what its functions do not take.
    """
    with Session(path, threads=threads, profile=True, runtime=library) as session:
        session.run(*arrays)
        samples = []
        for _ in range(runs):
            session.reset_state()
            session.run(*arrays)
            samples.append(session.events())
    spans = [own_times(events) for events in samples]
    groups: dict[tuple[str, str], list[int]] = {}
    for index, event in enumerate(samples[0]):
        key = KernelKey.parse(event.kernel)
        groups.setdefault((key.op, key.library), []).append(index)
    medians = [statistics.median(s[i] for s in spans if i < len(s)) for i in range(len(samples[0]))]
    total = sum(medians) or 1
    rows = []
    for (op, backend), indices in groups.items():
        spent = sum(medians[i] for i in indices)
        slowest = max(indices, key=lambda i: medians[i])
        rows.append(
            {
                "op": op,
                "backend": backend,
                "count": len(indices),
                "ms": spent / 1e6,
                "share": spent / total,
                "at": samples[0][slowest].location,
                "is_fallback": any(is_fallback(samples[0][i].kernel, first) for i in indices),
                "instructions": [(samples[0][i].function, samples[0][i].instruction) for i in indices],
            }
        )
    return sorted(rows, key=lambda row: -row["ms"])


def own_times(events: Sequence[Event]) -> list[int]:
    """The nanoseconds of each event that are not those of events inside it. These come before it."""
    own = [event.duration for event in events]
    closed: list[int] = []  # events that are in no other one so far
    for index, event in enumerate(events):
        while closed and events[closed[-1]].start >= event.start:
            own[index] -= events[closed.pop()].duration
        closed.append(index)
    return own


def _flops(program: reader.Program, shapes: Sequence[Sequence[int]]) -> dict[tuple[int, int], int]:
    """The work of each instruction by function and place. Of a nested function whose sizes vary it is not known."""
    found: dict[tuple[int, int], int] = {}
    for number, function in enumerate(program.tables.functions or []):
        if number and function.symbols:
            continue
        work = instruction_flops(program, shapes if number == 0 else [], number)
        found |= {(number, index): flops for index, flops in enumerate(work)}
    return found


def _reset_peak_memory() -> int:
    """Starts the peak anew where the system can (Linux, proc(5): clear_refs), and returns the bytes resident now."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _peak_memory()
    return _status("VmRSS")


def _peak_memory() -> int:
    return _status("VmHWM")


def _resident(path: Path) -> int:
    """Bytes of the mapped file `path` that are in memory (Linux, proc(5): smaps); 0 where the system does not say."""
    try:
        lines = Path("/proc/self/smaps").read_text().splitlines()
    except OSError:
        return 0
    total, is_file = 0, False
    for line in lines:
        key, _, rest = line.partition(" ")
        if not key.endswith(":"):  # addresses, permissions, offset, device, inode, path
            is_file = rest.split(maxsplit=4)[4:] == [str(path.resolve())]
        elif is_file and key == "Rss:":
            total += 1024 * int(rest.split()[0])
    return total


def _status(key: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(key + ":")), 0)
