# REQUIRES: python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s

"""A branch in the place of inputs that are left out: what decoding gives is what NumPy computes
from the report's thresholds, prompts stay dense, all levels and simulated GPU kernels agree, a
budget of bytes counts it, and it goes together with GPTQ."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import quantc

# Two products, one behind the other, with sizes that fill no tile and no panel.
MODEL = """
nn.data @a {file = "FILE", offset = 0 : i64} : tensor<96x72xf32>
nn.data @b {file = "FILE", offset = 27648 : i64} : tensor<40x72xf32>
func.func @main(%x: tensor<1x?x96xf32> {nn.name = "x"}) -> (tensor<1x?x72xf32> {nn.name = "u"}, tensor<1x?x40xf32> {nn.name = "y"}) {
  %a = nn.param @a : tensor<96x72xf32>
  %b = nn.param @b : tensor<40x72xf32>
  %0 = nn.matmul %x, %a : tensor<1x?x96xf32>, tensor<96x72xf32> -> tensor<1x?x72xf32> loc("first")
  %1 = nn.matmul %0, %b transpose_rhs : tensor<1x?x72xf32>, tensor<40x72xf32> -> tensor<1x?x40xf32> loc("second")
  return %0, %1 : tensor<1x?x72xf32>, tensor<1x?x40xf32>
}
"""
WEIGHTS = "weights: {bits: 8, group_size: 32}\n"
SPARSE = WEIGHTS + "sparsity: {target: 0.5}\n"
RANK = 6


def low_rank(rng, rows, cols):
    """Six strong directions, which a branch of rank 6 has all of, and a little of all others."""
    strong = rng.normal(size=(rows, RANK)) @ rng.normal(size=(RANK, cols))
    return (strong + 0.05 * rng.normal(size=(rows, cols))).astype(np.float32)


def truncated(weight):
    """The singular values that a branch keeps, in double precision."""
    u, s, v = np.linalg.svd(weight.astype(np.float64), full_matrices=False)
    return (u[:, :RANK] * s[:RANK]) @ v[:RANK]


class Case:
    def __init__(self, folder):
        rng = np.random.default_rng(11)
        self.folder = folder
        self.a, self.b = low_rank(rng, 96, 72), low_rank(rng, 40, 72)
        np.concatenate([self.a.ravel(), self.b.ravel()]).tofile(folder / "weights.bin")
        (folder / "model.mlir").write_text(MODEL.replace("FILE", str(folder / "weights.bin")), encoding="ascii")
        np.savez(folder / "samples.npz", x=rng.normal(size=(4, 32, 96)).astype(np.float32))
        self.x = rng.normal(size=(1, 1, 96)).astype(np.float32)

    def compile(self, recipe, target="native"):
        (self.folder / "r.yaml").write_text(recipe, encoding="ascii")
        quantc.compile(str(self.folder / "model.mlir"), str(self.folder / "out"), recipe=str(self.folder / "r.yaml"),
                       target=target, quiet=True, calibrate=str(self.folder / "samples.npz"))  # fmt: skip
        return quantc.load(self.folder / "out")

    def run(self, recipe, target="native", x=None):
        found = self.compile(recipe, target).run({"x": self.x if x is None else x})
        return found["u"], found["y"]

    def layers(self):
        return json.loads((self.folder / "out.report.json").read_text(encoding="utf-8"))["layers"]

    def expected(self):
        """What R-Sparse (section 3.2) says, with the thresholds of the report and no rounding."""
        x, outputs = self.x.astype(np.float64), []
        for weight, layer in zip((self.a.T, self.b), self.layers()):
            is_kept = np.abs(x) > layer["sparsity"]["threshold"]
            assert 0.3 < is_kept.mean() < 0.7, layer
            x = (x * is_kept) @ weight.astype(np.float64).T + (x * ~is_kept) @ truncated(weight).T
            outputs.append(x)
        return outputs


def error(found, wanted):
    return float(np.sqrt(((found - wanted) ** 2).mean() / (wanted**2).mean()))


def main():
    remainder = SPARSE + f"low_rank: {{rank: {RANK}, method: r_sparse}}\n"
    with tempfile.TemporaryDirectory() as name:
        case = Case(Path(name))
        dense = case.run(WEIGHTS)
        left_out = case.run(SPARSE)
        dense_bytes = [layer["bytes"] for layer in case.layers()]
        found = case.run(remainder)
        layers = case.layers()
        # 8-bit codes with 32 weights a scale are 40 dB from the weights, and fp16 halves farther.
        for mine, exact in zip(found, case.expected()):
            assert error(mine, exact) < 0.01, error(mine, exact)
        # What half of the inputs leave behind the branch brings back.
        worse, better = error(left_out[0], dense[0]), error(found[0], dense[0])
        print(f"off by {worse:.4f} without, {better:.4f} with a branch")
        assert better < 0.2 * worse, (worse, better)
        for layer, before, (rows, cols) in zip(layers, dense_bytes, [(72, 96), (40, 72)]):
            halves = (2 * RANK * cols, 2 * RANK * (-(-rows // 16) * 16))
            assert layer["rank"] == RANK and layer["kernel"] == "matmul.sparse", layer
            assert layer["bytes"] == before + sum(-(-half // 64) * 64 for half in halves), (layer, before)

        prompt = np.random.default_rng(2).normal(size=(1, 5, 96)).astype(np.float32)
        for target in ("native", "generic", "cuda-sim", "cuda-sim-backward"):
            one, many = case.run(remainder, target), case.run(remainder, target, prompt)
            for mine, wanted in zip((*one, *many), (*found, *case.run(WEIGHTS, target, prompt))):
                assert np.array_equal(mine, wanted), f"{target}: the bits differ"
        everywhere = case.run(remainder.replace("0.5", "0.5, prefill: sparse"))
        assert all(np.array_equal(a, b) for a, b in zip(everywhere, found)), "rows are not treated alike"

        # With codes from samples: the branch is no part of what later layers are shown.
        gptq = case.run(remainder + "method: gptq\n")
        for mine, exact in zip(gptq, case.expected()):
            assert error(mine, exact) < 0.01, error(mine, exact)
        check_budget(case)


def check_budget(case):
    """A product that leaves out inputs costs its branch, too."""
    limit = 40000
    recipe = WEIGHTS + f"sparsity: {{target: 0.5}}\nbudget: {{bytes_per_token: {limit}, candidates: [8]}}\n"
    read = {}
    for branch in ("", f"low_rank: {{rank: {RANK}, method: r_sparse}}\n"):
        case.compile(recipe + branch)
        report = json.loads((case.folder / "out.report.json").read_text(encoding="utf-8"))
        rows = report["budget"]["layers"]
        read[branch] = {(row["name"], one.get("sparsity", 0)): one["bytes"] for row in rows for one in row["candidates"]}
    without, with_branch = read.values()
    halves = {"first": 2 * RANK * 96 + 2 * RANK * 80, "second": 2 * RANK * 72 + 2 * RANK * 48}
    for (layer, share), cost in with_branch.items():
        more = cost - without[layer, share]
        assert (more == 0) if share == 0 else (halves[layer] <= more < halves[layer] + 128), (layer, share, more)

    # A budget of what is stored has the bytes of columns and branches, 3 bits none of both.
    fixed = SPARSE + f"low_rank: {{rank: {RANK}, method: r_sparse}}\n"
    case.compile(fixed + "budget: {bytes: 40000, candidates: [3, 4, 8], measure: weights}\n")
    report = json.loads((case.folder / "out.report.json").read_text(encoding="utf-8"))
    for layer, row in zip(report["layers"], report["budget"]["layers"]):
        costs = {one["bits"]: one["bytes"] for one in row["candidates"]}
        assert layer["bytes"] == costs[row["chosen_bits"]], (layer, row)
        assert costs[4] - costs[3] > halves[row["name"]], row
    assert report["budget"]["chosen_bytes"] == report["totals"]["bytes"], report["budget"]


main()
