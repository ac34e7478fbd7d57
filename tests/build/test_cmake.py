"""The CMake driver, on projects of one file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from mtc.build import cmake
from mtc.diagnostics import MtcError

PROJECT = """\
cmake_minimum_required(VERSION 3.18)
project(probe LANGUAGES C)
add_executable(probe probe.c)
install(TARGETS probe DESTINATION bin)
"""


def project(folder: Path, code: str, lists: str = PROJECT) -> tuple[Path, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "CMakeLists.txt").write_text(lists)
    (folder / "probe.c").write_text(code)
    return folder, folder / "build"


def test_progress_comes_from_ninja(tmp_path):
    source, work = project(tmp_path, "int main(void) { return 0; }")
    said: list[tuple[str, int, int]] = []
    cmake.configure(source, work, (), what="probe", progress=lambda *step: said.append(step))
    cmake.build(work, what="probe", progress=lambda *step: said.append(step))
    cmake.install(work, tmp_path / "out", what="probe")
    assert said == [("configuring probe", 0, 0), ("building probe", 1, 2), ("building probe", 2, 2)]
    assert (tmp_path / "out" / "bin" / "probe").is_file()


def test_what_an_interrupted_build_of_another_copy_left_is_no_obstacle(tmp_path):
    """Environments with mtc share a cache, and with it the folders that libraries are built in."""
    one, work = project(tmp_path / "one", "int main(void) { return 1; }")
    cmake.configure(one, work, (), what="probe")
    cmake.build(work, what="probe")
    other, _ = project(tmp_path / "other", "int main(void) { return 2; }")
    cmake.configure(other, work, (), what="probe")
    cmake.build(work, what="probe")
    assert subprocess.run([work / "probe"]).returncode == 2


@pytest.mark.parametrize("share", [0, 0.2, 0.6, 0.95])
def test_a_record_that_was_cut_off_is_no_obstacle(share, tmp_path):
    source, work = project(tmp_path, "int main(void) { return 3; }")
    cmake.configure(source, work, (), what="probe")
    record = work / "CMakeCache.txt"
    record.write_bytes(record.read_bytes()[: int(share * record.stat().st_size)])
    cmake.configure(source, work, (), what="probe")
    cmake.build(work, what="probe")
    assert subprocess.run([work / "probe"]).returncode == 3


def test_a_compile_error_is_quoted_without_the_command(tmp_path):
    source, work = project(tmp_path, "int main(void) { return missing_name; }")
    cmake.configure(source, work, (), what="probe")
    with pytest.raises(MtcError, match="missing_name") as caught:
        cmake.build(work, what="probe")
    text = str(caught.value)
    assert text.startswith("building probe failed [MTC703]")
    assert str(work / "build.log") in text and (work / "build.log").is_file()
    assert " -c " not in text


def test_a_link_error_is_quoted(tmp_path):
    source, work = project(tmp_path, "int missing(void); int main(void) { return missing(); }")
    cmake.configure(source, work, (), what="probe")
    with pytest.raises(MtcError, match="undefined reference to `missing'"):
        cmake.build(work, what="probe")


def test_a_configure_error_is_quoted(tmp_path):
    source, work = project(tmp_path, "", 'cmake_minimum_required(VERSION 3.18)\nmessage(FATAL_ERROR "no such part")\n')
    with pytest.raises(MtcError, match="no such part"):
        cmake.configure(source, work, (), what="probe")


def test_flags_of_the_environment_do_not_leak_in(tmp_path, monkeypatch):
    monkeypatch.setenv("CFLAGS", "-DBROKEN")
    source, work = project(tmp_path, "#ifdef BROKEN\n#error leaked\n#endif\nint main(void) { return 0; }")
    cmake.configure(source, work, (), what="probe")
    cmake.build(work, what="probe")


@pytest.mark.skipif(os.name != "posix", reason="runs a shell")
@pytest.mark.parametrize("ending", ["true", "false"])
def test_what_zig_keeps_of_a_build_goes_with_it(ending, tmp_path):
    lists = f"""\
cmake_minimum_required(VERSION 3.18)
project(probe LANGUAGES NONE)
add_custom_target(probe ALL COMMAND sh -c "mkdir -p $ZIG_LOCAL_CACHE_DIR/o; echo $ZIG_LOCAL_CACHE_DIR > where"
  COMMAND {ending} VERBATIM)
"""
    source, work = project(tmp_path, "", lists)
    cmake.configure(source, work, (), what="probe")
    with contextlib.suppress(MtcError):
        cmake.build(work, what="probe")
    where = Path((work / "where").read_text().strip())
    assert where.parent == work and not where.exists()


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_an_interrupt_ends_the_compilers_too(tmp_path):
    pid_file, slow = tmp_path / "pid", tmp_path / "slow.sh"
    slow.write_text(f"echo $$ > {pid_file}\nexec sleep 60\n")
    lists = f"""\
cmake_minimum_required(VERSION 3.18)
project(probe LANGUAGES NONE)
add_custom_target(slow ALL COMMAND sh {slow} VERBATIM)
"""
    source, work = project(tmp_path / "project", "", lists)
    code = f"""
        from pathlib import Path
        from mtc.build import cmake
        cmake.configure(Path({str(source)!r}), Path({str(work)!r}), (), what="probe")
        cmake.build(Path({str(work)!r}), what="probe")
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not (pid_file.exists() and pid_file.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child = int(pid_file.read_text())
    os.kill(child, 0)  # it runs
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) != 0
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(child, 0)
            time.sleep(0.05)


@pytest.mark.parametrize("name", ["cmake", "ninja"])
def test_a_tool_of_this_environment_is_found_without_path(name, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    done = subprocess.run([cmake.program(name), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout


def test_a_tool_is_found_on_path_without_its_package(tmp_path, monkeypatch):
    tool = tmp_path / "ninjalike"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cmake.program("ninjalike") == str(tool)
    with pytest.raises(MtcError, match="`no-such-tool` was not found"):
        cmake.program("no-such-tool")
