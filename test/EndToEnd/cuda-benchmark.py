# REQUIRES: python-module
# RUN: env PYTHONPATH=%source/build/release/python %python %s %source/benchmarks/cuda

"""Without a GPU the benchmark of GPU kernels ends with exit code 4 and says why; the model
that it measures compiles for a GPU and multiplies as NumPy does."""

import datetime
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import quantc


def check(condition, text):
    if not condition:
        sys.exit(str(text))


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
        benchmark.chain(64, 3, scratch / "chain.onnx")
        for name, yaml in benchmark.RECIPES.items():
            (scratch / f"{name}.yaml").write_text(yaml)
        for target, recipe in {"native": "w8a8", "cuda:sm_80": "w2a8"}.items():
            recipe = str(scratch / f"{recipe}.yaml")
            quantc.compile(str(scratch / "chain.onnx"), str(scratch / target[:4]), recipe=recipe, target=target, quiet=True)
        x = np.random.default_rng(1).standard_normal((2, 64), dtype=np.float32)
        found = quantc.load(scratch / "nati").run({"x0": x})["x3"]
        import onnx
        from onnx import numpy_helper

        expected = x
        for weight in onnx.load(scratch / "chain.onnx").graph.initializer:
            expected = expected @ numpy_helper.to_array(weight)
        cosine = np.sum(found * expected) / np.linalg.norm(found) / np.linalg.norm(expected)
        check(cosine > 0.999, f"cosine {cosine}")

        row = benchmark.row("w8a8", 1, 2, {"quantc": [2.0, 4.0, 3.0]}, 1e6, 1e9)
        check(row["quantc_us"] == 1500 and row["quantc_best_us"] == 1000 and row["weights_alone_us"] == 1, row)
        check(benchmark.table([row]).splitlines()[0].startswith("| recipe | rows | quantc_us |"), benchmark.table([row]))
        path = benchmark.result_path(Path("r"), datetime.date(2026, 1, 2), "NVIDIA H200 (141 GB)")
        check(path == Path("r/cuda-2026-01-02-nvidia-h200-141-gb.json"), path)
    print("no GPU, no results")


main()
