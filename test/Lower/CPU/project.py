# Rows times small fp16 matrices against the order of roundings in QntOps.td, bit for
# bit on every level, and against fp64.

import numpy as np
from kernels import check, noise, on_all_levels

# Rows of the matrix and columns: below, at and above what is computed side by side.
SIZES = [(1, 1), (3, 15), (4, 16), (5, 17), (15, 48), (16, 64), (17, 33), (64, 131), (130, 8)]

TEXT = "".join(
    f"""
func.func @project{i}(%x: memref<2x?x{k}xf32>, %a: memref<{rank}x{k}xf16>, %y: memref<2x?x{rank}xf32>) {{
  kern.project "project.f16" ins(%x, %a : memref<2x?x{k}xf32>, memref<{rank}x{k}xf16>) outs(%y : memref<2x?x{rank}xf32>)
  return
}}
"""
    for i, (rank, k) in enumerate(SIZES)
)


def fma(a, b, c):
    """One rounding: products of 24 and 11 bits are exact in fp64, and the sum is rounded to fp32 from extended."""
    exact = a.astype(np.longdouble) * b.astype(np.longdouble) + c.astype(np.longdouble)
    return exact.astype(np.float32)


def reference(x, a):
    rank, k = a.shape
    padded = (k + 15) // 16 * 16
    rows = np.zeros((*x.shape[:-1], padded), np.float32)
    rows[..., :k] = x
    factors = np.zeros((rank, padded), np.float32)
    factors[:, :k] = a
    sums = np.zeros((*x.shape[:-1], rank, 16), np.float32)
    for first in range(0, padded, 16):
        sums = fma(rows[..., None, first : first + 16], factors[:, first : first + 16], sums)
    for half in (8, 4, 2, 1):
        sums = sums[..., :half] + sums[..., half : 2 * half]
    return sums[..., 0]


def test(kernels):
    for i, (rank, k) in enumerate(SIZES):
        for rows in (1, 7):
            x, a = noise(2, rows, k), noise(rank, k).astype(np.float16)
            y = np.full((2, rows, rank), np.nan, np.float32)
            getattr(kernels, f"project{i}")(x, a, y)
            wanted = reference(x, a)
            assert np.array_equal(y, wanted), f"{rank} x {k}, {rows} rows: {y.ravel()[:5]}, expected {wanted.ravel()[:5]}"
            exact = x.astype(np.float64) @ a.astype(np.float64).T
            check(f"{rank} x {k} against fp64", y, exact, rtol=1e-5, atol=1e-5)
            yield y


on_all_levels(TEXT, test)
