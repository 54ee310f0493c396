# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared/models

"""Every instruction set that the machine has and every number of threads gives the
same bits, for whole models: float, 16-bit and 8-bit activations."""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

import quantc

# Rotations that run with the model, and low-rank branches.
ROTATED = "preset: w4a8\ntransforms: {rotate_keys: true, rotate_inputs: true}\n"
BRANCH = "weights: {bits: 3, symmetric: false, group_size: 32}\nlow_rank: {rank: 7, method: lorc}\n"
# Channels in two halves: read twice from the weights in front, and when the model runs.
SPLIT = "weights: {bits: 3, symmetric: false, group_size: 32}\nactivations: {matmul: dynamic}\ntransforms: {split_channels: true}\n"
SPLIT_A16 = "weights: {bits: 2, symmetric: false, group_size: 32}\ntransforms: {split_channels: {ratio: 0.3}, rotate_inputs: true}\n"
CODEBOOK = "weights: {format: codebook, codebook_dim: 10, codebook_size: 128, symmetric: false, scale: f16}\n"
RECIPES = {
    "mnist.onnx": ["float"],
    "resnet20_cifar10.onnx": ["float", "w8a16", "w8a8"],
    "mlperf_kws_dscnn.onnx": ["float", "w8a8"],
    "stories260K.onnx": ["float", "w8a8", "w8a16", "w4a8", "w4a16", "nvfp4", ROTATED, BRANCH, SPLIT, SPLIT_A16, "binary", CODEBOOK],
}


def random_inputs(artifact, rng):
    inputs = {}
    for tensor in artifact.signature["entries"][0]["inputs"]:
        shape = [size if isinstance(size, int) else 5 for size in tensor["dims"]]
        if tensor["type"].startswith("i"):
            inputs[tensor["name"]] = rng.integers(0, 300, shape)
        else:
            inputs[tensor["name"]] = rng.standard_normal(shape).astype(np.float32)
    return inputs


def levels():
    flags = set(next(line for line in open("/proc/cpuinfo") if line.startswith("flags")).split())
    found = ["generic"]
    if {"avx2", "fma", "bmi2"} <= flags:
        found.append("x86-64-v3")
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"} <= flags:
        found.append("x86-64-v4")
    return found


def check(model, recipe, rng):
    with tempfile.TemporaryDirectory() as scratch:
        folder, options = Path(scratch), {}
        quantc.compile(str(model), str(folder / "float"), recipe="float", quiet=True)
        inputs = random_inputs(quantc.load(folder / "float"), rng)
        if ":" in recipe:
            (folder / "recipe.yaml").write_text(recipe, encoding="ascii")
            recipe = str(folder / "recipe.yaml")
        if recipe == "w8a8":
            np.savez(folder / "samples.npz", **inputs)
            options["calibrate"] = str(folder / "samples.npz")
        wanted = None
        for level in levels():
            quantc.compile(str(model), str(folder / level), recipe=recipe, target=level, quiet=True, **options)
            for threads in (1, 2, 3):
                found = quantc.load(folder / level, num_threads=threads).run(inputs)
                wanted = wanted or found
                for name, array in wanted.items():
                    if array.tobytes() != found[name].tobytes():
                        sys.exit(f"{model.name} {recipe}: '{name}' differs on {level} with {threads} threads")
        print(f"{model.name} {recipe}: equal on {', '.join(levels())}")


def main():
    rng = np.random.default_rng(9)
    for name, recipes in RECIPES.items():
        for recipe in recipes:
            check(Path(sys.argv[1]) / name, recipe, rng)


main()
