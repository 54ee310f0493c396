# Executes kern.quantize and kern.dequantize on every level that the machine has
# and on simulated GPUs, and compares with the definition.

import sys

import numpy as np
import reference
from harness import GRIDS, Kernel, aligned, levels, memref, module, on_line


def expect(name: str, found: np.ndarray, expected: np.ndarray) -> None:
    if not np.array_equal(found, expected, equal_nan=found.dtype == np.float32):
        sys.exit(f"{name}: found {found.ravel()[:20]}, expected {expected.ravel()[:20]}")


def token(rng: np.random.Generator, level: str) -> None:
    for rows, width in ((1, 576), (7, 37), (3, 16), (2, 5), (2, 2501)):
        x = on_line(rng.standard_normal((1, rows, width)).astype(np.float32) * 10)
        x[0, 0, -1] = 127  # scale 1: ties
        x[0, 0, : min(4, width - 1)] = np.array([0.5, 1.5, 2.5, -0.5], np.float32)[: min(4, width - 1)]
        x[0, -1] = x[0, -1] if rows < 3 else 0
        x[0, 1 % rows] *= np.float32(1) if rows == 1 else np.float32(2.0**-125)
        codes, scales = aligned(x.shape, np.int8), aligned(x.shape[:2], np.float32)
        codes[...] = 99
        text = module("quantize", "quantize.token", [memref(x, (1,))], [memref(codes, (1,)), memref(scales, (1,))])
        Kernel(text, level)(x, codes, scales)
        want_codes, want_scales = reference.quantize_token(x)
        expect(f"token codes {rows}x{width} {level}", codes, want_codes)
        expect(f"token scales {rows}x{width} {level}", scales, want_scales)


def token_with_zero(rng: np.random.Generator, level: str) -> None:
    for rows, width in ((1, 576), (7, 37), (3, 16), (2, 5), (2, 2501)):
        x = on_line(rng.standard_normal((1, rows, width)).astype(np.float32) * 10 + 4)
        x[0, -1] = x[0, -1] if rows < 3 else 0
        x[0, 1 % rows] = np.abs(x[0, 1 % rows]) * np.float32(1 if rows < 3 else -(2.0**-125))
        # 255 steps of one: ties, and both ends round away from zero.
        x[0, 0] = 0.5
        x[0, 0, :3] = -127.5, 127.5, 1.5
        codes, scales, zeros = aligned(x.shape, np.int8), aligned(x.shape[:2], np.float32), aligned(x.shape[:2], np.int8)
        codes[...] = 99
        outputs = [memref(codes, (1,)), memref(scales, (1,)), memref(zeros, (1,))]
        Kernel(module("quantize", "quantize.token", [memref(x, (1,))], outputs), level)(x, codes, scales, zeros)
        for what, found, want in zip(("codes", "scales", "zero points"), (codes, scales, zeros), reference.quantize_token_with_zero(x)):
            expect(f"token {what} with zero points {rows}x{width} {level}", found, want)


def not_finite_with_zero(level: str) -> None:
    x, codes = aligned((4, 20), np.float32), aligned((4, 20), np.int8)
    scales, zeros = aligned((4,), np.float32), aligned((4,), np.int8)
    x[...] = 1
    x[0, 19], x[1, 3] = -np.inf, np.nan
    x[2, :2] = 3e38, -3e38
    outputs = [memref(codes), memref(scales), memref(zeros)]
    Kernel(module("quantize", "quantize.token", [memref(x)], outputs), level)(x, codes, scales, zeros)
    want = np.array([np.nan, np.nan, np.nan, np.float32(1) / np.float32(255)], np.float32)
    expect(f"scales of rows without a finite range {level}", scales, want)


def not_finite(level: str) -> None:
    x, codes, scales = aligned((3, 20), np.float32), aligned((3, 20), np.int8), aligned((3,), np.float32)
    x[...] = 1
    x[0, 19], x[1, 3] = np.inf, np.nan
    text = module("quantize", "quantize.token", [memref(x)], [memref(codes), memref(scales)])
    Kernel(text, level)(x, codes, scales)
    expect(f"scales of rows with infinity and NaN {level}", scales, np.array([np.nan, np.nan, np.float32(1) / np.float32(127)], np.float32))


def tensor(rng: np.random.Generator, level: str) -> None:
    for size, scale, zero, unsigned in ((40000, 0.031, -7, False), (33, 0.5, 128, True), (16, 0.1, 127, False)):
        x = on_line(rng.standard_normal(size).astype(np.float32) * 3)
        x[:6] = np.inf, -np.inf, np.nan, 1e30, 0.25, 0.75
        codes = aligned((size,), np.int8)
        attributes = f"scale = {scale} : f32, zero_point = {zero} : i64" + (", is_unsigned" if unsigned else "")
        Kernel(module("quantize", "quantize.tensor", [memref(x, (0,))], [memref(codes, (0,))], attributes), level)(x, codes)
        low, high = (0, 255) if unsigned else (-128, 127)
        expected = reference.quantize_tensor(x, scale, zero, low, high)
        expect(f"tensor {size} {level}", codes.view(np.uint8 if unsigned else np.int8), expected)
        back = aligned((size,), np.float32)
        text = module("dequantize", "dequantize.tensor", [memref(codes)], [memref(back)], attributes)
        Kernel(text, level)(codes, back)
        expect(f"dequantize {size} {level}", back, (expected - zero).astype(np.float32) * np.float32(scale))


def four_bits(rng: np.random.Generator, level: str) -> None:
    x = on_line(rng.standard_normal((7, 37)).astype(np.float32) * 10 + 4)
    x[0, :4] = 7.5, -7.5, 1.5, -0.5  # 15 steps of one: ties, and both ends
    x[0, 4:] = 0
    for hasZero in (False, True):
        outputs = [aligned(x.shape, np.int8), aligned(x.shape[:1], np.float32), aligned(x.shape[:1], np.int8)][: 3 if hasZero else 2]
        outputs[0][...] = 99
        text = module("quantize", "quantize.token", [memref(x, (0,))], [memref(array, (0,)) for array in outputs], "bits = 4 : i64")
        Kernel(text, level)(x, *outputs)
        wanted = reference.quantize_token_with_zero(x, 4) if hasZero else reference.quantize_token(x, 4)
        for found, want in zip(outputs, wanted):
            expect(f"4 bits {level}", found, want)


for name in [*levels(), *GRIDS]:
    four_bits(np.random.default_rng(6), name)
    token(np.random.default_rng(3), name)
    not_finite(name)
    token_with_zero(np.random.default_rng(5), name)
    not_finite_with_zero(name)
    tensor(np.random.default_rng(4), name)
