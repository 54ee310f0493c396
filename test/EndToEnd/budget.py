# REQUIRES: python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %quantc

"""Bits under a budget: the sensitivities equal NumPy's, the choice is the best of all
choices, its bytes are those that are stored, and a file of sensitivities is used again."""

import itertools
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import quantc
from models import check
from onnx import TensorProto, helper, numpy_helper

BITS = (2, 4, 8)
SHAPES = {"first": (64, 48), "left": (48, 40), "right": (48, 40), "last": (40, 10)}


def make_model(path):
    """first, then left and right of the same value, their sum, last."""
    rng = np.random.default_rng(5)
    weights = {name: rng.standard_normal(shape).astype(np.float32) / 6 for name, shape in SHAPES.items()}
    weights["first"][:, ::7] *= 4
    node = helper.make_node
    nodes = [
        node("MatMul", ["x", "first"], ["a"], "first"),
        node("Relu", ["a"], ["b"], "relu"),
        node("MatMul", ["b", "left"], ["c"], "left"),
        node("MatMul", ["b", "right"], ["d"], "right"),
        node("Add", ["c", "d"], ["e"], "add"),
        node("MatMul", ["e", "last"], ["y"], "last"),
    ]
    graph = helper.make_graph(
        nodes,
        "budget",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)
    return weights


def rounded(weight, bits):
    """Symmetric codes with one scale a column, in fp32."""
    limit = np.float32(2 ** (bits - 1) - 1)
    scale = np.abs(weight).max(0) / limit
    return np.clip(np.rint(weight / scale), -limit - 1, limit) * scale


def forward(weights, x):
    b = np.maximum(x @ weights["first"], 0)
    return (b @ weights["left"] + b @ weights["right"]) @ weights["last"]


def log_softmax(y):
    y = y.astype(np.float64) - y.max(-1, keepdims=True)
    return y - np.log(np.exp(y).sum(-1, keepdims=True))


def divergence(weights, changed, x):
    p, q = log_softmax(forward(weights, x)), log_softmax(forward({**weights, **changed}, x))
    return float((np.exp(p) * (p - q)).sum(-1).mean())


def loss_growth(weights, changed, x, targets):
    """How much the cross entropy of the rows that have a target grows."""
    rows = np.flatnonzero(targets >= 0)
    p, q = log_softmax(forward(weights, x)), log_softmax(forward({**weights, **changed}, x))
    return max(0.0, float((p[rows, targets[rows]] - q[rows, targets[rows]]).mean()))


def output_error(weights, name, bits, x):
    """Squares of the layer's errors relative to its outputs, on the float model's inputs."""
    b = np.maximum(x @ weights["first"], 0)
    inputs = {"first": x, "left": b, "right": b, "last": b @ weights["left"] + b @ weights["right"]}
    flat = inputs[name].reshape(-1, weights[name].shape[0]).astype(np.float64)
    noise = flat @ (weights[name] - rounded(weights[name], bits)).astype(np.float64)
    return float((noise**2).sum() / ((flat @ weights[name].astype(np.float64)) ** 2).sum())


def weight_of(weights, name, x):
    """What an error of outputs of this layer does to the model: 4 bits."""
    return divergence(weights, {name: rounded(weights[name], 4)}, x) / output_error(weights, name, 4, x)


def wanted_errors(measure, weights, x, targets=None):
    """{layer: [error at 2, 4, 8 bits]}."""
    errors = {}
    for name, weight in weights.items():
        errors[name] = []
        for bits in BITS:
            if measure == "outputs":
                errors[name].append(output_error(weights, name, bits, x) * weight_of(weights, name, x))
            elif measure == "weights":
                noise = (weight - rounded(weight, bits)).astype(np.float64)
                errors[name].append(float((noise**2).sum() / (weight.astype(np.float64) ** 2).sum()))
            elif measure == "loss":
                errors[name].append(loss_growth(weights, {name: rounded(weight, bits)}, x, targets))
            else:
                errors[name].append(divergence(weights, {name: rounded(weight, bits)}, x))
        errors[name] = list(np.minimum.accumulate(errors[name]))
    return errors


def best_error(rows, budget):
    """The least sum of errors within the budget, over all combinations."""
    least = np.inf
    for choice in itertools.product(range(len(BITS)), repeat=len(rows)):
        taken = [candidates[k] for candidates, k in zip(rows.values(), choice)]
        if sum(t["bytes"] for t in taken) <= budget:
            least = min(least, sum(t["error"] for t in taken))
    return least


def compile_with(folder, model, measure, budget, samples=None, extra="", key="bytes", limit=None):
    recipe = folder / "recipe.yaml"
    recipe.write_text(
        f"weights: {{bits: 8}}\nbudget: {{{key}: {limit or budget}, candidates: [2, 4, 8], measure: {measure}{extra}}}\n",
        encoding="ascii",
    )
    options = {"calibrate": str(samples)} if samples else {}
    quantc.compile(str(model), str(folder / "out"), recipe=str(recipe), quiet=True, **options)
    return json.loads((folder / "out.report.json").read_text())


def check_measure(folder, model, weights, measure, x, samples, targets=None):
    budget = 9000
    report = compile_with(folder, model, measure, budget, samples)
    table = json.loads((folder / "out.sensitivity.json").read_text())
    assert table["measure"] == measure
    rows = {layer["name"]: layer["candidates"] for layer in table["layers"]}
    assert list(rows) == list(SHAPES), rows
    for name, errors in wanted_errors(measure, weights, x, targets).items():
        found = [candidate["error"] for candidate in rows[name]]
        # Divergences of 8 bits are near fp32's rounding.
        check(f"{measure}: errors of {name}", float(np.abs(np.subtract(found, errors)).max() / max(errors)), 1e-4)
    chosen = {layer["name"]: layer for layer in report["layers"]}
    total = sum(layer["bytes"] for layer in chosen.values())
    check(f"{measure}: bytes", total, budget)
    error = 0
    for name, layer in chosen.items():
        taken = rows[name][BITS.index(int(layer["bits_nominal"]))]
        assert taken["bytes"] == layer["bytes"], (name, taken, layer)
        error += taken["error"]
    check(f"{measure}: error above the best", error - best_error(rows, budget), 1e-9)


def expect(text, code, function):
    try:
        function()
    except quantc.CompileError as error:
        if text not in str(error) or error.exit_code != code:
            sys.exit(f"expected '{text}' with exit code {code}, found {error.exit_code}: {error}")
    else:
        sys.exit(f"expected the error '{text}'")


def check_errors(folder, model, samples):
    expect("measures outputs: give samples with", 1, lambda: compile_with(folder, model, "kl", 9000))
    small = "phase assign failed: the budget of 100 bytes cannot be met: the smallest assignment needs"
    expect(small, 1, lambda: compile_with(folder, model, "weights", 100))
    # The nearest that can be met, in both units, is met.
    try:
        compile_with(folder, model, "weights", 100)
    except quantc.CompileError as error:
        found = re.search(r"needs (\d+) bytes, 'bits_per_weight: ([0-9.]+)'", str(error))
    compile_with(folder, model, "weights", int(found[1]))
    compile_with(folder, model, "weights", 1, key="bits_per_weight", limit=found[2])
    nothing = folder / "nothing.yaml"
    text = "there is a budget, but no layer is quantized that it could be for"
    for measure in ("weights", "outputs"):
        nothing.write_text(f"budget: {{bits_per_weight: 4, measure: {measure}}}\n", encoding="ascii")
        out, given = str(folder / "out"), {"calibrate": str(samples)}
        expect(text, 1, lambda: quantc.compile(str(model), out, recipe=str(nothing), **given))
    wrong = folder / "wrong.json"
    for text, content in (
        ("is no JSON", "{"),
        ("it has no list 'layers'", "{}"),
        ("layer 1 is damaged", '{"layers": [{"name": "first", "weights": 3, "candidates": [{"bits": 1}]}]}'),
        ("are of another model", '{"layers": []}'),
    ):
        wrong.write_text(content, encoding="ascii")
        expect(text, 3, lambda: compile_with(folder, model, "kl", 9000, samples, f", sensitivity: '{wrong}'"))
    np.savez(folder / "bad.npz", z=np.zeros(3, np.float32))
    expect("has no array for the input 'x'", 3, lambda: compile_with(folder, model, "kl", 9000, folder / "bad.npz"))
    np.savez(folder / "bad.npz", x=np.zeros((0, 64), np.float32))
    expect("holds 0 samples", 3, lambda: compile_with(folder, model, "kl", 9000, folder / "bad.npz"))
    np.savez(folder / "bad.npz", x=np.full((4, 64), np.nan, np.float32))
    expect(
        "outputs on the calibration data are not finite",
        3,
        lambda: compile_with(folder, model, "kl", 9000, folder / "bad.npz"),
    )


def check_target_errors(folder, model, x, targets):
    for text, found in (
        ("has no array 'targets', which 'measure: loss' needs", {}),
        ("array 'targets' is f64[48], expected i64 or i32 of 48 samples", {"targets": targets.astype(float)}),
        ("array 'targets' is i64[7], expected", {"targets": targets[:7]}),
        ("has no class, which are 0 or more", {"targets": np.full(48, -1)}),
        ("has 2 classes for a sample, the first output has 1", {"targets": np.zeros((48, 2), np.int32)}),
        ("has the class 10; the first output has 10", {"targets": np.where(np.arange(48) == 1, 10, targets)}),
    ):
        np.savez(folder / "bad.npz", x=x, **found)
        expect(text, 3, lambda: compile_with(folder, model, "loss", 9000, folder / "bad.npz"))


def check_model_errors(folder, model, samples):
    expect(
        "phase assign failed",
        1,
        lambda: compile_with(folder, model, "kl", 9000, samples, "}\nrules: [{name: no, skip: true}]\n#"),
    )
    counted = onnx.load(model)
    counted.graph.node.append(helper.make_node("Cast", ["y"], ["z"], "cast", to=TensorProto.INT64))
    counted.graph.output[0].CopyFrom(helper.make_tensor_value_info("z", TensorProto.INT64, ["n", 10]))
    onnx.save(counted, folder / "counted.onnx")
    text = "is no f32 tensor: its error cannot be measured"
    expect(text, 3, lambda: compile_with(folder, folder / "counted.onnx", "kl", 9000, samples))


def check_choices(plan, report, table):
    """The report has the table of sensitivities and says what was chosen, as plan does."""
    budget = report["budget"]
    assert plan["budget"] == budget
    assert (budget["measure"], budget["allowed_bytes"]) == ("kl", 9000), budget
    assert [layer["candidates"] for layer in budget["layers"]] == [layer["candidates"] for layer in table["layers"]]
    bits = [layer["chosen_bits"] for layer in budget["layers"]]
    assert bits == [layer["bits_nominal"] for layer in report["layers"]], budget
    assert budget["chosen_bytes"] == report["totals"]["bytes"] <= 9000, budget


def check_reuse(folder, model, samples):
    """With a file of sensitivities nothing is measured; plan says the same as compile."""
    report = compile_with(folder, model, "kl", 9000, samples)
    kept = folder / "kept.json"
    (folder / "out.sensitivity.json").rename(kept)
    again = compile_with(folder, model, "kl", 9000, extra=f", sensitivity: '{kept}'")
    assert [layer["weights"] for layer in again["layers"]] == [layer["weights"] for layer in report["layers"]]
    command = [sys.argv[1], "plan", str(model), "-r", str(folder / "recipe.yaml"), "--json", "--quiet"]
    plan = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert [layer["bytes"] for layer in plan["layers"]] == [layer["bytes"] for layer in report["layers"]]
    check_choices(plan, report, json.loads(kept.read_text()))
    text = subprocess.run([*command[:-2], "--quiet"], check=True, capture_output=True, text=True).stdout
    chosen = plan["budget"]["chosen_bytes"]
    assert f"budget kl: {chosen} of 9000 bytes" in text and text.count("*") == len(SHAPES), text
    # What was used stands beside the artifact, where compare finds it.
    used = json.loads((folder / "out.sensitivity.json").read_text())
    assert used == json.loads(kept.read_text()), used
    check_other_recipes(folder, model, kept)


def check_other_recipes(folder, model, kept):
    """Errors are the file's; candidates and bytes are the recipe's."""
    report = compile_with(folder, model, "kl", 9000, extra=f", sensitivity: '{kept}'")
    table = json.loads(kept.read_text())
    for layer in table["layers"]:
        for candidate in layer["candidates"]:
            candidate["bytes"] = 1
    lying = folder / "lying.json"
    lying.write_text(json.dumps(table), encoding="ascii")
    again = compile_with(folder, model, "kl", 9000, extra=f", sensitivity: '{lying}'")
    assert again["budget"] == report["budget"], again["budget"]
    recipe = folder / "three.yaml"
    recipe.write_text(
        f"weights: {{bits: 8}}\nbudget: {{bytes: 9000, candidates: [2, 3], sensitivity: '{kept}'}}\n", encoding="ascii"
    )
    text = f"'{kept}' has no error of 3 bits for the layer 'first', which the recipe's budget may choose"
    expect(text, 3, lambda: quantc.compile(str(model), str(folder / "out"), recipe=str(recipe)))
    recipe.write_text(
        f"weights: {{bits: 8}}\nbudget: {{bytes: 9000, candidates: [2, 4], sensitivity: '{kept}'}}\n", encoding="ascii"
    )
    quantc.compile(str(model), str(folder / "out"), recipe=str(recipe), quiet=True)
    fewer = json.loads((folder / "out.report.json").read_text())
    assert {layer["bits_nominal"] for layer in fewer["layers"]} <= {2, 4}, fewer["layers"]
    for layer in table["layers"]:
        layer["candidates"] = [{"bits": 5, "bytes": 1, "error": 0.5}]
    lying.write_text(json.dumps(table), encoding="ascii")
    recipe.write_text(f"weights: {{bits: 8}}\nbudget: {{bytes: 9000, sensitivity: '{lying}'}}\n", encoding="ascii")
    text = "has no candidate that the layer 'first' can have"
    expect(text, 3, lambda: quantc.compile(str(model), str(folder / "out"), recipe=str(recipe)))


def check_interpreter(folder, model, x, samples):
    """The interpreter chooses the same bits; compare takes what the compilation measured."""
    compile_with(folder, model, "kl", 9000, samples)
    quantc_with = [sys.argv[1], "interpret", model, "-r", folder / "recipe.yaml", "--to", "fuse", "--quiet"]
    files = ["--inputs", samples, "--outputs", folder / "wanted.npz"]
    subprocess.run([*quantc_with, *files, "--calibrate", samples], check=True)
    wanted, found = np.load(folder / "wanted.npz")["y"], quantc.load(folder / "out").run(x=x)["y"]
    assert wanted.tobytes() == found.tobytes(), "the interpreter has other bits"
    compare = [sys.argv[1], "compare", model, folder / "out", "--data", samples, "--layers", "--quiet"]
    text = subprocess.run(compare, check=True, capture_output=True, text=True).stdout
    assert all(f"\n{name} " in text for name in SHAPES), text
    (folder / "out.sensitivity.json").write_text("{", encoding="ascii")
    broken = subprocess.run(compare, check=False, capture_output=True, text=True)
    assert broken.returncode == 3 and "is no JSON" in broken.stderr, broken.stderr


def check_second_output(folder, model, samples):
    """A layer that only the second output depends on costs nothing, which is said."""
    two = onnx.load(model)
    two.graph.output.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 40]))
    two.graph.node.append(helper.make_node("MatMul", ["b", "left2"], ["z"], "aside"))
    two.graph.initializer.append(numpy_helper.from_array(np.eye(48, 40, dtype=np.float32), "left2"))
    onnx.save(two, folder / "two.onnx")
    report = compile_with(folder, folder / "two.onnx", "kl", 12000, samples)
    (warning,) = report["warnings"]
    wanted = "the budget's measure 'kl' finds no error in 1 of 5 layers, the first of them 'aside', which so get"
    assert warning.startswith(wanted), warning


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, samples = folder / "model.onnx", folder / "samples.npz"
        weights = make_model(model)
        x = np.random.default_rng(6).standard_normal((80, 64)).astype(np.float32)
        np.savez(samples, x=x[:48])
        check_measure(folder, model, weights, "weights", x[:48], None)
        check_measure(folder, model, weights, "kl", x[:48], samples)
        # Targets that the float model mostly hits, and rows without one.
        targets = forward(weights, x[:48]).argmax(-1)
        targets[::5], targets[3] = -1, (targets[3] + 1) % 10
        np.savez(folder / "targets.npz", x=x[:48], targets=targets)
        check_measure(folder, model, weights, "loss", x[:48], folder / "targets.npz", targets)
        check_target_errors(folder, model, x[:48], targets)
        # As many rows as inputs, for Hessians.
        np.savez(folder / "more.npz", x=x)
        check_measure(folder, model, weights, "outputs", x, folder / "more.npz")
        check_errors(folder, model, samples)
        check_model_errors(folder, model, samples)
        check_reuse(folder, model, samples)
        check_interpreter(folder, model, x[:48], samples)
        check_second_output(folder, model, samples)


main()
