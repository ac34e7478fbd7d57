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

from mtc.analysis.operator_times import operators
from mtc.analysis.sessions import HOST, library_of
from mtc.build.progress import Progress
from mtc.devices import DeviceSession, Timings, processors
from mtc.diagnostics import FALLBACK, collected
from mtc.program import reader
from mtc.session import Event, Memory, Session, tensors
from mtc.support.plural import counted

Measured = dict[str, Any]
_MOST_RUNS = 10_000  # at a time on a device
_PROFILED = 3  # runs on a device, each in a process of its own, of which operators' times are the medians


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
    samples = _profiled(path, library, threads, arrays, max(3, min(len(times), 50)))
    rows = operators(program, samples, [array.shape for array in arrays])
    timings = Timings(
        load=1000 * (opened - start),
        first_run=1000 * (first - opened),
        runs=len(times),
        median=1000 * statistics.median(times),
        p90=1000 * float(np.quantile(times, 0.9)),
        min=1000 * min(times),
    )
    return {
        **_described(program, origin, threads, timings, memory, rows),
        "device": HOST,
        "runtime": "host" if runtime is None else runtime.name,
        "machine": machine(),
        "peak_memory": max(peak - before, 0),
        "mapped_file": mapped,  # weights that are used in place, samples, tables
        "machine_gflops": machine_peak(threads),
    }


def bench_on_device(
    path: Path,
    device: str,
    *,
    threads: int = 1,
    seconds: float = 2.0,
    runs: int = 0,
    runtime: Path | None = None,
    inputs: tensors.Arrays | None = None,
    progress: Progress | None = None,
) -> Measured:
    """As `bench`, by processes on a device. Its peak of memory is that of a whole process, and what its processor could
    do at most is not known."""
    program = reader.read(path)
    with DeviceSession(device, path, threads=threads, runtime=runtime, progress=progress) as session:
        arrays, origin = tensors.bound(session, inputs)
        if progress is not None:
            progress(f"measuring on {device}", 0, 0)
        if not runs:
            once = session.measure(*arrays, runs=1).timings.median
            runs = max(5, min(_MOST_RUNS, int(1000 * seconds / max(once, 1e-3))))
        found = session.measure(*arrays, runs=runs)
        samples = [session.measure(*arrays, runs=1, profile=True).profile for _ in range(_PROFILED)]
        where = session.device
    rows = operators(program, samples, [array.shape for array in arrays])
    return {
        **_described(program, origin, threads, found.timings, found.memory, rows),
        "device": where.name,
        "runtime": where.target.name if runtime is None else runtime.name,
        "machine": where.processor,
        "peak_memory": found.peak_memory,
        "mapped_file": 0,
        "machine_gflops": None,
    }


def _described(
    program: reader.Program, origin: str, threads: int, timings: Timings, memory: Memory, rows: list[Measured]
) -> Measured:
    """What is said of a program wherever it ran."""
    total = sum(row["flops"] for row in rows)
    return {
        "program": program.path.name,
        "backends": program.backends,
        "inputs": origin,
        "threads": threads,
        "interface": reader.interface_of(program),
        "runs": timings.runs,
        "load_ms": timings.load,
        "first_run_ms": timings.first_run,
        "median_ms": timings.median,
        "p90_ms": timings.p90,
        "min_ms": timings.min,
        "arena": memory.arena,
        "scratch": memory.scratch,
        "state": memory.state,
        "packed_weights": memory.packed,
        "flops": total,
        "quantized_flops": sum(row["quantized_flops"] for row in rows),
        "gflops": total / (timings.median * 1e6) if timings.median else 0.0,
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
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        text = "processor:\n" * (os.cpu_count() or 1)
    return processors.described(text, platform.processor() or platform.machine())


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


def _profiled(path: Path, library: Path, threads: int, arrays: Sequence[np.ndarray], runs: int) -> list[list[Event]]:
    """The instructions of each of several runs."""
    with Session(path, threads=threads, profile=True, runtime=library) as session:
        session.run(*arrays)
        samples = []
        for _ in range(runs):
            session.reset_state()
            session.run(*arrays)
            samples.append(session.events())
    return samples


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
