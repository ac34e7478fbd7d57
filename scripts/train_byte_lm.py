"""Trains a Llama-shaped language model of bytes on this project's own text, on one core in minutes, and measures what
quantizing its weights costs: perplexity on text that it has not seen, of programs that run on mtc's runtime.

    python scripts/train_byte_lm.py [--steps 300] [--schemes weight-int8,weight-int4,int8-dynamic] [-o FOLDER]

A step is fed many bytes or one: the same program reads a prompt and then writes what follows.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from decoder import Config, Decoder, step_inputs
from torch.export import Dim

import mtc

ROOT = Path(__file__).parents[1]
HELD_OUT = 10  # of so many parts of each file the last


def texts() -> tuple[np.ndarray, np.ndarray]:
    """The project's documentation and Python sources: bytes to train on, and others to measure with."""
    paths = sorted((*ROOT.glob("docs/*.md"), ROOT / "README.md", *ROOT.glob("mtc/**/*.py")))
    seen, unseen = bytearray(), bytearray()
    for path in paths:
        data = path.read_bytes()
        cut = len(data) - len(data) // HELD_OUT
        seen += data[:cut]
        unseen += data[cut:]
    return np.frombuffer(bytes(seen), np.uint8), np.frombuffer(bytes(unseen), np.uint8)


def train(model: Decoder, data: np.ndarray, steps: int, batch: int, length: int) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.95), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=max(steps, 2), pct_start=0.1)
    generator = np.random.default_rng(0)
    begin = time.perf_counter()
    for step in range(steps):
        starts = generator.integers(0, len(data) - length - 1, batch)
        rows = torch.from_numpy(np.stack([data[s : s + length + 1] for s in starts]).astype(np.int64))
        loss = F.cross_entropy(model.whole(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 49 or step == steps - 1:
            spent = time.perf_counter() - begin
            print(f"step {step + 1}: perplexity {math.exp(loss.item()):.2f}, {spent:.0f} s", file=sys.stderr)


def perplexity(session: mtc.Session, data: np.ndarray, length: int, windows: int) -> float:
    """For each byte: windows of `length` bytes, of which each is told from those before."""
    total, count = 0.0, 0
    starts = np.linspace(0, len(data) - length - 1, windows).astype(np.int64)
    for start in starts:
        row = data[start : start + length + 1].astype(np.int64)
        session.reset_state()
        (logits,) = session.run(row[None, :-1], np.arange(length))
        total += cross_entropy(logits[0], row[1:])
        count += length
    return math.exp(total / count)


def cross_entropy(logits: np.ndarray, wanted: np.ndarray) -> float:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    chosen = shifted[np.arange(len(wanted)), wanted]
    return float((np.log(np.exp(shifted).sum(axis=-1)) - chosen).sum())


def continued(session: mtc.Session, prompt: bytes, count: int) -> bytes:
    """The loop of a decoder: the prompt at once, then a byte at a time. The session keeps the cache."""
    session.reset_state()
    text = list(prompt)
    (logits,) = session.run(np.array([text], np.int64), np.arange(len(text)))
    for _ in range(count):
        text.append(int(logits[0, -1].argmax()))
        (logits,) = session.run(np.array([text[-1:]], np.int64), np.array([len(text) - 1]))
    return bytes(text)


def main(arguments: list[str]) -> dict[str, float]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=8, help="sequences a step")
    parser.add_argument("--length", type=int, default=128, help="bytes of a sequence")
    parser.add_argument("--features", type=int, default=Config.features)
    parser.add_argument("--layers", type=int, default=Config.layers)
    parser.add_argument("--windows", type=int, default=64, help="of --length bytes, to measure on")
    parser.add_argument("--schemes", default="weight-int8,weight-int4,int8-dynamic")
    parser.add_argument("-o", "--output", type=Path, help="keeps the programs in this folder")
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    config = replace(Config(), features=options.features, layers=options.layers, context=2 * options.length)
    model = Decoder(config)
    seen, unseen = texts()
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(seen):,} bytes of text", file=sys.stderr)
    train(model, seen, options.steps, options.batch, options.length)

    count = Dim("count", min=1, max=config.context)
    shapes = {"tokens": {1: count}, "positions": {0: count}}
    exported = mtc.export(model.eval(), step_inputs(8), dynamic_shapes=shapes)
    float_module = mtc.optimize(exported)
    results: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.output or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for scheme in ("float", *filter(None, options.schemes.split(","))):
            path = folder / f"bytes.{scheme}.mtp"
            mtc.package(float_module if scheme == "float" else mtc.quantize(float_module, scheme), path)
            with mtc.Session(path) as session:
                results[scheme] = perplexity(session, unseen, options.length, options.windows)
                change = 100 * (results[scheme] / results["float"] - 1)
                size = path.stat().st_size
                print(f"{scheme:13} {size:>10,} bytes  perplexity {results[scheme]:.4f}  {change:+.2f} %")
                sample = continued(session, b"from mtc", 40)
            print(f"    {sample.decode(errors='replace')!r}")
    return results


if __name__ == "__main__":
    main(sys.argv[1:])
