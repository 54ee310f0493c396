"""Every way in which this machine runs a model: what the tests of whole networks of few
bits share."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import quantc

SIMULATED = ["cuda-sim", "cuda-sim-backward"]


def levels():
    """Levels of x86-64 that this machine has, as QUANTC_LEVEL names them."""
    flags = set(next(line for line in open("/proc/cpuinfo") if line.startswith("flags")).split())
    found = ["generic"]
    if {"avx2", "fma", "bmi2"} <= flags:
        found.append("v3")
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"} <= flags:
        found.append("v4")
    return found


def interpreted(tool, model, inputs):
    """Outputs of the interpreter, by name."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, **inputs)
        words = ["interpret", model, "--to", "fuse", "--inputs", given, "--outputs", found, "-r", "float", "--quiet"]
        subprocess.run([tool, *map(str, words)], check=True)
        with np.load(found) as arrays:
            return dict(arrays)


def same_bits(tool, model, inputs):
    """Outputs of the model for each of `inputs`; ends the test unless the interpreter,
    every level and the simulated GPU agree in every bit."""
    with tempfile.TemporaryDirectory() as folder:
        best = levels()[-1]
        targets = {"cpu": f"x86-64-{best}" if best != "generic" else best, **{name: name for name in SIMULATED}}
        for name, target in targets.items():
            quantc.compile(str(model), f"{folder}/{name}", recipe="float", target=target, quiet=True)
        loaded = {}
        for level in levels():
            os.environ["QUANTC_LEVEL"] = level
            loaded[level] = quantc.load(f"{folder}/cpu")
        del os.environ["QUANTC_LEVEL"]
        loaded |= {name: quantc.load(f"{folder}/{name}") for name in SIMULATED}
        results = []
        for given in inputs:
            wanted = interpreted(tool, model, given)
            for way, artifact in loaded.items():
                found = artifact.run(given)
                for name, array in wanted.items():
                    if array.tobytes() != np.asarray(found[name]).tobytes():
                        sys.exit(f"{Path(model).name}: '{name}' of {way} differs from the interpreter's")
            results.append(wanted)
        print(f"{Path(model).name}: {len(inputs)} runs, interpreter and {', '.join(loaded)} have the same bits")
        return results
