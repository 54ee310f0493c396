# Reductions of every kind over every choice of axes, floats and integers, with
# and without the reduced dimensions.

import itertools

import numpy as np

from kernels import check, noise, on_all_levels

KINDS = {
    "sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min, "prod": np.prod,
    "l2": lambda x, axis, keepdims: np.sqrt((x * x).sum(axis=axis, keepdims=keepdims)),
}  # fmt: skip
AXES = [axes for n in (1, 2, 3) for axes in itertools.combinations(range(3), n)]
SHAPE = (5, 3, 37)


def kernel(kind, axes, keep, element):
    kept = ["1" if d in axes else "?" for d in range(3) if keep or d not in axes]
    out = f"memref<{'x'.join([*kept, element])}>"
    name = f"{kind}_{element}_{''.join(map(str, axes))}_{int(keep)}"
    numbers = ", ".join(map(str, axes))
    return f"""
func.func @{name}(%x: memref<?x?x?x{element}>, %y: {out}) {{
  kern.reduce "reduce.{kind}" ins(%x : memref<?x?x?x{element}>) outs(%y : {out})
      {{axes = array<i64: {numbers}>, keepdims = {str(keep).lower()}}}
  return
}}
"""


CASES = [(kind, axes, bool(i % 2), "f32") for kind in KINDS for i, axes in enumerate(AXES)]
CASES += [(kind, axes, False, "i64") for kind in ("sum", "max", "min") for axes in AXES[:4]]


def test(kernels):
    floats = noise(*SHAPE)
    numbers = {"f32": floats, "i64": (floats * 1000).astype(np.int64)}
    for kind, axes, keep, element in CASES:
        # Products of many numbers stay in range if these are near one.
        x = np.exp(floats * np.float32(0.2)) if kind == "prod" else numbers[element]
        expected = KINDS[kind](x.astype(np.float64 if element == "f32" else np.int64), axis=axes, keepdims=keep)
        y = np.empty(expected.shape, x.dtype)
        getattr(kernels, f"{kind}_{element}_{''.join(map(str, axes))}_{int(keep)}")(x, y)
        check(f"{kind} {axes}", y, expected, rtol=1e-5 if element == "f32" else 0, atol=2e-6)
        yield y
    x = np.copy(floats)
    x[2, 1, 30] = np.nan
    y = np.empty((5, 3), np.float32)
    kernels.max_f32_2_0(x, y)
    check("max of NaN", y, x.max(-1))
    # Nothing to reduce: what is neutral.
    kernels.sum_f32_2_0(np.empty((5, 3, 0), np.float32), y)
    check("sum of nothing", y, np.zeros((5, 3), np.float32))


on_all_levels("".join(kernel(*case) for case in CASES), test)
