# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %quantc %shared/models/resnet20_cifar10.onnx

"""What is wrong with calibration data is said by name, and nothing is written."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import quantc
from onnx import TensorProto, helper, numpy_helper

# The second filter is an input: quantization leaves it alone, and no kernel
# computes it in float.
FILTER = """
nn.data @w {value = dense<0.5> : tensor<4x1x1x4xf32>} : tensor<4x1x1x4xf32>
func.func @main(%x: tensor<1x2x2x4xf32> {nn.name = "x"}, %v: tensor<4x1x1x4xf32> {nn.name = "v"})
    -> tensor<1x2x2x4xf32> {
  %w = nn.param @w : tensor<4x1x1x4xf32>
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x2x2x4xf32>, tensor<4x1x1x4xf32> -> tensor<1x2x2x4xf32>
  %1 = nn.conv %0, %v {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x2x2x4xf32>, tensor<4x1x1x4xf32> -> tensor<1x2x2x4xf32>
  return %1 : tensor<1x2x2x4xf32>
}
"""

# One convolution.
ONE = """
nn.data @w {value = dense<0.5> : tensor<4x1x1x4xf32>} : tensor<4x1x1x4xf32>
func.func @main(%x: tensor<1x2x2x4xf32> {nn.name = "x"}) -> tensor<1x2x2x4xf32> {
  %w = nn.param @w : tensor<4x1x1x4xf32>
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x2x2x4xf32>, tensor<4x1x1x4xf32> -> tensor<1x2x2x4xf32> loc("conv")
  return %0 : tensor<1x2x2x4xf32>
}
"""

# Two inputs, whose numbers of samples can differ.
TWO = """
nn.data @w {value = dense<0.5> : tensor<4x1x1x4xf32>} : tensor<4x1x1x4xf32>
func.func @main(%x: tensor<1x2x2x4xf32> {nn.name = "x"}, %y: tensor<1x2xf32> {nn.name = "y"})
    -> tensor<1x2x2x4xf32> {
  %w = nn.param @w : tensor<4x1x1x4xf32>
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x2x2x4xf32>, tensor<4x1x1x4xf32> -> tensor<1x2x2x4xf32>
  return %0 : tensor<1x2x2x4xf32>
}
"""


def expect(model, folder, arrays, text, code, recipe="w8a8"):
    """Compiling with these samples fails with `text` and leaves nothing behind."""
    samples = folder / "samples.npz"
    options = {}
    if arrays is not None:
        np.savez(samples, **arrays)
        options["calibrate"] = str(samples)
    try:
        quantc.compile(str(model), str(folder / "out"), recipe=str(recipe), **options)
    except quantc.CompileError as error:
        if text not in str(error) or error.exit_code != code:
            sys.exit(f"expected '{text}' with exit code {code}, found {error.exit_code}: {error}")
    else:
        sys.exit(f"expected the error '{text}'")
    left = [path.name for path in folder.iterdir() if path.name.startswith("out")]
    if left:
        sys.exit(f"left behind: {left}")


def main():
    model = sys.argv[2]
    good = np.zeros((4, 3, 32, 32), np.float32)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expect(model, folder, None, "give samples with --calibrate", 1)
        expect(model, folder, {"images": good}, "has no array for the input 'input'", 3)
        expect(model, folder, {"input": good[0]}, "the input is f32", 3)
        wide = "samples.npz': array 'input' is f32[4,3,32,33], the input is f32["
        expect(model, folder, {"input": np.zeros((4, 3, 32, 33), np.float32)}, wide, 3)
        double = "samples.npz': array 'input' is f64[4,3,32,32], the input is f32["
        expect(model, folder, {"input": good.astype(float)}, double, 3)
        expect(model, folder, {"input": good[:0]}, "holds 0 samples, too few to calibrate", 3)
        expect(model, folder, {"input": np.full_like(good, np.nan)}, "not finite in the calibration data", 3)
        expect(model, folder, {"input": np.full_like(good, np.nan)}, "samples.npz': node '", 3)
        masks = np.full_like(good, np.finfo(np.float32).min)
        expect(model, folder, {"input": masks}, "gives it no numbers that a range could come from", 3)
        check_zeros(folder)
        (folder / "filter.mlir").write_text(FILTER, encoding="ascii")
        samples = {"x": np.zeros((4, 2, 2, 4), np.float32), "v": np.zeros((4, 1, 1, 4), np.float32)}
        expect(folder / "filter.mlir", folder, samples, "the model cannot be calibrated", 2)
        expect_equal_counts(folder)
        expect_masks(folder)


def check_zeros(folder):
    """Inputs that are all 0 may be right, and are said."""
    (folder / "one.mlir").write_text(ONE, encoding="ascii")
    np.savez(folder / "zeros.npz", x=np.zeros((4, 2, 2, 4), np.float32))
    command = [sys.argv[1], "compile", "one.mlir", "-r", "w8a8", "--calibrate", "zeros.npz", "-o", "zero"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    wanted = "warning: 'zeros.npz': node 'conv': its inputs are all 0; its codes are rounded integers"
    assert wanted in done.stderr, done.stderr


def expect_equal_counts(folder):
    """Two inputs with different numbers of samples."""
    (folder / "two.mlir").write_text(TWO, encoding="ascii")
    samples = {"x": np.zeros((4, 2, 2, 4), np.float32), "y": np.zeros((3, 2), np.float32)}
    expect(folder / "two.mlir", folder, samples, "has 3 samples, another has 4", 3)


def expect_masks(folder):
    """Only an input with a size that no other has may be left out, as an empty cache."""
    nodes = [helper.make_node("Mul", ["x", "mask"], ["a"]), helper.make_node("MatMul", ["a", "w"], ["y"])]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", "positions", size])
        for name, size in (("x", 4), ("mask", 1))
    ]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", "positions", 4])]
    graph = helper.make_graph(nodes, "masked", inputs, outputs, [numpy_helper.from_array(np.eye(4, dtype=np.float32), "w")])
    model = folder / "masked.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), model)
    samples = {"x": np.ones((4, 8, 4), np.float32)}
    text = "samples.npz' has no array for the input 'mask' f32[batch,positions,1]"
    recipe = folder / "gptq.yaml"
    recipe.write_text("weights: {bits: 4}\nmethod: gptq\n", encoding="ascii")
    expect(model, folder, samples, text, 3, recipe)


main()
