"""The memory plan: an offset in one arena for each value, so that values that live at one time do not overlap.

Greedy by size, as in Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020): the largest
value first, each at the lowest offset that is free for as long as it lives. The runtime plans functions with dynamic
sizes by the same rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np

ALIGNMENT = 64


def align(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def plan(sizes: Sequence[int], lives: Sequence[tuple[int, int]]) -> tuple[list[int], int]:
    """Offsets of buffers with these sizes (bytes) and lives (first and last step, inclusive), and the arena's size."""
    offsets = [0] * len(sizes)
    number = np.dtype(np.int64 if sum(map(align, sizes)) < 1 << 63 else object)  # what no machine has is planned too
    # Of those that are placed, in that order: their lives, and where they begin and end.
    firsts, lasts, starts, ends = (np.zeros(len(sizes), number) for _ in range(4))
    for count, index in enumerate(sorted(range(len(sizes)), key=lambda i: (-sizes[i], i))):
        first, last = lives[index]
        (neighbours,) = np.nonzero((firsts[:count] <= last) & (lasts[:count] >= first))
        neighbours = neighbours[np.argsort(starts[neighbours])]
        free_from = np.concatenate((np.zeros(1, number), np.maximum.accumulate(ends[neighbours])))
        (gaps,) = np.nonzero(free_from[:-1] + sizes[index] <= starts[neighbours])
        offset = int(free_from[gaps[0] if len(gaps) else -1])
        firsts[count], lasts[count], starts[count], ends[count] = first, last, offset, align(offset + sizes[index])
        offsets[index] = offset
    return offsets, int(max(ends, default=0))


def peak(sizes: Mapping[object, int], lives: Mapping[object, tuple[int, int]]) -> int:
    """Bytes in use at the busiest step: no plan can need less."""
    changes: Counter[int] = Counter()
    for key, size in sizes.items():
        first, last = lives[key]
        changes[first] += size
        changes[last + 1] -= size
    return max(accumulate(changes[step] for step in sorted(changes)), default=0)
