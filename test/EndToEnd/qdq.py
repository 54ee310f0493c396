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
        assert layer in from_model or layer["reason"].startswith("codes from model, computed as numbers"), layer
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
    for model, kept in (("mnist", 2), ("mlperf_ic_resnet8", 10), ("mlperf_kws_dscnn", 6)):
        path = shared / f"models/{model}.onnx"
        shape = [size.dim_value for size in onnx.load(path).graph.input[0].type.tensor_type.shape.dim]
        count = 1 if shape[0] else 32
        for title, scheme in SCHEMES.items():
            samples = random.standard_normal([16, 1, *shape[1:]]).astype(np.float32)
            inputs = random.standard_normal([count, *shape[1:]]).astype(np.float32)
            result = quantized(path, folder, samples, **scheme)
            # Filters with zero points run on numbers.
            least = {"mnist": 2}.get(model, 1) if title == "u8u8" else kept
            compare(f"{model} {title}", result, folder, inputs, least)


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


def main():
    shared = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        compare_small(shared, Path(folder))
        compare_resnet20(shared, Path(folder))


main()
