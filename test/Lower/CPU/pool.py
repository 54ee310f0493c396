# Pooling against loops in Python: padding, strides, dilation, windows that reach
# behind the padding (as ceil_mode makes them), odd numbers of channels.

import numpy as np

from kernels import check, noise, on_all_levels

# name, image, kernel, strides, pads, dilations, output size
CASES = [
    ("a", (2, 6, 7, 8), (2, 2), (2, 2), (0, 0, 0, 0), (1, 1), (3, 3)),
    ("b", (1, 9, 9, 37), (3, 3), (2, 2), (1, 1, 1, 1), (1, 1), (5, 5)),
    ("c", (1, 8, 8, 64), (8, 8), (1, 1), (0, 0, 0, 0), (1, 1), (1, 1)),
    ("d", (2, 9, 8, 3), (2, 3), (1, 2), (0, 1, 2, 1), (2, 1), (9, 4)),
    ("e", (1, 6, 6, 5), (3, 3), (2, 2), (0, 0, 1, 1), (1, 1), (3, 3)),
    ("f", (1, 5, 5, 16), (2, 2), (2, 2), (0, 0, 0, 0), (1, 1), (3, 3)),
]
TEXT = "".join(
    f"""
func.func @{kind}{count}{name}(%x: memref<?x?x?x{shape[3]}xf32>, %y: memref<?x?x?x{shape[3]}xf32>) {{
  kern.pool "pool.{kind}" ins(%x : memref<?x?x?x{shape[3]}xf32>) outs(%y : memref<?x?x?x{shape[3]}xf32>)
      {{kernel_size = array<i64: {kernel[0]}, {kernel[1]}>, strides = array<i64: {strides[0]}, {strides[1]}>,
       pads = array<i64: {', '.join(map(str, pads))}>, dilations = array<i64: {dilations[0]}, {dilations[1]}>,
       count_include_pad = {"true" if count else "false"}}}
  return
}}
"""
    for name, shape, kernel, strides, pads, dilations, _ in CASES
    for kind, count in (("max", 0), ("avg", 0), ("avg", 1))
)


def pool(x, kind, counts_padding, kernel, strides, pads, dilations, size):
    n, h, w, c = x.shape
    y = np.zeros((n, *size, c))
    for oh, ow in np.ndindex(*size):
        at = [(oh * strides[0] - pads[0] + i * dilations[0], ow * strides[1] - pads[1] + j * dilations[1]) for i, j in np.ndindex(*kernel)]
        inside = [(i, j) for i, j in at if 0 <= i < h and 0 <= j < w]
        padded = [(i, j) for i, j in at if i < h + pads[2] and j < w + pads[3]]
        taken = np.stack([x[:, i, j] for i, j in inside])
        if kind == "max":
            y[:, oh, ow] = taken.max(0)
        else:
            y[:, oh, ow] = taken.sum(0) / len(padded if counts_padding else inside)
    return y


def test(kernels):
    for name, shape, kernel, strides, pads, dilations, size in CASES:
        x = noise(*shape)
        for kind, count in (("max", 0), ("avg", 0), ("avg", 1)):
            y = np.empty((shape[0], *size, shape[3]), np.float32)
            getattr(kernels, f"{kind}{count}{name}")(x, y)
            expected = pool(x.astype(np.float64), kind, count, kernel, strides, pads, dilations, size)
            check(f"{kind} {name}", y, expected, rtol=2e-6)
            yield y


on_all_levels(TEXT, test)
