# f16 and bf16: every f16 and many f32 converted, arithmetic and functions rounded
# after each operation. bf16 is checked on its bits, which NumPy has no type for.

import numpy as np

from kernels import check, noise, on_all_levels

ID = "affine_map<(i) -> (i)>"


def kernel(name, source, target, body):
    """A function from a buffer of `source` to one of `target`; the names are of MLIR."""
    return f"""
func.func @{name}(%x: memref<?x{source}>, %y: memref<?x{target}>) {{
  linalg.generic {{indexing_maps = [{ID}, {ID}], iterator_types = ["parallel"]}}
      ins(%x : memref<?x{source}>) outs(%y : memref<?x{target}>) {{
    ^bb0(%a: {source}, %b: {target}):
      {body}
      linalg.yield %r : {target}
  }}
  return
}}
"""


TEXT = "".join([
    kernel("widen", "f16", "f32", "%r = arith.extf %a : f16 to f32"),
    kernel("narrow", "f32", "f16", "%r = arith.truncf %a : f32 to f16"),
    kernel("widen_b", "bf16", "f32", "%r = arith.extf %a : bf16 to f32"),
    kernel("narrow_b", "f32", "bf16", "%r = arith.truncf %a : f32 to bf16"),
    kernel("function", "f16", "f16", "%s = arith.addf %a, %a : f16\n %e = math.exp %s : f16\n %r = arith.mulf %e, %a : f16"),
    kernel("whole", "f16", "i32", "%r = arith.fptosi %a : f16 to i32"),
    kernel("sign", "f16", "f16", "%z = arith.constant 0.0 : f16\n %c = arith.cmpf ogt, %a, %z : f16\n %r = arith.select %c, %a, %z : f16"),
])  # fmt: skip


def to_bf16(x):
    """Bits of the bf16 nearest to x, ties to even."""
    bits = x.view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(x), (bits >> 16) | 0x40, rounded).astype(np.uint16)


def test(kernels):
    exact = {"rtol": 0, "atol": 0}
    halves = np.arange(1 << 16, dtype=np.uint32).astype(np.uint16).view(np.float16)
    wide = np.empty(halves.shape, np.float32)
    kernels.widen(halves, wide)
    check("widen", wide, halves.astype(np.float32), **exact)
    check("widen: zeros", np.signbit(wide), np.signbit(halves), **exact)
    # Every f16, what lies halfway to the next one, and random bits.
    bits = np.random.default_rng(3).integers(0, 2**32, 200000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    finite = np.sort(halves[np.isfinite(halves)].astype(np.float32))
    between = (finite[1:] + finite[:-1]) / 2
    x = np.concatenate([wide, between, np.nextafter(between, np.float32(1e9)), np.float32([65519.9, 65520, 1e-8]), bits])
    y = np.empty(x.shape, np.float16)
    kernels.narrow(x, y)
    with np.errstate(over="ignore"):
        check("narrow", y, x.astype(np.float16), **exact)
    b = np.empty(x.shape, np.uint16)
    kernels.narrow_b(x, b)
    check("narrow_b", b, to_bf16(x), **exact)
    again = np.empty(x.shape, np.float32)
    kernels.widen_b(b, again)
    check("widen_b", again, (b.astype(np.uint32) << 16).view(np.float32), **exact)
    small = noise(1003).astype(np.float16)
    z, i, s = np.empty_like(small), np.empty(1003, np.int32), np.empty_like(small)
    kernels.function(small, z)
    power = np.exp((small + small).astype(np.float64)).astype(np.float16)
    check("function", z, power * small, rtol=2e-3)
    kernels.whole(small * np.float16(100), i)
    check("whole", i, (small * np.float16(100)).astype(np.int32), **exact)
    kernels.sign(small, s)
    check("sign", s, np.maximum(small, 0), **exact)
    return [wide, z, i]


on_all_levels(TEXT, test)
