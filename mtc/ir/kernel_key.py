"""The name of a kernel in programs, operator lists and runtimes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class KernelKey:
    """`conv2d@xnnpack:f32/1`: operator, library, the dtype of each type variable, version of the arguments."""

    op: str
    library: str
    dtypes: tuple[str, ...]
    version: int

    def __str__(self) -> str:
        return f"{self.op}@{self.library}{':' if self.dtypes else ''}{','.join(self.dtypes)}/{self.version}"

    @staticmethod
    def parse(key: str) -> KernelKey:
        """ValueError if `key` is not one."""
        name, at, rest = key.partition("@")
        where, slash, version = rest.partition("/")
        library, _, types = where.partition(":")
        if not (name and at and library and slash and version.isdecimal()):
            raise ValueError(f"`{key}` is not a kernel key")
        return KernelKey(name, library, tuple(types.split(",")) if types else (), int(version))
