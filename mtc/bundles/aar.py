"""An Android library: classes, and the runtime for each kind of processor. Format:
https://developer.android.com/studio/projects/android-library#aar-contents"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from mtc.build.targets import ANDROID_API, TARGETS
from mtc.bundles.archives import Entry, write_zip
from mtc.bundles.bundle import Bundle, Runtime, moved
from mtc.bundles.format import Format
from mtc.bundles.java_classes import compiled
from mtc.diagnostics import BAD_PACKAGE, Diagnostic

_LIBRARIES = ("lib/libmtc.so", "lib/libmtc_jni.so")
_SOURCES = "share/mtc/java/"
_LICENSES = "share/mtc/licenses/"
_MANIFEST = f"""\
<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="dev.mtc">
    <uses-sdk android:minSdkVersion="{ANDROID_API}" />
</manifest>
"""
# For the app's shrinker: what is found by name from native code.
_PROGUARD = """\
-keep class dev.mtc.Native { native <methods>; }
-keep class dev.mtc.MtcException { <init>(int, byte[]); }
"""


def _check(bundle: Bundle) -> Iterator[Diagnostic]:
    """The classes must be of one mind with the library beside them, for every processor."""
    for runtime in bundle.runtimes:
        if not {*_LIBRARIES, f"{_SOURCES}dev/mtc/Native.java"} <= set(runtime.files):
            yield BAD_PACKAGE(
                f"the runtime `{runtime.folder}` has no library for Java", help="build it again with this mtc"
            )
    if len({_digests(runtime) for runtime in bundle.runtimes}) > 1:
        yield BAD_PACKAGE("the runtimes were built by different versions of mtc", help="build them again with one")


def _digests(runtime: Runtime) -> tuple[tuple[str, bytes], ...]:
    return tuple((entry.name, entry.digest("sha256")) for entry in runtime.entries(below=_SOURCES))


def _classes(runtime: Runtime) -> bytes:
    sources = [runtime.folder / file for file in sorted(runtime.files) if file.startswith(_SOURCES)]
    jar = io.BytesIO()
    write_zip(jar, compiled(sources))
    return jar.getvalue()


def _libraries(runtime: Runtime) -> list[Entry]:
    found = [Entry(file.removeprefix("lib/"), runtime.folder / file) for file in _LIBRARIES]
    return moved(found, f"jni/{TARGETS[runtime.target].abi}")


def _entries(bundle: Bundle) -> list[Entry]:
    first = bundle.runtimes[0]
    licenses = {entry.name: entry for runtime in bundle.runtimes for entry in runtime.entries(below=_LICENSES)}
    return [
        Entry("AndroidManifest.xml", _MANIFEST.encode()),
        Entry("R.txt", b""),  # it has no resources
        Entry("proguard.txt", _PROGUARD.encode()),
        Entry("classes.jar", _classes(first)),
        *(entry for runtime in bundle.runtimes for entry in _libraries(runtime)),
        *bundle.program_entries("assets/mtc"),
        *(Entry(name.removeprefix("share/mtc/"), entry.content) for name, entry in licenses.items()),
    ]


def _write(bundle: Bundle, file: BinaryIO) -> None:
    write_zip(file, _entries(bundle))


AAR = Format(
    name="aar",
    purpose="Android: classes in Java, for Kotlin too, and the runtime for each processor; needs a JDK to be made",
    file_name=lambda bundle: f"{bundle.name}-{bundle.version}.aar",
    write=_write,
    targets=("android-*",),
    check=_check,
)
