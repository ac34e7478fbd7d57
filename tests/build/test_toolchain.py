"""Which compiler is taken, and what is said if there is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mtc.build import toolchain
from mtc.build.targets import TARGETS, host_target, target
from mtc.build.third_party import check_libraries
from mtc.build.toolchains import zig
from mtc.build.toolchains.found import Found, Missing
from mtc.diagnostics import MtcError


@pytest.fixture(autouse=True)
def no_compiler_variables(monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("CXX", raising=False)
    for name in ("ANDROID_NDK_HOME", "ANDROID_NDK_ROOT", "ANDROID_NDK"):
        monkeypatch.delenv(name, raising=False)


def fake_compiler(folder: Path, name: str, banner: str) -> Path:
    script = folder / name
    script.write_text(f"#!/bin/sh\necho '{banner}'\n")
    script.chmod(0o755)
    return script


@pytest.mark.parametrize(
    ("name", "banner", "expected"),
    [
        ("g++-12", "g++ (Debian 12.2.0-14+deb12u1) 12.2.0", "gcc 12.2.0"),
        ("c++", "c++ (GCC) 14.1.1 20240607 (Red Hat 14.1.1-5)", "gcc 14.1.1"),
        ("clang++", "Debian clang version 19.1.7 (3~deb12u1)", "clang 19.1.7"),
        ("clang++", "Apple clang version 16.0.0 (clang-1600.0.26.3)", "clang 16.0.0"),
    ],
)
def test_cxx_is_recognised_and_cc_follows(tmp_path, monkeypatch, name, banner, expected):
    fake_compiler(tmp_path, name, banner)
    partner = {"g++-12": "gcc-12", "c++": "cc", "clang++": "clang"}[name]
    fake_compiler(tmp_path, partner, banner)
    monkeypatch.setenv("CXX", str(tmp_path / name))
    found = toolchain.toolchain_for(host_target())
    assert str(found) == expected
    assert f"-DCMAKE_C_COMPILER={tmp_path / partner}" in found.cmake_args


@pytest.mark.parametrize(
    ("cc", "partner"),
    [
        ("ccache cc", "c++"),
        ("{folder}/gcc/cc", "gcc/c++"),
        ("{folder}/clang-19 -m64", "clang++-19"),
        ("arm-linux-gnueabihf-gcc-12", "arm-linux-gnueabihf-g++-12"),
        ("zig cc", "zig"),
    ],
)
def test_only_the_compiler_has_a_partner(tmp_path, monkeypatch, cc, partner):
    (tmp_path / "gcc").mkdir()
    for name in ("ccache", "gcc/cc", "gcc/c++", "clang-19", "clang++-19", "arm-linux-gnueabihf-gcc-12"):
        fake_compiler(tmp_path, name, "gcc (Debian 12.2.0-14) 12.2.0")
    fake_compiler(tmp_path, "arm-linux-gnueabihf-g++-12", "g++ 12.2.0")
    fake_compiler(tmp_path, "zig", "0.17.1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("CC", cc.format(folder=tmp_path))
    found = toolchain.SEARCH["cc"](host_target())
    assert isinstance(found, Found) and (partner == "zig" or partner in " ".join(found.cxx))
    assert found.name == ("zig" if partner == "zig" else "")


def test_a_command_that_no_shell_reads(monkeypatch):
    monkeypatch.setenv("CC", 'gcc "-O2')
    with pytest.raises(MtcError, match="No closing quotation") as caught:
        toolchain.toolchain_for(host_target())
    assert caught.value.code.id == "MTC702"


def test_a_blank_name_is_none(monkeypatch):
    monkeypatch.setenv("CC", " ")
    monkeypatch.setenv("CXX", "")
    assert isinstance(toolchain.SEARCH["cc"](host_target()), Missing)


def test_a_compiler_that_is_none(monkeypatch):
    monkeypatch.setenv("CXX", "/no/such/g++")
    with pytest.raises(MtcError, match="/no/such/g") as caught:
        toolchain.toolchain_for(host_target())
    assert caught.value.code.id == "MTC702"


def test_a_launcher_stays_in_front_of_the_compiler(tmp_path, monkeypatch):
    fake_compiler(tmp_path, "ccache", "g++ 12.2.0")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("CXX", "ccache g++")
    assert f"-DCMAKE_CXX_COMPILER={tmp_path / 'ccache'};g++" in toolchain.toolchain_for(host_target()).cmake_args


def test_nothing_at_all(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(zig, "zig_binary", lambda: None)
    with pytest.raises(MtcError, match="pip install ziglang"):
        toolchain.toolchain_for(host_target())


FOREIGN = next(t for t in TARGETS.values() if t.system == "Linux" and not t.is_host)


def test_a_foreign_target_without_a_cross_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(zig, "zig_binary", lambda: None)
    with pytest.raises(MtcError, match=f"{FOREIGN.gnu_triple}-g") as caught:
        toolchain.toolchain_for(FOREIGN)
    assert caught.value.code.id == "MTC704"


def test_a_cross_gcc_is_taken_before_zig(monkeypatch, tmp_path):
    for language in ("gcc", "g++"):
        fake_compiler(tmp_path, f"{FOREIGN.gnu_triple}-{language}", f"{language} (Debian 12.2.0-14) 12.2.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(zig, "zig_binary", lambda: pytest.fail("is not looked for"))
    found = toolchain.toolchain_for(FOREIGN)
    assert str(found) == "gcc 12.2.0"
    assert f"-DCMAKE_CXX_COMPILER={tmp_path / FOREIGN.gnu_triple}-g++" in found.cmake_args
    assert f"-DCMAKE_SYSTEM_PROCESSOR={FOREIGN.processor}" in found.cmake_args


def test_an_upgraded_compiler_is_another_toolchain(tmp_path, monkeypatch):
    script = fake_compiler(tmp_path, "g++", "g++ 12.2.0")
    fake_compiler(tmp_path, "gcc", "gcc 12.2.0")
    monkeypatch.setenv("CXX", str(script))
    before = toolchain.toolchain_for(host_target()).identity, toolchain.toolchain_stamp(host_target())
    fake_compiler(tmp_path, "g++", "g++ (Debian 12.2.0-15) 12.2.0")
    after = toolchain.toolchain_for(host_target()).identity, toolchain.toolchain_stamp(host_target())
    assert before[0] != after[0] and before[1] != after[1]


@pytest.mark.parametrize("name", TARGETS)
def test_cc_counts_for_the_target_that_it_builds_for(tmp_path, monkeypatch, name):
    """A variable that names this machine's compiler, as conda's environments set it, builds for this machine alone."""
    monkeypatch.setenv("CXX", "g++")
    triples = {
        "linux-x86_64": "x86_64-linux-gnu",
        "linux-arm64": "aarch64-linux-gnu",
        "linux-armv7": "arm-linux-gnueabihf",
        "android-arm64": "aarch64-linux-android24",
        "android-armv7": "armv7a-linux-androideabi24",
        "android-x86_64": "x86_64-linux-android24",
        "ios-arm64": "arm64-apple-ios15.0",
        "ios-simulator-arm64": "arm64-apple-ios15.0-simulator",
        "macos-arm64": "arm64-apple-darwin23",
        "macos-x86_64": "x86_64-apple-macosx12.0",
        "windows-x86_64": "x86_64-w64-mingw32",
        "wasm32": "wasm32-unknown-wasi",
    }
    for compiler in ("gcc", "g++"):
        fake_compiler(tmp_path, compiler, triples[name])
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for other in TARGETS.values():
        if other.is_host:
            continue
        found = toolchain.SEARCH["cc"](other)
        takes = other.name == name or {other.name, name} == {"ios-arm64", "ios-simulator-arm64"}
        assert isinstance(found, Found) == takes, other


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("-march=armv8.2-a+fp16", "-mcpu=generic+v8_2a+fullfp16"),
        ("-march=armv8.2-a+fp16+dotprod", "-mcpu=generic+v8_2a+fullfp16+dotprod"),
        ("-march=armv8.2-a+i8mm+fp16", "-mcpu=generic+v8_2a+i8mm+fullfp16"),
        ("-march=armv8.2-a+dotprod", "-mcpu=generic+v8_2a+dotprod"),
        ("-march=armv8.2-a+fp16fml", "-mcpu=generic+v8_2a+fp16fml"),
        ("-march=armv7-a -mfpu=neon", "-mcpu=generic+v7a+neon"),
        ("-march=armv7-a -mfpu=neon-vfpv4", "-mcpu=generic+v7a+neon+vfp4"),
        ("-march=armv8-a -mfpu=neon-fp-armv8", "-mcpu=generic+v8a+neon+fp_armv8"),
        ("-march=armv8.2-a+dotprod -mfpu=neon-fp-armv8", "-mcpu=generic+v8_2a+dotprod+neon+fp_armv8"),
        ("-march=armv6 -mfpu=vfp -munaligned-access", "-mcpu=generic+v6+vfp2"),
        ("-mavx2", "-mavx2"),
    ],
)
def test_zig_gets_arm_architectures_in_its_own_names(tmp_path, monkeypatch, given, passed):
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "cache"))
    program = tmp_path / "zig"
    program.write_text('#!/bin/sh\nfor a; do echo "$a"; done\n')
    program.chmod(0o755)
    found = zig.zig_found(str(program), target("linux-arm64"), "0.17.1")
    monkeypatch.setenv("PATH", str(tmp_path))  # the scripts need no other program
    command = [*found.cxx, "-DNAME=two words", *given.split(), "x.c"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[:4] == ["c++", "-target", "aarch64-linux-gnu.2.28", "-g0"]
    assert sorted(said[4:]) == sorted(["-DNAME=two words", passed, "x.c"])
    assert Path(found.c[0]).name == "cc"


@pytest.mark.parametrize("given", ["", "-marm"])
@pytest.mark.parametrize("name", ["linux-armv7", "linux-arm64"])
def test_zig_compiles_for_thumb_where_there_is_one(name, given, tmp_path):
    program = zig.zig_binary()
    if program is None:
        pytest.skip("the package `ziglang` is not installed")
    (tmp_path / "probe.cpp").write_text("float probe(const float* x) { return x[0] * x[1]; }\n")
    compiler = toolchain.toolchain_for(target(name), "zig").cmake_args
    (cxx,) = [arg.split("=", 1)[1] for arg in compiler if arg.startswith("-DCMAKE_CXX_COMPILER=")]
    subprocess.run([cxx, *given.split(), "-Os", "-c", "probe.cpp", "-o", "probe.o"], cwd=tmp_path, check=True)
    data = (tmp_path / "probe.o").read_bytes()
    # Mapping symbols say where which instructions begin (ELF for the Arm Architecture, 5.5.5).
    found = {mark for mark in (b"$a", b"$t", b"$x") if b"\0" + mark + b"\0" in data}
    assert found == {b"$x" if name == "linux-arm64" else b"$a" if given else b"$t"}


def test_zig_archives_too(tmp_path, monkeypatch):
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "cache"))
    program = fake_compiler(tmp_path, "zig", "0.17.1")
    monkeypatch.setenv("PATH", str(tmp_path))  # neither a compiler nor binutils
    monkeypatch.setattr(zig, "zig_binary", lambda: program)
    args = dict(arg[2:].split("=", 1) for arg in toolchain.toolchain_for(host_target()).cmake_args)
    for key, name in (("CMAKE_AR", "ar"), ("CMAKE_RANLIB", "ranlib")):
        assert Path(args[key]).read_text().endswith(f'exec {program} {name} "$@"\n')


@pytest.mark.parametrize("choice", ["zig", "system"])
def test_a_toolchain_can_be_chosen(choice):
    if choice == "zig" and zig.zig_binary() is None:
        pytest.skip("the package `ziglang` is not installed")
    assert (toolchain.toolchain_for(host_target(), choice).name == "zig") == (choice == "zig")


def test_a_toolchain_for_other_systems_is_refused():
    with pytest.raises(MtcError, match="`xcode` builds for other systems"):
        toolchain.toolchain_for(target("linux-arm64"), "xcode")
    with pytest.raises(MtcError, match="did you mean `zig`"):
        toolchain.toolchain_for(target("linux-arm64"), "zigg")


def ndk(folder: Path, revision: str) -> Path:
    """What the search looks at in an NDK."""
    for name in ("clang", "clang++"):
        tool = folder / "toolchains/llvm/prebuilt/linux-x86_64/bin" / name
        tool.parent.mkdir(parents=True, exist_ok=True)
        tool.touch()
    file = folder / "build/cmake/android.toolchain.cmake"
    file.parent.mkdir(parents=True)
    file.touch()
    (folder / "source.properties").write_text(f"Pkg.Desc = Android NDK\nPkg.Revision = {revision}\n")
    return folder


def test_an_ndk_comes_with_its_own_toolchain_file(tmp_path, monkeypatch):
    monkeypatch.setenv("ANDROID_NDK_HOME", str(ndk(tmp_path, "27.2.12479018")))
    for name, abi in (("android-arm64", "arm64-v8a"), ("android-armv7", "armeabi-v7a"), ("android-x86_64", "x86_64")):
        found = toolchain.toolchain_for(target(name))
        assert str(found) == "NDK 27.2.12479018"
        assert f"-DCMAKE_TOOLCHAIN_FILE={tmp_path}/build/cmake/android.toolchain.cmake" in found.cmake_args
        assert f"-DANDROID_ABI={abi}" in found.cmake_args and "-DANDROID_STL=c++_static" in found.cmake_args
        assert not any("COMPILER" in arg for arg in found.cmake_args)  # the file chooses them


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: None, "is no Android NDK"),
        (lambda folder: ndk(folder, "21.4.7075529"), "is version 21.4.7075529; mtc needs r27 or newer"),
        (lambda folder: (ndk(folder, "27.0.1") / "build/cmake/android.toolchain.cmake").unlink(), "is incomplete"),
        (lambda folder: (ndk(folder, "27.0.1") / "source.properties").write_text("?"), "says no version"),
    ],
)
def test_an_unusable_ndk_is_said(tmp_path, monkeypatch, make, said):
    make(tmp_path)
    monkeypatch.setenv("ANDROID_NDK_HOME", str(tmp_path))
    with pytest.raises(MtcError, match=said) as caught:
        toolchain.toolchain_for(target("android-arm64"))
    assert caught.value.code.id == "MTC704"


def test_unknown_targets_get_a_suggestion():
    with pytest.raises(MtcError, match="did you mean `linux-arm64`"):
        target("linux-arm46")


@pytest.mark.parametrize("name", ["linux-armv7", "wasm32", "windows-x86_64", "linux-arm64", "ios-arm64"])
def test_a_library_that_is_not_for_a_target_is_said_before_anything_is_built(name):
    if name in ("linux-arm64", "ios-arm64"):
        check_libraries(target(name), ["qnnpack", "xnnpack"])
        return
    check_libraries(target(name), ["xnnpack"])
    with pytest.raises(MtcError, match=f"not built for `{name}`"):
        check_libraries(target(name), ["qnnpack", "xnnpack"])


def test_zig_is_no_toolchain_on_windows(monkeypatch):
    monkeypatch.setattr(zig.os, "name", "nt")
    missing = zig.zig_found("zig.exe", target("linux-arm64"), "0.17.1")
    assert isinstance(missing, Missing) and missing.fix == "set CC and CXX"
