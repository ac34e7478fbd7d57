"""Which backends operators run on, and what counts as a fallback."""

from pathlib import Path


def test_no_fallback_names_what_would_fall_back(mtc, folder):
    text = (folder / "model.py").read_text().replace("nn.ReLU()", "Erf()")
    lines = "class Erf(nn.Module):\n    def forward(self, x):\n        return torch.erfinv(x.clamp(-0.5, 0.5))\n\n"
    (folder / "model.py").write_text(text.replace("torch.manual", lines.replace("erfinv", "erf") + "torch.manual"))
    assert mtc("export", "model.py").code == 0
    refused = mtc("optimize", "--no-fallback")
    assert refused.code == 1 and "`erf`" in refused.err and "model.py:6" in refused.err
    assert not (folder / "model.optimized.mtc").exists()


def test_what_a_library_leaves_to_portable_kernels_is_no_fallback(mtc, folder):
    """It is shown, with the reason, but neither slows the model nor is refused."""
    (folder / "model.py").write_text(
        "import torch\n\n"
        "class Model(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        x = torch.nn.functional.pad(x.abs(), (1, 1)).sqrt()\n"
        "        return torch.cat([x[:, 1:].exp(), x.amax(1, keepdim=True)], 1)\n\n"
        "model = Model()\n"
        "example_inputs = (torch.ones(2, 3),)\n"
    )
    checked = mtc("check", "model.py", "--json").json
    assert checked["slows"] == []
    reasons = {row["op"]: row["reason"] for row in checked["placement"] if row["backend"] == "portable"}
    assert reasons.keys() == {"pad", "sqrt", "slice", "exp", "amax", "concat"}
    assert reasons["sqrt"] == "xnnpack leaves `sqrt` to portable kernels: XNNPACK's makes NaN of infinity and zero"
    assert mtc("export", "model.py").code == 0
    assert mtc("optimize", "--no-fallback").code == 0
    assert mtc("package").code == 0
    assert mtc("bench", "--runs", "3", "--fail-on-fallback").code == 0
    # In f64 the library has no such kernels, and only what moves elements is as good elsewhere.
    text = (folder / "model.py").read_text().replace("torch.ones(2, 3)", "torch.ones(2, 3).double()")
    (folder / "model.py").write_text(text)
    checked = mtc("check", "model.py", "--json").json
    assert {finding["operator"] for finding in checked["slows"]} == {"abs", "sqrt", "exp", "amax"}
    assert mtc("export", "model.py").code == 0
    assert mtc("optimize").code == 0
    assert mtc("package").code == 0
    refused = mtc("bench", "--runs", "3", "--fail-on-fallback")
    assert refused.code == 1 and "`exp`" in refused.err and "`concat`" not in refused.err


def test_copies_and_control_flow_fall_back_nowhere(mtc, tmp_path, monkeypatch):
    """A state that is read before it changes is copied; a branch is as fast as what it nests."""
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(
        "import torch\n\n"
        "class Model(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.register_buffer('total', torch.zeros(3))\n\n"
        "    def forward(self, x, is_sum):\n"
        "        before = self.total.clone()\n"
        "        self.total += x\n"
        "        return torch.cond(is_sum, lambda a, b: a + b, lambda a, b: a * b, (before, x))\n\n"
        "model = Model()\n"
        "example_inputs = (torch.ones(3), torch.tensor(True))\n"
    )
    assert mtc("check", "model.py", "--json").json["slows"] == []
    assert mtc("export", "model.py").code == 0
    assert mtc("optimize", "--no-fallback").code == 0
    assert mtc("package").code == 0
    kernels = {row["op"] for row in mtc("bench", "--runs", "3", "--fail-on-fallback", "--json").json["operators"]}
    assert {"copy", "cond"} <= kernels


def test_the_backends_are_shown_also_where_they_are_the_default(mtc, folder):
    mtc("export", "model.py")
    assert "backend=xnnpack,portable" in mtc("package", "model.mtc").err
    assert "backend=xnnpack,portable" in mtc("select-ops", "model.mtc").err
    assert "backend=portable" in mtc("package", "model.mtc", "--backend", "portable").err
    mtc("optimize", "model.mtc", "--backend", "portable")
    assert "backend=what each model says" in mtc("select-ops", "model.mtc", "model.optimized.mtc").err
    assert "backend" not in mtc("select-ops", "model.mtp").err


def test_a_program_has_its_backends(mtc, folder):
    mtc("export", "model.py")
    mtc("package", "model.mtc")
    for line in ("inspect model.mtp", "select-ops model.mtc model.mtp -o o.yaml"):
        refused = mtc(*line.split(), "--backend", "portable")
        assert refused.code == 2 and "`model.mtp` is a program and lowered already" in refused.err
