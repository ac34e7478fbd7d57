"""What a user's Python file may import, and only while its code runs: its neighbours."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from mtc.support.opened_files import note_modules


class Neighbours:
    """The Python modules of a user's folder, which can be imported inside `with` and are not seen outside.

    Python does as much for a script, for good. Here files of several folders are loaded by one process, which may be
    the user's own: they must not find each other's neighbours, nor replace a module of the same name. They are kept,
    since a forward may import one when it is called, and find the module that it has used before. What loads a source
    a second time makes new ones, so that all of the user's code is executed again, as a new process would. Nothing is
    written beside them, no `__pycache__` either. Not for threads.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder.resolve())
        self.modules: dict[str, ModuleType] = {}
        self._hidden: dict[str, ModuleType] = {}
        self._others: set[str] = set()
        self._depth = 0
        self._writes_bytecode = True

    def __enter__(self) -> Neighbours:
        self._depth += 1
        if self._depth == 1:
            self._hidden = {name: sys.modules[name] for name in self.modules if name in sys.modules}
            self._others = {_top(name) for name in sys.modules.keys() - self.modules.keys()}
            self._writes_bytecode, sys.dont_write_bytecode = not sys.dont_write_bytecode, True
            sys.path.insert(0, self.folder)
            sys.modules.update(self.modules)
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth:
            return
        sys.dont_write_bytecode = not self._writes_bytecode
        if self.folder in sys.path:  # the user's code may have changed that
            sys.path.remove(self.folder)
        self.modules = {name: module for name, module in sys.modules.items() if self._is_own(name)}
        note_modules(self.modules.values())
        for name in self.modules:
            del sys.modules[name]
        sys.modules.update(self._hidden)

    def _is_own(self, name: str) -> bool:
        top = _top(name)
        return name in self.modules or (top not in self._others and self._is_here(sys.modules.get(top)))

    def _is_here(self, module: ModuleType | None) -> bool:
        """Whether it stands in the folder itself: an environment below, with its packages, is nobody's neighbour."""
        spec = getattr(module, "__spec__", None)
        if spec is None:
            return False
        places = spec.submodule_search_locations or (spec.origin or "",)
        return any(str(Path(place).parent) == self.folder for place in places)


def _top(name: str) -> str:
    return name.partition(".")[0]
