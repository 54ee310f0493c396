#!/usr/bin/env python3
"""Times one decode step of SmolLM2 under several recipes, in one process and in turns.

    PYTHONPATH=build/release/python python benchmarks/decode_speed.py \\
        models-built/smollm2/decoder-opset24.onnx -r w4a16 -r binary [--threads 1] [--turns 15]

A recipe is a preset or a YAML file. Each step computes one token after 128 cached
ones. The models take turns; the figure is the median of the turns, the ratio that of
the first recipe to this one (above 1: faster than the first), bytes are those of the
weights file.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import quantc
from side_by_side import decode_step, median_times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("-r", "--recipe", action="append", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        steps, sizes = [], []
        for number, recipe in enumerate(options.recipe):
            prefix = Path(scratch) / f"model{number}"
            quantc.compile(str(options.model), str(prefix), recipe=recipe, quiet=True)
            steps.append(decode_step(quantc.load(prefix, num_threads=options.threads), past=128))
            sizes.append(prefix.with_suffix(".weights").stat().st_size)
        times = median_times(steps, options.turns)
    print("| recipe | decode, ms | ratio | file, MB |\n|---|---|---|---|")
    for recipe, time, size in zip(options.recipe, times, sizes, strict=True):
        print(f"| {recipe} | {time:.2f} | {times[0] / time:.2f} | {size / 1e6:.1f} |")


if __name__ == "__main__":
    main()
