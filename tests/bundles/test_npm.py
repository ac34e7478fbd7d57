"""The npm package, installed by npm and used in Node, and its page in a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from browser import BROWSER, page_of
from torch import nn

import mtc
from mtc.build.toolchains.zig import zig_binary
from mtc.cli import run_command

NODE = shutil.which("node")

pytestmark = [
    pytest.mark.skipif(zig_binary() is None, reason="the package `ziglang` is not installed"),
    pytest.mark.skipif(NODE is None, reason="Node is not installed"),
]


class Net(nn.Module):
    """Scores of a small picture: the mean of each channel, told apart by a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layer(torch.relu(image).mean((2, 3)))


@pytest.fixture(scope="module")
def net() -> Net:
    torch.manual_seed(0)
    return Net().eval()


@pytest.fixture(scope="module")
def packed(net: Net, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with the program `net`."""
    folder = tmp_path_factory.mktemp("npm")
    image = torch.randn(1, 3, 8, 8)
    model = mtc.export(net, (image,), metadata={"labels": "sky\nsea\nsand\nsun", "mean": "0 0 0", "std": "1 1 1"})
    model = mtc.optimize(model, backend="portable")
    mtc.save(model, folder / "net.mtc")
    mtc.build_runtime(mtc.select_ops(model), folder / "runtime", target_name="wasm32")
    output = folder / "my-net.tgz"
    arguments = ["package", folder / "net.mtc", "--runtime", folder / "runtime", "--format", "npm", "-o", output]
    code = run_command([*map(str, arguments), "--with-model", "--name", "my-net", "--version", "1.2"])
    assert code == 0
    return output


SCRIPT = """
import { readFile } from "node:fs/promises";
import { Runtime, MtcError } from "my-net";
const bytes = async (name) => new Uint8Array(await readFile(new URL(import.meta.resolve(`my-net/${name}`))));
const runtime = await Runtime.load(await bytes("mtc.wasm"));
const program = runtime.load(await bytes("models/net.mtp"));
const session = program.session({ profile: true });
const image = Float32Array.from({ length: 192 }, (_, i) => Math.sin(i));
const said = {};
const attempt = (name, action) => {
  try { action(); } catch (error) {
    if (!(error instanceof MtcError)) throw error;
    said[name] = [error.status, error.message];
  }
};
said.kernels = runtime.kernels;
said.inputs = program.inputs();
said.labels = program.metadata("labels");
said.missing = program.metadata("nothing");
const [name] = program.inputs().map((input) => input.name);
const runs = [session.run({ [name]: image }), session.run([image]), session.run([{ data: image, dims: [1, 3, 8, 8] }])];
said.outputs = runs.map((outputs) => Object.values(outputs).map(({ data, dims, dtype }) => [[...data], dims, dtype]));
said.profiled = session.profile.map(({ kernel, duration }) => [kernel, duration >= 0]);
said.memory = session.memory;
for (let i = 0; i < 200; ++i) session.run([image]);  // what a run takes it gives back
attempt("dtype", () => session.run([new Float64Array(192)]));
attempt("count", () => session.run([new Float32Array(191)]));
attempt("name", () => session.run({ picture: image }));
attempt("dims", () => session.run([{ data: image, dims: [3, 1, 8, 8] }]));
attempt("rank", () => session.run([{ data: image, dims: [192, ...Array(20).fill(1)] }]));
attempt("damaged", () => runtime.load((new Uint8Array(1000)).fill(7)));
attempt("function", () => program.inputs("backward"));
attempt("null", () => session.run([null]));
attempt("negative", () => session.run([{ data: image, dims: [-1, -3, 8, 8] }]));
attempt("no bytes", () => runtime.load("net.mtp"));
const exact = (await bytes("models/net.mtp")).slice().buffer;  // what `response.arrayBuffer()` gives
runtime.load(exact).destroy();
attempt("in use", () => program.destroy());
session.run([image]);
session.destroy();
session.destroy();
attempt("session gone", () => session.run([image]));
program.destroy();
attempt("program gone", () => program.session());
console.log(JSON.stringify(said));
"""


def test_a_node_project_uses_it(packed, net, tmp_path):
    (tmp_path / "package.json").write_text('{"name": "app", "type": "module", "private": true}')
    (tmp_path / "app.mjs").write_text(SCRIPT)
    npm = ["npm", "install", "--offline", "--no-audit", "--no-fund", str(packed)]
    subprocess.run(npm, cwd=tmp_path, check=True, capture_output=True)
    manifest = json.loads((tmp_path / "node_modules/my-net/package.json").read_text())
    assert manifest["version"] == "1.2.0"
    done = subprocess.run(["node", "app.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    image = torch.sin(torch.arange(192, dtype=torch.float64)).float().reshape(1, 3, 8, 8)
    with torch.no_grad():
        expected = net(image).numpy()
    for outputs in said["outputs"]:
        ((data, dims, dtype),) = outputs
        assert dims == [1, 4] and dtype == "f32"
        np.testing.assert_allclose(np.array(data).reshape(1, 4), expected, rtol=1e-5, atol=1e-6)
    assert "linear.constant@portable:f32/1" in said["kernels"]
    assert said["inputs"][0]["dims"] == [1, 3, 8, 8] and said["inputs"][0]["dtype"] == "f32"
    assert said["labels"] == "sky\nsea\nsand\nsun" and said["missing"] is None
    assert all(is_timed for _, is_timed in said["profiled"]) and len(said["profiled"]) >= 2
    assert said["memory"]["arena"] > 0
    wrong = ("dtype", "count", "name", "dims", "rank", "function", "null", "negative", "no bytes", "in use")
    for error in (*wrong, "session gone", "program gone"):
        assert said[error][0] == "invalid argument", said[error]
    assert "21 dims" in said["rank"][1] and "sessions (1)" in said["in use"][1]
    assert [said[f"{name} gone"][1] for name in ("session", "program")] == [
        f"the {name} was destroyed" for name in ("session", "program")
    ]
    assert said["damaged"][0] == "invalid program"


@pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")
def test_its_page_classifies_a_picture(packed, net, tmp_path):
    from PIL import Image

    shutil.unpack_archive(packed, tmp_path, "gztar")
    site = tmp_path / "package"
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:] = (40, 90, 200)
    Image.fromarray(picture).save(site / "sea.png")
    query = "?program=../models/net.mtp&picture=../sea.png"
    page = page_of(site, f"example/index.html{query}", tmp_path / "profile")
    assert 'data-state="ready"' in page, page
    pixels = torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.no_grad():
        scores = torch.softmax(net(pixels)[0], 0).numpy()
    labels = ("sky", "sea", "sand", "sun")
    rows = "".join(f"<tr><td>{labels[i]}</td><td>{100 * scores[i]:.1f} %</td></tr>" for i in np.argsort(-scores))
    assert rows in page.replace("\n", ""), page
