#!/usr/bin/env python3
"""Products on an NVIDIA GPU: quantc's kernels, cuBLAS and the limit of the memory, in one run.

    PYTHONPATH=build/release/python python benchmarks/cuda [--recipes w4a8 w4a16 w8a8] \\
        [--size 4096] [--layers 12] [--rows 1 16 512] [--results benchmarks/results]
    python benchmarks/cuda --compile FOLDER            # where quantc is, without a GPU
    python benchmarks/cuda --compiled FOLDER           # where a GPU is, without quantc

A chain of products with different weights is compiled for the GPU; a run is one CUDA graph,
tensors stay on the GPU, so that a layer's time is that of a run divided by the layers. The
weights of all layers are more than the largest cache holds. cuBLAS multiplies as many
matrices of f16, of random numbers as those of quantc, in the same process, in turns with
quantc; what a layer would take if only its weights were read is from a copy in the same run.
Times are the median and the best of the turns.

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

from gpu import GPU, Blas, Model, NoGPU, Tensor

NO_GPU = 4
# Every layer is quantized, which presets do not do with the last one.
RECIPES = {
    "w8a8": "weights: {bits: 8, group_size: 0}\nactivations: {matmul: dynamic}\n",
    "w4a8": "weights: {bits: 4, group_size: 128}\nactivations: {matmul: dynamic}\n",
    "w2a8": "weights: {bits: 2, group_size: 128}\nactivations: {matmul: dynamic}\n",
    "w8a16": "weights: {bits: 8, group_size: 0}\n",
    "w4a16": "weights: {bits: 4, group_size: 128}\n",
    "w2a16": "weights: {bits: 2, group_size: 128}\n",
}
TURNS, WARMUP = 30, 5
COPY_BYTES = 1 << 30


def chain(size: int, layers: int, path: Path) -> None:
    """An ONNX model y = x * w0 * w1 * ... Each layer has weights of its own in memory; they are the
    columns of one random matrix in other orders, so that a folder of compiled models packs well."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    nodes, weights = [], []
    drawn = rng.standard_normal((size, size), dtype=np.float32) / np.float32(size**0.5)
    for i in range(layers):
        weights.append(numpy_helper.from_array(np.roll(drawn, 128 * i, axis=1), f"w{i}"))
        nodes.append(helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"x{i + 1}"], name=f"layer{i}"))
    tensors = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["m", size]) for n in ("x0", f"x{layers}")]
    graph = helper.make_graph(nodes, "chain", tensors[:1], tensors[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.save(model, path, save_as_external_data=True, location=path.name + ".data")


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


def row(recipe: str, m: int, layers: int, times: dict[str, list[float]], stored: float, copied: float) -> dict[str, object]:
    """Microseconds a layer. `stored`: bytes of a layer's weights; `copied`: bytes a millisecond."""
    result: dict[str, object] = {"recipe": recipe, "rows": m}
    for name, values in times.items():
        result[f"{name}_us"] = round(statistics.median(values) / layers * 1e3, 2)
        result[f"{name}_best_us"] = round(min(values) / layers * 1e3, 2)
    result["weights_alone_us"] = round(stored / copied * 1e3, 2)
    return result


def compile_chain(recipes: list[str], size: int, layers: int, folder: Path, target: str) -> None:
    """The models of `recipes` and what was compiled, into `folder`."""
    import quantc

    folder.mkdir(parents=True, exist_ok=True)
    chain(size, layers, folder / "chain.onnx")
    for recipe in recipes:
        yaml = folder / f"{recipe}.yaml"
        yaml.write_text(RECIPES[recipe], encoding="utf-8")
        quantc.compile(str(folder / "chain.onnx"), str(folder / recipe), recipe=str(yaml), target=target, quiet=True)
    for name in ("chain.onnx", "chain.onnx.data"):
        (folder / name).unlink()
    made = {"recipes": recipes, "size": size, "layers": layers, "target": target}
    (folder / "chain.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


def target_of(gpu: GPU) -> str:
    known = [n for n in (70, 80, 90) if n <= gpu.capability()]
    if not known:
        raise NoGPU(f"{gpu.name} has compute capability {gpu.capability() / 10}, 7.0 or more is needed")
    return f"cuda:sm_{known[-1]}"


def random_halves(gpu: GPU, count: int) -> int:
    """An address of `count` numbers of f16: zeros would cost the GPU less power than a model's weights."""
    import numpy as np

    return gpu.allocate(2 * count, np.random.default_rng(0).standard_normal(count, np.float32).astype(np.float16))


def measure(gpu: GPU, recipe: str, size: int, layers: int, row_counts: list[int], folder: Path, copied: float) -> list[dict[str, object]]:
    import numpy as np

    stored = (folder / f"{recipe}.weights").stat().st_size / layers
    model, blas = Model(folder / f"{recipe}.so"), Blas()
    rows = []
    for m in row_counts:
        drawn = np.random.default_rng(1).standard_normal(m * size, np.float32)
        given, wanted = gpu.allocate(4 * m * size, drawn), gpu.allocate(4 * m * size)
        x, y = Tensor.matrix(given, m, size), Tensor.matrix(wanted, m, size)
        work = {"quantc": lambda x=x, y=y: wall(lambda: model.run(x, y))}
        weights = [random_halves(gpu, size * size) for _ in range(layers)] if blas.library else []
        halves = [random_halves(gpu, m * size), gpu.allocate(2 * m * size)] if weights else []
        if weights:
            def products(m=m, weights=weights, halves=halves):
                for weight in weights:
                    blas.product(halves[0], weight, halves[1], m, size)

            work["cublas"] = lambda products=products: gpu.milliseconds(products)
        rows.append(row(recipe, m, layers, turns(work), stored, copied))
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
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=["w4a8", "w8a8", "w4a16"])
    parser.add_argument("--size", type=int, default=4096, help="rows and columns of a weight")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--rows", nargs="+", type=int, default=[1, 16, 512], help="rows of the activations")
    parser.add_argument("--results", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--compile", type=Path, metavar="FOLDER", help="compile into FOLDER and measure nothing")
    parser.add_argument("--target", default="cuda:sm_90", help="of --compile")
    parser.add_argument("--compiled", type=Path, metavar="FOLDER", help="measure what --compile made; it says which recipes and sizes")
    return parser.parse_args()


def measured(arguments: argparse.Namespace) -> dict[str, object]:
    gpu = GPU()
    copied = copy_speed(gpu)
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.compiled or Path(scratch)
        if not arguments.compiled:
            compile_chain(arguments.recipes, arguments.size, arguments.layers, folder, target_of(gpu))
        made = json.loads((folder / "chain.json").read_text(encoding="utf-8"))
        sizes = (made["size"], made["layers"], arguments.rows, folder, copied)
        rows = [row for recipe in made["recipes"] for row in measure(gpu, recipe, *sizes)]
    return {
        "device": gpu.name, "driver": gpu.version, "date": datetime.date.today().isoformat(), "size": made["size"],
        "layers": made["layers"], "target": made["target"], "copy_gb_per_s": round(copied / 1e6, 1), "rows": rows,
    }  # fmt: skip


def main() -> int:
    arguments = parsed()
    if arguments.compile:
        compile_chain(arguments.recipes, arguments.size, arguments.layers, arguments.compile, arguments.target)
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
