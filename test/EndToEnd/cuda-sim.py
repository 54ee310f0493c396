# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared/models

"""GPU kernels, run thread by thread on the CPU, give the bits of the CPU's own
kernels, for whole models: float, 16-bit and 8-bit activations; for prompts of five and
131 tokens and for one. The last thread first gives the same as the first thread first: no
thread reads what another writes without waiting for it."""

import sys
import tempfile
from pathlib import Path

import numpy as np

import quantc
from cuda_pairs import RECIPES, at_all_precisions, calls, needs_samples, random_inputs

SIMULATED = ["cuda-sim", "cuda-sim-backward"]


def check(model, recipe, rng):
    with tempfile.TemporaryDirectory() as scratch:
        folder, options, has_samples = Path(scratch), {}, needs_samples(recipe)
        if "\n" in recipe:
            (folder / "recipe.yaml").write_text(recipe)
            recipe = str(folder / "recipe.yaml")
        quantc.compile(str(model), str(folder / "float"), recipe="float", quiet=True)
        inputs = random_inputs(quantc.load(folder / "float").signature, rng)
        shapes = calls(inputs, rng)
        if has_samples:
            np.savez(folder / "samples.npz", **inputs)
            options["calibrate"] = str(folder / "samples.npz")
        wanted = None
        for target in ["native", *SIMULATED]:
            quantc.compile(str(model), str(folder / target), recipe=recipe, target=target, quiet=True, **options)
            artifact = quantc.load(folder / target)
            found = at_all_precisions(artifact, artifact.signature, shapes)
            wanted = wanted or found
            for one, other in zip(wanted, found, strict=True):
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
