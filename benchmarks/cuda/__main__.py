#!/usr/bin/env python3
"""Kernels on an NVIDIA GPU: quantc's, cuBLAS and the limit of the memory, in one run.

    PYTHONPATH=build/release/python python benchmarks/cuda [--chains w4a8 w4a16 layernorm] \\
        [--size 4096] [--layers 12] [--rows 1 16 512] [--results benchmarks/results]
    python benchmarks/cuda --compile FOLDER            # where quantc is, without a GPU
    python benchmarks/cuda --compiled FOLDER           # where a GPU is, without quantc

A chain of one operation (chains.py), products with different weights for example, is compiled
for the GPU; a run is one CUDA graph, tensors stay on the GPU, so that a layer's time is that
of a run divided by the layers. Beside products, cuBLAS multiplies as many matrices of f16, of
random numbers as those of quantc, in the same process, in turns with quantc. What a layer
would take if it only moved its weights, inputs and results is from a copy in the same run;
inputs and results of few rows stay in the cache, weights do not. Times are the median and the
best of the turns.

Quantizing the activations is part of a layer. Results go to a file named after the day and
the GPU. Exit code 4: there is no GPU.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from chains import CHAINS, moved, write
from gpu import GPU, Blas, Model, NoGPU, Tensor

NO_GPU = 4
TURNS, WARMUP = 30, 5
COPY_BYTES = 1 << 30


def turns(work: dict[str, object]) -> dict[str, list[float]]:
    """Milliseconds of each contender, in turns."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(WARMUP + TURNS):
        for name, measure in work.items():
            value = measure()
            if turn >= WARMUP:
                times[name].append(value)
    return times


def wall(run) -> float:
    """Milliseconds of a run that waits for its end."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def row(name: str, m: int, layers: int, times: dict[str, list[float]], needed: float, copied: float) -> dict[str, object]:
    """Microseconds a layer. `needed`: bytes that a layer moves; `copied`: bytes a millisecond."""
    result: dict[str, object] = {"chain": name, "rows": m}
    for who, values in times.items():
        result[f"{who}_us"] = round(statistics.median(values) / layers * 1e3, 2)
        result[f"{who}_best_us"] = round(min(values) / layers * 1e3, 2)
    result["memory_us"] = round(needed / copied * 1e3, 2)
    return result


def compile_chains(names: list[str], size: int, layers: int, folder: Path, target: str) -> None:
    """What was compiled of each chain, into `folder`."""
    import quantc

    folder.mkdir(parents=True, exist_ok=True)
    model, yaml = folder / "chain.onnx", folder / "chain.yaml"
    for name in names:
        write(CHAINS[name], size, layers, model)
        yaml.write_text(CHAINS[name].recipe, encoding="utf-8")
        quantc.compile(str(model), str(folder / name), recipe=str(yaml), target=target, quiet=True)
    for path in (model, yaml, folder / "chain.onnx.data"):
        path.unlink(missing_ok=True)
    made = {"chains": names, "size": size, "layers": layers, "target": target}
    (folder / "chains.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


def target_of(gpu: GPU) -> str:
    known = [n for n in (70, 80, 90) if n <= gpu.capability()]
    if not known:
        raise NoGPU(f"{gpu.name} has compute capability {gpu.capability() / 10}, 7.0 or more is needed")
    return f"cuda:sm_{known[-1]}"


def random_halves(gpu: GPU, count: int) -> int:
    """An address of `count` numbers of f16: zeros would cost the GPU less power than a model's weights."""
    import numpy as np

    return gpu.allocate(2 * count, np.random.default_rng(0).standard_normal(count, np.float32).astype(np.float16))


def measure(gpu: GPU, name: str, size: int, layers: int, row_counts: list[int], folder: Path, copied: float) -> list[dict[str, object]]:
    import numpy as np

    stored = (folder / f"{name}.weights").stat().st_size / layers
    model, blas = Model(folder / f"{name}.so"), Blas()
    compared = CHAINS[name].multiplies and blas.library
    rows = []
    for m in row_counts:
        drawn = np.random.default_rng(1).standard_normal(m * size, np.float32)
        given, wanted = gpu.allocate(4 * m * size, drawn), gpu.allocate(4 * m * size)
        x, y = Tensor.matrix(given, m, size), Tensor.matrix(wanted, m, size)
        work = {"quantc": lambda x=x, y=y: wall(lambda: model.run(x, y))}
        weights = [random_halves(gpu, size * size) for _ in range(layers)] if compared else []
        halves = [random_halves(gpu, m * size), gpu.allocate(2 * m * size)] if weights else []
        if weights:
            def products(m=m, weights=weights, halves=halves):
                for weight in weights:
                    blas.product(halves[0], weight, halves[1], m, size)

            work["cublas"] = lambda products=products: gpu.milliseconds(products)
        rows.append(row(name, m, layers, turns(work), moved(stored, m, size), copied))
        for address in (given, wanted, *halves, *weights):
            gpu.free(address)
    model.close()
    return rows


def copy_speed(gpu: GPU) -> float:
    """Bytes that the memory moves in a millisecond, read or written."""
    source, to = gpu.allocate(COPY_BYTES), gpu.allocate(COPY_BYTES)
    times = turns({"copy": lambda: gpu.milliseconds(lambda: gpu.copy(to, source, COPY_BYTES))})["copy"]
    gpu.free(source)
    gpu.free(to)
    return 2 * COPY_BYTES / min(times)


def table(rows: list[dict[str, object]]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return "\n".join(lines + ["| " + " | ".join(str(row.get(key, "")) for key in columns) + " |" for row in rows])


def result_path(folder: Path, day: datetime.date, device: str) -> Path:
    name = re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-")
    return folder / f"cuda-{day.isoformat()}-{name}.json"


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cuda", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", nargs="+", choices=CHAINS, default=list(CHAINS))
    parser.add_argument("--size", type=int, default=4096, help="rows and columns of a weight")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--rows", nargs="+", type=int, default=[1, 16, 512], help="rows of the activations")
    parser.add_argument("--results", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--compile", type=Path, metavar="FOLDER", help="compile into FOLDER and measure nothing")
    parser.add_argument("--target", default="cuda:sm_90", help="of --compile")
    parser.add_argument("--compiled", type=Path, metavar="FOLDER", help="measure what --compile made; it says which chains and sizes")
    return parser.parse_args()


def measured(arguments: argparse.Namespace) -> dict[str, object]:
    gpu = GPU()
    copied = copy_speed(gpu)
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.compiled or Path(scratch)
        if not arguments.compiled:
            compile_chains(arguments.chains, arguments.size, arguments.layers, folder, target_of(gpu))
        made = json.loads((folder / "chains.json").read_text(encoding="utf-8"))
        sizes = (made["size"], made["layers"], arguments.rows, folder, copied)
        rows = [row for name in made["chains"] for row in measure(gpu, name, *sizes)]
    return {
        "device": gpu.name, "driver": gpu.version, "date": datetime.date.today().isoformat(), "size": made["size"],
        "layers": made["layers"], "target": made["target"], "copy_gb_per_s": round(copied / 1e6, 1), "rows": rows,
    }  # fmt: skip


def main() -> int:
    arguments = parsed()
    if arguments.compile:
        compile_chains(arguments.chains, arguments.size, arguments.layers, arguments.compile, arguments.target)
        return 0
    try:
        result = measured(arguments)
    except NoGPU as error:
        print(f"cuda: nothing is measured, there is no GPU: {error}", file=sys.stderr)
        return NO_GPU
    path = result_path(arguments.results, datetime.date.today(), str(result["device"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"{result['device']}, driver {result['driver']}, copies {result['copy_gb_per_s']} GB/s\n\n{table(result['rows'])}\n\n{path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
