# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared/models

"""Models of 16-bit floats: weights and signature in f16, computed in fp32.

Against onnxruntime running the float model that they were made from: what is
left is the rounding of the weights, the inputs and the outputs. And w8a16 reads
the same numbers from 16-bit weights as from the float weights rounded to them.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from models import check, compiled, relative_error, session


def to_half(model):
    """The model with every float as f16: weights, constants, inputs and outputs."""
    graph = model.graph
    for weight in graph.initializer:
        if weight.data_type == TensorProto.FLOAT:
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), weight.name))
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t") and attribute.t.data_type == TensorProto.FLOAT:
                attribute.t.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(attribute.t).astype(np.float16)))
    for value in [*graph.input, *graph.output]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.FLOAT16
    del graph.value_info[:]
    return model


def rounded(model):
    """The float model whose weights are what f16 keeps of them."""
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT:
            array = numpy_helper.to_array(weight).astype(np.float16).astype(np.float32)
            weight.CopyFrom(numpy_helper.from_array(array, weight.name))
    return model


def compare(folder, name, inputs, recipe, limit):
    file = folder / name
    with tempfile.TemporaryDirectory() as scratch:
        half, full = Path(scratch) / "half.onnx", Path(scratch) / "full.onnx"
        onnx.save(to_half(onnx.load(file)), half)
        onnx.save(rounded(onnx.load(file)), full)
        narrow = {k: v.astype(np.float16) if v.dtype == np.float32 else v for k, v in inputs.items()}
        wide = {k: v.astype(np.float32) if v.dtype == np.float16 else v for k, v in narrow.items()}
        if recipe == "float":
            wanted = session(full).run(None, wide)[0]
        else:
            wanted = next(iter(compiled(full, recipe).run(wide).values()))
        found = next(iter(compiled(half, recipe).run(narrow).values()))
    if any(v.dtype == np.float16 for v in narrow.values()) and found.dtype != np.float16:
        sys.exit(f"{name}: the output is {found.dtype}, expected float16")
    check(f"{name} in f16, {recipe}", relative_error(wanted, found.astype(np.float32)), limit)


def main():
    folder = Path(sys.argv[1])
    rng = np.random.default_rng(2)
    images = {"input": rng.standard_normal((2, 3, 32, 32)).astype(np.float32)}
    tokens = {"input_ids": np.arange(20, dtype=np.int64)[None] + 3}
    # An output in f16 has an error of at most 2^-11 of itself.
    for recipe in ("float", "w8a16"):
        compare(folder, "resnet20_cifar10.onnx", images, recipe, 2.0**-10)
        compare(folder, "stories260K.onnx", tokens, recipe, 2.0**-10)


main()
