"""How a runtime is compiled, whatever kernels it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mtc.build.progress import Progress, silent
from mtc.build.runtime_sources import content_hash, documenting_hash, runtime_sources
from mtc.build.sources import source_folder
from mtc.build.targets import Target
from mtc.build.third_party import KERNEL_LIBRARIES, check_libraries, third_party, third_party_keys
from mtc.build.toolchain import Toolchain, toolchain_for
from mtc.build.toolchains.zig import lld_folder, zig_version
from mtc.diagnostics import UNKNOWN_NAME
from mtc.support.cache import cache_dir
from mtc.support.suggest import did_you_mean

Mode = Literal["size", "speed"]
SANITIZERS = ("address", "leak", "thread", "undefined")


@dataclass(frozen=True)
class BuildKind:
    """All that a build depends on but the selected kernels."""

    target: Target
    toolchain: Toolchain
    mode: Mode
    sanitize: str  # as `check_sanitizers` gives it
    libraries: frozenset[str]  # of kernels, which are built first if they are not there

    @staticmethod
    def of(
        target: Target, libraries: Collection[str], mode: Mode = "size", sanitize: str = "", toolchain: str = ""
    ) -> BuildKind:
        """Raises MtcError (MTC701 and following) if this machine has no toolchain for `target`, or not `toolchain`, or
        one of the libraries is not for that target."""
        check_libraries(target, libraries)
        found = toolchain_for(target, toolchain)
        return BuildKind(target, found, mode, check_sanitizers(sanitize), frozenset(libraries))

    def definitions(self, selection: Path, *, offline: bool = False, progress: Progress = silent) -> list[str]:
        """What `runtime/CMakeLists.txt` must be told to compile the kernels in `selection`."""
        prefixes = third_party(self.target, self.toolchain, self.libraries, offline=offline, progress=progress)
        return [
            *self._options(),
            f"-DMTC_SELECTION={selection}",
            f"-DMTC_THIRD_PARTY={';'.join(map(str, prefixes))}",
            f"-DMTC_FLATBUFFERS={source_folder('flatbuffers', offline=offline, progress=progress)}",
            f"-DMTC_LLD={lld_folder() if self._is_linked_by_lld else ''}",
        ]

    @property
    def _is_linked_by_lld(self) -> bool:
        """GNU's linker pads what is writable to pages of up to 64 KB, of which a small runtime consists then. zig's
        own linking is by lld, and other systems have other linkers."""
        is_gnu = self.toolchain.name in ("gcc", "clang") and self.target.system == "Linux"
        return is_gnu and self.mode == "size" and not self.sanitize and lld_folder() is not None

    def _options(self) -> list[str]:
        """Those of the definitions that are no paths."""
        return [
            *self.toolchain.cmake_args,
            *(f"-DMTC_WITH_{name.upper()}={'ON' if name in self.libraries else 'OFF'}" for name in KERNEL_LIBRARIES),
            f"-DMTC_MODE={self.mode}",
            f"-DMTC_SHARED={'ON' if self.target.library else 'OFF'}",
            f"-DMTC_PROGRAM={'ON' if self.target.program else 'OFF'}",
            f"-DMTC_JNI={'ON' if self.target.system == 'Android' else 'OFF'}",
            f"-DMTC_SANITIZE={self.sanitize}",
        ]

    def folder(self) -> Path:
        """Where it compiles: one for each kind, so that another list of kernels compiles only what differs."""
        parts = [self.toolchain.identity, str(runtime_sources()), *sorted(self.libraries)]
        kind = "-".join(filter(None, [self.target.name, self.mode, self.sanitize.replace(",", "+")]))
        return cache_dir("build") / f"runtime-{kind}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"

    def key(self, selected: Iterable[Path]) -> str:
        """Changes with everything that goes into a runtime whose kernels the files `selected` name."""
        state = hashlib.sha256()
        for file in selected:
            state.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
        linked = third_party_keys(self.target, self.toolchain, self.libraries)
        linker = f"lld {zig_version()}" if self._is_linked_by_lld else ""
        told = [content_hash(), documenting_hash(), self.target.name, self.toolchain.identity, linker, *linked]
        told += self._options()
        state.update("\0".join(told).encode())
        return state.hexdigest()[:24]


def check_sanitizers(text: str) -> str:
    """A list of sanitizers in one order. Raises MtcError (MTC301) if one does not exist."""
    names = sorted({name.strip() for name in text.split(",") if name.strip()})
    for name in names:
        if name not in SANITIZERS:
            raise UNKNOWN_NAME.error(f"no sanitizer is called `{name}`", help=did_you_mean(name, SANITIZERS))
    return ",".join(names)
