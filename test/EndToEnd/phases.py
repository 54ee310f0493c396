# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%source/build/release/python %python %s %shared/models

"""Every phase is deterministic and idempotent: compiling twice leaves the same IR
after each phase, and a phase that is given its own result changes nothing."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import quantc

MODELS = {"stories260K.onnx": "w4a8", "resnet20_cifar10.onnx": "w8a8", "mlperf_kws_dscnn.onnx": "float"}


def quant_opt(*arguments):
    result = subprocess.run(["quant-opt", *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"quant-opt {' '.join(map(str, arguments))}: {result.stderr[:2000]}")
    return result.stdout


def compile_twice(model, recipe, folder):
    """The folders of kept IR."""
    options = {}
    if recipe == "w8a8":
        images = np.random.default_rng(0).standard_normal((4, 3, 32, 32)).astype(np.float32)
        np.savez(folder / "samples.npz", input=images)
        options["calibrate"] = str(folder / "samples.npz")
    kept = [folder / "first", folder / "second"]
    for place in kept:
        quantc.compile(str(model), str(folder / "out"), recipe=recipe, keep=str(place), quiet=True, **options)
    return kept


def check(model, recipe):
    with tempfile.TemporaryDirectory() as scratch:
        first, second = compile_twice(model, recipe, Path(scratch))
        files = sorted(first.glob("*.mlir"))
        if len(files) < 9:
            sys.exit(f"expected the IR of 9 phases, found {[file.name for file in files]}")
        for file in files:
            number, _, phase = file.stem.partition("-")
            text = file.read_text(encoding="utf-8").replace("/first/", "/second/")
            if text != (second / file.name).read_text(encoding="utf-8"):
                sys.exit(f"{model.name}: {file.name} differs between two runs")
            if number in ("1", "9"):  # import reads a file; code is not made twice
                continue
            if quant_opt(f"--{phase}", file) != quant_opt(file):
                sys.exit(f"{model.name}: phase {phase} changes its own result")
        print(f"{model.name} {recipe}: {len(files)} phases")


for name, preset in MODELS.items():
    check(Path(sys.argv[1]) / name, preset)
