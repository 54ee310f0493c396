# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared/models %quantc

"""Products that leave out small inputs: prompts stay dense, decoding equals the
definition on every level and on simulated GPU kernels, shares are as asked for,
and what cannot leave out inputs is reported."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import quantc

WEIGHTS = "weights: {bits: 4, symmetric: false, group_size: 32}\n"
HEAD = "rules: [{last: true, sparsity: 0}]\n"
SPARSE = WEIGHTS + "sparsity: {target: 0.4}\n" + HEAD


def compiled(model, folder, name, recipe, target="native", calibrate=None):
    (folder / f"{name}.yaml").write_text(recipe, encoding="ascii")
    options = {"calibrate": str(calibrate)} if calibrate else {}
    report = folder / f"{name}.report.json"
    quantc.compile(
        str(model), str(folder / name), recipe=str(folder / f"{name}.yaml"), target=target, quiet=True, **options
    )
    return quantc.load(folder / name), json.loads(report.read_text(encoding="utf-8"))


def logits(artifact, ids):
    return next(iter(artifact.run({"input_ids": ids}).values()))


def decode(artifact, ids):
    """Logits of several rows, and of one row."""
    return logits(artifact, ids[None]), np.concatenate([logits(artifact, ids[None, i : i + 1]) for i in range(4)])


def same(a, b, what):
    if a.tobytes() != b.tobytes():
        sys.exit(f"{what}: the bits differ at {np.count_nonzero(a != b)} of {a.size} places")


def check_shares(report):
    sites = [layer for layer in report["layers"] if "sparsity" in layer]
    assert len(sites) == len(report["layers"]) - 1, f"{len(sites)} layers leave out inputs"
    for layer in sites:
        found = layer["sparsity"]
        assert layer["kernel"] == "matmul.sparse", layer
        assert found["target"] == 0.4 and found["threshold"] > 0, layer
        # Samples are those that the threshold comes from, but now others are left out before.
        assert abs(found["realised"] - 0.4) < 0.1, layer
    return sites


def main():
    model, tool = Path(sys.argv[1]) / "stories260K.onnx", sys.argv[2]
    rng = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        samples = folder / "samples.npz"
        np.savez(samples, input_ids=rng.integers(3, 500, (4, 64)))
        ids = rng.integers(3, 500, 24)
        dense, _ = compiled(model, folder, "dense", WEIGHTS)
        sparse, report = compiled(model, folder, "sparse", SPARSE, calibrate=samples)
        check_shares(report)
        prompt, steps = decode(sparse, ids)
        wanted_prompt, wanted_steps = decode(dense, ids)
        same(prompt, wanted_prompt, "prompt")
        assert not np.array_equal(steps, wanted_steps), "decoding leaves out nothing"
        # Nothing is left out below the smallest magnitude.
        zero, _ = compiled(model, folder, "zero", SPARSE.replace("0.4", "0.0000001"), calibrate=samples)
        same(decode(zero, ids)[1], wanted_steps, "threshold 0")
        targets = ["generic", "x86-64-v3", "cuda-sim", "cuda-sim-backward"]
        for target in targets:
            other, _ = compiled(model, folder, target, SPARSE, target=target, calibrate=samples)
            found = decode(other, ids)
            same(found[0], prompt, f"prompt, {target}")
            same(found[1], steps, f"decoding, {target}")
        greedy, report = compiled(
            model, folder, "greedy", SPARSE.replace("0.4", "0.4, allocation: greedy"), calibrate=samples
        )
        check_greedy(report)
        run = subprocess.run(
            [tool, "compile", str(model), "-r", str(folder / "sparse.yaml"), "-o", str(folder / "x"), "--quiet"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 1 and "give samples that say which are small with --calibrate" in run.stderr, run
        recipe = "preset: w4a8\nsparsity: {target: 0.4}\n"
        _, report = compiled(model, folder, "codes", recipe, calibrate=samples)
        assert report["warnings"] == ["the recipe asks for sparsity, but no product can leave out inputs"], report["warnings"]
        reasons = {layer["sparsity"]["reason"] for layer in report["layers"] if "sparsity" in layer}
        assert "its inputs are codes; only float inputs are left out" in reasons, reasons
    print("sparse decoding is what it should be")


def check_greedy(report):
    """A block keeps its mean, and its layers differ."""
    sites = [layer for layer in report["layers"] if "sparsity" in layer]
    blocks = np.array_split(np.arange(len(sites)), len(sites) // 7)
    for block in blocks:
        shares = np.array([sites[i]["sparsity"]["target"] for i in block])
        sizes = np.array([sites[i]["parameters"] for i in block])
        mean = (shares * sizes).sum() / sizes.sum()
        assert abs(mean - 0.4) < 1e-6, f"a block leaves out {mean}"
        assert shares.std() > 0.01, shares


main()
