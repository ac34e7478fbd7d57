"""Which operators of a model become what: by the settings, their rules, and what libraries compute with integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtc import ops
from mtc.delegates.library import KernelLibrary
from mtc.delegates.portable import PORTABLE
from mtc.diagnostics import BAD_QUANT_CONFIG, BAD_SCHEME
from mtc.ir.module import Module, Node
from mtc.ir.types import QI8, DType
from mtc.quant.choice import has_integer_kernel
from mtc.quant.config import FLOAT, Rule, scheme_of
from mtc.quant.schemes import SCHEMES, Scheme, scheme
from mtc.quant.settings import Resolved
from mtc.quant.stored import STORED_ONLY


@dataclass(frozen=True)
class Plan:
    """`default` is the scheme of what no rule names; `static` the one whose scales are fixed ahead, if there is one
    among those that operators have. `libraries` are those that the model is for."""

    default: Scheme
    static: Scheme | None
    rules: tuple[Rule, ...]
    libraries: Sequence[KernelLibrary]

    @staticmethod
    def of(module: Module, settings: Resolved, libraries: Sequence[KernelLibrary]) -> Plan:
        """BAD_QUANT_CONFIG if operators have several static schemes: a value has one type."""
        used = {scheme_of(node, settings.rules, settings.scheme.name) for node in module.nodes()} - {FLOAT}
        static = [found for name in sorted(used) if (found := _named(name, settings.scheme)).is_static]
        if len(static) > 1:
            raise BAD_QUANT_CONFIG.error(
                f"`{static[0].name}` and `{static[1].name}` in one model", help="choose one of them"
            )
        return Plan(settings.scheme, static[0] if static else None, settings.rules, libraries)

    @property
    def activations(self) -> DType:
        """What values become that are quantized."""
        return QI8 if self.static is None or self.static.activations is None else self.static.activations

    def scheme_of(self, node: Node) -> str:
        """That of its activations and weights, or FLOAT."""
        name = scheme_of(node, self.rules, self.default.name)
        is_static = name != FLOAT and scheme(name).is_static
        return STORED_ONLY[node.op] if is_static and node.op in STORED_ONLY else name

    def may_become_integer(self, node: Node) -> bool:
        """Whether it may compute with integers, if what is around it does."""
        if self.static is None or self.scheme_of(node) != self.static.name:
            return False
        # A norm does as the convolution that is made of it (norms.py).
        return node.op is ops.batch_norm or has_integer_kernel(node.op, self.activations, self.libraries)

    def stored(self, module: Module) -> list[tuple[Scheme, set[Node]]]:
        """The schemes that leave activations as they are, with the operators that have each."""
        found: dict[str, set[Node]] = {}
        for node in module.nodes():
            found.setdefault(self.scheme_of(node), set()).add(node)
        rounded = (FLOAT, self.static.name if self.static is not None else FLOAT)
        return [(_named(name, self.default), found[name]) for name in sorted(found) if name not in rounded]


def check_runnable(chosen: Scheme, libraries: Sequence[KernelLibrary]) -> None:
    """BAD_SCHEME if none of the libraries multiplies a static scheme's integers: portable kernels would have to."""
    dtype, asked = chosen.activations, [library for library in libraries if library is not PORTABLE]
    if dtype is None or not asked or any(has_integer_kernel(op, dtype, asked) for op in (ops.conv2d, ops.linear)):
        return
    others = [other.name for other in SCHEMES.values() if other.activations not in (None, dtype)]
    raise BAD_SCHEME.error(
        f"{' and '.join(library.name for library in asked)} cannot run `{chosen.name}`",
        help=f"--scheme {' or '.join(others)}, or optimize the model for another backend too",
    )


def _named(name: str, default: Scheme) -> Scheme:
    """The default scheme has the options of the command line."""
    return default if name == default.name else scheme(name)
