"""Compares what `quantc plan` says with what `quantc compile` writes, and the working
memory of the report with that of a run.

plan_sizes.py MODEL RECIPE...   in an empty folder, with quantc on the path
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np


def quantc(*arguments):
    return subprocess.run(["quantc", *arguments, "--quiet"], check=True, capture_output=True, text=True).stdout


def samples(path):
    """Calibration data for the one input of the CIFAR-10 models."""
    images = np.random.default_rng(1).standard_normal((4, 3, 32, 32)).astype(np.float32)
    np.savez(path, input=images)
    return ["--calibrate", path]


def working_memory():
    """Bytes that a run at the smallest sizes takes, which the runtime fills up to more
    than the arena, by 64 at most."""
    command = ["quantc", "bench", "out.so", "--runs", "1", "--warmup", "0", "--verbose"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return int(said.split(" bytes of working memory")[0])


def compare(model, recipe):
    plan = json.loads(quantc("plan", model, "-r", recipe, "--json"))
    options = samples("samples.npz") if recipe == "w8a8" else []
    quantc("compile", model, "-r", recipe, "-o", "out", *options)
    written = Path("out.weights").stat().st_size
    assert plan["weights_file_bytes"] == written, (recipe, plan["weights_file_bytes"], written)
    report = json.loads(Path("out.report.json").read_text(encoding="utf-8"))
    assert report["weights_file_bytes"] == written
    assert plan["weight_bytes"] == report["weight_bytes"]
    # What the codes lose is known once there are codes.
    numbers = {"sqnr_db", "cosine", "saturated", "input_saturated", "histograms"}
    layers = [{key: layer[key] for key in layer.keys() - numbers} for layer in report["layers"]]
    assert plan["layers"] == layers and layers
    for layer in plan["layers"]:
        assert layer["kernel"] and layer["bytes"] % 64 == 0, layer
        assert 8 * layer["bytes"] >= layer["bits_nominal"] * layer["parameters"], layer
    assert sum(layer["bytes"] for layer in plan["layers"]) <= plan["weight_bytes"]
    (memory,) = report["memory"]
    assert 0 <= working_memory() - memory["arena_bytes"] <= 64, memory


for name in sys.argv[2:]:
    compare(sys.argv[1], name)
