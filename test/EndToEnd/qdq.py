# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared

"""Models that onnxruntime quantized (QDQ form) compile into integer kernels and give
what onnxruntime gives without its optimizations, which is QDQ taken literally.

Sums of codes are exact here; onnxruntime adds the dequantized numbers in fp32. So what
is quantized next differs by about 1e-6 of its size, and where it lies that near the
middle of two codes, the codes differ by one. One such code reaches many results behind
it, each by a fraction of a step: behind several layers some results are one step off,
and a softmax makes several of its own finer steps of one step of a score. They are
counted, and none may be far off. That single layers differ at such ties only is the
business of qdq-operators.py.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from cifar import accuracy, read_images
from models import check
from onnx import version_converter
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_static,
)

import quantc

SCHEMES = {
    "s8s8": {"activation_type": QuantType.QInt8},
    "u8s8 per channel": {"activation_type": QuantType.QUInt8, "per_channel": True},
    "u8u8": {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QUInt8},
}


def literal(model):
    """The model in onnxruntime without optimizations."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 2
    return ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


class Samples(CalibrationDataReader):
    """Gives `arrays`, one after the other, to the input called `name`."""

    def __init__(self, name, arrays):
        self.name, self.arrays = name, iter(arrays)

    def get_next(self):
        array = next(self.arrays, None)
        return None if array is None else {self.name: array}


def quantized(model, folder, samples, **scheme):
    """`model` in QDQ form."""
    prepared, result = folder / "prepared.onnx", folder / "quantized.onnx"
    quant_pre_process(str(model), str(prepared), skip_symbolic_shape=True)
    name = onnx.load(prepared).graph.input[0].name
    reader = Samples(name, samples)
    quantize_static(str(prepared), str(result), reader, quant_format=QuantFormat.QDQ, **scheme)
    return result


def compiled(model, folder, **options):
    """The compiled model and the layers of its report."""
    quantc.compile(str(model), str(folder / "model"), **options)
    report = json.loads((folder / "model.report.json").read_text())
    return quantc.load(folder / "model"), report["layers"]


def compare(title, model, folder, inputs, kept):
    """At least `kept` layers keep the model's codes, and results are nearly equal."""
    reference = literal(model)
    artifact, layers = compiled(model, folder)
    from_model = [layer for layer in layers if layer.get("method") == "from model"]
    for layer in layers:
        assert layer in from_model or layer["reason"].startswith("codes from model, computed as numbers"), (
            layer
        )
    check(f"{title}: layers without the model's codes", len(layers) - len(from_model), len(layers) - kept)
    name, output = reference.get_inputs()[0].name, reference.get_outputs()[0].name
    wanted = reference.run(None, {name: inputs})[0]
    found = artifact.run({name: inputs})[output]
    step = np.diff(np.unique(wanted)).min()
    steps = np.rint(np.abs(wanted - found) / step)
    check(f"{title}: part of the results that differ", float((steps > 0).mean()), 0.15)
    check(f"{title}: largest difference in steps", float(steps.max()), 8)


def compare_small(shared, folder):
    """Small models with random inputs: with and without channels, zero points."""
    random = np.random.default_rng(0)
    for model, kept in (("mnist", 2), ("mlperf_ic_resnet8", 10), ("mlperf_kws_dscnn", 10)):
        path = shared / f"models/{model}.onnx"
        shape = [size.dim_value for size in onnx.load(path).graph.input[0].type.tensor_type.shape.dim]
        count = 1 if shape[0] else 32
        for title, scheme in SCHEMES.items():
            samples = random.standard_normal([16, 1, *shape[1:]]).astype(np.float32)
            inputs = random.standard_normal([count, *shape[1:]]).astype(np.float32)
            result = quantized(path, folder, samples, **scheme)
            compare(f"{model} {title}", result, folder, inputs, kept)


def compare_mixed(shared, folder):
    """Layers that came in floating point follow the recipe; the others keep their codes."""
    random = np.random.default_rng(0)
    path = shared / "models/mlperf_ic_resnet8.onnx"
    shape = [size.dim_value or 1 for size in onnx.load(path).graph.input[0].type.tensor_type.shape.dim]
    samples = random.standard_normal([16, *shape]).astype(np.float32)
    left = ["conv2d_1", "conv2d_2", "conv2d_5"]
    result = quantized(path, folder, samples, **SCHEMES["s8s8"], nodes_to_exclude=left)
    reference = literal(result)
    name, output = reference.get_inputs()[0].name, reference.get_outputs()[0].name
    np.savez(folder / "samples.npz", **{name: samples[:, 0]})
    artifact, layers = compiled(result, folder, recipe="w8a8", calibrate=folder / "samples.npz")
    for layer in layers:
        method = "rtn" if layer["name"] in left else "from model"
        assert (layer["method"], layer["activations"]) == (method, "int8 per tensor"), layer
    wanted = np.concatenate([reference.run(None, {name: sample})[0] for sample in samples])
    found = np.concatenate([artifact.run({name: sample})[output] for sample in samples])
    error = np.abs(wanted - found).mean() / np.abs(wanted).mean()
    check("resnet8, three layers of it by recipe: mean difference", float(error), 0.2)


def compare_resnet20(shared, folder):
    """The accuracy on real images, calibrated on others."""
    images, labels = read_images(shared / "data/cifar10/cifar10_test_jpeg_10000.tar.gz", 1256)
    samples, images, labels = images[1000:], images[:1000], labels[:1000]
    model = shared / "models/resnet20_cifar10.onnx"
    result = quantized(model, folder, samples[:, None], **SCHEMES["u8s8 per channel"])
    compare("resnet20", result, folder, images[:100], 20)
    reference, artifact = literal(result), quantc.load(folder / "model")
    name, output = reference.get_inputs()[0].name, reference.get_outputs()[0].name
    wanted = accuracy(lambda x: reference.run(None, {name: x})[0], images, labels)
    found = accuracy(lambda x: artifact.run({name: x})[output], images, labels)
    print(f"resnet20: onnxruntime {wanted:.4f}, quantc {found:.4f}")
    check("resnet20: difference of accuracy", abs(wanted - found), 0.002)


def in_blocks(model, size, has_zeros):
    """`model` with the constant operands of MatMul in 4 bits, in blocks of `size`."""
    model = version_converter.convert_version(model, 21)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        weight = constants.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is not None:
            name = f"{node.name}_{weight.name}"
            numbers = onnx.numpy_helper.to_array(weight)
            rest = -len(numbers) % size
            blocks = np.pad(numbers, ((0, rest), (0, 0))).reshape(-1, size, numbers.shape[1])
            low, high = np.minimum(blocks.min(1), 0), np.maximum(blocks.max(1), 0)
            scale = (high - low) / 15 if has_zeros else np.maximum(high, -low) / 7
            zero = np.rint(-low / scale) if has_zeros else np.full_like(scale, 8)
            codes = np.clip(np.rint(blocks / scale[:, None]) + zero[:, None], 0, 15)
            codes = codes.reshape(-1, numbers.shape[1])[: len(numbers)]
            kind = onnx.TensorProto.UINT4
            for suffix, values in (("codes", codes), ("zeros", zero)):
                packed = onnx.helper.make_tensor(
                    f"{name}_{suffix}", kind, values.shape, values.astype(int).flatten()
                )
                model.graph.initializer.append(packed)
            model.graph.initializer.append(
                onnx.numpy_helper.from_array(scale.astype(np.float32), f"{name}_scale")
            )
            inputs = [f"{name}_codes", f"{name}_scale", f"{name}_zeros"]
            nodes.append(
                onnx.helper.make_node("DequantizeLinear", inputs, [f"{name}_dq"], axis=0, block_size=size)
            )
            node.input[1] = f"{name}_dq"
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def compare_language_model(shared, folder):
    """Weights of 4 bits in blocks, as weight-only quantizers write them."""
    tokens = np.random.default_rng(0).integers(0, 512, (1, 24))
    for size, has_zeros in ((32, False), (16, True)):
        # A library that is loaded stays what it is under its path.
        place = folder / str(size)
        place.mkdir()
        path = place / "model.onnx"
        onnx.save(in_blocks(onnx.load(shared / "models/stories260K.onnx"), size, has_zeros), path)
        reference = literal(path)
        artifact, layers = compiled(path, place)
        inputs = {info.name: tokens for info in reference.get_inputs()}
        wanted = reference.run(None, inputs)[0]
        found = artifact.run(inputs)[reference.get_outputs()[0].name]
        title = f"stories260K in blocks of {size}"
        check(f"{title}: layers without the model's codes", sum("method" not in layer for layer in layers), 0)
        check(f"{title}: error", float(np.abs(wanted - found).max() / np.abs(wanted).max()), 1e-5)


def main():
    shared = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        compare_small(shared, Path(folder))
        compare_mixed(shared, Path(folder))
        compare_language_model(shared, Path(folder))
        compare_resnet20(shared, Path(folder))


main()
