# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %quantc %shared/models

"""Formats as candidates of a budget: errors equal NumPy's, bytes those that are stored
when a layer has that format alone, the choice the best of all; layers that cannot have a
format go without it and say why. A whole model computes what it computes with the same
formats as rules."""

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import quantc
from models import check
from onnx import TensorProto, helper, numpy_helper

F32 = np.float32
CANDIDATES = "[2, 4, mxfp4, binary, {bits: 3, group_size: 32, symmetric: true, scale: f16}]"
NAMES = ["2", "4", "mxfp4", "binary", "int3 g32, f16 scales"]
# Weights alone that each of them means.
ALONE = {
    "2": "{bits: 2, group_size: 16}",
    "4": "{bits: 4, group_size: 16}",
    "mxfp4": "{format: mxfp4}",
    "binary": "{format: binary, scale: f16}\nmethod: arb_rc",
    "int3 g32, f16 scales": "{bits: 3, group_size: 32, scale: f16}",
}


# The choices for a whole model as rules would say them, and their methods.
GROUPS = "symmetric: false, group_size: 32, scale: f16"
WHOLE = {
    "2": (f"{{bits: 2, {GROUPS}}}", "rtn"),
    "4": (f"{{bits: 4, {GROUPS}}}", "rtn"),
    "nvfp4": ("{format: nvfp4}", "rtn"),
    "ternary": ("{format: ternary, group_size: 64, scale: e4m3}", "twn"),
    "binary": ("{format: binary, scale: f16}", "arb_rc"),
    "w2-e4m3": ("{format: odd, group_size: 32, scale: e4m3}", "mse"),
    "int3 g32 f16 zero points, f16 scales": (f"{{bits: 3, zero_point: f16, {GROUPS}}}", "hqq"),
}


def make_model(path):
    """A convolution, which has kernels for integers only, then two products."""
    rng = np.random.default_rng(7)
    weights = {
        "conv": rng.standard_normal((32, 8, 3, 3)).astype(F32) / 9,
        "wide": rng.standard_normal((512, 96)).astype(F32) / 23,
        "last": rng.standard_normal((96, 20)).astype(F32) / 10,
    }
    weights["wide"][:, 5] *= 8
    node = helper.make_node
    nodes = [
        node("Conv", ["x", "conv"], ["a"], "conv"),
        node("Flatten", ["a"], ["b"], "flatten"),
        node("MatMul", ["b", "wide"], ["c"], "wide"),
        node("Relu", ["c"], ["d"], "relu"),
        node("MatMul", ["d", "last"], ["y"], "last"),
    ]
    graph = helper.make_graph(
        nodes,
        "formats",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8, 6, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 20])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)
    return weights


def mxfp4(weight):
    """[inputs, outputs], blocks of 32 inputs: OCP Microscaling Formats 1.0, section 6.3."""
    result = []
    for first in range(0, len(weight), 32):
        block = weight[first : first + 32]
        scale = F32(2.0) ** (np.floor(np.log2(np.abs(block).max(0))) - 2).astype(F32)
        result.append((block / scale).astype(ml_dtypes.float4_e2m1fn).astype(F32) * scale)
    return np.concatenate(result)


def symmetric(weight, bits, size, half):
    result, limit = [], F32(2 ** (bits - 1) - 1)
    for first in range(0, len(weight), size):
        block = weight[first : first + size]
        scale = np.abs(block).max(0) / limit
        scale = scale.astype(np.float16).astype(F32) if half else scale
        result.append(np.clip(np.rint(block / scale), -limit - 1, limit) * scale)
    return np.concatenate(result)


def compile_recipe(folder, model, text, name="out", **options):
    (folder / f"{name}.yaml").write_text(text, encoding="ascii")
    quantc.compile(str(model), str(folder / name), recipe=str(folder / f"{name}.yaml"), quiet=True, **options)
    return json.loads((folder / f"{name}.report.json").read_text())


def title(candidate):
    return candidate.get("format") or str(candidate["bits"])


def budget(limit, extra="", measure="weights"):
    return f"weights: {{bits: 8, group_size: 16}}\nbudget: {{{limit}, candidates: {CANDIDATES}, measure: {measure}{extra}}}\n"


def check_table(folder, model, weights):
    report = compile_recipe(folder, model, budget("bytes: 26000"))
    table = json.loads((folder / "out.sensitivity.json").read_text())
    rows = {layer["name"]: layer for layer in table["layers"]}
    assert [title(one) for one in rows["conv"]["candidates"]] == [*NAMES[:2], NAMES[4]], rows["conv"]
    reasons = {one["format"]: one["reason"] for one in rows["conv"]["left_out"]}
    assert reasons == {
        "mxfp4": "convolutions have no kernel for e2m1 codes",
        "binary": "binary and codebook weights have kernels for matrix products only",
    }, reasons
    wanted = {
        "2": lambda w: symmetric(w, 2, 16, False),
        "4": lambda w: symmetric(w, 4, 16, False),
        "mxfp4": mxfp4,
        "int3 g32, f16 scales": lambda w: symmetric(w, 3, 32, True),
    }
    for name in ("wide", "last"):
        found = {title(one): one for one in rows[name]["candidates"]}
        assert list(found) == NAMES and "left_out" not in rows[name], rows[name]
        power = (weights[name].astype(np.float64) ** 2).sum()
        for candidate, numbers in wanted.items():
            noise = (weights[name] - numbers(weights[name])).astype(np.float64)
            error = (noise**2).sum() / power
            check(f"error of {name} as {candidate}", abs(found[candidate]["error"] - error) / error, 1e-6)
    # Exact bytes: what the layer takes with this format alone.
    for candidate, alone in ALONE.items():
        stored = compile_recipe(folder, model, f"weights: {alone}\nrules: [{{op: Conv, skip: true}}]\n", "alone")
        for layer in [one for one in stored["layers"] if one["op"] == "MatMul"]:
            planned = next(one for one in rows[layer["name"]]["candidates"] if title(one) == candidate)
            assert planned["bytes"] == layer["bytes"], (candidate, planned, layer["bytes"])
    return report, rows


def best(rows, limit):
    least = np.inf
    for taken in itertools.product(*[layer["candidates"] for layer in rows.values()]):
        if sum(one["bytes"] for one in taken) <= limit:
            least = min(least, sum(one["error"] for one in taken))
    return least


def check_choice(report, rows, limit):
    assert report["budget"]["chosen_bytes"] == sum(layer["bytes"] for layer in report["layers"]) <= limit
    error = 0
    for layer, stored in zip(report["budget"]["layers"], report["layers"], strict=True):
        name = layer.get("chosen_format") or str(layer["chosen_bits"])
        taken = next(one for one in rows[layer["name"]]["candidates"] if title(one) == name)
        assert taken["bytes"] == stored["bytes"], (layer["name"], taken, stored)
        error += taken["error"]
    check(f"error above the best within {limit} bytes", error - best(rows, limit), 1e-12)
    return [layer.get("chosen_format") or str(layer["chosen_bits"]) for layer in report["budget"]["layers"]]


def expect(text, function):
    try:
        function()
    except quantc.CompileError as error:
        if text not in str(error):
            sys.exit(f"expected '{text}', found: {error}")
    else:
        sys.exit(f"expected the error '{text}'")


def check_errors(folder, model):
    expect("cannot be met: the smallest assignment needs", lambda: compile_recipe(folder, model, budget("bytes: 100")))
    only = "weights: {bits: 8}\nbudget: {bytes: 90000, candidates: [mxfp4], measure: weights}\n"
    text = "node 'conv' can have none of the budget's candidates: 'mxfp4', convolutions have no kernel for"
    expect(text, lambda: compile_recipe(folder, model, only))
    wrong = "weights: {bits: 8}\nbudget: {bytes: 90000, candidates: [8, {format: e2m1, method: twn}], measure: weights}\n"
    expect("candidate 'e2m1', node 'wide': the method 'twn' takes ternary weights only", lambda: compile_recipe(folder, model, wrong))
    unknown = wrong.replace("twn", "twm")
    expect("there is no quantization method 'twm'", lambda: compile_recipe(folder, model, unknown))
    compile_recipe(folder, model, budget("bytes: 26000"))
    (folder / "out.sensitivity.json").rename(folder / "kept.json")
    # What there is to choose from is the recipe's: here no formats.
    kept = f"weights: {{bits: 8, group_size: 16}}\nbudget: {{bytes: 40000, sensitivity: '{folder / 'kept.json'}'}}\n"
    integers = compile_recipe(folder, model, kept)
    assert not any("format" in one for layer in integers["budget"]["layers"] for one in layer["candidates"]), integers
    again = compile_recipe(folder, model, budget("bytes: 26000", f", sensitivity: '{folder / 'kept.json'}'"))
    plan = [sys.argv[1], "plan", str(model), "-r", str(folder / "out.yaml"), "--quiet"]
    planned = json.loads(subprocess.run([*plan, "--json"], check=True, capture_output=True).stdout)
    assert planned["budget"] == again["budget"]
    text = subprocess.run(plan, check=True, capture_output=True, text=True).stdout
    assert "without mxfp4: conv: convolutions have no kernel" in text and "int3 g32, f16 scales" in text, text


def check_whole_model(folder, model):
    """stories260K: bits and formats by divergence; what is planned is what is stored and run."""
    rng = np.random.default_rng(3)
    samples = folder / "samples.npz"
    np.savez(samples, input_ids=rng.integers(0, 500, (2, 40)))
    text = (
        "weights: {bits: 4, symmetric: false, group_size: 32, scale: f16}\n"
        "budget: {bits_per_weight: 3.6, measure: kl, candidates: [2, 4, nvfp4, ternary, binary, w2-e4m3, "
        "{bits: 3, zero_point: f16, method: hqq}]}\n"
    )
    report = compile_recipe(folder, model, text, "whole", calibrate=str(samples))
    chosen = [layer.get("chosen_format") or str(layer["chosen_bits"]) for layer in report["budget"]["layers"]]
    print("stories260K:", {name: chosen.count(name) for name in sorted(set(chosen))})
    assert len(set(chosen)) >= 3 and set(chosen) - {"2", "4"}, chosen
    check("bits a weight", report["budget"]["chosen_bytes"] * 8 / sum(x["parameters"] for x in report["layers"]), 3.6)
    assert report["budget"]["chosen_bytes"] == sum(layer["bytes"] for layer in report["layers"])
    # The same choices as rules.
    rules = [
        f"  - {{name: '^{layer['name']}$', weights: {WHOLE[choice][0]}, method: {WHOLE[choice][1]}}}"
        for layer, choice in zip(report["layers"], chosen, strict=True)
    ]
    compile_recipe(folder, model, "\n".join(["weights: {bits: 8}", "rules:", *rules, ""]), "again")
    ids = {"input_ids": rng.integers(0, 500, (1, 6))}
    found, wanted = (quantc.load(folder / name).run(ids) for name in ("whole", "again"))
    for name in found:
        assert found[name].tobytes() == wanted[name].tobytes(), f"{name} differs from that of the same formats as rules"



def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = make_model(folder / "model.onnx")
        report, rows = check_table(folder, folder / "model.onnx", weights)
        seen = set(check_choice(report, rows, 26000))
        for limit in (12000, 17000, 34000):
            report = compile_recipe(folder, folder / "model.onnx", budget(f"bytes: {limit}"))
            seen |= set(check_choice(report, rows, limit))
        assert len(seen) >= 4, seen
        check_errors(folder, folder / "model.onnx")
        check_whole_model(folder, Path(sys.argv[2]) / "stories260K.onnx")


main()
