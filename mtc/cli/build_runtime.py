"""`mtc build-runtime`: a list of kernels → a native runtime that holds exactly those."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mtc.cli import console, tables
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    PATH,
    Bytes,
    Percent,
    model_or_last,
    offline_option,
    output_option,
    overwrite_option,
    target_option,
    wrote,
)
from mtc.support.plural import counted

if TYPE_CHECKING:
    from mtc.analysis.reduced_check import Checked


@click.command(cls=MtcCommand, name="build-runtime")
@click.option("--ops", type=PATH, default=Path("ops.yaml"), show_default=True, help="What `mtc select-ops` wrote.")
@target_option()
@click.option("--toolchain", help="cc, ndk, xcode, msvc, system or zig. Default: the first of these that is there.")
@output_option("runtime-TARGET")
@click.option(
    "--check",
    "models",
    metavar="MODEL|FOLDER",
    type=PATH,
    multiple=True,
    help="A .mtc or .mtp, or a folder of them, to run on the built runtime; repeat it for more.",
)
@click.option("--device", help="What --check runs on: qemu:ARCH, ssh:HOST, … Default: this machine, or qemu.")
@offline_option
@overwrite_option
@click.option("--max-size", type=Bytes(), help="Fail if libmtc has more, as 600KB; say what to drop.")
@click.option("--baseline", type=PATH, help="share/mtc/size.json of an earlier runtime: fail if this one is larger.")
@click.option("--max-growth", type=Percent(), help="How much larger than the baseline is allowed.  [default: 2%]")
@json_option
def build_runtime(
    ops: Path,
    target: str | None,
    toolchain: str | None,
    output: Path | None,
    models: tuple[Path, ...],
    device: str | None,
    offline: bool,
    overwrite: bool,
    max_size: int | None,
    baseline: Path | None,
    max_growth: float | None,
) -> None:
    """Build a native runtime that holds exactly the listed kernels, and say what its bytes are for.

    If there is no ops.yaml, it is first written for the model that the last stage in this folder wrote, as
    `mtc select-ops` does; such a list follows the model at the next call.

    \b
    Example:
      mtc build-runtime --ops ops.yaml --target linux-x86_64
    """
    from mtc import stages
    from mtc.analysis import size_baseline
    from mtc.analysis.reduced_check import check_device, check_listed, check_models, device_for, read_models
    from mtc.build.runtime_folder import read_bill
    from mtc.build.targets import host_target
    from mtc.build.targets import target as target_named
    from mtc.build.toolchain import toolchain_for
    from mtc.selection import ops_list
    from mtc.stages.kinds import Kind, require
    from mtc.stages.last_written import LastWritten
    from mtc.stages.outputs import check_output
    from mtc.support.hashing import file_sha256

    if max_growth is not None and baseline is None:
        raise click.UsageError("--max-growth compares with a --baseline, and none is given")
    most = 0.02 if max_growth is None else max_growth
    chosen = host_target() if target is None else target_named(target)
    if not (chosen.library or chosen.program) and (max_size is not None or baseline is not None):
        raise click.UsageError(
            f"`{chosen}` gets a static library, of which each app links what it reaches: --max-size and --baseline "
            "need a target whose library is linked, such as `macos-arm64`"
        )
    base = None if baseline is None else size_baseline.read(baseline, chosen.name)
    output = output or Path(f"runtime-{chosen}")
    to_check = stages.models_in(models)
    check_output(output, Kind.RUNTIME, overwrite=overwrite, inputs=(ops, *to_check), need=64 << 20)
    for path in to_check:
        require(path, Kind.IR, Kind.PROGRAM)
    if device is not None and not to_check:
        raise click.UsageError("--device is what --check runs models on: name some")
    runs_on = (device or device_for(chosen)) if to_check else ""
    if device is not None:
        check_device(device, chosen)
    compilers = toolchain_for(chosen, toolchain or "")
    if ops == Path("ops.yaml") and (not ops.exists() or LastWritten(Path.cwd()).was_derived(ops)):
        model = model_or_last(None, Kind.IR, Kind.PROGRAM)
        found = stages.select_ops_to(ops, stages.load_any(model))
        wrote(ops, derived=file_sha256(ops))
        same = shlex.join(("mtc", "select-ops", str(model)))
        console.note(f"{ops} lists the {counted(len(found.kernels), 'kernel')} of {model}, as `{same}` does")
    listed = ops_list.load(ops)
    if not listed.kernels:
        console.warn(
            f"{ops} lists no kernel: the runtime will run nothing but programs without operators; "
            "`mtc select-ops MODEL` lists what a model needs"
        )
    ready = read_models(to_check)
    check_listed(listed.kernels, ops, ready)
    console.effective(
        "build-runtime",
        ops=ops,
        target=chosen,
        toolchain=compilers,
        offline=offline,
        max_size=max_size,
        baseline=baseline,
        max_growth=None if baseline is None else f"{most:.4g}",
        output=output,
    )
    checked: list[Checked] = []

    def check(folder: Path) -> None:
        if base is not None:
            size_baseline.refuse_growth(read_bill(folder), base, most)
        if to_check:
            checked.extend(check_models(folder, runs_on, ready, progress=console.progress()))

    built = stages.build_runtime(
        listed,
        output,
        target_name=chosen.name,
        toolchain=toolchain or "",
        progress=console.progress(),
        offline=offline,
        overwrite=overwrite,
        max_bytes=max_size,
        accept=check,
    )
    wrote(output)
    data = {
        "output": str(output),
        "target": built.target,
        "toolchain": built.toolchain,
        "kernels": list(built.kernels),
        "seconds": round(built.seconds, 3),
        "was_cached": built.was_cached,
        "proof": {"binaries": dict(built.proof), "models": listed.models},
        "checked": [
            {
                "model": one.model,
                "function": one.function,
                "against": one.against,
                "outputs": [row.to_json() for row in one.differences],
            }
            for one in checked
        ],
        "sizes": {report.file: report.total for report in built.bill.files},
    }
    if base is not None:
        data["growth"] = [asdict(change) for change in size_baseline.growth(built.bill, base)]
    parts = f"; {output}/share/mtc/size.txt has every part" if built.bill.files else f"\n{built.bill.caption}"
    text = f"{built.summary}{parts}\n{_proved(built.proof, listed.models)}"
    if checked:
        text += f"\n\n{_table(checked)}"
    console.report(data, lambda: f"{tables.sizes(built.bill.files)}\n\n{text}".strip())


def _table(checked: Sequence[Checked]) -> str:
    """What ran on the built runtime, and how near it came."""
    rows = [
        (one.model, one.function, row.output, f"{row.max_rel:.3g}", one.against)
        for one in checked
        for row in one.differences
    ]
    return console.table(("checked", "function", "output", "max_rel", "against"), rows, right=(3,))


def _proved(binaries: Mapping[str, int], models: Mapping[str, int]) -> str:
    """What the tables of kernels in the binaries say of the list."""
    from mtc.selection.by_hand import BY_HAND

    held = f"{', '.join(binaries)}: {'each holds' if len(binaries) > 1 else 'it holds'} exactly the kernels of the list"
    names = {BY_HAND: "what is named by hand"}
    found = ", ".join(f"{names.get(name, name)} ({counted(count, 'kernel')})" for name, count in models.items())
    return f"proved from the binaries: {held}" + (f"; nothing is missing for {found}" if found else "")
