"""The name of a kernel in programs, operator lists and runtimes."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, order=True)
class KernelKey:
    """`conv2d.depthwise@xnnpack:f32/1`: operator, variant if the operator has several there, library, the dtype of each
    type variable, version of the arguments."""

    op: str
    library: str
    dtypes: tuple[str, ...]
    version: int
    variant: str = ""

    def __str__(self) -> str:
        name = f"{self.op}.{self.variant}" if self.variant else self.op
        return f"{name}@{self.library}{':' if self.dtypes else ''}{','.join(self.dtypes)}/{self.version}"

    @property
    def of_any_variant(self) -> KernelKey:
        """The key without its variant: what people write who mean all of them."""
        return replace(self, variant="")

    @staticmethod
    def parse(key: str) -> KernelKey:
        """ValueError if `key` is not one."""
        name, at, rest = key.partition("@")
        op, dot, variant = name.partition(".")
        where, slash, version = rest.partition("/")
        library, _, types = where.partition(":")
        if not (op and at and library and slash and version.isdecimal()) or (dot and not variant):
            raise ValueError(f"`{key}` is not a kernel key")
        return KernelKey(op, library, tuple(types.split(",")) if types else (), int(version), variant)
