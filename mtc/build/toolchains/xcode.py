"""Apple's own compilers, on a Mac."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from mtc.build.targets import IOS_VERSION, MACOS_VERSION, Target
from mtc.build.toolchains.found import Found, Missing
from mtc.diagnostics import CANNOT_BUILD_TARGET


def find(target: Target) -> Found | Missing:
    """clang with the SDK of the target. Raises MtcError (MTC704) if Xcode is there and has no such SDK."""
    if not target.is_apple:
        return Missing("", "")
    if sys.platform != "darwin":
        return Missing("Xcode, which only a Mac has", "")
    if shutil.which("xcrun") is None:
        return Missing("xcrun on PATH", "xcode-select --install")
    sdk = _ask("--show-sdk-path", target)
    clang = _ask("--find", target, "clang")
    oldest = IOS_VERSION if target.system == "iOS" else MACOS_VERSION
    arguments = (
        f"-DCMAKE_SYSTEM_NAME={target.system}",
        f"-DCMAKE_SYSTEM_PROCESSOR={target.processor}",
        f"-DCMAKE_OSX_SYSROOT={sdk}",
        f"-DCMAKE_OSX_ARCHITECTURES={target.processor}",
        f"-DCMAKE_OSX_DEPLOYMENT_TARGET={oldest}",
    )
    version = _ask("--show-sdk-version", target)
    return Found("Xcode", (clang,), (f"{clang}++",), f"SDK {version}", arguments)


def _ask(question: str, target: Target, *more: str) -> str:
    command = ["xcrun", "--sdk", target.apple_sdk, question, *more]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout.strip():
        developer = os.environ.get("DEVELOPER_DIR", "")
        raise CANNOT_BUILD_TARGET.error(
            f"Xcode has no SDK `{target.apple_sdk}`",
            notes=(done.stderr.strip()[:300], *([f"DEVELOPER_DIR is {developer}"] if developer else [])),
            help="install Xcode and the platform, and choose it with `xcode-select`",
        )
    return done.stdout.strip()
