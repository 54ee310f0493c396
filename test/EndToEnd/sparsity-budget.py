# REQUIRES: python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %quantc

"""Bits and left out inputs under one budget of bytes per token: the errors equal NumPy's,
the choice is the best of all choices, and the artifact does what was chosen."""

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import quantc
from models import relative_error
from onnx import TensorProto, helper, numpy_helper

BITS, SHARES = (4, 8), (0, 0.25, 0.5)
SHAPES = {"first": (64, 144), "second": (144, 40), "last": (40, 10)}


def make_model(path):
    rng = np.random.default_rng(5)
    weights = {name: rng.standard_normal(shape).astype(np.float32) / 6 for name, shape in SHAPES.items()}
    names = list(SHAPES)
    nodes = [
        helper.make_node("MatMul", [before, name], [after], name)
        for before, name, after in zip(["x", "a", "b"], names, ["a", "b", "y"])
    ]
    graph = helper.make_graph(
        nodes,
        "sparse",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)
    return weights


def forward(weights, x, thresholds):
    for name in SHAPES:
        x = np.where(np.abs(x) > thresholds.get(name, -1), x, 0) @ weights[name]
    return x


def log_softmax(y):
    y = y.astype(np.float64) - y.max(-1, keepdims=True)
    return y - np.log(np.exp(y).sum(-1, keepdims=True))


def divergence(weights, x, thresholds):
    p, q = log_softmax(forward(weights, x, {})), log_softmax(forward(weights, x, thresholds))
    return float((np.exp(p) * (p - q)).sum(-1).mean())


def check_errors(layers, weights, x):
    """What left out inputs add is what NumPy says of thresholds at exact quantiles."""
    for layer in layers:
        name, inputs = layer["name"], x
        for before in list(SHAPES)[: list(SHAPES).index(name)]:
            inputs = inputs @ weights[before]
        dense = {one["bits"]: one["error"] for one in layer["candidates"] if "sparsity" not in one}
        for one in layer["candidates"]:
            if "sparsity" not in one:
                continue
            wanted = divergence(weights, x, {name: np.quantile(np.abs(inputs), one["sparsity"])})
            found = one["error"] - dense[one["bits"]]
            assert abs(found - wanted) < 0.05 * wanted, f"{name} {one}: {found}, NumPy says {wanted}"


def best(layers, allowed):
    """The least error of all choices that are cheap enough."""
    choices = itertools.product(*[layer["candidates"] for layer in layers])
    return min(sum(c["error"] for c in choice) for choice in choices if sum(c["bytes"] for c in choice) <= allowed)


def compiled(folder, model, name, budget):
    recipe = folder / f"{name}.yaml"
    recipe.write_text(
        f"weights: {{bits: 4, symmetric: false}}\nsparsity: {{target: 0.5}}\nbudget: {{{budget}, candidates: [4, 8]}}\n"
        "rules: [{last: true, sparsity: 0}]\n"
    )
    quantc.compile(
        str(model), str(folder / name), recipe=str(recipe), quiet=True, calibrate=str(folder / "samples.npz")
    )
    return json.loads((folder / f"{name}.report.json").read_text())


def check_stored(report):
    """A candidate's bytes are what is stored but for the columns that are left out, which
    lie in tiles of 64 outputs."""
    chosen = 0
    for layer, row in zip(report["budget"]["layers"], report["layers"], strict=True):
        share, bits = layer.get("chosen_sparsity", 0), layer["chosen_bits"]
        (one,) = [c for c in layer["candidates"] if c["bits"] == bits and c.get("sparsity", 0) == share]
        inputs, outputs = SHAPES[layer["name"]]
        columns = inputs * -(-outputs // 64) * 64 * bits // 8
        assert one["bytes"] == row["bytes"] - int(share * columns), (one, row)
        chosen += one["bytes"]
    assert report["budget"]["chosen_bytes"] == chosen, (chosen, report["budget"])


DENSE = {
    "floats": "weights: {bits: 4, group_size: 32}\nbudget: {bytes_per_token: 20000, candidates: [nvfp4]}\n",
    "three": "weights: {bits: 4}\nbudget: {bytes_per_token: 20000, candidates: [3]}\n",
    "codes": "weights: {bits: 4}\nactivations: {matmul: dynamic}\nbudget: {bytes_per_token: 20000, candidates: [4]}\n",
}


def check_dense(folder, model, x):
    """Without `sparsity` a budget of bytes per token leaves out nothing."""
    np.savez(folder / "row.npz", x=x[:1])
    for name, text in DENSE.items():
        recipe, samples = folder / f"{name}.yaml", folder / "samples.npz"
        recipe.write_text(text)
        quantc.compile(str(model), str(folder / name), recipe=str(recipe), quiet=True, calibrate=str(samples))
        report = json.loads((folder / f"{name}.report.json").read_text())
        assert not report["warnings"], report["warnings"]
        kernels = {layer["kernel"] for layer in report["layers"]}
        assert kernels == {"matmul.a8" if name == "codes" else "matmul.a16"}, kernels
        words = ["-r", recipe, "--calibrate", samples, "--to", "fuse", "--quiet"]
        files = ["--inputs", folder / "row.npz", "--outputs", folder / "wanted.npz"]
        subprocess.run([sys.argv[1], "interpret", model, *words, *files], check=True)
        wanted, found = np.load(folder / "wanted.npz")["y"], quantc.load(folder / name).run(x=x[:1])["y"]
        assert wanted.tobytes() == found.tobytes(), f"{name}: the interpreter has other bits"


def check_apart(folder, x):
    """Greedy shares where no output depends on all products."""
    nodes = [helper.make_node("MatMul", ["x", name], [f"y{name}"], name) for name in "uv"]
    rng = np.random.default_rng(7)
    weights = [numpy_helper.from_array(rng.standard_normal((64, 64)).astype(np.float32), name) for name in "uv"]
    outputs = [helper.make_tensor_value_info(f"y{name}", TensorProto.FLOAT, ["n", 64]) for name in "uv"]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 64])]
    graph = helper.make_graph(nodes, "apart", inputs, outputs, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), folder / "apart.onnx")
    recipe = folder / "apart.yaml"
    recipe.write_text("weights: {bits: 4}\nsparsity: {target: 0.4, allocation: greedy}\n")
    quantc.compile(
        str(folder / "apart.onnx"), str(folder / "apart"), recipe=str(recipe), quiet=True, calibrate=str(folder / "samples.npz")
    )
    report = json.loads((folder / "apart.report.json").read_text())
    assert [layer["sparsity"]["target"] for layer in report["layers"]] == [0.4, 0.4], report["layers"]


def main():
    rng = np.random.default_rng(6)
    x = rng.standard_normal((256, 64)).astype(np.float32)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        model = folder / "model.onnx"
        weights = make_model(model)
        np.savez(folder / "samples.npz", x=x)
        shares = f"sparsities: [{', '.join(map(str, SHARES))}]"
        for allowed in (13000, 9000, 7000):
            report = compiled(folder, model, "sparse", f"bytes_per_token: {allowed}, {shares}")
            layers = report["budget"]["layers"]
            check_errors(layers, weights, x)
            check_stored(report)
            counts = [len(layer["candidates"]) for layer in layers]
            assert counts == [6, 6, 2], counts
            assert report["budget"]["allowed_bytes"] == allowed
            assert report["budget"]["chosen_bytes"] <= allowed, report["budget"]
            found, wanted = report["budget"]["chosen_error"], best(layers, allowed)
            assert abs(found - wanted) <= 1e-9 * wanted, f"{found}, the best is {wanted}"
            for layer, row in zip(layers, report["layers"]):
                share = layer.get("chosen_sparsity", 0)
                assert (row["kernel"] == "matmul.sparse") == (share > 0), row
                if share:
                    assert abs(row["sparsity"]["realised"] - share) < 0.1, row
        # Several rows are dense: as good as the weights are.
        y = quantc.load(folder / "sparse").run({"x": x[:4]})["y"]
        assert relative_error(forward(weights, x[:4], {}), y) < 0.5
        recipe = folder / "weights.yaml"
        recipe.write_text("weights: {bits: 4}\nsparsity: {target: 0.5}\nbudget: {bytes_per_token: 9000, measure: weights}\n")
        try:
            quantc.compile(
                str(model), str(folder / "no"), recipe=str(recipe), quiet=True, calibrate=str(folder / "samples.npz")
            )
            sys.exit("a budget without a measure of outputs is accepted")
        except quantc.Error as error:
            assert "needs 'measure: kl' and samples with --calibrate" in str(error), error
        check_dense(folder, model, x)
        check_apart(folder, x)
    print("bits and sparsity are chosen together")


main()
