"""Which modules compute otherwise in training: those whose forward asks for the mode."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import torch

_ONE_AT_A_TIME = Lock()  # what is set below is every module's


class _Mode:
    """Stands for `training` of all modules, which each keeps in itself; notes those of `modules` that are asked for it
    and are in training mode."""

    def __init__(self, modules: Collection[torch.nn.Module], asked: list[torch.nn.Module]) -> None:
        self._modules, self._asked = modules, asked

    def __get__(self, module: torch.nn.Module | None, owner: type | None = None) -> Any:
        held = {} if module is None else module.__dict__
        if module is None or "training" not in held:  # a scripted module has it elsewhere
            raise AttributeError("training")
        if held["training"] and module in self._modules and not _is_same_in_training(module):
            self._asked.append(module)
        return held["training"]

    def __set__(self, module: torch.nn.Module, value: bool) -> None:
        module.__dict__["training"] = value


def _is_same_in_training(module: torch.nn.Module) -> bool:
    """torch's own pass their mode on, or choose a faster path by it, where it changes no result: without dropout, or
    without statistics that batches leave. What a user derives from them may do more."""
    kind = type(module)
    if not kind.__module__.startswith("torch.nn.modules."):
        return False
    if issubclass(kind, (torch.nn.TransformerEncoder, torch.nn.TransformerEncoderLayer)):
        return True  # their dropouts are modules, which are asked themselves
    if hasattr(module, "track_running_stats"):
        return not module.track_running_stats
    return getattr(module, "p" if kind.__module__.endswith(".dropout") else "dropout", None) == 0


@contextmanager
def asked_for_mode(source: object) -> Iterator[list[torch.nn.Module]]:
    """The modules of `source` in training mode that are asked for it within, while it is called: dropout, batch norm,
    a user's own. A module whose forward never asks, such as one that only calls others, does the same in either mode.
    What scripted modules ask is not seen: each in training mode counts. A program was traced in one mode for ever."""
    modules = {*source.modules()} if isinstance(source, torch.nn.Module) else set()
    asked: list[torch.nn.Module] = []
    asked += (module for module in modules if isinstance(module, torch.jit.ScriptModule) and module.training)
    with _ONE_AT_A_TIME:
        torch.nn.Module.training = _Mode(modules, asked)  # type: ignore[assignment]
        try:
            yield asked
        finally:
            del torch.nn.Module.training
