"""The XCFramework's package: read as Apple's tools do, linked by zig's linker for macOS, and its Objective-C and Swift
compiled and run here."""

from __future__ import annotations

import json
import plistlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mtc.build.runtime_folder import RECORD

ZIG = (sys.executable, "-m", "ziglang")
HERE = Path(__file__).parent / "apple"
CLANG = next(filter(None, map(shutil.which, ("clang", "clang-19", "clang-16", "clang-15", "clang-14"))), None)
GNUSTEP = Path("/usr/include/GNUstep/Foundation/Foundation.h")
OBJC = sorted(Path("/usr/lib/gcc").glob("*/*/include/objc/objc.h"))
TARGETS = ("ios-arm64", "ios-simulator-arm64", "macos-arm64", "macos-x86_64")
needs_clang = pytest.mark.skipif(not CLANG, reason="needs clang")


@pytest.fixture
def unpacked(built, package, other_target, tmp_path) -> Path:
    """The package's folder."""
    runtimes = [word for target in TARGETS for word in ("--runtime", other_target(target))]
    made = package(built.program, *runtimes, "--format", "xcframework", "--with-model", "--name", "my-net")
    assert made.code == 0, made.err
    assert made.output.name == "my-net-0.1.0-xcframework.zip"
    zipfile.ZipFile(made.output).extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked/my-net-0.1.0"


def module_folder(unpacked: Path) -> Path:
    return unpacked / "MTCRuntime.xcframework/macos-arm64_x86_64/Headers"


def damaged(program: Path, folder: Path) -> Path:
    path = folder / "damaged.mtp"
    path.write_bytes(program.read_bytes()[:100])
    return path


def test_its_property_list_names_what_is_there(unpacked):
    framework = unpacked / "MTCRuntime.xcframework"
    said = plistlib.loads((framework / "Info.plist").read_bytes())
    assert (said["CFBundlePackageType"], said["XCFrameworkFormatVersion"]) == ("XFWK", "1.0")
    found = {row["LibraryIdentifier"]: row for row in said["AvailableLibraries"]}
    systems = {
        name: (row["SupportedPlatform"], row.get("SupportedPlatformVariant"), row["SupportedArchitectures"])
        for name, row in found.items()
    }
    assert systems == {
        "ios-arm64": ("ios", None, ["arm64"]),
        "ios-arm64-simulator": ("ios", "simulator", ["arm64"]),
        "macos-arm64_x86_64": ("macos", None, ["arm64", "x86_64"]),
    }
    for name, row in found.items():
        assert (framework / name / row["LibraryPath"]).is_file()
        assert (framework / name / row["HeadersPath"] / "mtc/mtc.h").is_file()
    assert {path.name for path in framework.iterdir()} == {"Info.plist", *found}


@pytest.mark.parametrize("processor", ["aarch64", "x86_64"])
def test_an_app_links_the_slice(unpacked, tmp_path, processor):
    """Every library of the runtime is in it; the linker finds the processor's part and members by their index."""
    names = ("libmtc", "libcpuinfo", "libpthreadpool")
    calls = " + ".join(f"answer_of_{name}()" for name in names)
    source = "".join(f"int answer_of_{name}(void);\n" for name in names) + f"int main(void) {{ return {calls}; }}\n"
    (tmp_path / "main.c").write_text(source)
    library = unpacked / "MTCRuntime.xcframework/macos-arm64_x86_64/libmtc.a"
    target = f"{processor}-macos.12.0"
    command = [*ZIG, "cc", "-target", target, "main.c", library, "-o", "app"]
    subprocess.run(command, cwd=tmp_path, check=True)
    wrong = unpacked / "MTCRuntime.xcframework/ios-arm64-simulator/libmtc.a"
    command[command.index(library)] = wrong
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode != 0  # of another system


def test_the_universal_file_is_what_lipo_makes(unpacked, tmp_path):
    lipo = next(filter(None, map(shutil.which, ("llvm-lipo", "llvm-lipo-14", "llvm-lipo-19"))), None)
    if lipo is None:
        pytest.skip("needs llvm-lipo")
    library = unpacked / "MTCRuntime.xcframework/macos-arm64_x86_64/libmtc.a"
    parts = [tmp_path / processor for processor in ("arm64", "x86_64")]
    for part in parts:
        subprocess.run([lipo, library, "-thin", part.name, "-output", part], check=True)
    subprocess.run([lipo, "-create", *parts, "-output", tmp_path / "again"], check=True)
    assert (tmp_path / "again").read_bytes() == library.read_bytes()


@needs_clang
def test_its_module_is_found(unpacked, tmp_path):
    (tmp_path / "main.m").write_text("@import MTCRuntime;\nconst char* Version(void) { return mtc_version(); }\n")
    command = [CLANG, "-fmodules", f"-fmodules-cache-path={tmp_path}/cache", "-fsyntax-only", "-Werror", "main.m"]
    subprocess.run([*command, f"-I{module_folder(unpacked)}"], cwd=tmp_path, check=True)


@needs_clang
@pytest.mark.skipif(not (GNUSTEP.is_file() and OBJC), reason="needs libgnustep-base-dev and libobjc-12-dev or newer")
def test_objective_c_runs_here(built, unpacked, tmp_path):
    sources = unpacked / "Sources/MTCObjC"
    command = [
        *(CLANG, "-fobjc-runtime=gcc", "-fexceptions", "-fconstant-string-class=NSConstantString"),
        *("-Wall", "-Wextra", "-Werror", f"-I{sources}/include", f"-I{module_folder(unpacked)}"),
        *(f"-isystem{GNUSTEP.parents[1]}", f"-isystem{OBJC[-1].parents[1]}"),
        *(HERE / "main.m", *sources.glob("*.m"), "-o", tmp_path / "app"),
        *(f"-L{built.runtime}/lib", "-lmtc", "-lgnustep-base", "-l:libobjc.so.4", "-lm"),
        f"-Wl,-rpath,{built.runtime}/lib",
    ]
    subprocess.run(command, check=True)
    arguments = [tmp_path / "app", built.program, damaged(built.program, tmp_path)]
    ran = subprocess.run(arguments, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    twice = np.array(ran.stdout.split(), np.float32).reshape(2, 2, 5)  # loaded from a file and from memory
    np.testing.assert_allclose(twice, np.stack([built.outputs] * 2), rtol=1e-5)


@needs_clang
@pytest.mark.parametrize("target", ["arm64-apple-ios15", "arm64-apple-ios15-simulator", "x86_64-apple-macos12"])
def test_objective_c_compiles_with_arc(unpacked, target):
    sources = unpacked / "Sources/MTCObjC"
    zig = subprocess.run([*ZIG, "env"], capture_output=True, text=True, check=True).stdout
    headers = Path(zig.split('.lib_dir = "')[1].split('"')[0]) / "libc/include/any-darwin-any"
    for source in sources.glob("*.m"):
        command = [CLANG, "-target", target, "-fobjc-arc", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
        folders = [f"-I{HERE}", f"-I{sources}/include", f"-I{module_folder(unpacked)}", f"-isystem{headers}"]
        subprocess.run([*command, *folders, source], check=True)


@pytest.mark.skipif(not shutil.which("swiftc"), reason="needs Swift")
def test_swift_runs_here(built, unpacked, tmp_path):
    (tmp_path / "libc++.a").write_bytes(b"!<arch>\n")  # which Apple's systems have, and the shared runtime needs not
    module = ["-emit-library", "-static", "-emit-module", "-module-name", "MTC", "-o", "libMTC.a"]
    includes = [f"-I{module_folder(unpacked)}", "-I."]
    swift = ["swiftc", "-warnings-as-errors", *includes]
    subprocess.run([*swift, *module, *(unpacked / "Sources/MTC").glob("*.swift")], cwd=tmp_path, check=True)
    libraries = ["-L.", "-lMTC", f"-L{built.runtime}/lib", "-lmtc", "-Xlinker", f"-rpath={built.runtime}/lib"]
    subprocess.run([*swift, HERE / "main.swift", "-o", "app", *libraries], cwd=tmp_path, check=True)
    arguments = [tmp_path / "app", built.program, damaged(built.program, tmp_path)]
    ran = subprocess.run(arguments, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    np.testing.assert_allclose(np.array(ran.stdout.split(), np.float32), built.outputs.ravel(), rtol=1e-5)


def test_a_swift_package_names_what_is_there(unpacked):
    """Compiled by nobody here without Swift: at least each folder and resource that it names exists."""
    manifest = (unpacked / "Package.swift").read_text()
    for target in ("MTC", "MTCObjC", "MTCModels"):
        assert f'.target(\n      name: "{target}"' in manifest or f'.target(name: "{target}"' in manifest
        assert (unpacked / "Sources" / target).is_dir()
    assert (unpacked / "Sources/MTCModels/Models/net.mtp").is_file()
    for target in ("MTC", "MTCObjC"):
        privacy = plistlib.loads((unpacked / "Sources" / target / "PrivacyInfo.xcprivacy").read_bytes())
        assert privacy["NSPrivacyTracking"] is False and privacy["NSPrivacyCollectedDataTypes"] == []


def test_a_library_that_is_not_apples(built, package, other_target):
    runtime = other_target("ios-arm64")
    shutil.copy(built.runtime / "lib/libmtc.a", runtime / "lib/libmtc.a")
    refused = package("--runtime", runtime, "--format", "xcframework", "-o", "out.zip")
    assert refused.code == 1 and "no object of an Apple system" in refused.err and not Path("out.zip").exists()


def test_slices_of_different_kernels(built, package, other_target):
    less = other_target("ios-arm64")
    record = json.loads((less / RECORD).read_text())
    (less / RECORD).write_text(json.dumps(record | {"kernels": record["kernels"][1:]}))
    refused = package("--runtime", less, "--runtime", other_target("macos-arm64"), "--format", "xcframework")
    assert refused.code == 1
    assert f"the runtime for `ios-arm64` lacks kernels of the others: `{record['kernels'][0]}`" in refused.err


def test_equal_runtimes_are_equal_bytes(built, package, other_target):
    runtimes = [word for target in TARGETS for word in ("--runtime", other_target(target))]
    turned = [word for target in reversed(TARGETS) for word in ("--runtime", f"runtime-{target}")]
    options = ("--format", "xcframework", built.program, "--with-model")
    first, again = package(*options, *runtimes, "-o", "a.zip"), package(*options, *turned, "-o", "b.zip")
    assert first.code == again.code == 0
    assert first.output.read_bytes() == again.output.read_bytes()
