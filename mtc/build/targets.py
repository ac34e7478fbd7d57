"""The systems a runtime can be built for, as one table."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from typing import Literal

from mtc.diagnostics import CANNOT_BUILD_TARGET, UNKNOWN_NAME
from mtc.support.suggest import did_you_mean

ANDROID_API = 24  # Android 7 (2016), the oldest that the NDK's current compilers and libraries are for
IOS_VERSION, MACOS_VERSION = "15.0", "12.0"  # 2021
GLIBC_VERSION = "2.28"  # 2018: Debian 10, RHEL 8 and all that is newer


@dataclass(frozen=True)
class Target:
    """A system and processor that programs run on."""

    name: str
    system: str  # CMAKE_SYSTEM_NAME
    processor: str  # CMAKE_SYSTEM_PROCESSOR
    zig_triple: str  # what zig calls it, with the oldest system that its programs run on
    gnu_triple: str = ""  # what the names of cross compilers begin with
    abi: str = ""  # what Android calls the processor
    apple_sdk: str = ""  # what Xcode calls the system
    qemu: str = ""  # what qemu calls the processor, where it runs programs of the system

    def __str__(self) -> str:
        return self.name

    @property
    def is_host(self) -> bool:
        """Whether its programs run on this machine."""
        return (self.system, self.processor) == _this_machine()

    @property
    def is_apple(self) -> bool:
        return bool(self.apple_sdk)

    @property
    def library(self) -> str:
        """The shared library in a runtime's folder: what an app loads. Empty where apps link statically alone."""
        match self.system:
            case "iOS":
                return ""
            case "Darwin":
                return "lib/libmtc.dylib"
            case "Windows":
                return "bin/mtc.dll"
            case "WASI":
                return "lib/mtc.wasm"
        return "lib/libmtc.so"

    @property
    def program(self) -> str:
        """The command-line program in a runtime's folder; empty where there is no command line."""
        if self.system == "iOS":
            return ""
        return "bin/mtc_run" + {"Windows": ".exe", "WASI": ".wasm"}.get(self.system, "")

    @property
    def file_format(self) -> Literal["ELF", "Mach-O", "PE", "WebAssembly"]:
        """Of the files above."""
        if self.is_apple:
            return "Mach-O"
        formats: dict[str, Literal["PE", "WebAssembly"]] = {"Windows": "PE", "WASI": "WebAssembly"}
        return formats.get(self.system, "ELF")


def _linux(name: str, processor: str, gnu_triple: str, qemu: str) -> Target:
    return Target(name, "Linux", processor, f"{gnu_triple}.{GLIBC_VERSION}", gnu_triple, qemu=qemu)


def _android(name: str, processor: str, abi: str, triple: str) -> Target:
    return Target(name, "Android", processor, f"{triple}.{ANDROID_API}", abi=abi)


TARGETS = {
    target.name: target
    for target in (
        _linux("linux-x86_64", "x86_64", "x86_64-linux-gnu", "x86_64"),
        _linux("linux-arm64", "aarch64", "aarch64-linux-gnu", "aarch64"),
        _linux("linux-armv7", "armv7-a", "arm-linux-gnueabihf", "arm"),
        _android("android-arm64", "aarch64", "arm64-v8a", "aarch64-linux-android"),
        _android("android-armv7", "armv7-a", "armeabi-v7a", "arm-linux-androideabi"),
        _android("android-x86_64", "x86_64", "x86_64", "x86_64-linux-android"),
        Target("ios-arm64", "iOS", "arm64", f"aarch64-ios.{IOS_VERSION}", apple_sdk="iphoneos"),
        Target(
            "ios-simulator-arm64",
            "iOS",
            "arm64",
            f"aarch64-ios.{IOS_VERSION}-simulator",
            apple_sdk="iphonesimulator",
        ),
        Target("macos-arm64", "Darwin", "arm64", f"aarch64-macos.{MACOS_VERSION}", apple_sdk="macosx"),
        Target("macos-x86_64", "Darwin", "x86_64", f"x86_64-macos.{MACOS_VERSION}", apple_sdk="macosx"),
        Target("windows-x86_64", "Windows", "x86_64", "x86_64-windows-gnu", "x86_64-w64-mingw32"),
        Target("wasm32", "WASI", "wasm32", "wasm32-wasi"),
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
    """CMake's names of this machine's system and processor."""
    system = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}.get(sys.platform, sys.platform)
    processor = {"AMD64": "x86_64", "arm64": "aarch64", "armv7l": "armv7-a"}.get(platform.machine(), platform.machine())
    return system, "arm64" if (system, processor) == ("Darwin", "aarch64") else processor
