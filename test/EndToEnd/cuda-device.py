# REQUIRES: shared, python-module, cuda-device
# RUN: rm -rf %t && env PYTHONPATH=%S:%source/build/release/python %python %s pack %t %shared/models
# RUN: env PYTHONPATH=%S %python %s run %t

"""Models on a GPU give the bits of the CPU's kernels, launched one by one and as graphs.

`pack FOLDER MODELS [TARGET]` compiles them and keeps what the CPU gives; `run FOLDER` needs
that folder, a GPU and NumPy only, so that it may be another machine."""

import json
import sys
import time
from pathlib import Path

import numpy as np

from cuda_pairs import RECIPES, at_all_precisions, calls, needs_samples, random_inputs, write_signs


def pack_one(model, recipe, folder, target, rng, texts=None):
    """`texts` are the inputs of all runs, without them random ones."""
    import quantc

    folder.mkdir(parents=True, exist_ok=True)
    options, has_samples = {}, needs_samples(recipe)
    if "\n" in recipe:
        (folder / "recipe.yaml").write_text(recipe)
        recipe = str(folder / "recipe.yaml")
    quantc.compile(str(model), str(folder / "cpu"), recipe="float", quiet=True)
    inputs = random_inputs(quantc.load(folder / "cpu").signature, rng)
    if has_samples:
        np.savez(folder / "samples.npz", **inputs)
        options["calibrate"] = str(folder / "samples.npz")
    quantc.compile(str(model), str(folder / "cpu"), recipe=recipe, quiet=True, **options)
    quantc.compile(str(model), str(folder / "gpu"), recipe=recipe, target=target, quiet=True, **options)
    artifact = quantc.load(folder / "cpu")
    texts = texts or calls(inputs, rng)
    for number, given in enumerate(texts):
        np.savez(folder / f"given{number}.npz", **given)
    for number, wanted in enumerate(at_all_precisions(artifact, artifact.signature, texts)):
        np.savez(folder / f"wanted{number}.npz", **wanted)
    for path in folder.glob("cpu.*"):
        path.unlink()


def pack(folder, models, target="cuda:sm_80"):
    rng, names = np.random.default_rng(9), {}
    for model, recipes in RECIPES.items():
        for recipe in recipes:
            name = f"{len(names):02}"
            names[name] = f"{model} {' '.join(recipe.split())}"
            pack_one(Path(models) / model, recipe, Path(folder) / name, target, rng)
    name = f"{len(names):02}"
    names[name] = "products of signs"
    (Path(folder) / name).mkdir()
    signs = write_signs(Path(folder) / name / "signs.onnx")
    pack_one(Path(folder) / name / "signs.onnx", "float", Path(folder) / name, target, rng, signs)
    (Path(folder) / "names.json").write_text(json.dumps(names, indent=2) + "\n")


def differences(folder):
    """One line for every output that is not the CPU's, or the error of a run."""
    from plain_runtime import Model

    lines = []
    try:
        model = Model(folder / "gpu.so")
        for graphs in (0, 1):
            model.use_graphs(graphs)
            # Graphs are captured, launched again, and get new arguments.
            order = [i for i in ([0, 0, 1, 2, 1, 0] if graphs else [0, 1, 2]) if (folder / f"given{i}.npz").exists()]
            inputs = [dict(np.load(folder / f"given{number}.npz")) for number in order]
            for at, results in enumerate(at_all_precisions(model, model.signature, inputs)):
                number = at // len(order) * len({*order}) + order[at % len(order)]
                wanted = dict(np.load(folder / f"wanted{number}.npz"))
                for name, found in results.items():
                    if found.tobytes() != wanted[name].tobytes():
                        apart = np.abs(found.astype(np.float64) - wanted[name])
                        bad = int(np.count_nonzero(~(found == wanted[name])))
                        lines.append(f"graphs {graphs}, call {number}: {bad} of {found.size} numbers of '{name}' differ, by up to {apart.max():.3g}")
        model.close()
    except RuntimeError as error:
        lines.append(str(error))
    return lines


def run(folder):
    failed = 0
    for name, title in json.loads((Path(folder) / "names.json").read_text()).items():
        start = time.perf_counter()
        lines = differences(Path(folder) / name)
        failed += bool(lines)
        print(f"{title}: {'; '.join(lines) if lines else 'equal'} ({time.perf_counter() - start:.2f} s)", flush=True)
    if failed:
        sys.exit(f"{failed} models differ on the GPU")


{"pack": pack, "run": run}[sys.argv[1]](*sys.argv[2:])
