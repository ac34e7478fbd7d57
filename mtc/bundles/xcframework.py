"""An XCFramework for apps on iOS and macOS, inside a Swift package that adds Swift and Objective-C.

Each slice is one static library with all that the runtime links, and the headers of the C API as a module. The C++
library is the system's: what the runtime needs of it, iOS 15 and macOS 12 have.
"""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from mtc.build.file_layout import DAMAGE
from mtc.build.targets import TARGETS
from mtc.bundles.apple_library import joined, universal
from mtc.bundles.archives import Entry, write_zip
from mtc.bundles.bundle import Bundle, Runtime, moved
from mtc.bundles.format import Format
from mtc.bundles.swift_package import MODULE, package_entries
from mtc.diagnostics import BAD_PACKAGE, CANNOT_READ, Diagnostic

# The SDK that a target is for -> Apple's name of the platform, and of its variant.
_PLATFORMS = {"iphoneos": ("ios", ""), "iphonesimulator": ("ios", "simulator"), "macosx": ("macos", "")}
_LIBRARY = "libmtc.a"
_LICENSES = "share/mtc/licenses/"
# In a folder of the module's name, where Clang looks too: at the top, every library of an app would have a file of the
# same name, of which Xcode keeps one.
_MODULE_MAP = f"""\
module {MODULE} {{
  header "../mtc/mtc.h"
  export *
  link "c++"
}}
"""


@dataclass(frozen=True)
class _Slice:
    """The runtimes for the processors of one platform."""

    platform: str
    variant: str
    runtimes: tuple[Runtime, ...]

    @property
    def processors(self) -> list[str]:
        return sorted(TARGETS[runtime.target].processor for runtime in self.runtimes)

    @property
    def name(self) -> str:
        return "-".join(filter(None, (self.platform, "_".join(self.processors), self.variant)))

    @property
    def row(self) -> dict[str, Any]:
        """What Info.plist says of it."""
        found = {
            "BinaryPath": _LIBRARY,
            "HeadersPath": "Headers",
            "LibraryIdentifier": self.name,
            "LibraryPath": _LIBRARY,
            "SupportedArchitectures": self.processors,
            "SupportedPlatform": self.platform,
        }
        return found | ({"SupportedPlatformVariant": self.variant} if self.variant else {})

    def entries(self) -> list[Entry]:
        library = universal({TARGETS[runtime.target].processor: _joined(runtime) for runtime in self.runtimes})
        header = Entry("Headers/mtc/mtc.h", self.runtimes[0].entry("include/mtc/mtc.h").content)
        module = Entry(f"Headers/{MODULE}/module.modulemap", _MODULE_MAP.encode())
        return moved([Entry(_LIBRARY, library), header, module], self.name)


def _slices(bundle: Bundle) -> list[_Slice]:
    found: dict[tuple[str, str], list[Runtime]] = {}
    for runtime in sorted(bundle.runtimes, key=lambda runtime: runtime.target):
        found.setdefault(_PLATFORMS[TARGETS[runtime.target].apple_sdk], []).append(runtime)
    return [_Slice(*platform, tuple(runtimes)) for platform, runtimes in sorted(found.items())]


def _archives(runtime: Runtime) -> list[str]:
    return sorted(file for file in runtime.files if file.startswith("lib/") and PurePosixPath(file).suffix == ".a")


def _joined(runtime: Runtime) -> bytes:
    """Its own library, and those that it links. CANNOT_READ if they are not Apple's."""
    try:
        return joined(runtime.folder / file for file in _archives(runtime))
    except DAMAGE as error:
        raise CANNOT_READ.error(
            f"a library of the runtime `{runtime.folder}` holds what is no object of an Apple system: {error}",
            help="build it again",
        ) from error


def _check(bundle: Bundle) -> Iterator[Diagnostic]:
    """An app is one for all its slices, so they must run the same programs, which only equal kernels promise."""
    kernels = {runtime.target: set(runtime.kernels) for runtime in bundle.runtimes}
    everything = set().union(*kernels.values())
    for target, own in kernels.items():
        if missing := sorted(everything - own):
            yield BAD_PACKAGE(
                f"the runtime for `{target}` lacks kernels of the others: {', '.join(f'`{key}`' for key in missing)}",
                help="build every slice with the same ops.yaml",
            )


def _write(bundle: Bundle, file: BinaryIO) -> None:
    slices = _slices(bundle)
    plist = {
        "AvailableLibraries": [part.row for part in slices],
        "CFBundlePackageType": "XFWK",
        "XCFrameworkFormatVersion": "1.0",
    }
    framework = [Entry("Info.plist", plistlib.dumps(plist))]
    for part in slices:
        framework += part.entries()
    entries = moved(framework, f"{MODULE}.xcframework")
    entries += package_entries(bundle, sorted({part.platform for part in slices}))
    entries += _about(bundle)
    write_zip(file, moved(entries, f"{bundle.name}-{bundle.version}"))


def _about(bundle: Bundle) -> list[Entry]:
    """The licences of all that is linked, and the kernels, which are the same in every runtime."""
    licenses = {entry.name: entry for runtime in bundle.runtimes for entry in runtime.entries(_LICENSES)}
    found = [Entry(f"Licenses/{name.removeprefix(_LICENSES)}", entry.content) for name, entry in licenses.items()]
    found += [Entry("ops.yaml", entry.content) for entry in bundle.runtimes[0].entries("share/mtc/ops.yaml")]
    return found


XCFRAMEWORK = Format(
    name="xcframework",
    purpose="iOS and macOS: an XCFramework in a Swift package, for Swift, Objective-C and C",
    file_name=lambda bundle: f"{bundle.name}-{bundle.version}-xcframework.zip",
    write=_write,
    targets=("ios-*", "macos-*"),
    check=_check,
)
