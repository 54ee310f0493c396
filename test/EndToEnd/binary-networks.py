# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %quantc

"""Random binary networks: blocks of ReActNet (Liu et al., 2020, section 4) with exact zero
padding, chains of convolutions and of products whose signs thresholds decide (negative,
zero and tiny factors among them), and the same in plain ONNX. The interpreter, every level
and the simulated GPU have the bits of NumPy; plain ONNX is also compared with onnxruntime.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from models import relative_error, session
from onnx import TensorProto, helper, numpy_helper
from paths import same_bits

import quantc

RANDOM = np.random.default_rng(11)
EPSILON = np.float32(1e-5)


def signs(x):
    return np.where(x >= 0, np.float32(1), np.float32(-1))


class Network:
    """Writes an ONNX graph and computes it in NumPy, fp32, operation by operation."""

    def __init__(self, shape, plain=False):
        self.nodes, self.weights, self.plain = [], [], plain
        self.shape, self.input = shape, RANDOM.standard_normal(shape).astype(np.float32)
        self.input.ravel()[:2] = [0.0, -0.0]
        self.values = {"x": self.input}
        self.layers = 0

    def constant(self, array):
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, inputs, value, domain="", **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, domain=domain, **attributes))
        self.values[name] = value
        return name

    def bipolar(self, x, scale=1.0):
        value = signs(self.values[x]) * np.float32(scale)
        if not self.plain:
            return self.node("BipolarQuant", [x, self.constant(np.float32(scale))], value, "onnx.brevitas")
        ones = [self.constant(np.float32(number)) for number in (scale, -scale)]
        above = self.node("GreaterOrEqual", [x, self.constant(np.float32(0))], self.values[x] >= 0)
        return self.node("Where", [above, *ones], value)

    def weight(self, shape, scales):
        """A weight of signs times scales, and the signs and scales."""
        raw = RANDOM.standard_normal(shape).astype(np.float32)
        raw.ravel()[:2] = [0.0, -0.0]
        if self.plain:
            return self.constant(signs(raw) * scales), signs(raw)
        name = self.constant(raw)
        self.values[name] = raw
        numbers = signs(raw) * scales
        quantized = self.node("BipolarQuant", [name, self.constant(scales)], numbers, "qonnx.custom_op.general")
        return quantized, signs(raw)

    def matmul(self, x, n):
        self.layers += 1
        k = self.values[x].shape[-1]
        scales = np.float32(RANDOM.uniform(0.5, 2))
        if self.plain:
            w, ones = self.weight((k, n), scales)
        else:
            w, ones = self.weight((n, k), scales)
            w = self.node("Transpose", [w], ones.T * scales, perm=[1, 0])
            ones = ones.T
        dots = self.dots_of(x) @ ones.astype(np.int64)
        return self.node("MatMul", [x, w], self.scaled(x, dots.astype(np.float32) * scales))

    def conv(self, x, outputs, kernel=3, stride=1, pad=1, dilation=1):
        self.layers += 1
        image = self.dots_of(x)
        shape = (outputs, image.shape[1], kernel, kernel)
        scales = RANDOM.uniform(0.01, 0.5, (outputs, 1, 1, 1)).astype(np.float32)
        w, ones = self.weight(shape, scales)
        image = np.pad(image, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        extent = dilation * (kernel - 1) + 1
        high, wide = ((size - extent) // stride + 1 for size in image.shape[2:])
        dots = np.zeros((image.shape[0], outputs, high, wide), np.int64)
        for i in range(kernel):
            for j in range(kernel):
                top, left = i * dilation, j * dilation
                part = image[:, :, top : top + (high - 1) * stride + 1 : stride, left : left + (wide - 1) * stride + 1 : stride]
                dots += np.einsum("nchw,oc->nohw", part, ones[:, :, i, j].astype(np.int64))
        y = dots.astype(np.float32) * scales.reshape(1, -1, 1, 1)
        attributes = {"pads": [pad] * 4, "strides": [stride] * 2, "dilations": [dilation] * 2}
        return self.node("Conv", [x, w], self.scaled(x, y), **attributes)

    def dots_of(self, x):
        return np.sign(self.values[x]).astype(np.int64)

    def scaled(self, x, y):
        return y * np.abs(self.values[x]).ravel()[0]

    def channels(self, numbers, x):
        return np.asarray(numbers, np.float32).reshape(-1, *[1] * (self.values[x].ndim - 2))

    def batch_norm(self, x, hard=False):
        n = self.values[x].shape[1]
        gamma, beta, mean = (RANDOM.standard_normal(n).astype(np.float32) for _ in range(3))
        variance = RANDOM.uniform(0.1, 9, n).astype(np.float32)
        if hard:  # constants, nearly constants, and ties
            gamma[::5], beta[::10], beta[5::10] = 0, 0, -0.0
            gamma[1::7] = 7.6e-7
            beta[2::6], mean[2::6] = 0, 0
        factor = gamma.astype(np.float64) / np.sqrt(variance.astype(np.float64) + float(EPSILON))
        shift = beta.astype(np.float64) - mean * factor
        y = self.values[x] * self.channels(factor, x) + self.channels(shift, x)
        vectors = [self.constant(v) for v in (gamma, beta, mean, variance)]
        return self.node("BatchNormalization", [x, *vectors], y, epsilon=float(EPSILON))

    def add(self, x, y):
        return self.node("Add", [x, y], self.values[x] + self.values[y])

    def bias(self, x):
        b = self.channels(RANDOM.standard_normal(self.values[x].shape[1]), x)
        return self.node("Add", [x, self.constant(b)], self.values[x] + b)

    def rprelu(self, x):
        x = self.bias(x)
        slope = self.channels(RANDOM.uniform(-0.3, 1, self.values[x].shape[1]), x)
        value = self.values[x]
        y = self.node("PRelu", [x, self.constant(slope)], np.where(value >= 0, value, value * slope))
        return self.bias(y)

    def halve(self, x):
        v = self.values[x]
        total = ((v[:, :, ::2, ::2] + v[:, :, ::2, 1::2]) + v[:, :, 1::2, ::2]) + v[:, :, 1::2, 1::2]
        return self.node("AveragePool", [x], total / np.float32(4), kernel_shape=[2, 2], strides=[2, 2])

    def save(self, path, outputs):
        results = [helper.make_tensor_value_info(o, TensorProto.FLOAT, self.values[o].shape) for o in outputs]
        given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)]
        graph = helper.make_graph(self.nodes, "binary", given, results, self.weights)
        domains = [helper.make_opsetid("", 16)]
        onnx.save(helper.make_model(graph, opset_imports=domains, ir_version=8), path)


def reactnet(channels, size):
    """A block with stride 1, and one with stride 2 that doubles the channels."""
    n = Network((2, channels, size, size))
    r = n.add(n.batch_norm(n.conv(n.bipolar(n.bias("x")), channels)), "x")
    u = n.rprelu(r)
    r = n.add(n.batch_norm(n.conv(n.bipolar(n.bias(u)), channels, kernel=1, pad=0)), u)
    u = n.rprelu(r)
    r = n.add(n.batch_norm(n.conv(n.bipolar(n.bias(u)), channels, stride=2)), n.halve(u))
    u = n.rprelu(r)
    shared = n.bipolar(n.bias(u))
    halves = [n.add(n.batch_norm(n.conv(shared, channels, kernel=1, pad=0)), u) for _ in range(2)]
    both = np.concatenate([n.values[h] for h in halves], axis=1)
    return n, [n.rprelu(n.node("Concat", halves, both, axis=1))]


def convolutions(channels, size, plain=False):
    """Signs from convolution to convolution; windows of every kind."""
    n = Network((1, channels, size, size), plain)
    x = n.bipolar("x", 1.0 if plain else 0.75)
    for outputs, window in [(33, {}), (70, {"stride": 2}), (16, {"kernel": 5, "pad": 2}), (129, {"dilation": 2, "pad": 3})]:
        x = n.bipolar(n.bias(n.batch_norm(n.conv(x, outputs, **window), hard=not plain)))
    return n, [n.batch_norm(n.conv(x, 5, kernel=2, pad=0))]


def products(k, plain=False):
    n = Network((7, k), plain)
    x = n.bipolar("x")
    for outputs in (64, 1, 130, 63):
        x = n.bipolar(n.batch_norm(n.matmul(x, outputs), hard=not plain))
    return n, [n.matmul(x, 10)]


def check(name, tool, folder, network, outputs):
    model = folder / f"{name}.onnx"
    network.save(model, outputs)
    (found,) = same_bits(tool, model, [{"x": network.input}])
    for output in outputs:
        wanted = network.values[output]
        if network.plain:  # folds what NumPy above does not
            error = relative_error(wanted, found[output])
        else:
            error = float((wanted.view(np.int32) != found[output].view(np.int32)).mean())
        print(f"{name} {output} {wanted.shape}: differs from NumPy by {error:.2g}")
        if not error <= (1e-5 if network.plain else 0):
            sys.exit(f"{name}: '{output}' differs from NumPy's")
    if network.plain:
        for output, wanted in zip(outputs, session(model).run(None, {"x": network.input}), strict=True):
            if not relative_error(wanted, found[output]) <= 1e-5:
                sys.exit(f"{name}: '{output}' differs from onnxruntime's")
    quantc.compile(str(model), str(folder / name), recipe="float", quiet=True)
    kernels = [layer["kernel"] for layer in json.loads((folder / f"{name}.report.json").read_text())["layers"]]
    check_thresholds(tool, folder, name, network)
    if len(kernels) != network.layers or not all(kernel.startswith("binary_") for kernel in kernels):
        sys.exit(f"{name}: {network.layers} binary products have the kernels {kernels}")


def check_thresholds(tool, folder, name, network):
    """In a chain all products but the last give signs."""
    words = ["compile", folder / f"{name}.onnx", "-o", folder / "kept", "-r", "float", "--keep", folder / name, "--quiet"]
    subprocess.run([tool, *map(str, words)], check=True)
    text = (folder / name / "6-fuse.mlir").read_text()
    folded = sum("= qnt.binary_" in line and " thresholds " in line for line in text.splitlines())
    wanted = 0 if name.startswith("reactnet") else network.layers - 1
    print(f"{name}: {folded} of {network.layers} products give signs")
    if folded != wanted:
        sys.exit(f"{name}: {folded} products have thresholds, expected {wanted}")


def main():
    tool = sys.argv[1]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        check("reactnet-64", tool, folder, *reactnet(64, 6))
        check("reactnet-20", tool, folder, *reactnet(20, 8))
        check("convolutions-96", tool, folder, *convolutions(96, 9))
        check("convolutions-1", tool, folder, *convolutions(1, 12))
        check("products-100", tool, folder, *products(100))
        check("products-1", tool, folder, *products(1))
        check("plain-convolutions", tool, folder, *convolutions(40, 9, plain=True))
        check("plain-products", tool, folder, *products(65, plain=True))


main()
