# Norms against fp64 at odd and even widths, static and dynamic, and on a strided
# view.

import numpy as np

from kernels import check, noise, on_all_levels

RMS = """
func.func @rms{0}(%x: {1}, %g: memref<{2}xf32>, %y: {1}) {{
  kern.norm "norm.rms" ins(%x, %g : {1}, memref<{2}xf32>) outs(%y : {1}) {{epsilon = 1.0e-05 : f32}}
  return
}}
"""
LAYER = """
func.func @layer{0}(%x: {1}, %g: memref<{2}xf32>, %b: memref<{2}xf32>, %y: {1}) {{
  kern.norm "norm.layer" ins(%x, %g, %b : {1}, memref<{2}xf32>, memref<{2}xf32>) outs(%y : {1})
      {{epsilon = 1.0e-05 : f32, has_beta}}
  return
}}
"""
# name, type of the rows, width, shape of the test
CASES = [
    ("a", "memref<1x?x576xf32>", "576", (1, 3, 576)),
    ("b", "memref<?x?x37xf32>", "37", (2, 70, 37)),
    ("c", "memref<?x?xf32>", "?", (5, 33)),
    ("d", "memref<?x?xf32>", "?", (700, 48)),
    ("e", "memref<8xf32>", "8", (8,)),
    ("f", "memref<?x1xf32>", "1", (3, 1)),
    ("g", "memref<?x?x20xf32, strided<[?, ?, 1], offset: ?>>", "20", (3, 4, 20)),
    ("h", "memref<?x?xf32>", "?", (0, 16)),
]


def test(kernels):
    for name, _, _, shape in CASES:
        # Wide rows of which the kernel sees the first part: a strided view.
        x = (noise(*shape[:-1], shape[-1] + 7) * 3 + 5)[..., : shape[-1]]
        if name != "g":
            x = np.ascontiguousarray(x)
        g, b = noise(shape[-1], seed=2), noise(shape[-1], seed=3)
        wide = x.astype(np.float64)
        y, z = np.empty(shape, np.float32), np.empty(shape, np.float32)
        getattr(kernels, f"rms{name}")(x, g, y)
        check(f"rms {name}", y, wide / np.sqrt((wide**2).mean(-1, keepdims=True) + 1e-5) * g, rtol=1e-6)
        getattr(kernels, f"layer{name}")(x, g, b, z)
        expected = (wide - wide.mean(-1, keepdims=True)) / np.sqrt(wide.var(-1, keepdims=True) + 1e-5) * g + b
        check(f"layer {name}", z, expected, rtol=1e-5, atol=1e-5)
        yield from (y, z)


on_all_levels("".join(RMS.format(*case) + LAYER.format(*case) for case in CASES), test, grids=True)
