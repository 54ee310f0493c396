"""Whether results are the same bits on every level of the machine, on the simulated
GPU and in the interpreter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from compiling import CompileError, compile_model
from onnx import TensorProto, helper

ALL_LEVELS = "x86-64-v4"  # and those below it
LEVELS = ("generic", "v3", "v4")
RUN = """
import sys, numpy as np, quantc
model = quantc.load(sys.argv[1])
inputs, positions = dict(np.load(sys.argv[2])), int(sys.argv[3])
found = model.state(positions).run(inputs) if positions else model.run(inputs)
np.savez(sys.argv[4], **found)
print(model.level)
"""


def content(outputs: dict[str, np.ndarray]) -> tuple:
    return tuple((name, outputs[name].shape, outputs[name].tobytes()) for name in sorted(outputs))


def run(prefix: Path, inputs: Path, level: str = "", positions: int = 0) -> tuple | None:
    """Outputs of a process of its own, in which `level` is used; None where the machine lacks it."""
    environment = {**os.environ, **({"QUANTC_LEVEL": level} if level else {})}
    outputs = prefix.with_name(f"{prefix.name}-outputs.npz")
    command = [sys.executable, "-c", RUN, prefix, inputs, str(positions), outputs]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CompileError(f"{prefix.name} at level '{level}': {done.stderr.strip().splitlines()[-1]}")
    return content(np.load(outputs)) if done.stdout.strip() == level or not level else None


def interpret(quantc: Path, model: Path, prefix: Path, inputs: Path, samples: Path | None) -> tuple:
    """What the interpreter gives for the recipe that lies beside an artifact."""
    outputs = prefix.with_name(f"{prefix.name}-wanted.npz")
    command = [quantc, "interpret", model, "-r", prefix.with_suffix(".yaml"), "--to", "fuse", "--quiet"]
    command += ["--inputs", inputs, "--outputs", outputs, *(["--calibrate", samples] if samples else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CompileError(done.stderr.strip().splitlines()[-1])
    return content(np.load(outputs))


def verdict(results: dict[str, tuple | None]) -> str:
    """`a = b = c`, or which differ from the first."""
    present = {name: value for name, value in results.items() if value is not None}
    first = next(iter(present.values()))
    differing = [name for name, value in present.items() if value != first]
    if differing:
        raise CompileError(f"other bits than {next(iter(present))}: {', '.join(differing)}")
    return " = ".join(present)


def same_bits(
    quantc: Path, model: Path, recipe: str, prefix: Path, inputs: list[Path], samples: Path | None, simulate: bool
) -> str:
    """Compiles for all levels (and the simulated GPU), and compares both with the interpreter."""
    compile_model(quantc, model, recipe, prefix, samples, ALL_LEVELS)
    simulated = prefix.with_name(f"{prefix.name}-sim")
    if simulate:
        compile_model(quantc, model, recipe, simulated, samples, "cuda-sim")
    found = ""
    for few in inputs:
        results = {"interpreter": interpret(quantc, model, prefix, few, samples)}
        results |= {level: run(prefix, few, level) for level in LEVELS}
        if simulate:
            results["cuda-sim"] = run(simulated, few)
        found = verdict(results)
    return found


def cut(
    model: onnx.ModelProto, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    """What computes `outputs` from `inputs` and constants."""
    of = {output: node for node in model.graph.node for output in node.output}
    given, needed, waiting = {value.name for value in inputs}, set(), [value.name for value in outputs]
    while waiting:
        name = waiting.pop()
        if name not in given and name in of and of[name].output[0] not in needed:
            needed.add(of[name].output[0])
            waiting += of[name].input
    nodes = [node for node in model.graph.node if node.output[0] in needed]
    used = {name for node in nodes for name in node.input}
    constants = [tensor for tensor in model.graph.initializer if tensor.name in used]
    graph = helper.make_graph(nodes, "cut", [i for i in inputs if i.name in used], outputs, constants)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def tensor(name: str, columns: int | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", columns])


class Products:
    """The matrix products of one block of a model, with their quantizers of activations.

    Norms and softmax of the interpreter are rounded from double precision, so that a whole
    language model does not have its bits; its products, on the model's own activations, do.
    `block` is a regular expression of the names of their nodes."""

    ROWS = (1, 5, 33)  # one row, rows below a tile, more than one tile
    # What needs the operations around the products. Of rotations only the weights change.
    AROUND = re.compile(r"(rotate_stream|rotate_heads): true(, )?|tied_embeddings: true\n")

    def __init__(self, options, model: Path, block: str, windows: list[dict[str, np.ndarray]]):
        self.options = options
        self.folder = options.scratch / "products"
        self.folder.mkdir(exist_ok=True)
        whole = onnx.load(model)
        products = [node for node in whole.graph.node if node.op_type == "MatMul" and re.search(block, node.name)]
        taken = list(dict.fromkeys(node.input[0] for node in products))
        shapes = onnx.shape_inference.infer_shapes(onnx.load(model, load_external_data=False)).graph.value_info
        before = cut(whole, list(whole.graph.input), [value for value in shapes if value.name in taken])
        given = self.activations(before, windows)
        self.data = {f"x{i}": given[name] for i, name in enumerate(taken)}
        for node in products:
            node.input[0] = f"x{taken.index(node.input[0])}"
        inputs = [tensor(name, value.shape[1]) for name, value in self.data.items()]
        outputs = [tensor(node.output[0], None) for node in products]
        self.model = self.folder / "products.onnx"
        onnx.save(cut(whole, inputs, outputs), self.model)
        self.samples = self.save("samples", len(given[taken[0]]))
        self.inputs = [self.save(f"rows{rows}", rows) for rows in self.ROWS]

    def save(self, name: str, rows: int) -> Path:
        path = self.folder / f"{name}.npz"
        np.savez(path, **{name: value[:rows] for name, value in self.data.items()})
        return path

    def activations(self, before: onnx.ModelProto, windows: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        import quantc

        path = self.folder / "before.onnx"
        onnx.save(before, path)
        compile_model(self.options.quantc, path, "preset: float\n", self.folder / "before")
        loaded, names = quantc.load(self.folder / "before"), {value.name for value in before.graph.input}
        found = [loaded.run({k: v for k, v in inputs.items() if k in names}) for inputs in windows]
        return {
            name: np.concatenate([results[name].reshape(-1, results[name].shape[-1]) for results in found])
            for name in found[0]
        }

    def same_bits(self, recipe: str) -> str:
        recipe, options = self.AROUND.sub("", recipe), self.options
        return same_bits(
            options.quantc, self.model, recipe, self.folder / "row", self.inputs, self.samples, options.simulate
        )
