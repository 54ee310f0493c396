#!/usr/bin/env python3
"""Times one decode step of SmolLM2 under several recipes, in one process and in turns.

    PYTHONPATH=build/release/python python benchmarks/decode_speed.py \\
        models-built/smollm2/decoder-opset24.onnx -r w4a16 -r binary [--threads 1] [--turns 25]

A recipe is a preset or a YAML file. Each step computes one token after 128 cached
ones. The models take turns; the figure is the median of the turns, for one thread of
its processor time, which other programs disturb little; the ratio is that of the first
recipe to this one (above 1: faster than the first), bytes are those of the weights file.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import quantc
from side_by_side import decode_step


def median_times(steps: list[Callable[[], object]], turns: int, clock: Callable[[], float]) -> list[float]:
    """Median milliseconds of each step."""
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(turns):
        for step, taken in zip(steps, times, strict=True):
            step()
            start = clock()
            step()
            taken.append((clock() - start) * 1e3)
    return [statistics.median(taken) for taken in times]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("-r", "--recipe", action="append", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=25)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        steps, sizes = [], []
        for number, recipe in enumerate(options.recipe):
            prefix = Path(scratch) / f"model{number}"
            quantc.compile(str(options.model), str(prefix), recipe=recipe, quiet=True)
            steps.append(decode_step(quantc.load(prefix, num_threads=options.threads), past=128))
            sizes.append(prefix.with_suffix(".weights").stat().st_size)
        clock = time.process_time if options.threads == 1 else time.perf_counter
        times = median_times(steps, options.turns, clock)
    print("| recipe | decode, ms | ratio | file, MB |\n|---|---|---|---|")
    for recipe, taken, size in zip(options.recipe, times, sizes, strict=True):
        print(f"| {recipe} | {taken:.2f} | {times[0] / taken:.2f} | {size / 1e6:.1f} |")


if __name__ == "__main__":
    main()
