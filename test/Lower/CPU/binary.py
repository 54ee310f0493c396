# Products of packed signs and the packing of signs on every level: equal to sums of
# signs in NumPy, at sizes around words, panels and tiles. Argument: the kernel's name.

import sys

import numpy as np

from kernels import check, on_all_levels

# Rows, columns, channels.
PRODUCTS = [(1, 1, 1), (1, 784, 64), (3, 63, 15), (2, 64, 16), (5, 65, 17), (4, 129, 63), (7, 1000, 65), (2, 30, 130)]
# As many rows as tensor cores count for, and no whole number of their steps.
PRODUCTS += [(8, 256, 64), (17, 1000, 65), (40, 320, 130), (33, 64, 5)]
# Height, width, channels in and out, kernel, stride, dilation, pads (top, left, bottom, right).
CONVS = [(1, 1, 1, 1, 1, 1, 1, (0, 0, 0, 0)), (5, 6, 64, 64, 3, 1, 1, (1, 1, 1, 1)), (7, 5, 65, 17, 3, 2, 1, (1, 0, 2, 1))]
CONVS += [(6, 6, 20, 70, 3, 1, 2, (2, 2, 2, 2)), (4, 4, 3, 5, 5, 1, 1, (4, 4, 4, 4)), (3, 8, 128, 16, 1, 2, 1, (0, 0, 0, 0))]
WINDOW = "dilations = array<i64: {d}, {d}>, kernel_size = array<i64: {k}, {k}>, pads = array<i64: {p}>, strides = array<i64: {s}, {s}>, "


def words(bits):
    """[..., K] of 0 and 1 as [..., ceil(K/64)] int64, the first in the lowest bit."""
    rows = np.zeros((*bits.shape[:-1], -(-bits.shape[-1] // 64) * 64), np.uint8)
    rows[..., : bits.shape[-1]] = bits
    return np.ascontiguousarray(np.packbits(rows, axis=-1, bitorder="little")).view(np.int64)


def panels(rows):
    """[N, ...] as [ceil(N/16), ..., 16], zeros behind N."""
    count = -(-rows.shape[0] // 16)
    padded = np.zeros((count * 16, *rows.shape[1:]), rows.dtype)
    padded[: rows.shape[0]] = rows
    return np.ascontiguousarray(np.moveaxis(padded.reshape(count, 16, *rows.shape[1:]), 1, -1))


def memref(array, leading=None):
    kind = {"int64": "i64", "int32": "i32", "float32": "f32", "int8": "i8"}[array.dtype.name]
    sizes = [leading or str(array.shape[0]), *map(str, array.shape[1:])]
    return "memref<" + "x".join(sizes) + f"x{kind}>"


class Case:
    """One product as numbers and as bits. `x` are signs, `w` [N, T, C] too."""

    def __init__(self, name, rng, op, window, x, w, dots):
        self.name, n = name, w.shape[0]
        self.x, self.w = words(x > 0), panels(words(w > 0).reshape(n, -1))
        scales, self.bias = rng.uniform(0.1, 2, (n, 1)).astype(np.float32), rng.standard_normal(n).astype(np.float32)
        self.scales, self.numbers = panels(scales), (dots.astype(np.float32) * scales[:, 0]) * np.float32(0.75) + self.bias
        ends = np.sort(rng.integers(-w[0].size, w[0].size + 2, (n, 2)), axis=1).astype(np.int32)
        ends[::3] = [-(2**31), 2**31 - 1]
        ends[1::3, 1] = 2**31 - 1
        self.thresholds = panels(ends)
        self.bits = words((ends[:, 0] <= dots) & (dots < ends[:, 1]))
        x, y, z = memref(self.x, "?"), memref(self.numbers, "?"), memref(self.bits, "?")
        a, s, b, t = map(memref, (self.w, self.scales, self.bias, self.thresholds))
        attributes = f"{window}columns = {w.shape[2]} : i64"
        self.text = f"""
func.func @{name}(%x: {x}, %w: {a}, %s: {s}, %b: {b}, %t: {t}, %y: {y}, %z: {z}) {{
  kern.{op} "{op}.b1" ins(%x, %w, %s, %b : {x}, {a}, {s}, {b}) outs(%y : {y}) {{{attributes}, input_scale = 7.5e-01 : f32, has_bias}}
  kern.{op} "{op}.b1" ins(%x, %w, %t : {x}, {a}, {t}) outs(%z : {z}) {{{attributes}, has_thresholds}}
  return
}}
"""

    def test(self, kernels):
        y, z = np.full_like(self.numbers, 7), np.full_like(self.bits, -1)
        getattr(kernels, self.name)(self.x, self.w, self.scales, self.bias, self.thresholds, y, z)
        check(f"{self.name} numbers", y, self.numbers, rtol=0, atol=0)
        check(f"{self.name} bits", z, self.bits, rtol=0, atol=0)
        return y


def product(number, m, k, n):
    rng = np.random.default_rng(number)
    x, w = rng.choice([-1, 1], (m, k)), rng.choice([-1, 1], (n, 1, k))
    return Case(f"product{number}", rng, "binary_matmul", "", x, w, x @ w[:, 0].T)


def conv(number, height, width, channels, outputs, kernel, stride, dilation, pads):
    rng = np.random.default_rng(number)
    x = rng.choice([-1, 1], (2, height, width, channels))
    w = rng.choice([-1, 1], (outputs, kernel * kernel, channels))
    padded = np.pad(x, ((0, 0), (pads[0], pads[2]), (pads[1], pads[3]), (0, 0)))
    extent = dilation * (kernel - 1) + 1
    high, wide = (-(-(size - extent + 1) // stride) for size in padded.shape[1:3])
    dots = 0
    for tap in range(kernel * kernel):
        top, left = tap // kernel * dilation, tap % kernel * dilation
        part = padded[:, top : top + (high - 1) * stride + 1 : stride, left : left + (wide - 1) * stride + 1 : stride]
        dots = dots + part @ w[:, tap].T
    window = WINDOW.format(d=dilation, k=kernel, p=", ".join(map(str, pads)), s=stride)
    return Case(f"conv{number}", rng, "binary_conv", window, x, w, dots)


class Packing:
    """Numbers, or codes in bytes, of some columns."""

    def __init__(self, columns, kind):
        rng = np.random.default_rng(columns)
        x = rng.standard_normal((2, 3, columns)).astype(np.float32)
        x.ravel()[: min(4, x.size)] = [0.0, -0.0, np.nan, -np.inf][: min(4, x.size)]
        self.name, self.x = f"{kind}{columns}", x if kind == "f32" else (x >= 0).astype(np.int8)
        self.words = words(x >= 0)
        given, made = memref(self.x, "?"), memref(self.words, "?")
        self.text = f"""
func.func @{self.name}(%x: {given}, %y: {made}) {{
  kern.pack_signs "pack_signs.{kind}" ins(%x : {given}) outs(%y : {made})
  return
}}
"""

    def test(self, kernels):
        y = np.full_like(self.words, -1)
        getattr(kernels, self.name)(self.x, y)
        check(self.name, y, self.words, rtol=0, atol=0)
        return y


def main():
    family, _, kind = sys.argv[1].partition(".")
    if family == "pack_signs":
        cases = [Packing(columns, kind) for columns in (1, 15, 16, 17, 63, 64, 65, 200)]
    elif family == "binary_matmul":
        cases = [product(*case) for case in ((i, *sizes) for i, sizes in enumerate(PRODUCTS))]
    else:
        cases = [conv(*case) for case in ((i, *sizes) for i, sizes in enumerate(CONVS))]
    on_all_levels("".join(case.text for case in cases), lambda kernels: [case.test(kernels) for case in cases], grids=True)
    print(f"{sys.argv[1]} ok")


main()
