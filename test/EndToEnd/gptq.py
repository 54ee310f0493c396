# REQUIRES: python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s

"""Weights quantized with Hessians: better outputs than rounding, layer by layer, and what is refused."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import quantc
from models import relative_error

# Two products on one input and one behind them; one sample at a time, and an
# input of dynamic size that samples need not give.
MODEL = """
nn.data @a {file = "weights.bin", offset = 0 : i64} : tensor<48x64xf32>
nn.data @b {file = "weights.bin", offset = 12288 : i64} : tensor<64x48xf32>
nn.data @c {file = "weights.bin", offset = 24576 : i64} : tensor<64x20xf32>
func.func @main(%x: tensor<1x?x48xf32> {nn.name = "x"}, %past: tensor<1x?x48xf32> {nn.name = "past"})
    -> (tensor<1x?x20xf32> {nn.name = "y"}) {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c1 : tensor<1x?x48xf32>
  %p = tensor.dim %past, %c1 : tensor<1x?x48xf32>
  %t = arith.addi %n, %p : index
  %all = tensor.concat dim(1) %past, %x : (tensor<1x?x48xf32>, tensor<1x?x48xf32>) -> tensor<1x?x48xf32>
  %a = nn.param @a : tensor<48x64xf32>
  %b = nn.param @b : tensor<64x48xf32>
  %c = nn.param @c : tensor<64x20xf32>
  %0 = nn.matmul %all, %a : tensor<1x?x48xf32>, tensor<48x64xf32> -> tensor<1x?x64xf32>
  %1 = nn.matmul %all, %b transpose_rhs : tensor<1x?x48xf32>, tensor<64x48xf32> -> tensor<1x?x64xf32>
  %empty = tensor.empty(%t) : tensor<1x?x64xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>,
      affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0, %1 : tensor<1x?x64xf32>, tensor<1x?x64xf32>) outs(%empty : tensor<1x?x64xf32>) {
    ^bb0(%u: f32, %v: f32, %o: f32):
      %m = arith.mulf %u, %v : f32
      linalg.yield %m : f32
  } -> tensor<1x?x64xf32>
  %3 = nn.matmul %2, %c : tensor<1x?x64xf32>, tensor<64x20xf32> -> tensor<1x?x20xf32>
  return %3 : tensor<1x?x20xf32>
}
"""

# Two products of which neither reads what the other gives.
SIDE_BY_SIDE = """
nn.data @a {file = "weights.bin", offset = 0 : i64} : tensor<48x64xf32>
nn.data @b {file = "weights.bin", offset = 12288 : i64} : tensor<64x48xf32>
func.func @main(%x: tensor<1x?x48xf32> {nn.name = "x"})
    -> (tensor<1x?x64xf32> {nn.name = "y"}, tensor<1x?x64xf32> {nn.name = "z"}) {
  %a = nn.param @a : tensor<48x64xf32>
  %b = nn.param @b : tensor<64x48xf32>
  %0 = nn.matmul %x, %a : tensor<1x?x48xf32>, tensor<48x64xf32> -> tensor<1x?x64xf32>
  %positive = nn.activation relu %x : tensor<1x?x48xf32>
  %1 = nn.matmul %positive, %b transpose_rhs : tensor<1x?x48xf32>, tensor<64x48xf32> -> tensor<1x?x64xf32>
  return %0, %1 : tensor<1x?x64xf32>, tensor<1x?x64xf32>
}
"""

RECIPE = "weights: {bits: 4, symmetric: false, group_size: 16}\nmethod: %s\ncalibration: {layer_by_layer: %s}\n"

CONV = """
nn.data @w {value = dense<0.5> : tensor<4x1x1x4xf32>} : tensor<4x1x1x4xf32>
func.func @main(%x: tensor<1x2x2x4xf32> {nn.name = "x"}) -> tensor<1x2x2x4xf32> {
  %w = nn.param @w : tensor<4x1x1x4xf32>
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x2x2x4xf32>, tensor<4x1x1x4xf32> -> tensor<1x2x2x4xf32>
  return %0 : tensor<1x2x2x4xf32>
}
"""


def samples(count, rng):
    """Texts whose inputs depend on each other."""
    mix = np.random.default_rng(1).normal(size=(12, 48))
    x = rng.normal(size=(count, 40, 12)) @ mix + 0.1 * rng.normal(size=(count, 40, 48))
    return x.astype(np.float32)


def compiled(folder, method, layerwise, data, model="model.mlir"):
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE % (method, "true" if layerwise else "false"), encoding="ascii")
    options = {"calibrate": str(data)} if data else {}
    prefix = folder / f"{method}-{layerwise}"
    quantc.compile(str(folder / model), str(prefix), recipe=str(recipe), **options)
    left = [path.name for path in folder.iterdir() if "unfinished" in path.name or "calibration" in path.name]
    if left:
        sys.exit(f"left behind: {left}")
    return quantc.load(prefix)


def refused(folder, data, text, code, model="model.mlir", yaml=RECIPE % ("gptq", "true")):
    recipe = folder / "recipe.yaml"
    recipe.write_text(yaml, encoding="ascii")
    options = {}
    if data is not None:
        np.savez(folder / "bad.npz", x=data)
        options["calibrate"] = str(folder / "bad.npz")
    try:
        quantc.compile(str(folder / model), str(folder / "out"), recipe=str(recipe), **options)
    except quantc.CompileError as error:
        if text not in str(error) or error.exit_code != code:
            sys.exit(f"expected '{text}' with exit code {code}, found {error.exit_code}: {error}")
    else:
        sys.exit(f"expected the error '{text}'")


def main():
    rng = np.random.default_rng(3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = rng.normal(size=2 * 48 * 64 + 64 * 20).astype(np.float32)
        weights.tofile(folder / "weights.bin")
        (folder / "model.mlir").write_text(MODEL.replace("weights.bin", str(folder / "weights.bin")), encoding="ascii")
        (folder / "conv.mlir").write_text(CONV, encoding="ascii")
        good = samples(5, rng)
        np.savez(folder / "good.npz", x=good)
        data = folder / "good.npz"

        inputs = {"x": samples(1, rng), "past": np.zeros((1, 0, 48), np.float32)}
        a, b, c = np.split(weights, [48 * 64, 2 * 48 * 64])
        x = inputs["x"].astype(np.float64)
        wanted = ((x @ a.reshape(48, 64)) * (x @ b.reshape(64, 48).T)) @ c.reshape(64, 20)
        errors = {}
        for method, layerwise, given in (("rtn", True, None), ("gptq", True, data), ("gptq", False, data), ("gptaq", True, data)):
            found = compiled(folder, method, layerwise, given).run(inputs)["y"]
            errors[method, layerwise] = float(np.sqrt(((found - wanted) ** 2).mean() / (wanted**2).mean()))
            assert relative_error(wanted, found) < 1
        print(errors)
        for layerwise in (True, False):
            assert errors["gptq", layerwise] < 0.6 * errors["rtn", True], errors
        # The last weights make up for errors of the first ones.
        assert errors["gptq", True] != errors["gptq", False]

        # So do those of a method that knows what the first ones did to its inputs.
        assert errors["gptaq", True] < 0.6 * errors["rtn", True], errors
        assert errors["gptaq", True] != errors["gptq", True]

        (folder / "side-by-side.mlir").write_text(SIDE_BY_SIDE.replace("weights.bin", str(folder / "weights.bin")), encoding="ascii")
        inputs = {"x": inputs["x"]}
        wanted = {"y": x @ a.reshape(48, 64), "z": np.maximum(x, 0) @ b.reshape(64, 48).T}
        for layerwise in (True, False):
            rounded = compiled(folder, "rtn", layerwise, None, "side-by-side.mlir").run(inputs)
            found = compiled(folder, "gptq", layerwise, data, "side-by-side.mlir").run(inputs)
            for name, numbers in wanted.items():
                assert relative_error(numbers, found[name]) < 1
                assert ((found[name] - numbers) ** 2).sum() < ((rounded[name] - numbers) ** 2).sum(), name

        text = "makes up for the errors of earlier layers; it needs 'layer_by_layer: true'"
        refused(folder, good, text, 1, yaml=RECIPE % ("gptaq", "false"))
        outputs = "weights: {bits: 8}\nbudget: {bits_per_weight: 12, candidates: [8], measure: outputs}\n"
        text = "the budget's measure 'outputs' is one of matrix products only"
        refused(folder, good, text, 1, "conv.mlir", outputs)

        refused(folder, None, "has a method that needs samples: give them with --calibrate", 1)
        refused(folder, good[:1, :30], "30 rows of 48 inputs are too few to calibrate", 3)
        refused(folder, np.full_like(good, np.nan), "its inputs are not finite in the calibration data", 3)
        refused(folder, np.zeros_like(good), "its inputs are all 0 in the calibration data", 3)
        refused(folder, np.ones_like(good), "its inputs are the same in all of the calibration data", 3)
        refused(folder, good[:0], "holds 0 samples, too few to calibrate", 3)
        refused(folder, None, "quantizes matrix products only; give convolutions another", 1, "conv.mlir")


main()
