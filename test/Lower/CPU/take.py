# Channels of rows, alone and in front of the quantizer, against NumPy, bit for bit.

import numpy as np
import reference
from kernels import noise, on_all_levels

# Channels there are and channels taken, behind the row or instead of it: parts of a
# vector, whole ones, tails.
SIZES = [(1, 1, True), (3, 7, False), (16, 16, False), (40, 24, True), (576, 64, True), (577, 130, True), (9000, 40, True)]


def width(have, taken, appends):
    return taken + have * appends


TEXT = "".join(
    f"""
func.func @take{i}(%x: memref<2x?x{have}xf32>, %c: memref<{taken}xi32>, %y: memref<2x?x{width(have, taken, appends)}xf32>) {{
  kern.take "take.channels" ins(%x, %c : memref<2x?x{have}xf32>, memref<{taken}xi32>)
      outs(%y : memref<2x?x{width(have, taken, appends)}xf32>) {"{append}" * appends}
  return
}}
func.func @quantize{i}(%x: memref<?x{have}xf32>, %c: memref<{taken}xi32>, %q: memref<?x{width(have, taken, appends)}xi8>, %s: memref<?xf32>, %z: memref<?xi8>) {{
  kern.quantize "quantize.taken" ins(%x, %c : memref<?x{have}xf32>, memref<{taken}xi32>)
      outs(%q, %s, %z : memref<?x{width(have, taken, appends)}xi8>, memref<?xf32>, memref<?xi8>) {{bits = 4 : i64{", append" * appends}}}
  return
}}
"""
    for i, (have, taken, appends) in enumerate(SIZES)
)


def same(what, found, wanted):
    assert np.array_equal(found, wanted), f"{what}: {found.ravel()[:9]}, expected {wanted.ravel()[:9]}"


def test(kernels):
    for i, (have, taken, appends) in enumerate(SIZES):
        channels = np.random.default_rng(i).integers(0, have, taken).astype(np.int32)
        for rows in (1, 19):
            x = noise(2, rows, have)
            wanted = np.ascontiguousarray(x[..., np.concatenate([np.arange(have), channels]) if appends else channels])
            y = np.full_like(wanted, np.nan)
            getattr(kernels, f"take{i}")(x, channels, y)
            same(f"{taken} of {have}, {rows} rows", y, wanted)
            codes, scales, zeros = np.full(wanted[0].shape, 99, np.int8), np.empty(rows, np.float32), np.empty(rows, np.int8)
            getattr(kernels, f"quantize{i}")(x[0], channels, codes, scales, zeros)
            for what, found, want in zip(("codes", "scales", "zeros"), (codes, scales, zeros), reference.quantize_token_with_zero(wanted[0], 4)):
                same(f"{what} of {taken} of {have}, {rows} rows", found, want)
            yield y


on_all_levels(TEXT, test, grids=True)
