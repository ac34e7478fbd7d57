"""Tokens a second of a Llama-shaped decoder with random weights, 303 million of them, in floats and quantized.

    python scripts/bench_decoder.py [--schemes weight-int4,weight-int8,int8-dynamic] [--threads 1,2] [--tokens 16]

All programs run in one process and take turns, so that what else the machine does touches all alike.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np
import torch
from decoder import Config, Decoder, step_inputs

import mtc

ROUNDS = 3
LARGE = Config(vocabulary=32000, features=1024, hidden=2816, layers=24, heads=16, groups=4, context=512)


def packaged(config: Config, schemes: list[str], folder: Path) -> dict[str, Path]:
    """The programs, written one after the other: no more than one quantized model is in memory."""
    torch.manual_seed(0)
    model = Decoder(config).eval()
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters", file=sys.stderr)
    module = mtc.optimize(mtc.export(model, step_inputs()))
    del model
    paths = {}
    for scheme in ("float", *schemes):
        begin = time.perf_counter()
        paths[scheme] = folder / f"{scheme}.mtp"
        mtc.package(module if scheme == "float" else mtc.quantize(module, scheme), paths[scheme])
        print(f"{scheme}: {time.perf_counter() - begin:.0f} s", file=sys.stderr)
    return paths


def measure(paths: dict[str, Path], threads: int, tokens: int) -> dict[str, float]:
    """Seconds of one token, for each program. One session is open at a time: threads of an idle one wait busily."""
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for name, path in paths.items():
            with mtc.Session(path, threads=threads) as session:
                spent = []
                for position in range(tokens + 2):
                    given = np.array([[position % 7]]), np.array([position])
                    begin = time.perf_counter()
                    session.run(*given)
                    spent.append(time.perf_counter() - begin)
            times[name] += spent[2:]
    return {name: median(spent) for name, spent in times.items()}


def main(arguments: list[str]) -> dict[tuple[int, str], float]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--schemes", default="weight-int4,weight-int8,int8-dynamic")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--small", action="store_true", help="a model of a size to test this script with")
    options = parser.parse_args(arguments)
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        paths = packaged(Config() if options.small else LARGE, options.schemes.split(","), Path(scratch))
        for threads in map(int, options.threads.split(",")):
            seconds = measure(paths, threads, options.tokens)
            for name, spent in seconds.items():
                results[threads, name] = seconds["float"] / spent
                size = paths[name].stat().st_size
                share = size / paths["float"].stat().st_size
                print(
                    f"{threads} threads  {name:13} {1 / spent:8.2f} tokens/s  {results[threads, name]:5.2f} of float  "
                    f"{size / 1e6:8.1f} MB, {share:.1%}"
                )
    return results


if __name__ == "__main__":
    main(sys.argv[1:])
