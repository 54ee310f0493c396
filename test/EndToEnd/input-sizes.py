# REQUIRES: python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s

"""Sizes that an operation of the model cannot take are refused with its name.

Nothing is read or written outside the operands: the model checks its own sizes
before it runs. Sizes that do fit give what onnxruntime gives.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnx.parser

import models
import quantc

ADD = """<ir_version: 10, opset_import: ["" : 21]>
add (float[N, 3] x, float[M, 3] y) => (float[N, 3] z) { [Sum] z = Add(x, y) }"""

PRODUCT = """<ir_version: 10, opset_import: ["" : 21]>
product (float[N, K] x) => (float[N, 2] z)
<float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}> { [Product] z = MatMul(x, w) }"""

TABLE = """<ir_version: 10, opset_import: ["" : 21]>
table (float[N, 2] x) => (float[N, 2] z)
<float[5, 2] t = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, int64[1] zero = {0}> {
  n = Shape<start = 0, end = 1>(x)
  [Rows] rows = Slice(t, zero, n, zero)
  z = Mul(x, rows)
}"""

BATCHES = """<ir_version: 10, opset_import: ["" : 21]>
batches (float[B, N, K] x, float[B, L, M] y) => (float[B, N, M] z) { [Product] z = MatMul(x, y) }"""


def numbers(*shape):
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


def refused(artifact, text, **inputs):
    try:
        artifact.run(inputs)
    except quantc.Error as error:
        if text not in str(error):
            sys.exit(f"expected '{text}', found: {error}")
    else:
        sys.exit(f"expected '{text}', but it ran")


def check(text, node, good, bad):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        onnx.save(onnx.parser.parse_model(text), file)
        artifact = models.compiled(file, "float")
        models.check(node, models.worst_error(file, artifact, good), 1e-6)
        refused(artifact, node, **bad)


check(ADD, "'Sum' has operands of different sizes", {"x": numbers(3, 3), "y": numbers(3, 3)},
      {"x": numbers(900, 3), "y": numbers(2, 3)})
check(PRODUCT, "'Product' needs 4 elements along dimension 1", {"x": numbers(3, 4)}, {"x": numbers(3, 3)})
check(TABLE, "'Rows' takes a slice beyond dimension 0 of its operand, which has 5 elements",
      {"x": numbers(5, 2)}, {"x": numbers(6, 2)})
check(TABLE, "'Rows'", {"x": numbers(0, 2)}, {"x": numbers(600, 2)})
check(BATCHES, "'Product' has operands of different sizes", {"x": numbers(2, 3, 4), "y": numbers(2, 4, 5)},
      {"x": numbers(2, 3, 4), "y": numbers(2, 3, 5)})
