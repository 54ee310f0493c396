# Softmax against fp64, with masks of -inf and of the lowest float, NaN, and rows
# of -inf alone.

import numpy as np

from kernels import check, noise, on_all_levels

TEXT = """
func.func @softmax(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  kern.softmax "softmax.f32" ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>)
  return
}
func.func @of10(%x: memref<2x10xf32>, %y: memref<2x10xf32>) {
  kern.softmax "softmax.f32" ins(%x : memref<2x10xf32>) outs(%y : memref<2x10xf32>)
  return
}
"""


def softmax(x):
    with np.errstate(invalid="ignore"):
        e = np.exp(x.astype(np.float64) - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)


def test(kernels):
    for shape in [(1, 1), (3, 16), (700, 100), (2, 17), (0, 4), (9, 513)]:
        x, y = noise(*shape) * 20, np.empty(shape, np.float32)
        kernels.softmax(x, y)
        check(f"softmax {shape}", y, softmax(x), rtol=1e-5, atol=1e-37)
        yield y
    x, y = noise(2, 10), np.empty((2, 10), np.float32)
    kernels.of10(x, y)
    check("softmax of 10", y, softmax(x), rtol=2e-6)
    x, y = noise(6, 37), np.empty((6, 37), np.float32)
    x[0, 5:] = -np.inf
    x[1, :30] += np.finfo(np.float32).min
    x[2] = np.finfo(np.float32).min
    x[3] = -np.inf
    x[4, 3] = np.nan
    x[5, 36] = np.inf
    kernels.softmax(x, y)
    check("softmax of masks", y, softmax(x), rtol=1e-5, atol=1e-30)


on_all_levels(TEXT, test, grids=True)
