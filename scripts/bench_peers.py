#!/usr/bin/env python3
"""Times mtc beside ExecuTorch, ONNX Runtime and torch eager, in rounds that are interleaved in one run.

    scripts/bench_peers.py                        all models, 1 and 2 threads, a table in Markdown
    scripts/bench_peers.py --models resnet50 --peers mtc,onnxruntime --rounds 5
    scripts/bench_peers.py --int8                 each peer's own int8, and how far it is from the float model

Each peer runs in a process of its own, bound to as many processors as it has threads. At one thread the figure is
the CPU time of an inference, which other work on the machine hardly changes; at two it is wall time. A figure is the
median of the rounds' medians. Outputs are compared with eager before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PEERS = ("mtc", "executorch", "onnxruntime", "torch")
INT8_PEERS = ("mtc", "mtc-float", "executorch", "onnxruntime")
INT8_MODELS = "mobilenet_v2,mobilenet_v3_small,resnet18,resnet50,efficientnet_b0,deit_tiny,bert_base_128,lstm"


def prepare(peer: str, name: str, folder: Path, is_int8: bool) -> None:
    """Writes what `peer` loads."""
    import torch
    from bench_models import MODELS

    if is_int8 and peer not in ("torch", "mtc-float"):
        import bench_int8

        bench_int8.prepare(peer, MODELS[name], folder)
        return

    model, inputs = MODELS[name].make(), MODELS[name].inputs()
    if peer in ("mtc", "mtc-float"):
        import mtc

        mtc.package(mtc.optimize(mtc.export(model, inputs)), folder / f"{name}.mtp")
    elif peer == "onnxruntime":
        torch.onnx.export(model, inputs, str(folder / f"{name}.onnx"), dynamo=True, verbose=False)
    elif peer == "executorch":
        from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
        from executorch.exir import to_edge_transform_and_lower

        program = torch.export.export(model, inputs)
        lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()]).to_executorch()
        (folder / f"{name}.pte").write_bytes(lowered.buffer)


Run = Callable[..., list[Any]]


def opener(peer: str, name: str, file: Path, threads: int) -> Callable[[], Run]:
    """A function that opens the model and returns a function that runs one inference, on the timed inputs or on given
    ones, and returns the outputs."""
    import torch
    from bench_models import MODELS

    torch.set_num_threads(threads)
    timed = MODELS[name].inputs()
    arrays = [tensor.numpy() for tensor in timed]
    if peer in ("mtc", "mtc-float"):
        import mtc

        def open_mtc() -> Run:
            session = mtc.Session(file, threads=threads)
            return lambda *inputs: session.run(*([t.numpy() for t in inputs] or arrays))

        return open_mtc
    if peer == "onnxruntime":
        import onnxruntime

        def open_ort() -> Run:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
            names = [node.name for node in session.get_inputs()]

            def run(*inputs: Any) -> list[Any]:
                given = [tensor.numpy() for tensor in inputs] or arrays
                return session.run(None, dict(zip(names, given, strict=True)))

            return run

        return open_ort
    if peer == "executorch":
        from executorch.runtime import Runtime, Verification

        def open_executorch() -> Run:
            program = Runtime.get().load_program(file, verification=Verification.Minimal)
            method = program.load_method("forward")
            return lambda *inputs: [out.numpy().copy() for out in method.execute(list(inputs or timed))]

        return open_executorch
    model = MODELS[name].make()

    def eager(*inputs: Any) -> list[Any]:
        with torch.inference_mode():
            result = model(*(inputs or timed))
        return [leaf.numpy() for leaf in torch.utils._pytree.tree_leaves(result)]

    return lambda: eager


def first_result(open_model: Callable[[], Run], times: int = 5) -> tuple[Run, float]:
    """The last of several opened models, and the least seconds from the file to its first outputs.

    Files and caches are warm then. A peer may pack its weights when it opens or when it first runs; here both count.
    """
    seconds = []
    run = None
    for _ in range(times):
        run = None  # closes the one before, so that no two of a large model are in memory
        start = time.perf_counter()
        run = open_model()
        run()
        seconds.append(time.perf_counter() - start)
    return run, min(seconds)


def work(pipe: Any, peer: str, name: str, folder: Path, threads: int, is_int8: bool) -> None:
    """A peer's process: prepares and loads the model, then answers each number of iterations with their times. In int8
    its outputs are those of the test set."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    try:
        form = "int8." if is_int8 and peer not in ("torch", "mtc-float") else ""
        file = folder / f"{name}.{form}{_SUFFIX[peer]}"
        if not file.exists():
            prepare(peer, name, folder, is_int8)
        run, first = first_result(opener(peer, name, file, threads))
        outputs = test_outputs(run, name) if is_int8 else run()
        for _ in range(2):
            run()
    except Exception as error:  # a peer that cannot run a model is a row in the table
        pipe.send(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
        return
    pipe.send((first, outputs))
    while (count := pipe.recv()) > 0:
        times = []
        for _ in range(count):
            cpu, wall = time.process_time(), time.perf_counter()
            run()
            times.append((time.process_time() - cpu, time.perf_counter() - wall))
        pipe.send(times)


def test_outputs(run: Run, name: str) -> list[Any]:
    """The outputs on the test set, one list after the other."""
    import bench_int8
    from bench_models import MODELS

    return [output for batch in bench_int8.batches(MODELS[name], bench_int8.TEST) for output in run(*batch)]


_SUFFIX = {"mtc": "mtp", "mtc-float": "mtp", "onnxruntime": "onnx", "executorch": "pte", "torch": "none"}


def measure(
    name: str, peers: list[str], threads: int, rounds: int, seconds: float, folder: Path, is_int8: bool
) -> dict[str, Any]:
    """For each peer its milliseconds, or why it did not run."""
    context = multiprocessing.get_context("spawn")
    pipes, results, reference = {}, {}, None
    processes = []
    for peer in ["torch", *[p for p in peers if p != "torch"]]:
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, peer, name, folder, threads, is_int8), daemon=True)
        process.start()
        theirs.close()
        processes.append(process)
        try:
            answer = ours.recv()
        except EOFError:
            answer = "died"
        if isinstance(answer, str):
            results[peer] = {"error": answer}
            continue
        first, outputs = answer
        reference = outputs if peer == "torch" else reference
        results[peer] = {"first_ms": first * 1e3, "error_vs_eager": difference(outputs, reference), "times": []}
        if is_int8:
            results[peer]["sqnr_db"] = sqnr(outputs, reference)
        pipes[peer] = ours
    counts = {}
    for peer, pipe in pipes.items():
        pipe.send(1)
        ((_, wall),) = pipe.recv()
        # At least three: the first one after a pause finds cold caches and, with threads, a spinning peer before it.
        counts[peer] = max(3, min(50, int(seconds / max(wall, 1e-4))))
    for _ in range(rounds):
        for peer, pipe in pipes.items():
            pipe.send(counts[peer])
            column = 0 if threads == 1 else 1
            results[peer]["times"].append(statistics.median(pair[column] for pair in pipe.recv()))
    for pipe in pipes.values():
        pipe.send(0)
    for process in processes:
        process.join(10)
    for peer in pipes:
        results[peer]["ms"] = statistics.median(results[peer].pop("times")) * 1e3
    return results


def difference(got: list[Any], want: list[Any] | None) -> float:
    """The largest difference of any output, relative to that output's largest magnitude."""
    import numpy as np

    if want is None:
        return math.nan
    return max(float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)) for a, b in zip(got, want, strict=False))


def sqnr(got: list[Any], want: list[Any] | None) -> float:
    """Signal to noise of all outputs together, in dB."""
    import numpy as np

    if want is None:
        return math.nan
    signal = sum(float((b.astype(np.float64) ** 2).sum()) for b in want)
    noise = sum(float(((a.astype(np.float64) - b) ** 2).sum()) for a, b in zip(got, want, strict=True))
    return 10 * math.log10(signal / noise) if noise and signal else math.inf


def accuracy_table(results: dict[str, dict[str, Any]], peers: list[str]) -> str:
    """The SQNR of each peer against torch's floats, on a test set that is not the calibration's."""
    lines = ["\nSQNR in dB against the float model\n", "| model | " + " | ".join(peers) + " |"]
    lines.append("| --- |" + " ---: |" * len(peers))
    for name, row in results.items():
        cells = [f"{row[peer]['sqnr_db']:.1f}" if "sqnr_db" in row.get(peer, {}) else "failed" for peer in peers]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines)


def table(results: dict[str, dict[str, Any]], peers: list[str], title: str, key: str = "ms") -> str:
    """Milliseconds of each peer, and mtc's ratio to it."""
    others = [peer for peer in peers if peer != "mtc"]
    lines = [f"\n{title}\n", "| model | mtc | " + " | ".join(f"{p} | mtc / {p}" for p in others) + " |"]
    lines.append("| --- |" + " ---: |" * (1 + 2 * len(others)))
    ratios: dict[str, list[float]] = {peer: [] for peer in others}
    for name, row in results.items():
        mine = row["mtc"].get(key)
        cells = [name, f"{mine:.2f}" if mine else "failed"]
        for peer in others:
            theirs = row[peer].get(key)
            cells.append(f"{theirs:.2f}" if theirs else "failed" if row[peer] else "")
            cells.append(f"{mine / theirs:.2f}" if mine and theirs else "")
            if mine and theirs:
                ratios[peer].append(mine / theirs)
        lines.append("| " + " | ".join(cells) + " |")
    means = ["geometric mean", ""]
    for peer in others:
        mean = statistics.geometric_mean(ratios[peer]) if ratios[peer] else math.nan
        means += ["", f"{mean:.2f}"]
    return "\n".join([*lines, "| " + " | ".join(means) + " |"])


def main() -> int:
    sys.path.insert(0, str(Path(__file__).parent))
    from bench_models import MODELS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="", help="default: all, but for those that only --int8 is for")
    parser.add_argument("--peers", default="")
    parser.add_argument("--int8", action="store_true", help="each peer's own static int8")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.7, help="of each peer in each round")
    parser.add_argument("--cache", type=Path, help="keep the exported models in this folder")
    parser.add_argument("--json", type=Path, help="also write every figure to this file")
    options = parser.parse_args()
    every = [model.name for model in MODELS.values() if model.kind != "int8 only"]
    names = (options.models or (INT8_MODELS if options.int8 else ",".join(every))).split(",")
    peers = (options.peers or ",".join(INT8_PEERS if options.int8 else PEERS)).split(",")
    for name in names:
        if name not in MODELS:
            parser.error(f"unknown model {name}; known: {', '.join(MODELS)}")
    folder = options.cache or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    everything = {}
    print(f"{time.strftime('%Y-%m-%d')}, {_processor()}")
    for threads in map(int, options.threads.split(",")):
        results = {}
        for name in names:
            chosen = [p for p in peers if not (p == "executorch" and name == "r3d_18")]  # minutes for one inference
            found = measure(name, chosen, threads, options.rounds, options.seconds, folder, options.int8)
            results[name] = {peer: found.get(peer, {}) for peer in {*peers, "mtc"}}
            print(f"  {name} x{threads}: {json.dumps(found)}", file=sys.stderr)
        what = "CPU ms at one thread" if threads == 1 else f"wall ms at {threads} threads"
        print(table(results, peers, what), flush=True)
        if options.int8:
            print(accuracy_table(results, peers), flush=True)
        compiled = [peer for peer in peers if peer != "torch"]
        title = f"ms from the file to the first outputs, {threads} thread{'s' * (threads > 1)}, everything cached"
        print(table(results, compiled, title, "first_ms"), flush=True)
        everything[threads] = results
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1))
    return 0


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
