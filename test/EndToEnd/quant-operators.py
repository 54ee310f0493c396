# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %quantc

"""Quant and BipolarQuant of QONNX in every rounding mode, with codes and without, against
NumPy's own arithmetic; in activations, in weights that become codes, and on every way in
which this machine runs a model."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from paths import same_bits

import quantc

RANDOM = np.random.default_rng(2)


def half(x, up):
    whole = np.floor(np.abs(x))
    rest = np.abs(x) - whole
    return np.copysign(whole + (rest >= 0.5 if up else rest > 0.5), x)


MODES = {
    "ROUND": np.rint,
    "HALF_EVEN": np.rint,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "UP": lambda x: np.copysign(np.ceil(np.abs(x)), x),
    "DOWN": np.trunc,
    "HALF_UP": lambda x: half(x, True),
    "HALF_DOWN": lambda x: half(x, False),
}


def quant(x, scale, zero, bits, mode, signed, narrow):
    """The definition, in fp32."""
    steps = x / scale + zero
    if signed and bits == 1:
        code = np.where(steps >= 0, np.float32(1), np.float32(-1))
    else:
        span = 2.0**bits
        low, high = (-span / 2 + narrow, span / 2 - 1) if signed else (0, span - 1 - narrow)
        code = MODES[mode](np.clip(steps, np.float32(low), np.float32(high))).astype(np.float32)
    return (code - zero) * scale


class Graph:
    def __init__(self, x):
        self.x, self.nodes, self.weights, self.wanted = x, [], [], {}

    def constant(self, array):
        self.weights.append(numpy_helper.from_array(np.asarray(array, np.float32), f"c{len(self.weights)}"))
        return self.weights[-1].name

    def quant(self, name, x, number, scale=0.5, zero=0.0, bits=4, mode="ROUND", signed=1, narrow=0):
        scale, zero = np.asarray(scale, np.float32), np.asarray(zero, np.float32)
        inputs = [x, *map(self.constant, (scale, zero, bits))]
        attributes = {"rounding_mode": mode, "signed": signed, "narrow": narrow}
        self.nodes.append(helper.make_node("Quant", inputs, [name], domain="qonnx.custom_op.general", **attributes))
        return quant(number, scale, zero, bits, mode, signed, narrow)

    def save(self, path):
        outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, v.shape) for n, v in self.wanted.items()]
        given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.x.shape)]
        graph = helper.make_graph(self.nodes, "quant", given, outputs, self.weights)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8), path)


def operators():
    ties = np.array([5.5, 2.5, 1.6, 1.1, 1.0, -1.0, -1.1, -1.6, -2.5, -5.5, 0.0, -0.0, 0.49999997], np.float32)
    x = np.concatenate([ties, RANDOM.uniform(-12, 12, 71)]).astype(np.float32).reshape(2, 7, 6)
    graph = Graph(x)
    scales, zeros = RANDOM.uniform(0.1, 2, (7, 1)), np.arange(7).reshape(7, 1)
    cases = {}
    for mode in MODES:
        cases[f"{mode}_codes"] = {"scale": 1, "bits": 8, "mode": mode}
        cases[f"{mode}_zero"] = {"zero": 3, "signed": 0, "mode": mode}
        cases[f"{mode}_fraction"] = {"zero": 0.3, "mode": mode}
        cases[f"{mode}_wide"] = {"bits": 11, "scale": 0.003, "mode": mode}
    cases |= {
        "narrow": {"bits": 2, "narrow": 1},
        "narrow_unsigned": {"bits": 3, "narrow": 1, "signed": 0},
        "byte": {"bits": 8, "signed": 0, "zero": 77, "scale": 0.07},
        "channels": {"scale": scales, "zero": zeros, "signed": 0},
        "both": {"scale": scales, "zero": np.float32(2)},
        "matrix": {"scale": RANDOM.uniform(0.1, 2, (7, 6))},
        "sign": {"bits": 1, "scale": 2},
        "sign_zero": {"bits": 1, "zero": 1},
        "unsigned_bit": {"bits": 1, "signed": 0},
        "fraction_of_bits": {"bits": 2.5},
    }
    for name, case in cases.items():
        graph.wanted[name] = graph.quant(name, "x", x, **case)
    truncations(graph, x)
    return graph


def truncations(graph, x):
    """Trunc of both versions and MultiThreshold."""
    scale, zero, out_scale = np.float32(0.05), np.float32(2), np.float32(0.41)
    steps = np.rint(x / scale + zero)
    numbers = [graph.constant(v) for v in (scale, zero, 8, 5, out_scale)]
    graph.nodes.append(helper.make_node("Trunc", ["x", *numbers[:4]], ["trunc"], domain="qonnx.custom_op.general"))
    graph.wanted["trunc"] = (np.floor(steps / np.float32(8)) - zero) * scale
    inputs = ["x", *numbers[:3], numbers[4], numbers[3]]
    attributes = {"signed": 1, "narrow": 1, "rounding_mode": "HALF_UP"}
    graph.nodes.append(helper.make_node("Trunc", inputs, ["trunc2"], domain="qonnx.custom_op.general", **attributes))
    clipped = np.clip(steps / np.float32(8), np.float32(-15), np.float32(15))
    graph.wanted["trunc2"] = (half(clipped, True) - zero / np.float32(8)) * out_scale
    thresholds = np.sort(RANDOM.standard_normal((7, 5)).astype(np.float32) * 5)
    thresholds[:, 2] = x[0, :, 0]  # reached exactly
    inputs = ["x", graph.constant(thresholds)]
    attributes = {"out_scale": 0.5, "out_bias": -1.0}
    graph.nodes.append(helper.make_node("MultiThreshold", inputs, ["steps"], domain="qonnx.custom_op.general", **attributes))
    counts = (x[..., None] >= thresholds[:, None, :]).sum(-1).astype(np.float32)
    graph.wanted["steps"] = counts * np.float32(0.5) - np.float32(1)


def product(bits, signed, kernel):
    """Quantized activations times quantized weights, whose codes a kernel takes."""
    x = RANDOM.standard_normal((3, 37)).astype(np.float32)
    graph = Graph(x)
    raw = RANDOM.standard_normal((19, 37)).astype(np.float32)
    graph.weights.append(numpy_helper.from_array(raw, "raw"))
    a = graph.quant("a", "x", x, scale=0.25, bits=bits, signed=signed)
    w = graph.quant("w", "raw", raw, scale=RANDOM.uniform(0.2, 0.6, (19, 1)), bits=min(bits, 2), narrow=1)
    graph.nodes.append(helper.make_node("Transpose", ["w"], ["t"], perm=[1, 0]))
    graph.nodes.append(helper.make_node("MatMul", ["a", "t"], ["y"], name="y"))
    graph.wanted["y"] = (a.astype(np.float64) @ w.T.astype(np.float64)).astype(np.float32)
    # Codes of 8 bits without a sign are int8 codes with a zero point of -128, whose part of
    # the sum is taken away in fp32; the others are exact but for the scales. At most four
    # roundings of numbers that are no larger than the sum of all magnitudes.
    zero = 0.25 * 128 if bits == 8 and not signed else 0
    largest = ((np.abs(a - zero) + zero).astype(np.float64) @ np.abs(w.T).astype(np.float64)).max()
    return graph, kernel, 4 * 2.0**-24 * largest / np.abs(graph.wanted["y"]).max()


def check(name, tool, folder, graph, limit):
    graph.save(folder / f"{name}.onnx")
    (found,) = same_bits(tool, folder / f"{name}.onnx", [{"x": graph.x}])
    for output, wanted in graph.wanted.items():
        error = np.abs(wanted - found[output]).max() / max(np.abs(wanted).max(), 1e-30)
        if not error <= limit:
            sys.exit(f"{name}: '{output}' is {found[output]}, expected {wanted}")
    print(f"{name}: {len(graph.wanted)} outputs as in NumPy, at most {limit:.2g} off")


def main():
    tool = sys.argv[1]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        check("operators", tool, folder, operators(), 0)
        for bits, signed, kernel in [(2, 1, "matmul.a8"), (4, 0, "matmul.a8"), (8, 0, "matmul.a8"), (1, 1, "binary_matmul.b1")]:
            graph, wanted, limit = product(bits, signed, kernel)
            name = f"product-{bits}-{signed}"
            check(name, tool, folder, graph, limit)
            quantc.compile(str(folder / f"{name}.onnx"), str(folder / name), recipe="float", quiet=True)
            (layer,) = json.loads((folder / f"{name}.report.json").read_text())["layers"]
            if layer.get("kernel") != wanted:
                sys.exit(f"{name}: kernel {layer.get('kernel')} ({layer.get('reason')}), expected {wanted}")


main()
