"""What holds for every format: what is refused, what is replaced, equal bytes."""

from __future__ import annotations

import json
import os
import resource
import shutil
from pathlib import Path

import pytest

from mtc.build.runtime_folder import RECORD
from mtc.build.targets import host_target
from mtc.bundles import archives
from mtc.bundles.archives import Entry
from mtc.bundles.formats import FORMATS
from mtc.cli import run_command

DOCS = Path(__file__).parents[2] / "docs" / "packages.md"

# The formats that take what is built for this machine; what they share is the same for the others.
HERE = [name for name, known in FORMATS.items() if known.takes(host_target().name)]


def taken(name: str, built) -> list[str | Path]:
    """Arguments that this format takes."""
    model = ["--with-model", built.program]
    return ["--format", name, "--runtime", built.runtime, *model]


@pytest.mark.parametrize("name", FORMATS)
def test_the_page_lists_the_format(name):
    assert f"| {FORMATS[name].purpose} |" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", HERE)
def test_equal_content_is_equal_bytes(built, package, tmp_path, name):
    first = package(*taken(name, built))
    assert first.code == 0, first.err
    before = first.output.read_bytes()
    moved = tmp_path / "elsewhere"
    shutil.copytree(built.runtime, moved, copy_function=shutil.copy)  # with times of its own
    (moved / "lib/notes.txt").write_text("not the runtime's")
    again = package("--format", name, "--runtime", moved, "--with-model", built.program.with_suffix(".mtc"))
    assert again.output == first.output  # its own output is replaced
    assert again.output.read_bytes() == before


@pytest.mark.parametrize("name", HERE)
def test_only_packages_are_replaced(built, package, tmp_path, name):
    (tmp_path / "mine").write_text("thesis")
    refused = package(*taken(name, built), "-o", "mine")
    assert refused.code == 1 and "MTC105" in refused.err
    assert (tmp_path / "mine").read_text() == "thesis"


def forget_kernels(runtime: Path) -> None:
    """Lets the binaries say, as they alone know, that they hold other kernels."""
    for file in (*runtime.glob("lib/libmtc.*"), *runtime.glob("bin/*")):
        file.write_bytes(file.read_bytes().replace(b"@portable:f32/1", b"@portable:f64/1"))


@pytest.mark.parametrize("name", HERE)
def test_a_runtime_that_lacks_kernels(built, package, tmp_path, name):
    """All kernels of both runtimes are named, and nothing is written."""
    lacking = [tmp_path / "a", tmp_path / "b"][: FORMATS[name].most_runtimes]
    for number, folder in enumerate(lacking):
        shutil.copytree(built.runtime, folder)
        record = json.loads((folder / RECORD).read_text())
        target = record["target"] if number == 0 else "linux-arm64"
        (folder / RECORD).write_text(json.dumps(record | {"target": target}))
        forget_kernels(folder)
    runtimes = [word for folder in lacking for word in ("--runtime", folder)]
    refused = package("--format", name, *runtimes, "--with-model", built.program, "-o", "out")
    assert refused.code == 1 and not (tmp_path / "out").exists()
    for folder in lacking:
        assert f"`{folder}` lacks `linear.constant@portable:f32/1`, `tanh@portable:f32/1`" in refused.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["net.mtp"], 2, "with --with-model only"),
        (["--name", "Net"], 1, "`Net` cannot be a package's name"),
        (["--version", "1.0-rc1"], 1, "`1.0-rc1` cannot be a package's version"),
        (["--format", "tra"], 2, "did you mean `tar`?"),
        (["--runtime", "."], 1, "is not a runtime that `mtc build-runtime` wrote"),
        (["--no-fallback"], 2, "--no-fallback is for a program"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_refused(built, package, arguments, code, message):
    refused = package("--format", "tar", "--runtime", built.runtime, *arguments)
    assert refused.code == code and message in refused.err


def test_all_that_is_wrong_is_said_at_once(built, package, other_target):
    said = package("--runtime", built.runtime, "--runtime", built.runtime, "--format", "tar", "--with-model",
                   built.program, built.program).err  # fmt: skip
    assert "two runtimes are for `linux-x86_64`" in said and "two programs are called `net`" in said


def test_options_of_app_packages_need_a_format(built, package):
    for option in (["--with-model"], ["--name", "a-b"], ["--version", "1"]):
        refused = package(built.program.with_suffix(".mtc"), *option)
        assert refused.code == 2 and "is for an app package" in refused.err


@pytest.mark.parametrize("name", HERE)
def test_a_disk_that_fills_up(built, package, tmp_path, name):
    """No file may grow beyond 1,000 bytes: nothing is left of the package, and what stood there still does."""
    arguments = [*taken(name, built), "-o", "out"]
    assert package(*arguments).code == 0
    before, (soft, hard) = (tmp_path / "out").read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        refused = package(*arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused.code == 1 and "MTC106" in refused.err and "`out`" in refused.err
    assert (tmp_path / "out").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"out", ".mtc-last.json"}


def test_a_runtime_that_lost_a_file(built, package, tmp_path):
    shutil.copytree(built.runtime, tmp_path / "damaged")
    (tmp_path / "damaged/lib/libmtc.a").unlink()
    refused = package("--runtime", tmp_path / "damaged", "--format", "tar")
    assert refused.code == 1 and "lacks its own `lib/libmtc.a`" in refused.err


@pytest.mark.parametrize(
    "said",
    [
        {"files": ["../secret"]},
        {"files": ["lib/../../secret"]},
        {"files": ["/etc/hostname"]},
        {"files": [1]},
        {"files": "lib"},
        {"kernels": [1]},
        {"bytes": [1]},
        {"sha256": {"lib/libmtc.so": 1}},
        {"libraries": ["xnnpack"]},
        {"target": None},
        {"target": ["linux-x86_64"]},
        {"target": "linux-mips"},
    ],
    ids=str,
)
def test_a_record_that_mtc_does_not_write(built, package, tmp_path, said):
    """Such as one that would put files from elsewhere into a package."""
    (tmp_path / "secret").write_text("thesis")
    record = shutil.copytree(built.runtime, tmp_path / "strange") / RECORD
    record.write_text(json.dumps(json.loads(record.read_text()) | said))
    refused = package("--runtime", tmp_path / "strange", "--format", "tar")
    assert refused.code == 1 and "is not a runtime that `mtc build-runtime` wrote" in refused.err


def test_a_link_that_leads_out_of_the_runtime(built, package, tmp_path):
    (tmp_path / "secret").write_text("thesis")
    shutil.copytree(built.runtime, tmp_path / "linked")
    (tmp_path / "linked/lib/libmtc.a").unlink()
    (tmp_path / "linked/lib/libmtc.a").symlink_to(tmp_path / "secret")
    refused = package("--runtime", tmp_path / "linked", "--format", "tar")
    assert refused.code == 1 and "`lib/libmtc.a` leads out of the folder" in refused.err


def test_a_runtime_that_is_cut_off(built, package, tmp_path, capfd):
    """The system would end a process that loads it."""
    damaged = tmp_path / "damaged"
    shutil.copytree(built.runtime, damaged)
    for name in ("lib/libmtc.so", "bin/mtc_run"):
        os.truncate(damaged / name, (damaged / name).stat().st_size // 4)
    refused = package("--runtime", damaged, "--format", "tar")
    assert refused.code == 1 and "MTC107" in refused.err and "mtc_run` is cut off: it was built with" in refused.err
    for command in ("run", "bench"):
        assert run_command([command, str(built.program), "--runtime", str(damaged)]) == 1
        assert "libmtc.so` is cut off: it was built with" in capfd.readouterr().err


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("file", ["size.json", "size.txt", "size.html", "licenses/pthreadpool.txt"])
def test_half_a_document_is_not_given_away(built, package, tmp_path, name, file):
    damaged = tmp_path / "damaged"
    shutil.copytree(built.runtime, damaged)
    document = damaged / RECORD.parent / file
    os.truncate(document, document.stat().st_size // 2)
    refused = package("--runtime", damaged, "--format", name, "--with-model", built.program, "-o", "out")
    assert refused.code == 1 and "MTC107" in refused.err and f"{file}` is cut off: it was built with" in refused.err
    assert not (tmp_path / "out").exists()


def test_a_program_is_not_run_on_another_system_s_runtime(built, other_target, capfd):
    assert run_command(["run", str(built.program), "--runtime", str(other_target("linux-armv7"))]) == 1
    assert "is for linux-armv7, and this machine is" in capfd.readouterr().err


def test_a_program_is_checked_against_every_runtime(built, package, other_target, tmp_path):
    model = built.program.with_suffix(".mtc")
    runtimes = ["--runtime", built.runtime, "--runtime", other_target("linux-arm64")]
    assert package(model, *runtimes, "-o", "net.mtp").code == 0
    record = tmp_path / "runtime-linux-arm64" / RECORD
    forget_kernels(record.parents[2])
    refused = package(model, *runtimes, "-o", "net.mtp")
    assert refused.code == 1 and "runtime-linux-arm64` lacks" in refused.err


def test_an_archive_has_each_name_once(tmp_path):
    with open(tmp_path / "a.zip", "wb") as file, pytest.raises(ValueError, match="two entries are called a"):
        archives.write_zip(file, [Entry("a", b"1"), Entry("a", b"2")])


@pytest.mark.parametrize("name", ["net,v2", 'say"hi', "back\\slash", "q??-x", "net\nDepends: evil", ".net"])
def test_a_program_with_an_odd_name_is_refused(built, package, tmp_path, name):
    """It would have to be quoted in another way by each format."""
    program = tmp_path / f"{name}.mtp"
    program.write_bytes(built.program.read_bytes())
    refused = package(program, "--runtime", built.runtime, "--format", "tar", "--with-model")
    assert refused.code == 1 and "a program in a package cannot be called" in refused.err
