"""The files that make a Swift package of an XCFramework: Package.swift, the Objective-C and Swift libraries, and what
Apple asks of a library for apps."""

from __future__ import annotations

import plistlib
from collections.abc import Sequence

from mtc.build.runtime_sources import runtime_sources
from mtc.build.targets import IOS_VERSION, MACOS_VERSION
from mtc.bundles.archives import Entry
from mtc.bundles.bundle import Bundle

MODULE = "MTCRuntime"  # the C API; SwiftPM wants its XCFramework called so, too
_PRIVACY = "PrivacyInfo.xcprivacy"
_PLATFORMS = {"ios": f'.iOS("{IOS_VERSION}")', "macos": f'.macOS("{MACOS_VERSION}")'}
_PACKAGE = """\
// swift-tools-version:5.7
import PackageDescription

// MTC is for Swift, MTCObjC for Objective-C, and {module} is the C API, which both are made of.
let package = Package(
  name: "{name}",
  platforms: [{platforms}],
  products: [
    .library(name: "{module}", targets: ["{module}"]),
    .library(name: "MTC", targets: ["MTC"]),
    .library(name: "MTCObjC", targets: ["MTCObjC"]),{models_product}
  ],
  targets: [
    .binaryTarget(name: "{module}", path: "{module}.xcframework"),
    .target(
      name: "MTC", dependencies: ["{module}"], resources: [.copy("{privacy}")],
      linkerSettings: [.linkedLibrary("c++")]),
    .target(
      name: "MTCObjC", dependencies: ["{module}"], resources: [.copy("{privacy}")],
      linkerSettings: [.linkedLibrary("c++"), .linkedFramework("Foundation")]),{models_target}
  ]
)
"""
_MODELS_PRODUCT = """
    .library(name: "MTCModels", targets: ["MTCModels"]),"""
_MODELS_TARGET = """
    .target(name: "MTCModels", resources: [.copy("Models")]),"""
_MODELS = """\
import Foundation

/// The programs in this package.
public enum Models {{
  public static let names = [{names}]

  /// The file of one of them, for `Program(path:)`; nil if there is none of that name.
  public static func path(_ name: String) -> String? {{
    Bundle.module.path(forResource: name, ofType: "mtp", inDirectory: "Models")
  }}
}}
"""
# The runtime tracks nobody and collects nothing. It asks for the size of a program's file when the app loads one, by a
# function that Apple counts among those that tell times of files; C617.1 is that reason.
# https://developer.apple.com/documentation/bundleresources/describing-use-of-required-reason-api
_PRIVACY_MANIFEST = {
    "NSPrivacyTracking": False,
    "NSPrivacyTrackingDomains": [],
    "NSPrivacyCollectedDataTypes": [],
    "NSPrivacyAccessedAPITypes": [
        {
            "NSPrivacyAccessedAPIType": "NSPrivacyAccessedAPICategoryFileTimestamp",
            "NSPrivacyAccessedAPITypeReasons": ["C617.1"],
        }
    ],
}


def package_entries(bundle: Bundle, platforms: Sequence[str]) -> list[Entry]:
    """All but the XCFramework. `platforms` are Apple's names of the systems in it."""
    found = [Entry("Package.swift", _package(bundle, platforms).encode())]
    found += _binding("swift", "Sources/MTC")
    found += _binding("objc", "Sources/MTCObjC")
    if bundle.programs:  # in a library of their own: an app may get its programs elsewhere
        names = ", ".join(f'"{program.name}"' for program in bundle.programs)
        found.append(Entry("Sources/MTCModels/Models.swift", _MODELS.format(names=names).encode()))
        found += bundle.program_entries("Sources/MTCModels/Models")
    return found


def _binding(name: str, folder: str) -> list[Entry]:
    """Its sources, and the privacy manifest, which Xcode looks for in the resources of a static library."""
    sources = runtime_sources() / "bindings" / name
    found = [path for path in sources.rglob("*") if path.suffix in (".swift", ".h", ".m")]
    entries = [Entry(f"{folder}/{path.relative_to(sources).as_posix()}", path) for path in found]
    return [*entries, Entry(f"{folder}/{_PRIVACY}", plistlib.dumps(_PRIVACY_MANIFEST))]


def _package(bundle: Bundle, platforms: Sequence[str]) -> str:
    return _PACKAGE.format(
        name=bundle.name,
        module=MODULE,
        privacy=_PRIVACY,
        platforms=", ".join(_PLATFORMS[platform] for platform in platforms),
        models_product=_MODELS_PRODUCT if bundle.programs else "",
        models_target=_MODELS_TARGET if bundle.programs else "",
    )
