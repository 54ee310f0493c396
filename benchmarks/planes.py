#!/usr/bin/env python3
"""How fast weights of planes are at each of their widths.

    PYTHONPATH=build/release/python python benchmarks/planes.py [--size 4096] [--count 4]

Times one row of normally distributed numbers by matrices on one thread: one model of
planes of 8 bits at 8, 4 and 2 bits, and beside it models that are quantized to so many
bits and no others. They run in turns, so that all have the same machine; ratios are the
median of those of neighbours, to the planes at 8 bits. All weights together should be
more than a cache holds.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from sparsity import make_matrices

import quantc

SCALES = "group_size: 64, scale: f16"
RECIPES = {
    "planes": f"weights: {{format: planes, bits: 8, {SCALES}}}\n",
    "8 bits": f"weights: {{bits: 8, {SCALES}}}\n",
    "4 bits": f"weights: {{bits: 4, {SCALES}}}\n",
    "2 bits": f"weights: {{format: odd, {SCALES}}}\n",
}


def compiled(model: Path, folder: Path, name: str, recipe: str) -> quantc.Model:
    prefix = folder / name.replace(" ", "-")
    (folder / "recipe.yaml").write_text(recipe, encoding="ascii")
    quantc.compile(model, prefix, recipe=folder / "recipe.yaml", quiet=True)
    return quantc.load(prefix, num_threads=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--runs", type=int, default=200)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_matrices(folder / "matrices.onnx", args.size, args.count)
        models = {name: compiled(folder / "matrices.onnx", folder, name, recipe) for name, recipe in RECIPES.items()}
        planes = models.pop("planes")
        ways = {f"planes at {bits} bits": (planes, bits) for bits in planes.signature["precisions"]}
        ways |= {f"only {name}": (model, 0) for name, model in models.items()}
        times: dict[str, list[float]] = {way: [] for way in ways}
        rng = np.random.default_rng(2)
        for _ in range(args.runs):
            x = rng.standard_normal((1, args.size), dtype=np.float32)
            for way, (model, bits) in ways.items():
                if bits:
                    model.set_precision(bits)
                start = time.perf_counter()
                model.run({"x": x})
                times[way].append(time.perf_counter() - start)
    first = np.array(times["planes at 8 bits"])
    for way, own in times.items():
        print(f"{way:17} {1e3 * np.median(own):7.3f} ms, planes at 8 bits take {np.median(first / own):.2f} times as long")


if __name__ == "__main__":
    main()
