"""What the scripts of this folder share: a model of one input and one output in FOLDER, and what
becomes of it with a recipe, compiled and interpreted. A script is called as SCRIPT QUANTC FOLDER."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

QUANTC, FOLDER = sys.argv[1], Path(sys.argv[2])
MODEL = FOLDER / "model.onnx"


def save_model(nodes, weights, width):
    """`nodes` make y of x, both of `width` features."""
    graph = helper.make_graph(
        nodes,
        "changed",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["T", width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["T", width])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), MODEL)


def write_recipe(name, text):
    path = FOLDER / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def compile_model(name, recipe, samples, *more):
    """The finished process that compiled the model to FOLDER/name."""
    command = [QUANTC, "compile", MODEL, "-o", FOLDER / name, "-r", write_recipe(name, recipe), "--quiet", *more]
    command += ["--calibrate", FOLDER / samples] if samples else []
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)


def run(name, recipe, samples, most):
    """The compiled model's output, which is at most `most` from the interpreter's, and the
    certificate, which holds."""
    done = compile_model(name, recipe, samples, "--certify")
    assert done.returncode == 0, done.stderr
    certificate = json.loads((FOLDER / f"{name}.certificate.json").read_text(encoding="utf-8"))
    assert certificate["holds"], certificate
    given = ["--calibrate", FOLDER / samples] if samples else []
    outputs = {}
    for way, command in {
        "compiled": ["run", FOLDER / name],
        "interpreted": ["interpret", MODEL, "--to", "fuse", "-r", FOLDER / f"{name}.yaml", *given],
    }.items():
        found = FOLDER / f"{name}.{way}.npz"
        ends = ["--inputs", FOLDER / "x.npz", "--outputs", found]
        subprocess.run([*map(str, [QUANTC, *command, *ends])], check=True, capture_output=True)
        outputs[way] = np.load(found)["y"]
    off = error(outputs["compiled"], outputs["interpreted"].astype(np.float64))
    assert off < most, f"{name}: the interpreter differs by {off}"
    return outputs["compiled"], certificate


def error(found, wanted):
    return float(np.linalg.norm(found.astype(np.float64) - wanted) / np.linalg.norm(wanted))
