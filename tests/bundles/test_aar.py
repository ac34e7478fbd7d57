"""The Android library: what is in it, and its classes as an app uses them, on the JVM of this machine."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

import mtc
from mtc.build import runtime
from mtc.build.runtime_folder import read_record
from mtc.build.runtime_sources import runtime_sources
from mtc.build.targets import TARGETS, host_target, target
from mtc.build.toolchain import toolchain_for
from mtc.diagnostics import MtcError
from mtc.ir.parser import parse
from mtc.ops import OPS

ABIS = {"android-arm64": "arm64-v8a", "android-x86_64": "x86_64"}
MACHINES = {"arm64-v8a": "AArch64", "x86_64": "Advanced Micro Devices X86-64"}
JAVA_8 = 52  # class files' major version
JUNIT = [
    Path("/usr/share/java", f"{name}.jar")
    for name in (
        "junit-platform-console", "junit-platform-launcher", "junit-platform-engine", "junit-platform-commons",
        "junit-platform-reporting", "junit-jupiter-api", "junit-jupiter-engine", "opentest4j", "apiguardian-api",
        "picocli", "opentest4j-reporting-events", "opentest4j-reporting-schema",
    )
]  # fmt: skip

needs_jdk = pytest.mark.skipif(shutil.which("javac") is None, reason="needs a JDK (Debian: default-jdk-headless)")


@pytest.fixture(scope="module")
def runtimes(built, tmp_path_factory) -> dict[str, Path]:
    """The kernels of the host's runtime, for two kinds of phones."""
    folder = tmp_path_factory.mktemp("android")
    for name in ABIS:
        try:
            toolchain_for(target(name))
        except MtcError as error:
            pytest.skip(f"nothing here builds for {name}: {error}")
        runtime.build(read_record(built.runtime)["kernels"], target(name), folder / name)
    return {name: folder / name for name in ABIS}


@pytest.fixture
def aar(built, runtimes, package):
    """An AAR for both, and how to make another."""

    def make(*more: str | Path):
        arguments = [word for folder in runtimes.values() for word in ("--runtime", folder)]
        made = package(built.program, "--with-model", *arguments, "--format", "aar", *more)
        assert made.code == 0, made.err
        return made.output

    return make


@needs_jdk
def test_its_files_are_where_android_wants_them(aar, built):
    made = aar("--name", "my-net", "--version", "1.2")
    assert made.name == "my-net-1.2.aar"
    with zipfile.ZipFile(made) as content:
        names = content.namelist()
        assert not content.testzip() and names == sorted(names)
        libraries = {f"jni/{abi}/{name}" for abi in ABIS.values() for name in ("libmtc.so", "libmtc_jni.so")}
        assert {name for name in names if name.startswith("jni/")} == libraries
        assert {"AndroidManifest.xml", "classes.jar", "R.txt", "proguard.txt", "assets/mtc/net.mtp"} <= set(names)
        assert "licenses/mtc.txt" in names
        assert content.read("assets/mtc/net.mtp") == built.program.read_bytes()
        manifest = ElementTree.fromstring(content.read("AndroidManifest.xml"))
        classes = zipfile.ZipFile(io.BytesIO(content.read("classes.jar")))
        rules = content.read("proguard.txt").decode()
    assert manifest.tag == "manifest" and manifest.get("package") == "dev.mtc"
    (sdk,) = manifest.findall("uses-sdk")
    assert sdk.get("{http://schemas.android.com/apk/res/android}minSdkVersion") == "24"
    assert {"dev/mtc/Program.class", "dev/mtc/Session.class", "dev/mtc/Tensor.class"} <= set(classes.namelist())
    for name in classes.namelist():
        code = classes.read(name)
        assert code[:4] == b"\xca\xfe\xba\xbe" and int.from_bytes(code[6:8], "big") == JAVA_8, name
    for kept in re.findall(r"class (\S+)", rules):
        assert f"{kept.replace('.', '/')}.class" in classes.namelist()


@needs_jdk
def test_its_bytes_follow_from_what_is_in_it(aar):
    first = aar("-o", "first.aar")
    assert first.read_bytes() == aar("-o", "second.aar").read_bytes()


@pytest.mark.skipif(shutil.which("readelf") is None, reason="readelf is not installed")
def test_the_loader_takes_its_library(runtimes):
    for name, folder in runtimes.items():
        file = folder / "lib/libmtc_jni.so"
        said = subprocess.run(["readelf", "-hldW", "--dyn-syms", file], capture_output=True, text=True, check=True)
        text = said.stdout
        assert MACHINES[TARGETS[name].abi] in text
        assert set(re.findall(r"\(NEEDED\).*\[(.*)\]", text)) <= {"libmtc.so", "libc.so", "libm.so", "libdl.so"}
        alignments = [line.split()[-1] for line in text.splitlines() if line.split()[:1] == ["LOAD"]]
        assert alignments and set(alignments) == {"0x4000"}
        defined = [row.split() for row in text.splitlines() if re.match(r"\s*\d+:.*\bGLOBAL\b", row)]
        assert [row[7] for row in defined if row[6] != "UND"] == ["JNI_OnLoad"]
        assert "TEXTREL" not in text and os.stat(file).st_size < 16 << 10


def test_our_jni_header_is_the_jdks(tmp_path):
    """By the offset of every function that is called."""
    compiler = shutil.which("javac")
    header = Path(compiler).resolve().parent.parent / "include/jni.h" if compiler else None
    if header is None or not header.is_file() or shutil.which("cc") is None:
        pytest.skip("needs the headers of a JDK (Debian: default-jdk-headless) and a C compiler")
    ours = runtime_sources() / "bindings/java/jni.h"
    functions, invocation = ours.read_text().split("struct mtc_jni_functions {")[1].split("struct mtc_jni_invocation {")
    tables = {"functions": ("JNINativeInterface_", functions), "invocation": ("JNIInvokeInterface_", invocation)}
    printed = {}
    for name, folders in {"ours": [ours.parent], "jdk": [header.parent, header.parent / "linux"]}.items():
        lines = []
        for table, (in_jdk, text) in tables.items():
            struct = f"struct mtc_jni_{table}" if name == "ours" else f"struct {in_jdk}"
            names = re.findall(r"\*\s?(\w+)\)\(", text.replace("JNICALL*", "*"))
            lines += [f'printf("{function} %zu\\n", offsetof({struct}, {function}));' for function in names]
        assert len(lines) > 15
        source = tmp_path / f"{name}.c"
        source.write_text(
            "#include <stddef.h>\n#include <stdio.h>\n#include <jni.h>\nint main(void) {\n"
            + "\n".join(lines)
            + '\nprintf("%zu %zu %d %d\\n", sizeof(jint), sizeof(jlong), JNI_VERSION_1_6, JNI_ERR);\nreturn 0;\n}\n'
        )
        subprocess.run(["cc", *(f"-I{folder}" for folder in folders), source, "-o", tmp_path / name], check=True)
        printed[name] = subprocess.run([tmp_path / name], capture_output=True, text=True, check=True).stdout
    assert printed["ours"] == printed["jdk"]


def test_without_a_jdk(runtimes, package, monkeypatch, tmp_path):
    arguments = ["--runtime", runtimes["android-arm64"], "--format", "aar"]
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    refused = package(*arguments)
    assert refused.code == 1 and "MTC702" in refused.err and f"JAVA_HOME is `{tmp_path}`" in refused.err
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = package(*arguments)
    assert refused.code == 1 and "`javac` was not found" in refused.err and "install a JDK" in refused.err
    assert not list(tmp_path.glob("*.aar"))


def test_runtimes_that_do_not_fit(built, other_target, package):
    refused = package("--runtime", built.runtime, "--format", "aar")
    assert refused.code == 1 and "MTC710" in refused.err and "android-arm64" in refused.err
    assert "for Java" not in refused.err  # which no runtime for this target has
    refused = package("--runtime", other_target("android-arm64"), "--format", "aar")
    assert refused.code == 1 and "has no library for Java" in refused.err


def programs(built, folder: Path) -> None:
    """What RuntimeTest.java loads."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 5), nn.Tanh()).eval()
    model = mtc.export(network, (torch.ones(2, 6),), metadata={"greeting α": "naïve 🙂"})
    mtc.package(mtc.optimize(model, backend="portable"), folder / "net.mtp")
    tanhs = "".join(f"  %{i + 1} = tanh(%{i}) : f32[100000]\n" for i in range(300))
    texts = {
        "i64": "func @forward(%x: i64[3]) {\n  return %x\n}\n",
        "any": "func @forward<n: 0..1000>(%x: i64[n]) {\n  return %x\n}\n",
        "sin": "func @forward(%x: f32[3]) {\n  %0 = sin(%x) : f32[3]\n  return %0\n}\n",
        "long": f"func @forward(%x: f32[100000]) {{\n  %0 = tanh(%x) : f32[100000]\n{tanhs}  return %300\n}}\n",
        "state": "state @kept : f32[2]\nfunc @forward(%x: f32[2]) {\n  %s = state @kept : f32[2]\n"
        "  %0 = tanh(%s) : f32[2]\n  %1 = tanh(%x) : f32[2]\n  state_update @kept, %1\n  return %0\n}\n",
    }
    for name, text in texts.items():
        mtc.package(parse(text, OPS), folder / f"{name}.mtp", backend="portable")


def host_library(built, folder: Path) -> None:
    """The library that the classes load, of the AAR's source, beside the runtime for this machine."""
    kernels = [*read_record(built.runtime)["kernels"], "copy@portable:f32/1"]  # the state is copied
    shutil.copy(runtime.build(kernels, host_target(), folder / "runtime").library, folder)
    source = runtime_sources() / "bindings/java/mtc_jni.cpp"
    options = ["-std=c++17", "-O1", "-fPIC", "-shared", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Werror"]
    command = ["c++", *options, f"-I{built.runtime / 'include'}", source, folder / "libmtc.so"]
    subprocess.run([*command, "-Wl,-rpath,$ORIGIN", "-o", folder / "libmtc_jni.so"], check=True)


@needs_jdk
@pytest.mark.skipif(not all(jar.is_file() for jar in JUNIT), reason="JUnit is not installed (Debian: junit5)")
@pytest.mark.skipif(shutil.which("c++") is None, reason="needs a C++ compiler of this machine")
def test_an_app_uses_its_classes(aar, built, tmp_path):
    with zipfile.ZipFile(aar()) as content:
        content.extract("classes.jar", tmp_path)
    programs(built, tmp_path)
    host_library(built, tmp_path)
    path = os.pathsep.join(map(str, [tmp_path / "classes.jar", tmp_path / "tests", *JUNIT]))
    tests = Path(__file__).with_name("java") / "dev/mtc/RuntimeTest.java"
    compile_it = ["javac", "-encoding", "UTF-8", "-proc:none", "-cp", path, "-d", tmp_path / "tests", tests]
    subprocess.run(compile_it, check=True)
    options = [f"-Djava.library.path={tmp_path}", f"-Dmtc.programs={tmp_path}"]
    options += ["-Dmtc.expected=" + ",".join(map(str, built.outputs.flat)), "-Xcheck:jni", "-Xmx256m"]
    options += ["--add-opens", "java.base/java.io=ALL-UNNAMED", "-cp", path]
    console = ["org.junit.platform.console.ConsoleLauncher", "--disable-banner", "--disable-ansi-colors"]
    done = subprocess.run(
        ["java", *options, *console, "--select-class=dev.mtc.RuntimeTest"],
        capture_output=True, text=True, env=os.environ | {"LC_ALL": "C.UTF-8"}, timeout=300, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0 and re.search(r"\b0 tests failed", said), said
    assert int(re.search(r"(\d+) tests successful", said)[1]) >= 13, said
    assert "in native method" not in said and "WARNING" not in said, said  # of -Xcheck:jni
