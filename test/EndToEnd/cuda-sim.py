# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared/models

"""GPU kernels, run thread by thread on the CPU, give the bits of the CPU's own
kernels, for whole models: float, 16-bit and 8-bit activations; for a prompt of five
tokens and for one. The last thread first gives the same as the first thread first: no
thread reads what another writes without waiting for it."""

import sys
import tempfile
from pathlib import Path

import numpy as np

import quantc

BINARY_A8 = "weights: {format: binary, symmetric: false, scale: f16}\nactivations: {matmul: dynamic}\n"
CODEBOOK = "weights: {format: codebook, codebook_dim: 10, codebook_size: 128, symmetric: false, scale: f16}\n"
MXFP4_A8 = "preset: mxfp4\nactivations: {matmul: dynamic}\n"
# Rotations that run with the model, and low-rank branches.
ROTATED = "preset: w4a8\ntransforms: {rotate_keys: true, rotate_inputs: true}\n"
BRANCH = "weights: {bits: 3, symmetric: false, group_size: 32}\nlow_rank: {rank: 7, method: lorc}\n"
ROTATED_A16 = "weights: {bits: 4, symmetric: false, group_size: 32}\ntransforms: {rotate_inputs: true}\n"

RECIPES = {
    "mnist.onnx": ["float", "w4a16"],
    "resnet20_cifar10.onnx": ["w8a8"],
    "mlperf_kws_dscnn.onnx": ["w8a8"],
    "stories260K.onnx": ["float", "w8a8", "w8a16", "w4a8", "w4a16", "nvfp4", "w2-e4m3", MXFP4_A8, "w2a8", ROTATED, ROTATED_A16, BRANCH]
    + ["binary", BINARY_A8, CODEBOOK],
}
SIMULATED = ["cuda-sim", "cuda-sim-backward"]


def random_inputs(artifact, rng):
    inputs = {}
    for tensor in artifact.signature["entries"][0]["inputs"]:
        shape = [size if isinstance(size, int) else 5 for size in tensor["dims"]]
        if tensor["type"].startswith("i"):
            inputs[tensor["name"]] = rng.integers(0, 300, shape)
        else:
            inputs[tensor["name"]] = rng.standard_normal(shape).astype(np.float32)
    return inputs


def check(model, recipe, rng):
    with tempfile.TemporaryDirectory() as scratch:
        folder, options = Path(scratch), {}
        if "\n" in recipe:
            (folder / "recipe.yaml").write_text(recipe)
            recipe = str(folder / "recipe.yaml")
        quantc.compile(str(model), str(folder / "float"), recipe="float", quiet=True)
        inputs = random_inputs(quantc.load(folder / "float"), rng)
        shapes = [inputs]
        if "input_ids" in inputs:
            shapes.append({"input_ids": inputs["input_ids"][:, :1]})
        if recipe == "w8a8":
            np.savez(folder / "samples.npz", **inputs)
            options["calibrate"] = str(folder / "samples.npz")
        wanted = None
        for target in ["native", *SIMULATED]:
            quantc.compile(str(model), str(folder / target), recipe=recipe, target=target, quiet=True, **options)
            artifact = quantc.load(folder / target)
            found = [artifact.run(given) for given in shapes]
            wanted = wanted or found
            for one, other in zip(wanted, found):
                for name, array in one.items():
                    if array.tobytes() != other[name].tobytes():
                        sys.exit(f"{model.name} {recipe}: '{name}' differs for {target}")
        print(f"{model.name} {recipe}: equal")


def main():
    rng = np.random.default_rng(9)
    for name, recipes in RECIPES.items():
        for recipe in recipes:
            check(Path(sys.argv[1]) / name, recipe, rng)


main()
