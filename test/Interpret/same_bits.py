"""Compiled products have the same bits as the interpreter's, on every level that
this machine has, at sizes on, below and above every tile: same_bits.py QUANTC FOLDER.

The models hold many small products side by side, so that one compilation covers
many sizes; the number of rows is dynamic.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

QUANTC, FOLDER = sys.argv[1], Path(sys.argv[2])
LEVELS = sys.argv[3:]
RANDOM = np.random.default_rng(4)

# K and N of matrix products: 1, around a line, a panel and a group, large and odd.
PRODUCTS = [(1, 1), (3, 15), (4, 16), (5, 17), (31, 2), (32, 33), (63, 16), (64, 15), (65, 32), (96, 17)]
PRODUCTS += [(127, 49), (128, 1), (129, 64), (515, 131)]
ROWS = [1, 2, 3, 5, 8, 37]

# Channels in and out, kernel, stride, padding, size, groups.
CONVS = [(1, 1, 1, 1, 0, 3, 1), (3, 16, 3, 1, 1, 9, 1), (3, 15, 3, 2, 1, 8, 1), (16, 17, 1, 1, 0, 5, 1)]
CONVS += [(64, 33, 1, 2, 0, 7, 1), (17, 16, 3, 1, 0, 6, 1), (5, 31, 5, 3, 2, 13, 1), (19, 19, 3, 1, 1, 6, 19)]
CONVS += [(12, 8, 3, 1, 1, 7, 4), (6, 51, 3, 2, 1, 9, 3)]
GROUPED = ["p8", "p9"]  # have no kernel for codes

RECIPES = {
    "w8-channel-dynamic": ("{bits: 8}", "dynamic"),
    "w8-channel-symmetric-rows": ("{bits: 8}", "dynamic_symmetric"),
    "w8-group-dynamic": ("{bits: 8, symmetric: false, group_size: 32}", "dynamic"),
    "w4-group-dynamic": ("{bits: 4, symmetric: false, group_size: 64}", "dynamic"),
    "w4-symmetric-symmetric-rows": ("{bits: 4, symmetric: true, group_size: 64}", "dynamic_symmetric"),
    "w2-group-dynamic": ("{bits: 2, symmetric: false, group_size: 32, scale: f16}", "dynamic"),
    "w3-group-dynamic": ("{bits: 3, symmetric: false, group_size: 32}", "dynamic"),
    "w3-symmetric-float": ("{bits: 3, symmetric: true, group_size: 64}", "float"),
    "w4a4-group-dynamic": ("{bits: 4, symmetric: false, group_size: 64}", "dynamic, bits: 4"),
    "w4-group-float": ("{bits: 4, symmetric: false, group_size: 64}", "float"),
    "w8-channel-float": ("{bits: 8}", "float"),
    "mxfp4-dynamic": ("{format: mxfp4}", "dynamic"),
    "nvfp4-float": ("{format: nvfp4}", "float"),
    "nvfp4-symmetric-rows": ("{format: nvfp4}", "dynamic_symmetric"),
    "odd-e4m3-dynamic": ("{format: odd, group_size: 32, scale: e4m3}", "dynamic"),
    "ternary-float": ("{format: ternary, group_size: 64, scale: e8m0}", "float"),
    "w2-e4m3-float": ("{bits: 2, symmetric: false, group_size: 32, scale: e4m3}", "float"),
    "e2m1-channel-dynamic": ("{format: e2m1, scale: f16}", "dynamic"),
    "w2-branch-dynamic": ("{bits: 2, symmetric: false, group_size: 32}", "dynamic", "{rank: 5, method: lorc}"),
    "w3-branch-float": ("{bits: 3, symmetric: false, group_size: 32}", "float", "{rank: 18, method: lorc}"),
    "w4-branch-sparse": (
        "{bits: 4, symmetric: false, group_size: 64}", "float}\nsparsity: {target: 0.4", "{rank: 5, method: lorc}"
    ),
    "w8-channel-sparse": ("{bits: 8}", "float}\nsparsity: {target: 0.7"),
    "w2-group-sparse-prefill": ("{bits: 2, symmetric: false, group_size: 32}", "float}\nsparsity: {target: 0.4, prefill: sparse"),
    "w3-split-dynamic": ("{bits: 3, symmetric: false, group_size: 32}", "dynamic}\ntransforms: {split_channels: true"),
    "w2-split-float": ("{bits: 2, symmetric: false}", "float}\ntransforms: {split_channels: {ratio: 0.4}"),
    "w4-real-zeros-dynamic": ("{bits: 4, zero_point: f16, group_size: 64}", "dynamic", None, "hqq"),
    "w3-real-zeros-float": ("{bits: 3, zero_point: f16, group_size: 32, scale: f16}", "float", None, "hqq"),
    "w2-real-zeros-symmetric-rows": ("{bits: 2, zero_point: f16, scale: f16}", "dynamic_symmetric"),
    "w8-real-zeros-sparse": ("{bits: 8, zero_point: f16, group_size: 32}", "float}\nsparsity: {target: 0.4", None, "hqq"),
    "binary-zeros-float": ("{format: binary, symmetric: false, scale: f16}", "float"),
    "binary-zeros-group-dynamic": ("{format: binary, symmetric: false, group_size: 32, scale: f16}", "dynamic"),
    "binary-columns-dynamic": ("{format: binary}", "dynamic", None, "arb_rc"),
    "codebook-16-zeros-float": (
        "{format: codebook, codebook_dim: 16, codebook_size: 4096, group_size: 32, symmetric: false}",
        "float",
    ),
}


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)

IMAGE_RECIPES = {
    "images-w8a8": "preset: w8a8",
    "images-w4a8": "{weights: {bits: 4, symmetric: false, group_size: 64}, activations: {conv: static}}",
    "images-w2a8": "{weights: {bits: 2, symmetric: false, group_size: 32}, activations: {conv: static}}",
    "images-w4a16": "{weights: {bits: 4, symmetric: false, group_size: 64}}",
    "images-w8a16": "preset: w8a16",
}


class Model:
    def __init__(self):
        self.nodes, self.inputs, self.outputs, self.weights = [], [], [], []

    def weight(self, name, value):
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def finish(self, number, value, bias, rank):
        """Some products have a bias, some an activation, some both."""
        if bias is not None:
            self.nodes.append(helper.make_node("Add", [value, self.weight(f"b{number}", bias)], [f"s{number}"]))
            value = f"s{number}"
        if number % 3:
            self.nodes.append(helper.make_node("Relu", [value], [f"r{number}"]))
            value = f"r{number}"
        self.outputs.append(helper.make_tensor_value_info(value, TensorProto.FLOAT, [None] * rank))

    def matmul(self, number, k, n):
        self.inputs.append(helper.make_tensor_value_info(f"x{number}", TensorProto.FLOAT, ["M", k]))
        weight = self.weight(f"w{number}", numbers(k, n))
        self.nodes.append(helper.make_node("MatMul", [f"x{number}", weight], [f"p{number}"], name=f"p{number}"))
        self.finish(number, f"p{number}", numbers(n) if number % 2 else None, 2)

    def conv(self, number, channels, outputs, kernel, stride, pad, size, groups):
        shape = ["B", channels, size, size]
        self.inputs.append(helper.make_tensor_value_info(f"x{number}", TensorProto.FLOAT, shape))
        operands = [f"x{number}", self.weight(f"w{number}", numbers(outputs, channels // groups, kernel, kernel))]
        if number % 2:
            operands.append(self.weight(f"c{number}", numbers(outputs)))
        node = helper.make_node(
            "Conv", operands, [f"p{number}"], name=f"p{number}", strides=[stride] * 2, pads=[pad] * 4, group=groups
        )
        self.nodes.append(node)
        self.finish(number, f"p{number}", None, 4)

    def save(self, path):
        graph = helper.make_graph(self.nodes, "products", self.inputs, self.outputs, self.weights)
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def quantc(*words, **environment):
    subprocess.run([QUANTC, *map(str, words)], check=True, env=os.environ | environment)


def check(name, model, recipe, inputs, samples):
    """`inputs` are arrays for several runs."""
    prefix, calibration = FOLDER / name, FOLDER / f"{name}.samples.npz"
    np.savez(calibration, **samples)
    same = ["-r", recipe, "--calibrate", calibration, "--quiet"]
    quantc("compile", model, "-o", prefix, "--target", f"x86-64-{LEVELS[-1]}" if len(LEVELS) > 1 else "generic", *same)
    if name not in ("products-float", "images-float"):
        layers = json.loads(prefix.with_name(f"{name}.report.json").read_text())["layers"]
        floats = [layer["name"] for layer in layers if layer["weights"] == "float"]
        assert floats in ([], GROUPED), f"{name}: {floats} are not quantized"
    for number, arrays in enumerate(inputs):
        data, wanted, found = (FOLDER / f"{name}.{number}.{kind}.npz" for kind in ("in", "wanted", "found"))
        np.savez(data, **arrays)
        quantc("interpret", model, "--to", "fuse", "--inputs", data, "--outputs", wanted, *same)
        for level in LEVELS:
            quantc("run", prefix, "--inputs", data, "--outputs", found, QUANTC_LEVEL=level)
            compare(f"{name}, run {number}, level {level}", np.load(wanted), np.load(found))
    print(f"{name}: {len(inputs)} runs on {', '.join(LEVELS)} have the interpreter's bits")


def compare(what, wanted, found):
    assert wanted.files == found.files and wanted.files, what
    assert sum(np.count_nonzero(wanted[key]) for key in wanted.files) > len(wanted.files), f"{what} is all zeros"
    for key in wanted.files:
        a, b = wanted[key], found[key]
        assert a.shape == b.shape, f"{what}: {key} is {b.shape}, expected {a.shape}"
        assert np.isfinite(a).all(), f"{what}: {key} says nothing"
        different = np.flatnonzero(a.view(np.uint32) != b.view(np.uint32))
        assert not different.size, f"{what}: {key} differs at {different[:5]}: {a.flat[different[0]]} {b.flat[different[0]]}"


def batches(model, sizes, spread):
    """Inputs for each number of rows or images."""

    def one(size, k):
        shape = [size if dim.dim_param else dim.dim_value for dim in k.type.tensor_type.shape.dim]
        return (numbers(*shape) * spread + RANDOM.uniform(-1, 1)).astype(np.float32)

    return [{k.name: one(size, k) for k in model.inputs} for size in sizes]


def main():
    products, images = Model(), Model()
    for number, (k, n) in enumerate(PRODUCTS):
        products.matmul(number, k, n)
    for number, conv in enumerate(CONVS):
        images.conv(number, *conv)
    products.save(FOLDER / "products.onnx")
    images.save(FOLDER / "images.onnx")
    samples = batches(products, [64], 1)[0]
    for name, (weights, activations, *more) in RECIPES.items():
        recipe = FOLDER / f"{name}.yaml"
        branch, method = (*more, None, None)[:2]
        extra = (f"low_rank: {branch}\n" if branch else "") + (f"method: {method}\n" if method else "")
        recipe.write_text(f"weights: {weights}\nactivations: {{matmul: {activations}}}\n{extra}")
        check(name, FOLDER / "products.onnx", recipe, batches(products, ROWS, 1), samples)
    check("products-float", FOLDER / "products.onnx", "float", batches(products, ROWS, 1), samples)
    samples = batches(images, [8], 1)[0]
    for name, text in IMAGE_RECIPES.items():
        recipe = FOLDER / f"{name}.yaml"
        recipe.write_text(text)
        check(name, FOLDER / "images.onnx", recipe, batches(images, [1, 3], 1), samples)
    check("images-float", FOLDER / "images.onnx", "float", batches(images, [1, 3], 1), samples)


main()
