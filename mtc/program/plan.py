"""The memory plan: an offset in one arena for each value, so that values that live at one time do not overlap.

Greedy by size, as in Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020): the largest
value first, each at the lowest offset that is free for as long as it lives. The runtime plans functions with dynamic
sizes by the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ALIGNMENT = 64


def align(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def plan(sizes: Sequence[int], lives: Sequence[tuple[int, int]]) -> tuple[list[int], int]:
    """Offsets of buffers with these sizes (bytes) and lives (first and last step, inclusive), and the arena's size."""
    offsets = [0] * len(sizes)
    placed: list[int] = []
    for index in sorted(range(len(sizes)), key=lambda i: (-sizes[i], i)):
        first, last = lives[index]
        neighbours = sorted(
            (offsets[other], sizes[other]) for other in placed if lives[other][0] <= last and first <= lives[other][1]
        )
        offset = 0
        for start, size in neighbours:
            if offset + sizes[index] <= start:
                break
            offset = max(offset, align(start + size))
        offsets[index] = offset
        placed.append(index)
    return offsets, max((align(offset + size) for offset, size in zip(offsets, sizes, strict=True)), default=0)


def peak(sizes: Mapping[object, int], lives: Mapping[object, tuple[int, int]]) -> int:
    """Bytes in use at the busiest step: no plan can need less."""
    steps = {step for life in lives.values() for step in life}
    return max(
        (sum(size for key, size in sizes.items() if lives[key][0] <= step <= lives[key][1]) for step in steps),
        default=0,
    )
