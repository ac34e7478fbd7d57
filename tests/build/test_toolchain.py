"""Which compiler is taken, and what is said if there is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mtc.build import toolchain
from mtc.build.targets import TARGETS, host_target, target
from mtc.build.zig import zig_compilers
from mtc.diagnostics import MtcError


@pytest.fixture(autouse=True)
def no_compiler_variables(monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("CXX", raising=False)


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
    monkeypatch.setattr(toolchain, "zig_binary", lambda: None)
    with pytest.raises(MtcError, match="pip install ziglang"):
        toolchain.toolchain_for(host_target())


FOREIGN = next(t for t in TARGETS.values() if not t.is_host)


def test_a_foreign_target_without_a_cross_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(toolchain, "zig_binary", lambda: None)
    with pytest.raises(MtcError, match=f"{FOREIGN.gnu_triple}-g") as caught:
        toolchain.toolchain_for(FOREIGN)
    assert caught.value.code.id == "MTC704"


def test_a_cross_gcc_is_taken_before_zig(monkeypatch, tmp_path):
    for language in ("gcc", "g++"):
        fake_compiler(tmp_path, f"{FOREIGN.gnu_triple}-{language}", f"{language} (Debian 12.2.0-14) 12.2.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(toolchain, "zig_binary", lambda: pytest.fail("is not looked for"))
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


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("-march=armv8.2-a+fp16", "-mcpu=generic+v8_2a+fullfp16"),
        ("-march=armv8.2-a+fp16+dotprod", "-mcpu=generic+v8_2a+fullfp16+dotprod"),
        ("-march=armv8.2-a+i8mm+fp16", "-mcpu=generic+v8_2a+i8mm+fullfp16"),
        ("-march=armv8.2-a+dotprod", "-mcpu=generic+v8_2a+dotprod"),
        ("-march=armv8.2-a+fp16fml", "-mcpu=generic+v8_2a+fp16fml"),
        ("-mavx2", "-mavx2"),
        ("-DNAME=two words", "-DNAME=two words"),
    ],
)
def test_zig_gets_arm_features_in_its_own_names(tmp_path, monkeypatch, given, passed):
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "cache"))
    zig = tmp_path / "zig"
    zig.write_text('#!/bin/sh\nfor a; do echo "$a"; done\n')
    zig.chmod(0o755)
    (cc,), (cxx,) = zig_compilers(zig, "0.17.1", target("linux-arm64"))
    monkeypatch.setenv("PATH", str(tmp_path))  # the scripts need no other program
    said = subprocess.run([cxx, given, "x.c"], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == ["c++", "-target", "aarch64-linux-gnu.2.28", "-g0", passed, "x.c"]
    assert Path(cc).name == "cc"


def test_zig_archives_too(tmp_path, monkeypatch):
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "cache"))
    zig = fake_compiler(tmp_path, "zig", "0.17.1")
    monkeypatch.setenv("PATH", str(tmp_path))  # neither a compiler nor binutils
    monkeypatch.setattr(toolchain, "zig_binary", lambda: zig)
    args = dict(arg[2:].split("=", 1) for arg in toolchain.toolchain_for(host_target()).cmake_args)
    for key, name in (("CMAKE_AR", "ar"), ("CMAKE_RANLIB", "ranlib")):
        assert Path(args[key]).read_text().endswith(f'exec {zig} {name} "$@"\n')


def test_unknown_targets_get_a_suggestion():
    with pytest.raises(MtcError, match="did you mean `linux-arm64`"):
        target("linux-arm46")
