"""What a shell offers for a value: names that mtc knows, files for a source. Read when a key is pressed, not before."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def names(read: Callable[[], Iterable[str]]) -> Completer:
    """Those of `read()`, also as further words of a list by commas."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, begun = incomplete.rpartition(",")
        return [CompletionItem(before + comma + name) for name in sorted(read()) if name.startswith(begun)]

    return complete


def sources(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """SRC is a file, or an attribute that no shell can know."""
    return [CompletionItem(incomplete, type="file")]


def _backends() -> Iterable[str]:
    from mtc.delegates.registry import LIBRARIES

    return LIBRARIES


def _targets() -> Iterable[str]:
    from mtc.build.targets import TARGETS

    return TARGETS


def _passes() -> Iterable[str]:
    from mtc.passes.registry import all_passes

    return all_passes()


def _operators() -> Iterable[str]:
    from mtc.ops import OPS

    return OPS


def _schemes() -> Iterable[str]:
    from mtc.quant.schemes import SCHEMES

    return SCHEMES


def _observers() -> Iterable[str]:
    from mtc.quant.observers import OBSERVERS

    return OBSERVERS


def _recipes() -> Iterable[str]:
    from mtc.recipe import known

    return known()


def _package_formats() -> Iterable[str]:
    from mtc.bundles.formats import FORMATS

    return FORMATS


def _codes() -> Iterable[str]:
    from mtc.diagnostics import CODES

    return CODES


backends, targets, passes, operators, recipes, codes = map(
    names, (_backends, _targets, _passes, _operators, _recipes, _codes)
)
schemes = names(_schemes)
observers = names(_observers)
package_formats = names(_package_formats)
