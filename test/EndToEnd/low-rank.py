# REQUIRES: python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s

"""Low-rank branches beside 2-bit weights: better outputs the more ranks there are, best with
Hessians, within a budget, on every kind of activations; and what is refused."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import quantc

# Two products on one input, a product of both, and one behind them whose sizes
# are no multiples of panels and groups.
MODEL = """
nn.data @a {file = "FILE", offset = 0 : i64} : tensor<48x64xf32>
nn.data @b {file = "FILE", offset = 12288 : i64} : tensor<64x48xf32>
nn.data @c {file = "FILE", offset = 24576 : i64} : tensor<64x20xf32>
func.func @main(%x: tensor<1x?x48xf32> {nn.name = "x"}) -> (tensor<1x?x20xf32> {nn.name = "y"}) {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c1 : tensor<1x?x48xf32>
  %a = nn.param @a : tensor<48x64xf32>
  %b = nn.param @b : tensor<64x48xf32>
  %c = nn.param @c : tensor<64x20xf32>
  %0 = nn.matmul %x, %a : tensor<1x?x48xf32>, tensor<48x64xf32> -> tensor<1x?x64xf32> loc("up")
  %1 = nn.matmul %x, %b transpose_rhs : tensor<1x?x48xf32>, tensor<64x48xf32> -> tensor<1x?x64xf32> loc("gate")
  %empty = tensor.empty(%n) : tensor<1x?x64xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>,
      affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0, %1 : tensor<1x?x64xf32>, tensor<1x?x64xf32>) outs(%empty : tensor<1x?x64xf32>) {
    ^bb0(%u: f32, %v: f32, %o: f32):
      %m = arith.mulf %u, %v : f32
      linalg.yield %m : f32
  } -> tensor<1x?x64xf32>
  %3 = nn.matmul %2, %c : tensor<1x?x64xf32>, tensor<64x20xf32> -> tensor<1x?x20xf32> loc("down")
  return %3 : tensor<1x?x20xf32>
}
"""

WEIGHTS = "weights: {bits: 2, symmetric: false, group_size: 32}\n"
SIZES = [(64, 48), (64, 48), (20, 64)]


def samples(rng):
    """Rows whose numbers depend on each other."""
    mix = np.random.default_rng(1).normal(size=(12, 48))
    return (rng.normal(size=(5, 40, 12)) @ mix + 0.1 * rng.normal(size=(5, 40, 48))).astype(np.float32)


class Case:
    def __init__(self, folder):
        self.folder, rng = folder, np.random.default_rng(3)
        weights = rng.normal(size=2 * 48 * 64 + 64 * 20).astype(np.float32)
        weights.tofile(folder / "weights.bin")
        (folder / "model.mlir").write_text(MODEL.replace("FILE", str(folder / "weights.bin")), encoding="ascii")
        np.savez(folder / "samples.npz", x=samples(rng))
        self.x = samples(rng)[:1]
        a, b, c = np.split(weights, [48 * 64, 2 * 48 * 64])
        x = self.x.astype(np.float64)
        self.wanted = ((x @ a.reshape(48, 64)) * (x @ b.reshape(64, 48).T)) @ c.reshape(64, 20)

    def compile(self, recipe, target="native", has_samples=True):
        (self.folder / "recipe.yaml").write_text(WEIGHTS + recipe, encoding="ascii")
        options = {"calibrate": str(self.folder / "samples.npz")} if has_samples else {}
        quantc.compile(str(self.folder / "model.mlir"), str(self.folder / "out"), recipe=str(self.folder / "recipe.yaml"),
                       target=target, quiet=True, **options)  # fmt: skip
        return quantc.load(self.folder / "out").run({"x": self.x})["y"]

    def error(self, recipe):
        found = self.compile(recipe)
        return float(np.sqrt(((found - self.wanted) ** 2).mean() / (self.wanted**2).mean()))

    def layers(self):
        return json.loads((self.folder / "out.report.json").read_text())["layers"]


def branch_bytes(rank, rows, cols):
    """fp16, each half filled up to 64 bytes, rows to panels of 16."""
    halves = (2 * rank * cols, 2 * rank * (-(-rows // 16) * 16))
    return sum(-(-half // 64) * 64 for half in halves)


def main():
    with tempfile.TemporaryDirectory() as name:
        case = Case(Path(name))
        errors = {"none": case.error("")}
        plain = [layer["bytes"] for layer in case.layers()]
        for rank in (1, 4, 16):
            for method in ("lorc", "eora"):
                errors[method, rank] = case.error(f"low_rank: {{rank: {rank}, method: {method}}}\n")
            layers = case.layers()
            assert [layer["rank"] for layer in layers] == [rank] * 3, layers
            for layer, before, (rows, cols) in zip(layers, plain, SIZES):
                assert layer["bytes"] == before + branch_bytes(rank, rows, cols), (layer, before)
        print(errors)
        for method in ("lorc", "eora"):
            assert errors["none"] > errors[method, 1] > errors[method, 4] > errors[method, 16], errors
        for rank in (1, 4, 16):
            assert errors["eora", rank] < errors["lorc", rank], errors
        # Inputs have 12 strong directions, which 16 ranks cover.
        assert errors["eora", 16] < 0.2 * errors["none"], errors

        # GPTQ's codes have an error that is small already; the branch takes from it still.
        gptq = case.error("method: gptq\n"), case.error("method: gptq\nlow_rank: {rank: 8}\n")
        assert gptq[1] < gptq[0], gptq

        # A budget is kept and better than the same bytes everywhere.
        bits = 8 * sum(branch_bytes(4, *size) for size in SIZES) / sum(rows * cols for rows, cols in SIZES)
        shared = case.error(f"calibration: {{layer_by_layer: false}}\nlow_rank: {{bits_per_weight: {bits}}}\n")
        layers = case.layers()
        spent = sum(layer["bytes"] for layer in layers) - sum(plain)
        assert 0 < spent <= sum(branch_bytes(4, *size) for size in SIZES) + 6 * 64, spent
        same = case.error("calibration: {layer_by_layer: false}\nlow_rank: {rank: 4}\n")
        print(f"budget {[layer.get('rank', 0) for layer in layers]}: {shared}, rank 4: {same}")
        assert shared <= same, (shared, same)
        # One that nothing fits in leaves no branch.
        case.compile("low_rank: {bytes: 100}\n")
        assert all("rank" not in layer for layer in case.layers())

        # Codes of activations, and the kernels of a GPU.
        for activations in ("float", "dynamic"):
            recipe = f"activations: {{matmul: {activations}}}\nlow_rank: {{rank: 5}}\n"
            wanted = case.compile(recipe)
            for target in ("cuda-sim", "cuda-sim-backward"):
                assert case.compile(recipe, target).tobytes() == wanted.tobytes(), f"{target}, {activations}"

        try:
            case.compile("low_rank: {rank: 4}\n", has_samples=False)
        except quantc.CompileError as error:
            assert "needs samples: give them with --calibrate" in str(error) and error.exit_code == 1, error
        else:
            sys.exit("expected an error without samples")


main()
