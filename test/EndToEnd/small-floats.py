# REQUIRES: python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s

"""Weights of 4-bit floats, ternary and 2-bit weights, and integers with zero points that
are numbers, are the numbers of their formats:
rows of ones and zeros read them out of compiled products, and NumPy with the types of
ml_dtypes computes them from the definitions of MXFP4 (OCP Microscaling Formats 1.0,
section 6.3, round to nearest even) and NVFP4. The report tells their bits."""

import json
import tempfile
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import quantc
from onnx import TensorProto, helper, numpy_helper

F32 = np.float32
INPUTS, OUTPUTS = 80, 48


def blocks(weight, size):
    """[inputs, outputs] -> views of whole and shorter blocks along the inputs."""
    return [weight[first : first + size] for first in range(0, len(weight), size)]


def e2m1(numbers):
    return numbers.astype(F32).astype(ml_dtypes.float4_e2m1fn).astype(F32)


def e4m3(numbers):
    return np.clip(numbers, 2.0**-9, 448).astype(F32).astype(ml_dtypes.float8_e4m3fn).astype(F32)


def mxfp4(weight):
    result = []
    for block in blocks(weight, 32):
        scale = F32(2.0) ** (np.floor(np.log2(np.abs(block).max(0))) - 2).astype(F32)
        result.append(e2m1(block / scale) * scale)
    return np.concatenate(result)


def nvfp4(weight):
    unit = np.abs(weight).max() / F32(448 * 6)
    result = []
    for block in blocks(weight, 16):
        scale = e4m3(np.abs(block).max(0) / F32(6) / unit) * unit
        result.append(e2m1(block / scale) * scale)
    return np.concatenate(result)


def odd_e4m3(weight):
    unit = np.abs(weight).max() / F32(448 * 1.5)
    result = []
    for block in blocks(weight, 32):
        scale = e4m3(np.abs(block).max(0) / F32(1.5) / unit) * unit
        result.append((np.clip(np.rint(block / scale - F32(0.5)), -2, 1) + F32(0.5)) * scale)
    return np.concatenate(result)


def ternary(weight):
    """The best threshold and mean of each group, by trying all, as f16."""
    result = []
    for block in blocks(weight, 16):
        sizes = -np.sort(-np.abs(block.astype(np.float64)), axis=0)
        sums, counts = np.cumsum(sizes, 0), np.arange(1, len(block) + 1)[:, None]
        best = np.argmax(sums**2 / counts, 0)
        scale = (sums / counts)[best, np.arange(block.shape[1])].astype(np.float16).astype(F32)
        result.append(np.clip(np.rint(block / scale), -1, 1) * scale)
    return np.concatenate(result)


def real_zeros(bits, search):
    """The numbers of a recipe with `zero_point: f16` and f16 scales: rounded to nearest,
    with `search` after half-quadratic steps."""

    def shrink(error, beta):
        with np.errstate(divide="ignore"):
            return np.sign(error) * np.maximum(np.abs(error) - np.abs(error) ** -0.3 / beta, 0)

    def levels(column, scale, zero):
        return np.clip(np.rint(column / scale + zero), 0, 2**bits - 1).astype(F32)

    def group(column):
        low, high = column.min(), column.max()
        width = max(high - low, max(-low, high) / F32(1024) * F32(2**bits - 1))
        scale = F32(np.float16(width / F32(2**bits - 1)))
        zero = F32(np.float16(np.rint(-low / scale)))
        steps, beta = [(levels(column, scale, zero) - zero) * scale], 10.0
        for _ in range(20 if search else 0):
            target = column - shrink((column - steps[-1]).astype(np.float64), beta)
            zero = F32(np.float16((levels(column, scale, zero) - target / scale).mean()))
            moved = (levels(column, scale, zero) - zero) * scale
            if not np.abs(column - moved).mean(dtype=np.float64) < np.abs(column - steps[-1]).mean(dtype=np.float64):
                break
            steps.append(moved)
            beta *= 1.01
        costs = [(np.abs(column - numbers).astype(np.float64) ** 0.7).sum() for numbers in steps]
        return steps[int(np.argmin(costs))]

    def numbers(weight):
        return np.concatenate([np.apply_along_axis(group, 0, block) for block in blocks(weight, 32)])

    return numbers


# The recipe's weights, the numbers, how a report calls them.
FORMATS = {
    "mxfp4": ("{format: mxfp4}", mxfp4, "e2m1 g32, e8m0 scales"),
    "nvfp4": ("{format: nvfp4}", nvfp4, "e2m1 g16, e4m3 scales"),
    "odd": ("{format: odd, group_size: 32, scale: e4m3}", odd_e4m3, "odd g32, e4m3 scales"),
    "ternary": ("{format: ternary, group_size: 16, scale: f16}\nmethod: twn", ternary, "ternary g16, f16 scales"),
    **{
        f"{method} of {bits} bits": (
            f"{{bits: {bits}, group_size: 32, scale: f16, zero_point: f16}}\nmethod: {method}",
            real_zeros(bits, method == "hqq"),
            f"uint{bits} g32 asymmetric, f16 zero points, f16 scales",
        )
        for method in ("rtn", "hqq")
        for bits in (2, 3, 4, 8)
    },
}


def stored_bytes(bits, groups, scale_bytes, has_unit, zero_bytes=0):
    """Every tensor fills whole cache lines: codes, scales, one number for all scales."""

    def lines(size):
        return -(-size // 64) * 64

    line = 32 if bits == 3 else 1  # columns that 3-bit codes come in
    codes = OUTPUTS * -(-INPUTS // line) * line * bits // 8
    zeros = lines(OUTPUTS * groups * zero_bytes)
    return lines(codes) + lines(OUTPUTS * groups * scale_bytes) + zeros + (64 if has_unit else 0)


STORED = {
    "mxfp4": stored_bytes(4, 3, 1, True),
    "nvfp4": stored_bytes(4, 5, 1, True),
    "odd": stored_bytes(2, 3, 1, True),
    "ternary": stored_bytes(2, 5, 2, False),
    **{f"{method} of {bits} bits": stored_bytes(bits, 3, 2, False, 2) for method in ("rtn", "hqq") for bits in (2, 3, 4, 8)},
}


def main():
    weight = np.random.default_rng(6).standard_normal((INPUTS, OUTPUTS)).astype(F32)
    weight[:, 3] *= 30
    weight[32:48, 5] /= 4096  # a scale of e4m3 that is a subnormal number
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], "product")],
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", INPUTS])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", OUTPUTS])],
        [numpy_helper.from_array(weight, "w")],
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), folder / "m.onnx")
        for name, (recipe, numbers, described) in FORMATS.items():
            (folder / f"{name}.yaml").write_text(f"weights: {recipe}\n", encoding="ascii")
            prefix = folder / name
            quantc.compile(str(folder / "m.onnx"), str(prefix), recipe=f"{prefix}.yaml", quiet=True)
            found = quantc.load(prefix).run({"x": np.eye(INPUTS, dtype=F32)})["y"]
            wanted = numbers(weight)
            different = np.count_nonzero(found != wanted)
            assert not different, f"{name}: {different} of {wanted.size} differ, by {np.abs(found - wanted).max()}"
            layer = json.loads(Path(f"{prefix}.report.json").read_text())["layers"][0]
            assert layer["weights"] == described, layer["weights"]
            assert layer["bytes"] == STORED[name], f"{name}: {layer['bytes']} bytes, expected {STORED[name]}"
            assert layer["kernel"] == "matmul.a16"
            print(f"{name}: {wanted.size} weights, {layer['bits_stored']:.3f} bits each")


main()
