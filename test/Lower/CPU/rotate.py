# Rotations, alone and in front of the quantizer, against the order of roundings in
# QntOps.td, bit for bit; and against the product with the whole matrix.

import numpy as np
import reference
from kernels import check, noise, on_all_levels

# Core, power of two, blocks in a row: parts of a vector, whole ones, tails.
SIZES = [(1, 1, 3), (1, 2, 9), (1, 4, 43), (1, 16, 1), (1, 64, 3), (12, 1, 1), (12, 4, 3), (20, 16, 2), (12, 128, 1), (44, 32, 1)]
SEED = 7

TEXT = "".join(
    f"""
func.func @rotate{i}(%x: memref<2x?x{core * power * blocks}xf32>, %y: memref<2x?x{core * power * blocks}xf32>) {{
  kern.rotate "rotate.hadamard" ins(%x : memref<2x?x{core * power * blocks}xf32>) outs(%y : memref<2x?x{core * power * blocks}xf32>)
      {{block = {core * power} : i64, seed = {SEED} : i64}}
  return
}}
func.func @quantize{i}(%x: memref<?x{core * power * blocks}xf32>, %q: memref<?x{core * power * blocks}xi8>, %s: memref<?xf32>, %z: memref<?xi8>) {{
  kern.quantize "quantize.rotated" ins(%x : memref<?x{core * power * blocks}xf32>) outs(%q, %s, %z : memref<?x{core * power * blocks}xi8>, memref<?xf32>, memref<?xi8>)
      {{bits = 4 : i64, block = {core * power} : i64, seed = {SEED} : i64}}
  return
}}
"""
    for i, (core, power, blocks) in enumerate(SIZES)
)


def same(what, found, wanted):
    assert np.array_equal(found, wanted), f"{what}: {found.ravel()[:9]}, expected {wanted.ravel()[:9]}"


def dense(core, power):
    matrix = np.ones((1, 1))
    for _ in range(power.bit_length() - 1):
        matrix = np.kron(matrix, [[1, 1], [1, -1]])
    matrix = np.kron(reference.paley(core), matrix)
    return reference.signs(SEED, core * power)[:, None] * matrix / np.sqrt(core * power)


def test(kernels):
    for i, (core, power, blocks) in enumerate(SIZES):
        width = core * power * blocks
        for rows in (1, 19):
            x = noise(2, rows, width)
            wanted, y = reference.rotate(x, core, power, SEED), np.full_like(x, np.nan)
            getattr(kernels, f"rotate{i}")(x, y)
            same(f"rotate {core} x {power} x {blocks}, {rows} rows", y, wanted)
            exact = x.astype(np.float64).reshape(-1, core * power) @ dense(core, power)
            check(f"rotate {core} x {power} against the matrix", y, exact.reshape(x.shape), rtol=1e-5, atol=1e-5)
            codes, scales, zeros = np.full((rows, width), 99, np.int8), np.empty(rows, np.float32), np.empty(rows, np.int8)
            getattr(kernels, f"quantize{i}")(x[0], codes, scales, zeros)
            for what, found, want in zip(("codes", "scales", "zeros"), (codes, scales, zeros), reference.quantize_token_with_zero(wanted[0], 4)):
                same(f"{what} of {core} x {power} x {blocks}, {rows} rows", found, want)
            yield y


on_all_levels(TEXT, test, grids=True)
