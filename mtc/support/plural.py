"""Numbers of things in messages."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 input`, `2 inputs`; `plural` is for nouns that do not take an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
