"""The commands that write models, programs and lists: what they write, what they refuse."""

import os
import shutil
import stat

import numpy as np
import pytest
import torch
import yaml


def test_stages_one_after_the_other_without_naming_a_model(mtc, folder):
    assert mtc("export", "model.py").code == 0
    optimized = mtc("optimize", "--backend", "xnnpack")
    assert optimized.code == 0
    assert "using model.mtc" in optimized.err
    assert "conv2d" in optimized.out and "placement:" in optimized.out
    packaged = mtc("package")
    assert "using model.optimized.mtc" in packaged.err
    assert (folder / "model.mtp").stat().st_size > 1000
    assert mtc("select-ops").code == 0
    assert "conv2d.dense@xnnpack:f32/1" in yaml.safe_load((folder / "ops.yaml").read_text())["kernels"]


def test_a_program_and_its_model_need_the_same_kernels(mtc, folder):
    for arguments in (["export", "model.py"], ["optimize"], ["package"]):
        assert mtc(*arguments).code == 0
    mtc("select-ops", "model.optimized.mtc", "-o", "a.yaml")
    mtc("select-ops", "model.mtp", "-o", "b.yaml")
    kernels = [set(yaml.safe_load((folder / name).read_text())["kernels"]) for name in ("a.yaml", "b.yaml")]
    assert kernels[0] == kernels[1]


def test_names_and_metadata_reach_the_program(mtc, folder):
    labels = ["--metadata", "license=MIT", "--input-names", "image", "--output-names", "scores"]
    assert mtc("export", "model.py", *labels).code == 0
    mtc("package", "model.mtc")
    card = mtc("inspect", "model.mtp", "--json").json
    assert card["metadata"] == {"license": "MIT"}
    assert card["functions"]["forward"] == {
        "inputs": {"image": "f32[1,3,16,16]"},
        "outputs": {"scores": "f32[1,4]"},
    }


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--input-names", "a,b"], 1, "2 input names for 1 input"),
        (["--output-names", "a,a"], 1, "two outputs cannot both be called `a`"),
        (["--metadata", "a=1", "--metadata", "a=2"], 2, "`a` is given twice"),
        (["--metadata", "a"], 2, "is not KEY=VALUE"),
    ],
    ids=str,
)
def test_names_and_metadata_that_do_not_fit(mtc, folder, arguments, code, message):
    refused = mtc("export", "model.py", *arguments)
    assert refused.code == code and message in refused.err
    assert not (folder / "model.mtc").exists()


def test_a_command_replaces_its_own_output_only(mtc, folder):
    assert mtc("export", "model.py").code == 0
    assert mtc("export", "model.py").code == 0
    (folder / "notes.txt").write_text("mine")
    refused = mtc("export", "model.py", "-o", "notes.txt")
    assert refused.code == 1 and "MTC105" in refused.err
    assert (folder / "notes.txt").read_text() == "mine"
    assert mtc("export", "model.py", "-o", "model.py", "--overwrite").code == 1  # its own input, whatever is said
    assert mtc("export", "model.py", "-o", "notes.txt", "--overwrite").code == 0


def test_only_files_and_folders_apart_are_replaced(mtc, folder):
    """Whatever --overwrite says: not a device, not the folder that mtc runs in, not one that holds an input."""
    os.mkfifo(folder / "pipe")
    assert "neither a file nor a folder" in mtc("export", "model.py", "-o", "pipe", "--overwrite").err
    mtc("export", "model.py")
    (folder / "lists").mkdir()
    mtc("select-ops", "model.mtc", "-o", "lists/ops.yaml")
    build = ["build-runtime", "--ops", "lists/ops.yaml", "--overwrite", "-o"]
    assert "the folder that mtc runs in" in mtc(*build, ".").err
    assert "the command's input" in mtc(*build, "lists").err
    assert (folder / "lists" / "ops.yaml").exists() and (folder / "model.py").exists()


def test_a_write_that_fails_names_the_output(mtc, folder):
    import mtc as api
    from mtc.diagnostics import MtcError

    mtc("export", "model.py")
    model = api.load("model.mtc")
    writes = [lambda path: api.package(model, path), lambda path: api.save(model, path), api.select_ops(model).save]
    for write in writes:
        with pytest.raises(MtcError, match="no/such/folder") as caught:
            write(folder / "no/such/folder")
        assert caught.value.code.id == "MTC106"


def test_a_program_does_not_replace_a_model(mtc, folder):
    mtc("export", "model.py")
    assert "MTC105" in mtc("package", "model.mtc", "-o", "model.mtc").err
    (folder / "other.mtc").write_bytes((folder / "model.mtc").read_bytes())
    assert "MTC105" in mtc("package", "model.mtc", "-o", "other.mtc").err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused_before_work(mtc, folder):
    locked = folder / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert "MTC106" in mtc("export", "model.py", "-o", "locked/m.mtc").err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize(
    "line", ["export", "inspect", "optimize", "run", "verify model.mtp --against", "diff model.mtp"]
)
def test_a_file_that_may_not_be_read(mtc, folder, line):
    mtc("export", "model.py")
    mtc("package", "model.mtc")
    shutil.copy("model.mtc", "locked")
    (folder / "locked").chmod(0)
    refused = mtc(*line.split(), "locked")
    assert refused.code == 1 and "MTC107" in refused.err and "Permission denied" in refused.err


def test_a_path_is_read_and_not_asked_about(mtc, folder, monkeypatch):
    """What reads a file says why it cannot: that is no mistake in the command line."""
    mtc("export", "model.py")
    monkeypatch.setattr(os, "access", lambda path, mode, **_: False)
    assert mtc("inspect", "model.mtc").code == 0


def test_a_model_is_no_source(mtc, folder):
    mtc("export", "model.py")
    for line in ("export model.mtc", "compile model.mtc"):
        refused = mtc(*line.split())
        assert refused.code == 1 and "`mtc optimize model.mtc` goes on from there" in refused.err


def test_what_cannot_be_cleared_is_named(mtc, tmp_path, monkeypatch):
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path))
    (tmp_path / "sources" / "x").mkdir(parents=True)
    assert "cleared" in mtc("cache", "clear").out and not (tmp_path / "sources").exists()
    (tmp_path / "sources" / "x").mkdir(parents=True)

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "rmdir", refused)
    found = mtc("cache", "clear")
    assert found.code == 1 and "MTC106" in found.err and f"cannot remove `{tmp_path}/sources/x`" in found.err


def test_weights_that_do_not_fit_the_disk_are_refused_before_work(mtc, folder, monkeypatch):
    """A source says little of how large its model is; but once the model stands, its weights do."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1000, 500, 500))
    monkeypatch.setattr(torch.export, "export", None)
    refused = mtc("export", "model.py")
    assert refused.code == 1 and "about 1,040 bytes are needed, 500 are free" in refused.err
    assert os.listdir(folder) == ["model.py"]


def test_a_name_that_no_system_takes(mtc, folder):
    name = 300 * "x"
    assert "MTC106" in mtc("export", "model.py", "-o", name).err
    for line in (f"export {name}.py", f"inspect {name}", f"recipe run {name}.yaml", f"run --inputs {name}"):
        refused = mtc(*line.split())
        assert refused.code == 1 and "MTC901" not in refused.err, refused


def test_a_missing_folder_is_refused_before_work(mtc, folder):
    refused = mtc("export", "model.py", "-o", "no/m.mtc")
    assert refused.code == 1 and "MTC106" in refused.err and "mkdir" in refused.err


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["optimize", "--backend", "xnnpac"], "`xnnpack`"),
        (["optimize", "--disable-pass", "fold-constant"], "`fold-constants`"),
        (["optimize", "--print-ir-after", "fold-constant"], "`fold-constants`"),
        (["build-runtime", "--target", "linux-x86"], "`linux-x86_64`"),
        (["ops", "con2d"], "`conv2d`"),
        (["recipe", "run", "quickstar"], "`quickstart`"),
        (["explain", "MTC999"], "MTC"),
        (["cache", "show", "--part", "source"], "`sources`"),
        (["inspect", "model.py", "--why-not", "xnpack"], "`xnnpack`"),
        (["inspect", "--backend", "xnpack"], "`xnnpack`"),
        (["recipe", "shwo"], "did you mean `show`?"),
        (["completion", "bsh"], "did you mean `bash`?"),
        (["cache", "claer"], "did you mean `clear`?"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_unknown_names_are_errors_with_a_suggestion(mtc, folder, arguments, suggestion):
    mtc("export", "model.py")
    refused = mtc(*arguments)
    assert refused.code == 2
    assert suggestion in refused.err


def test_passes_can_be_timed_printed_and_disabled(mtc, folder):
    mtc("export", "model.py")
    shown = mtc("optimize", "--time-passes", "--print-ir-after", "all", "--verify-each")
    assert shown.code == 0
    assert "fold-constants" in shown.out
    assert "func @forward" in shown.err
    with_all = mtc("optimize", "--json").json["nodes"]
    assert mtc("optimize", "--disable-pass", "fuse-clamp", "--json").json["nodes"] > with_all


def test_a_list_without_a_kernel_is_told_of(mtc, folder):
    """A model may have no operators, but more often such a list is a mistake."""
    (folder / "none.yaml").write_text("version: 1\nkernels: {}\n")
    built = mtc("build-runtime", "--ops", "none.yaml", "-o", "r", "-q")
    assert built.code == 0 and "lists no kernel" in built.err and "mtc select-ops MODEL" in built.err


EMPTY = ["inspect FILE", "run FILE", "package FILE", "build-runtime --ops FILE", "recipe run FILE", "diff FILE FILE"]
EMPTY += ["verify model.mtp --against FILE", "run model.mtp --inputs FILE", "bench model.mtp --baseline FILE"]
EMPTY += ["select-ops model.mtc --merge FILE -o o.yaml", "optimize FILE", "check FILE", "export FILE"]


@pytest.mark.parametrize("line", EMPTY)
def test_an_empty_file_is_called_empty(mtc, folder, line):
    mtc("export", "model.py")
    mtc("package", "model.mtc")
    for name in ("empty.mtc", "empty.yaml"):
        (folder / name).touch()
        refused = mtc(*line.replace("FILE", name).split())
        reason = refused.err + (refused.out if line.startswith("check") else "")
        assert refused.code == 1 and "empty" in reason.replace(name, ""), refused


def test_damaged_files_are_refused(mtc, folder):
    mtc("export", "model.py")
    mtc("package", "model.mtc")
    rng = np.random.default_rng(0)
    for name, command in (("model.mtc", "inspect"), ("model.mtp", "inspect"), ("model.mtc", "optimize")):
        content = (folder / name).read_bytes()
        for size in (0, 1, 40, len(content) // 2, len(content) - 1):
            (folder / "bad").write_bytes(content[:size])
            refused = mtc(command, "bad")
            assert refused.code == 1, (name, size, refused.err)
        for _ in range(20):
            broken = bytearray(content)
            broken[rng.integers(len(broken))] ^= 1 << rng.integers(8)
            (folder / "bad").write_bytes(broken)
            assert mtc(command, "bad").code in (0, 1)


IN_TORCH = """
from torch import nn
class Broken(nn.Module):
    def __init__(self):
        super().__init__()
        self.nothing
model = Broken
"""


@pytest.mark.parametrize(
    ("code", "said", "line"),
    [
        ("def model():\n    raise RuntimeError('no weights')", "no weights", 2),
        ("import sys\nsys.exit(0)", "SystemExit", 2),
        ("x = 1\ndef f(:", "SyntaxError", 2),
        (IN_TORCH, "'Broken' object has no attribute 'nothing'", 6),
        ("import no_such_package", "no_such_package", 1),
    ],
    ids=["raises", "exits", "syntax", "in-torch", "import"],
)
def test_a_model_that_raises_is_not_a_bug_of_mtc(mtc, folder, code, said, line):
    (folder / "model.py").write_text(code)
    refused = mtc("export", "model.py")
    assert refused.code == 1 and said in refused.err and f"model.py:{line}" in refused.err
    assert not (folder / "model.mtc").exists()


def test_check_finds_everything_and_writes_nothing(mtc, folder):
    before = sorted(os.listdir(folder))
    assert mtc("check", "model.py").code == 0
    assert mtc("check", "model.py", "--json").json["stops"] == []
    assert sorted(os.listdir(folder)) == before


def test_diff_shows_what_optimizing_changed(mtc, folder):
    mtc("export", "model.py")
    mtc("optimize")
    assert mtc("diff", "model.mtc", "model.mtc").out == "no difference\n"
    shown = mtc("diff", "model.mtc", "model.optimized.mtc", "--exit-code")
    assert shown.code == 1 and "operator relu: 1 became 0" in shown.out
    assert mtc("diff", "model.mtc", "model.py").code == 1


def test_inspect_writes_one_page_that_needs_nothing_else(mtc, folder):
    mtc("export", "model.py")
    assert mtc("inspect", "model.mtc", "--html", "card.html").code == 0
    page = (folder / "card.html").read_text()
    assert "<svg" in page and "conv2d (xnnpack)" in page and 'class="xnnpack"' in page
    assert "<title>model.py:" not in page and "<title>0</title>" in page  # a line of torch's own: the module alone
    assert "src=" not in page and "href=" not in page
    assert mtc("inspect", "model.mtc", "--html", "card.html").code == 0
    assert mtc("inspect", "model.mtc", "--html", "model.py").code == 1
    mtc("package", "model.mtc")
    assert mtc("inspect", "model.mtp", "--html", "card.html").code == 0
    page = (folder / "card.html").read_text()
    assert 'class="xnnpack"' in page and "rect.xnnpack{" in page


STATE = """\
import torch
class Counter(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(4))
        self.register_buffer("runs", torch.zeros((), dtype=torch.int64))
    def forward(self, x):
        self.total += x
        self.runs += 1
        return self.total / self.runs
model, example_inputs = Counter().eval(), (torch.ones(4),)
"""


def test_a_card_shows_the_state(mtc, folder):
    (folder / "model.py").write_text(STATE)
    mtc("export", "model.py")
    mtc("package", "model.mtc")
    for name in ("model.mtc", "model.mtp"):
        shown = mtc("inspect", name, "--html", "card.html")
        assert mtc("inspect", name, "--json").json["state"] == {"total": "f32[4]", "runs": "i64"}
        assert "  state   total: f32[4]\n" in shown.out and " FLOP a run" in shown.out
        assert "<td>state total</td><td>f32[4]</td>" in (folder / "card.html").read_text()


def test_compile_shows_the_commands_and_the_recipe_without_writing(mtc, folder):
    planned = mtc("compile", "model.py", "--dry-run", "--target", "linux-x86_64", "--save-recipe", "r.yaml")
    assert planned.code == 0
    first, *commands = planned.out.splitlines()
    assert first == "mkdir -p model-compiled"
    assert [line.split()[1] for line in commands] == [
        "export",
        "optimize",
        "select-ops",
        "package",
        "build-runtime",
    ]
    assert os.listdir(folder) == ["model.py"]
    said, _, text = planned.err.partition("would write r.yaml:\n")
    assert "wrote" not in said and "target: linux-x86_64" in text
    (folder / "r.yaml").write_text(text + "titel: x\nverify: {max-rell: 1}\n")
    refused = mtc("recipe", "run", "r.yaml")
    assert refused.code == 1 and "did you mean `title`?" in refused.err and "did you mean `max-rel`?" in refused.err
