"""What a list of kernels has that an earlier one had not, and the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mtc.selection.ops_list import OpsList, Users


@dataclass(frozen=True)
class Changes:
    """The kernels that one list has alone, each with who needs it, or needed it."""

    added: Mapping[str, Users]
    dropped: Mapping[str, Users]

    def __bool__(self) -> bool:
        return bool(self.added or self.dropped)


def compare(old: OpsList, new: OpsList) -> Changes:
    """How `new` differs from `old`. Other users of the same kernels are no difference: the runtime is the same."""

    def only_in(one: OpsList, other: OpsList) -> dict[str, Users]:
        return {key: users for key, users in one.kernels.items() if key not in other.kernels}

    return Changes(added=only_in(new, old), dropped=only_in(old, new))
