"""The command line itself: help, exit codes, JSON errors, quietness, start-up time."""

import os
import re
import shlex
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import click
import pytest
import yaml

from mtc.cli import console
from mtc.cli.group import _NAMES, COMMANDS
from mtc.cli.group import mtc as group

CONTEXT = click.Context(group)


def test_help_imports_little():
    """It takes a tenth of a second of CPU, of which most is Python's own start."""
    code = "import sys, mtc.cli; mtc.cli.run_command(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "optimize" in done.stdout
    assert not {"numpy", "torch", "rich", "yaml"} & set(re.findall(r"'(\w+)'", done.stderr))


@pytest.mark.parametrize("arguments", [["optimize"], ["select-ops"], ["package"], ["inspect"]], ids=" ".join)
def test_only_export_needs_torch(mtc, folder, arguments):
    mtc("export", "model.py")
    code = f"import sys, mtc.cli; c = mtc.cli.run_command({arguments!r}); sys.exit(c or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=folder).returncode == 0


@pytest.mark.parametrize("name", _NAMES)
def test_every_command_has_help_with_an_example(name):
    command = group.get_command(CONTEXT, name)
    assert command is not None
    assert command.name == name
    assert f"mtc {name}" in (command.help or "")
    assert all(option.help for option in command.params if isinstance(option, click.Option)), name


def test_the_table_of_commands_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
    assert all(re.search(rf"[ `]{name}[ `]", text) for section in COMMANDS.values() for name in section)


def test_help_works_with_both_options(mtc):
    assert mtc("-h").out == mtc("--help").out
    assert "Example" in mtc("export", "-h").out


def test_mistyped_commands_are_usage_errors_with_a_suggestion(mtc):
    wrong = mtc("optimise")
    assert wrong.code == 2 and "did you mean `optimize`?" in wrong.err
    assert mtc("export", "--no-such-option").code == 2
    assert mtc("export").code == 2
    assert mtc("optimize", "--backend", "").code == 2
    assert "`mtc recipe show quickstart` shows one" in mtc("recipe", "list", "quickstart").err
    twice = mtc("optimize", "--backend", "xnnpack,portable,xnnpack")
    assert twice.code == 2 and "`xnnpack` is named twice" in twice.err


def test_errors_are_json_where_asked(mtc, folder):
    wrong = mtc("optimize", "--backend", "xnnpac", "--json")
    assert wrong.code == 2
    (error,) = wrong.json["errors"]
    assert error["code"] == "MTC301" and "xnnpack" in error["help"] and "xnnpac" in error["message"]
    assert mtc("optimize", "--nonsense", "--json").json["errors"][0]["code"] == "usage"


def test_without_a_model_the_error_says_what_to_run(mtc, folder):
    wrong = mtc("optimize")
    assert wrong.code == 1 and "MTC602" in wrong.err and "mtc export" in wrong.err


def test_quiet_leaves_only_results(mtc, folder):
    for line in ("export model.py -q", "-q export model.py"):
        made = mtc(*line.split())
        assert (made.code, made.out, made.err) == (0, "", "")


def test_a_bug_keeps_its_traceback_in_a_file(mtc, folder, monkeypatch):
    from mtc.analysis import doctor

    def broken():
        raise KeyError("surprise")

    monkeypatch.setattr(doctor, "checks", broken)
    wrong = mtc("doctor")
    assert wrong.code == 3 and "Traceback" not in wrong.err
    path = Path(re.search(r"the traceback is in (\S+)", wrong.err)[1])
    assert "surprise" in path.read_text()
    path.unlink()


def test_an_interrupt_is_130(mtc, monkeypatch):
    from mtc.analysis import doctor

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "checks", interrupted)
    assert mtc("doctor").code == 130


@pytest.mark.parametrize("error", ["ImportError('umath failed')", "mtc.BAD_INPUT.error('x')", "OSError(5, 'x')"])
def test_an_interrupt_is_one_also_where_it_came_out_as_another_error(error):
    """NumPy turns what interrupts its import into an ImportError."""
    code = f"""if True:
        import os, signal, sys
        signal.signal(signal.SIGINT, signal.default_int_handler)
        import mtc.cli, mtc.diagnostics as mtc_diagnostics
        from mtc.analysis import doctor
        mtc = mtc_diagnostics
        def checks():
            try:
                os.kill(os.getpid(), signal.SIGINT)
                signal.pause()
            except KeyboardInterrupt:
                raise {error}
        doctor.checks = checks
        sys.modules["mtc.cli"].main(["doctor"])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_an_interrupt_while_the_command_line_loads_is_130():
    # The handler is set because a job in the background is started with the signal ignored.
    code = """if True:
        import os, signal, sys
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.modules["click"] = None
        import mtc.cli
        mtc.cli.run_command = lambda args: os.kill(os.getpid(), signal.SIGINT)
        mtc.cli.main()
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "")


def test_commands_run_one_after_the_other_in_a_process():
    """Each command is a module of `mtc.cli`, which is imported when it is called."""
    code = """if True:
        import mtc.cli
        for command in ("run", "main", "targets"):
            try:
                mtc.cli.main([command, "--help"])
            except SystemExit as end:
                print(end.code)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert [line for line in done.stdout.splitlines() if len(line) == 1] == ["0", "2", "0"], done.stderr


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_what_ends_a_process_from_outside_ends_what_it_has_started(tmp_path, name):
    (tmp_path / "model.py").write_text("import os, subprocess\nprint('up')\nsubprocess.run(['sleep', '600'])\n")
    command = [sys.executable, "-m", "mtc", "export", "model.py"]
    # What runs the tests may ignore the signal, as nohup does, and processes inherit that.
    restore = partial(signal.signal, getattr(signal, name), signal.SIG_DFL)
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=restore) as process:
        assert "up\n" in iter(process.stderr.readline, "")
        process.send_signal(getattr(signal, name))
        assert process.wait(60) == 130
    assert [
        file.name for file in tmp_path.iterdir() if "model.py" not in file.name and "pycache" not in file.name
    ] == []


STREAMS = ["backends", "backends --json", "optimize nope --json", "nonsense --json", "--help"]


@pytest.mark.parametrize("line", STREAMS)
@pytest.mark.parametrize("redirect", [">/dev/full", ">&-", ">&- 2>&-"])
def test_a_stream_that_cannot_be_written_is_no_bug(tmp_path, line, redirect):
    command = f"{shlex.quote(sys.executable)} -m mtc {line} {redirect}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode in (0, 1, 2) and "Traceback" not in done.stderr
    if redirect == ">/dev/full":
        assert done.returncode != 0 and done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
@pytest.mark.parametrize("line", ["inspect", "inspect --json", "nonsense", "nonsense --json"])
def test_a_name_that_the_terminal_cannot_show(mtc, folder, line, encoding):
    """Of letters that its encoding has not, or of bytes that are no letters."""
    mtc("export", "model.py")
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    for name in ("\N{LATIN SMALL LETTER U WITH DIAERESIS}.mtc".encode(), b"\xff.mtc"):
        Path(os.fsdecode(name)).write_bytes(Path("model.mtc").read_bytes())
        command = [sys.executable, "-m", "mtc", *line.split(), name]
        done = subprocess.run(command, capture_output=True, env=environment)
        assert done.returncode == (2 if line.startswith("nonsense") else 0), done.stderr


def test_only_results_are_on_stdout(mtc, folder):
    """Whatever a user's code prints, as it loads and as it is called."""
    text = (folder / "model.py").read_text()
    (folder / "model.py").write_text(f"print('loading')\n{text}")
    (folder / "metric.py").write_text("def metric(got, want):\n    print('judging')\n    return True\n")
    made = mtc("export", "model.py", "--json")
    assert made.json["output"] == "model.mtc" and "loading" in made.err
    mtc("package", "model.mtc")
    verified = mtc("verify", "--against", "model.py", "--metric", "metric.py", "--json")
    assert verified.json["outputs"][0]["is_ok"] and "judging" in verified.err
    print("unchanged")
    assert "stops" in mtc("check", "model.py", "--json").json


def test_a_full_disk_is_not_a_bug(mtc, monkeypatch):
    from mtc.analysis import doctor

    def full():
        raise OSError(28, "No space left on device", "/somewhere/m.mtc")

    monkeypatch.setattr(doctor, "checks", full)
    wrong = mtc("doctor")
    assert wrong.code == 1 and "MTC106" in wrong.err and "/somewhere/m.mtc" in wrong.err


def test_the_cache_is_named_if_it_is_on_the_full_disk(mtc, monkeypatch, tmp_path):
    from mtc.analysis import doctor
    from mtc.support import cache

    def full():
        raise OSError(28, "No space left on device")  # as a file object says it

    monkeypatch.setattr(doctor, "checks", full)
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "not/yet"))
    wrong = mtc("doctor")
    assert "`the output`" in wrong.err and "free some disk space" in wrong.err and "MTC_CACHE_DIR" not in wrong.err
    monkeypatch.setattr(cache, "_SMALL", 1 << 60)
    wrong = mtc("doctor")
    assert f"`{tmp_path / 'not/yet'}`" in wrong.err and "MTC_CACHE_DIR moves" in wrong.err


def test_doctor_says_what_there_is_and_what_to_do(mtc):
    found = mtc("doctor", "--json")
    assert {"Python", "cmake", "ninja", "linux-x86_64", "cache"} <= {check["name"] for check in found.json}
    assert all(check["fix"] for check in found.json if not check["is_ok"])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(mtc, shell):
    assert "_MTC_COMPLETE" in mtc("completion", shell).out


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("mtc opt", ["plain,optimize"]),
        ("mtc export mod", ["file,mod"]),
        ("mtc verify --against mod", ["file,mod"]),
        ("mtc optimize --backend x", ["plain,xnnpack"]),
        ("mtc optimize --backend xnnpack,po", ["plain,xnnpack,portable"]),
        ("mtc build-runtime --target linux-x", ["plain,linux-x86_64"]),
        ("mtc compile model.py --disable-pass fuse", ["plain,fuse-clamp", "plain,fuse-quantization"]),
        ("mtc ops conv2", ["plain,conv2d"]),
        ("mtc explain MTC10", [f"plain,MTC10{digit}" for digit in range(1, 8)]),
        ("mtc recipe run quick", ["plain,quickstart"]),
    ],
)
def test_completion_completes(line, offered):
    count = len(line.split()) - 1
    environment = os.environ | {"_MTC_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(count)}
    done = subprocess.run([sys.executable, "-m", "mtc"], env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines() == offered


def test_a_bar_knows_no_end_where_there_is_none(capsys, monkeypatch):
    """A build says how many steps it has; what configures the next one does not."""
    console.reset()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    bar = console.progress()
    bar.started -= 2
    seen = []
    for what, done, total in (("building", 5, 10), ("building", 10, 10), ("configuring", 0, 0), ("fetching", 3, 4)):
        bar(what, done, total)
        (task,) = bar.bar.tasks
        seen.append((task.description, task.completed, task.total))
    assert seen == [("building", 5, 10), ("building", 10, 10), ("configuring", 0, None), ("fetching", 3, 4)]
    console.clear()


def test_progress_is_told_in_a_log_when_it_takes_long(capsys):
    console.reset()
    bar = console.progress()
    bar("unpacking", 0, 0)
    bar.started -= 2
    bar("unpacking", 1, 2)
    bar("building", 1, 2)
    bar("building", 2, 2)
    console.clear()
    assert capsys.readouterr() == ("", "building\n")


@pytest.mark.parametrize("name", ["backends", "targets", "ops", "explain", "cache"])
def test_tables_have_a_json_twin(mtc, name):
    assert mtc(name, "--json").json
    assert mtc(name).out


def test_a_recipe_is_shown_as_it_stands_or_as_json(mtc):
    text = mtc("recipe", "show", "quickstart").out
    assert text.startswith("# An mtc recipe") and not text.endswith("\n\n")
    assert mtc("recipe", "show", "quickstart", "--json").json == yaml.safe_load(text)


def test_ops_shows_words_and_defaults_as_the_graph_writes_them(mtc):
    (gelu,) = mtc("ops", "gelu", "--json").json
    assert gelu["attributes"] == ["approximate: none | tanh = none"]
    (conv,) = mtc("ops", "conv1d", "--json").json
    assert {"padding: ints = [0,0]", "groups: int = 1", "clamp: floats = (-inf, inf)"} <= set(conv["attributes"])


def test_columns_are_as_wide_in_colour(mtc, monkeypatch):
    plain = mtc("doctor").out
    monkeypatch.setattr(console, "styled", lambda text, **_: f"<{text}>")
    assert re.sub("[<>]", "", mtc("doctor").out) == plain and "<ok" in mtc("doctor").out


def test_no_color(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert console.styled("x", fg="red") != "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert console.styled("x", fg="red") == "x"
