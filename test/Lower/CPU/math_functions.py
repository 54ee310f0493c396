# Every function of lib/Lower/CPU/MathFunctions.h against fp64, on special values,
# on numbers of usual size and on random bit patterns; also that all levels give
# the same bits. The bounds are those that the header promises.

import math
import sys
import warnings

import numpy as np

from kernels import on_all_levels, ulps

warnings.simplefilter("ignore")

# name: exact function, largest error in ulp, largest argument
FUNCTIONS = {
    "exp": (np.exp, 1), "exp2": (np.exp2, 1), "expm1": (np.expm1, 2), "log": (np.log, 1),
    "log2": (np.log2, 2), "log10": (np.log10, 4), "log1p": (np.log1p, 3),
    "erf": (np.vectorize(math.erf), 1), "tanh": (np.tanh, 2), "sinh": (np.sinh, 3),
    "cosh": (np.cosh, 3), "sin": (np.sin, 2, 2.0**40), "cos": (np.cos, 2, 2.0**40),
    "tan": (np.tan, 4, 2.0**40), "atan": (np.arctan, 2), "asin": (np.arcsin, 3), "acos": (np.arccos, 3),
    "rsqrt": (lambda x: 1 / np.sqrt(x), 2), "floor": (np.floor, 0), "ceil": (np.ceil, 0),
    "trunc": (np.trunc, 0), "roundeven": (np.rint, 0),
    "round": (lambda x: np.where(np.abs(x) < 2**23, np.copysign(np.floor(np.abs(x) + 0.5), x), x), 0),
}  # fmt: skip
SPECIAL = np.array(
    [0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 1.17e-38, 3.4e38, -3.4e38, 0.5, -0.5,
     1.5, 2.5, -2.5, 8388607.5, 88.7, 88.8, -87.5, -103.9, -104.1, 128, -126, -149.5, 0.9999999,
     1.0000001, -0.9999999, 0.625, 0.99999994, 2, 3, -2, -3, 1 / 3, -1 / 3], np.float32)  # fmt: skip

UNARY = """
func.func @{0}(%x: memref<?xf32>, %y: memref<?xf32>) {{
  linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}}
      ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {{
    ^bb0(%a: f32, %b: f32):
      %r = math.{0} %a : f32
      linalg.yield %r : f32
  }}
  return
}}
"""
BINARY = """
func.func @{0}(%x: memref<?x{2}>, %y: memref<?x{2}>, %z: memref<?x{2}>) {{
  linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                  iterator_types = ["parallel"]}}
      ins(%x, %y : memref<?x{2}>, memref<?x{2}>) outs(%z : memref<?x{2}>) {{
    ^bb0(%a: {2}, %b: {2}, %c: {2}):
      %r = {1} %a, %b : {2}
      linalg.yield %r : {2}
  }}
  return
}}
"""


def compare(name, x, actual, exact, bound):
    error, at = ulps(actual, exact)
    if error > bound:
        sys.exit(f"{name}({x[at]!r}) = {actual[at]!r}, exact {exact[at]!r}: {error:.2f} ulp, allowed {bound}")
    signs = (np.signbit(actual) != np.signbit(exact)) & ~np.isnan(actual)
    if signs.any():
        sys.exit(f"{name}({x[signs][0]!r}) has the wrong sign")


def unary(kernels):
    rng = np.random.default_rng(7)
    usual = [rng.uniform(-a, a, 20000).astype(np.float32) for a in (1, 2, 10, 110, 1e4)]
    bits = rng.integers(0, 2**32, 100003, dtype=np.uint64).astype(np.uint32).view(np.float32)
    x = np.concatenate([SPECIAL, *usual, bits])
    for name, (exact, bound, *largest) in FUNCTIONS.items():
        y = np.zeros_like(x)
        getattr(kernels, name)(x, y)
        kept = ~(np.abs(x) > largest[0]) | np.isinf(x) if largest else np.full(x.shape, True)
        compare(name, x[kept], y[kept], exact(x[kept].astype(np.float64)), bound)
        yield y


def power(kernels):
    rng = np.random.default_rng(8)
    x, y = (grid.ravel() for grid in np.meshgrid(SPECIAL, SPECIAL))
    x = np.concatenate([x, rng.uniform(0, 10, 50000).astype(np.float32)])
    y = np.concatenate([y, rng.uniform(-20, 20, 50000).astype(np.float32)])
    z = np.zeros_like(x)
    kernels.pow(x, y, z)
    compare("pow", np.stack([x, y], 1), z, np.power(x.astype(np.float64), y.astype(np.float64)), 1)
    yield z


def remainder(kernels):
    rng = np.random.default_rng(9)
    x, y = (grid.ravel() for grid in np.meshgrid(SPECIAL, SPECIAL))
    bits = rng.integers(0, 2**32, (2, 100000), dtype=np.uint64).astype(np.uint32).view(np.float32)
    x = np.concatenate([x, rng.uniform(-1e4, 1e4, 50000).astype(np.float32), bits[0]])
    y = np.concatenate([y, rng.uniform(-5, 5, 50000).astype(np.float32), bits[1]])
    z = np.zeros_like(x)
    kernels.rem(x, y, z)
    compare("rem", np.stack([x, y], 1), z, np.fmod(x, y).astype(np.float64), 0)
    yield z


def integer_power(kernels):
    x, n = (grid.ravel() for grid in np.meshgrid(np.arange(-12, 13), np.arange(0, 20)))
    z = np.zeros_like(x)
    kernels.ipow(x, n, z)
    if not np.array_equal(z, x**n):
        sys.exit("ipow is wrong")
    kernels.ipow(np.array([2, -3, 1, -1, -1]), np.array([-1, -2, -5, -5, -6]), z[:5])
    if z[:5].tolist() != [0, 0, 1, -1, 1]:
        sys.exit(f"ipow with negative exponents: {z[:5]}")


def without_payload(arrays):
    """NaN with one bit pattern: which operand's payload survives is not specified."""
    return [np.where(np.isnan(array), np.float32(np.nan), array) for array in arrays]


BINARIES = [("pow", "math.powf", "f32"), ("rem", "arith.remf", "f32"), ("ipow", "math.ipowi", "i64")]
text = "".join(UNARY.format(name) for name in FUNCTIONS) + "".join(BINARY.format(*case) for case in BINARIES)


def test(kernels):
    integer_power(kernels)
    return without_payload([*unary(kernels), *power(kernels), *remainder(kernels)])


on_all_levels(text, test)
