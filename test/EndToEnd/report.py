# RUN: %python %s %quantc

"""The numbers of the report equal NumPy's, whatever the layers are called; the rules that
it offers can be pasted into a recipe and keep just the worst layers in floating point."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HOSTILE = "</script><img src=x onerror=alert(1)>"
SIZE = 64
NAMES = [HOSTILE, "it's: {a} #b", "l.0", "l00", "x\\d+(y|z)"]


def quantc(*arguments):
    done = subprocess.run([sys.argv[1], *arguments, "--quiet"], check=True, capture_output=True, text=True)
    return done.stdout


def make_model(path, outliers=1):
    """Layers side by side, so that a run on the identity gives every weight. The weights of
    the first are spread the widest; one of its rows is `outliers` times as large."""
    rng = np.random.default_rng(3)
    weights = [rng.uniform(-1, 1, (SIZE, SIZE)).astype(np.float32) for _ in NAMES]
    weights[0] = rng.standard_normal((SIZE, SIZE)).astype(np.float32)
    weights[0][5] *= outliers
    nodes = [helper.make_node("MatMul", ["x", f"w{i}"], [f"y{i}"], name) for i, name in enumerate(NAMES)]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "report",
        [value("x", TensorProto.FLOAT, ["n", SIZE])],
        [value(f"y{i}", TensorProto.FLOAT, ["n", SIZE]) for i in range(len(NAMES))],
        [numpy_helper.from_array(weight, f"w{i}") for i, weight in enumerate(weights)],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)
    return weights


def near(what, found, wanted, tolerance=1e-5):
    if not abs(found - wanted) <= tolerance * max(1, abs(wanted)):
        sys.exit(f"{what}: found {found}, expected {wanted}")


def check_layer(layer, weight, stored):
    """`stored`: what the codes stand for, in each column multiples of one step."""
    w, s = weight.astype(np.float64), stored.astype(np.float64)
    near("SQNR", layer["sqnr_db"], 10 * np.log10((w**2).sum() / ((w - s) ** 2).sum()))
    near("cosine", layer["cosine"], (w * s).sum() / np.sqrt((w**2).sum() * (s**2).sum()))
    clipped = 0
    for column, codes in zip(w.T, s.T):
        levels = np.unique(codes)
        assert len(levels) > 4, levels
        half = np.diff(levels).min() / 2 * (1 + 1e-5)
        clipped += ((column > levels[-1] + half) | (column < levels[0] - half)).sum()
    near("clipped", layer["saturated"], clipped / w.size, 1e-9)
    before = layer["histograms"]["before"]
    rms = np.sqrt((w**2).mean())
    near("rms", before["rms"], rms)
    near("peak", before["peak"], np.abs(w).max() / rms)
    edges = np.linspace(-8, 8, 49) * rms
    edges[[0, -1]] = -np.inf, np.inf
    assert np.abs(np.histogram(w, edges)[0] - before["counts"]).sum() <= 2, before
    return clipped


def check_numbers(folder, model, weights):
    recipe = folder / "recipe.yaml"
    recipe.write_text("weights: {bits: 3, symmetric: false}\nmethod: mse\n", encoding="ascii")
    out = folder / "out"
    quantc("compile", str(model), "-r", str(recipe), "-o", str(out))
    np.savez(folder / "x.npz", x=np.eye(SIZE, dtype=np.float32))
    quantc("run", f"{out}.so", "--inputs", str(folder / "x.npz"), "--outputs", str(folder / "y.npz"))
    report = json.loads((folder / "out.report.json").read_text(encoding="utf-8"))
    assert [layer["name"] for layer in report["layers"]] == NAMES
    with np.load(folder / "y.npz") as stored:
        clipped = [
            check_layer(layer, weight, stored[f"y{i}"])
            for i, (layer, weight) in enumerate(zip(report["layers"], weights))
        ]
    assert max(clipped) > 0, "no weight was clipped: the test shows nothing"
    near("share of bytes", sum(layer["share_of_bytes"] for layer in report["layers"]), 1)
    return report


def check_exclusion(folder, model, report):
    worst = min(report["layers"], key=lambda layer: layer["sqnr_db"])["name"]
    assert report["worst_layers"] == [worst] == [HOSTILE], report["worst_layers"]
    recipe = folder / "pasted.yaml"
    recipe.write_text("weights: {bits: 2}\n" + report["exclusion_yaml"], encoding="utf-8")
    plan = json.loads(quantc("plan", str(model), "-r", str(recipe), "--json"))
    kept = [layer["name"] for layer in plan["layers"] if layer["weights"] == "float"]
    assert kept == [worst], kept


def check_transforms(folder, model):
    """Rotated inputs spread the outliers of a weight over its rows."""
    recipe = folder / "rotated.yaml"
    recipe.write_text("weights: {bits: 4}\ntransforms: {rotate_inputs: true}\n", encoding="ascii")
    quantc("compile", str(model), "-r", str(recipe), "-o", str(folder / "rotated"))
    report = json.loads((folder / "rotated.report.json").read_text(encoding="utf-8"))
    both = report["layers"][0]["histograms"]
    near("rms", both["after"]["rms"], both["before"]["rms"])
    assert both["after"]["peak"] < 0.7 * both["before"]["peak"], both
    assert "peak" in (folder / "rotated.report.html").read_text(encoding="utf-8")


def check_times(folder):
    """The times of kernels make up the whole, those of layers a part; the copy that was
    timed is gone. A model that the smallest sizes do not fit has a warning instead."""
    model = folder / "times.onnx"
    value, node = helper.make_tensor_value_info, helper.make_node
    shape = numpy_helper.from_array(np.array([-1, 6], np.int64), "shape")
    weight = numpy_helper.from_array(np.ones((6, 8), np.float32), "w")
    for size, isRun in ((6, True), (4, False)):
        graph = helper.make_graph(
            [
                node("Relu", ["x"], ["a"], "relu"),
                node("Reshape", ["a", "shape"], ["b"], "reshape"),
                node("MatMul", ["b", "w"], ["y"], HOSTILE),
            ],
            "times",
            [value("x", TensorProto.FLOAT, ["n", size])],
            [value("y", TensorProto.FLOAT, ["m", 8])],
            [shape, weight],
        )
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), model)
        quantc("compile", str(model), "-r", "w8a16", "-o", str(folder / "times"), "--time")
        report = json.loads((folder / "times.report.json").read_text(encoding="utf-8"))
        assert not (folder / "times.timing.so").exists()
        assert ("times" in report) == isRun, report
        assert any("no times could be measured" in text for text in report["warnings"]) != isRun, report
        if isRun:
            check_shares(report)


def check_shares(report):
    times = report["times"]
    assert (times["entry"], times["sizes"]) == ("main", "n = 1"), times
    names = [kernel["kernel"] for kernel in times["kernels"]]
    assert "matmul.a16" in names and len(names) == len(set(names)) > 1, names
    near("time", sum(kernel["microseconds"] for kernel in times["kernels"]), times["microseconds"])
    (layer,) = report["layers"]
    assert 0 < layer["microseconds"] < times["microseconds"], layer
    near("share of time", layer["share_of_time"], layer["microseconds"] / times["microseconds"])


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "model.onnx"
        weights = make_model(model)
        report = check_numbers(folder, model, weights)
        check_exclusion(folder, model, report)
        make_model(model, outliers=10)
        check_transforms(folder, model)
        check_times(folder)


if __name__ == "__main__":
    main()
