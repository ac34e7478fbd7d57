"""The systems a runtime can be built for, as one table."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

from mtc.diagnostics import CANNOT_BUILD_TARGET, UNKNOWN_NAME
from mtc.support.suggest import did_you_mean


@dataclass(frozen=True)
class Target:
    """A system and processor that programs run on."""

    name: str
    system: str  # CMAKE_SYSTEM_NAME
    processor: str  # CMAKE_SYSTEM_PROCESSOR
    gnu_triple: str  # what the names of cross compilers begin with
    zig_triple: str  # what zig calls it, with the oldest C library that its programs run on

    def __str__(self) -> str:
        return self.name

    @property
    def is_host(self) -> bool:
        """Whether its programs run on this machine."""
        return (self.system, self.processor) == _this_machine()


# glibc 2.28 (2018): Debian 10, RHEL 8 and all that is newer.
TARGETS = {
    target.name: target
    for target in (
        Target("linux-x86_64", "Linux", "x86_64", "x86_64-linux-gnu", "x86_64-linux-gnu.2.28"),
        Target("linux-arm64", "Linux", "aarch64", "aarch64-linux-gnu", "aarch64-linux-gnu.2.28"),
    )
}


def target(name: str) -> Target:
    """The target called `name`. Raises MtcError (MTC301) if there is none."""
    if name not in TARGETS:
        raise UNKNOWN_NAME.error(f"no target is called `{name}`", help=did_you_mean(name, TARGETS))
    return TARGETS[name]


def host_target() -> Target:
    """The target that this machine is. Raises MtcError (MTC704) if mtc knows none that fits."""
    for candidate in TARGETS.values():
        if candidate.is_host:
            return candidate
    system, processor = _this_machine()
    raise CANNOT_BUILD_TARGET.error(
        f"mtc cannot build for this machine: {system} on {processor}",
        help="known targets: " + ", ".join(TARGETS),
    )


def _this_machine() -> tuple[str, str]:
    system = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}.get(sys.platform, sys.platform)
    processor = platform.machine()
    return system, {"AMD64": "x86_64", "arm64": "aarch64"}.get(processor, processor)
