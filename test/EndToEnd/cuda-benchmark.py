# REQUIRES: python-module
# RUN: env PYTHONPATH=%source/build/release/python %python %s %source/benchmarks/cuda

"""Without a GPU the benchmark of GPU kernels ends with exit code 4 and says why; the model
that it measures compiles for a GPU and multiplies as NumPy does."""

import datetime
import json
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

import quantc


def check(condition, text):
    if not condition:
        sys.exit(str(text))


def attention(q, k, v):
    """One head, for its size is that of the matrices."""
    scores = np.exp(q @ k.T / np.sqrt(q.shape[1]))
    return scores / scores.sum(-1, keepdims=True) @ v


def expected(model, op, x):
    """The chain in NumPy."""
    weights = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    for i in range(3):
        weight = weights.get(f"w{i}")
        if op == "LayerNormalization":
            x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * weight
        elif op == "Attention":
            x = attention(x, weights[f"k{i}"][0], weights[f"v{i}"][0])
        elif op == "signs":
            x = np.where(x >= 0, 1, -1) @ np.where(weight >= 0, 1, -1)
        else:
            x = x @ weight
    return x


def compile_chain(benchmark, name, target, scratch):
    """Three layers compute what the chain says."""
    chain = benchmark.CHAINS[name]
    size = 128 if chain.op == "Attention" else 64
    benchmark.write(chain, size, 3, scratch / "chain.onnx")
    (scratch / "chain.yaml").write_text(chain.recipe)
    quantc.compile(str(scratch / "chain.onnx"), str(scratch / name), recipe=str(scratch / "chain.yaml"), target=target, quiet=True)
    x = np.random.default_rng(1).standard_normal((2, size), dtype=np.float32)
    found = quantc.load(scratch / name).run({"x0": x})["x3"]
    wanted = expected(onnx.load(scratch / "chain.onnx"), chain.op, x)
    cosine = np.sum(found * wanted) / np.linalg.norm(found) / np.linalg.norm(wanted)
    check(cosine > 0.999, f"{name}: cosine {cosine}")


def main():
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        (scratch / "libcuda.so.1").write_text("no library")
        environment = {**os.environ, "LD_LIBRARY_PATH": str(scratch)}
        command = [sys.executable, str(folder), "--results", str(scratch / "results")]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        wanted = "cuda: nothing is measured, there is no GPU: the driver libcuda.so.1 is not installed"
        check(result.returncode == 4 and wanted in result.stderr, result)
        check(not (scratch / "results").exists(), "results without a GPU")

        spec = importlib.util.spec_from_file_location("benchmark", folder / "__main__.py")
        benchmark = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(benchmark)
        chains = benchmark.CHAINS
        for name, target in [("w8a8", "native"), ("w1a1", "cuda-sim"), ("layernorm", "cuda-sim"), ("attention", "cuda-sim")]:
            compile_chain(benchmark, name, target, scratch)
        benchmark.compile_chains(list(chains), 128, 2, scratch / "gpu", "cuda:sm_80")
        made = json.loads((scratch / "gpu/chains.json").read_text())
        check(made == {"chains": list(chains), "size": 128, "layers": 2, "target": "cuda:sm_80"}, made)
        missing = [name for name in chains if not (scratch / f"gpu/{name}.so").exists()]
        check(not missing and not (scratch / "gpu/chain.onnx").exists(), missing)

        row = benchmark.row("w8a8", 1, 2, {"quantc": [2.0, 4.0, 3.0]}, 1e6, 1e9)
        check(row["quantc_us"] == 1500 and row["quantc_best_us"] == 1000 and row["memory_us"] == 1, row)
        check(benchmark.table([row]).splitlines()[0].startswith("| chain | rows | quantc_us |"), benchmark.table([row]))
        path = benchmark.result_path(Path("r"), datetime.date(2026, 1, 2), "NVIDIA H200 (141 GB)")
        check(path == Path("r/cuda-2026-01-02-nvidia-h200-141-gb.json"), path)
    print("no GPU, no results")


main()
