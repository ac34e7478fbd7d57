"""What each operator costs, from the profiles of several runs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from mtc.analysis.program_flops import instruction_flops
from mtc.delegates.registry import first_backend
from mtc.ir.kernel_key import KernelKey
from mtc.partition import is_fallback
from mtc.program import reader
from mtc.session import Event


def operators(
    program: reader.Program, samples: Sequence[Sequence[Event]], shapes: Sequence[Sequence[int]]
) -> list[dict[str, Any]]:
    """Time of each operator and backend, slowest first: milliseconds of one run, medians over the runs in `samples`.
    `shapes` are those of the inputs, which say how much work it is.

    That of a branch or loop is what its functions do not take.
    """
    first = first_backend(program.backends)
    flops = _flops(program, shapes)
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
        work = {i: flops.get((samples[0][i].function, samples[0][i].instruction), 0) for i in indices}
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
                "flops": sum(work.values()),
                "quantized_flops": sum(work[i] for i in indices if is_quantized(samples[0][i].kernel)),
                "gflops": sum(work.values()) / spent if spent else 0.0,
            }
        )
    return sorted(rows, key=lambda row: -row["ms"])


def is_quantized(kernel: str) -> bool:
    """Whether one of a kernel's dtypes is quantized."""
    return any(dtype.startswith("q") for dtype in KernelKey.parse(kernel).dtypes)


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
