# What kernels must equal, in NumPy: slow, one operation after the other, with
# the roundings of the definitions in QntOps.td.

import numpy as np

F32 = np.float32

# What codes stand for, as whole numbers, and the value of every code of a scale,
# from the definitions of the formats: OCP Microscaling Formats 1.0, section 5.3.
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6])
STEPS = {"ternary": np.array([-1, 0, 1]), "odd": np.array([-3, -1, 1, 3]), "e2m1": (2 * E2M1).astype(int)}
E8M0 = 2.0 ** (np.arange(255) - 127)
E4M3 = np.array([(8 * (c > 7) + c % 8) * 2.0 ** (max(c // 8, 1) - 10) for c in range(127)])
SCALES = {"e8m0": E8M0, "e4m3": E4M3}


def fma(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """fp32 a * b + c with one rounding. The product is exact in fp64; the sum is
    rounded to odd there, so that the second rounding is the right one."""
    product = a.astype(np.float64) * b.astype(np.float64)
    c = np.broadcast_to(c, product.shape).astype(np.float64)
    total = product + c
    # Knuth's two-sum: the error of the addition.
    back = total - product
    error = (product - (total - back)) + (c - back)
    bits = total.view(np.int64)
    is_even = (bits & 1) == 0
    away = (error > 0) == (total > 0)  # the exact sum is larger in magnitude
    adjust = np.where(is_even & (error != 0), np.where(away, 1, -1), 0)
    return (bits + adjust).view(np.float64).astype(F32)


def matmul_f32(x: np.ndarray, w: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """x [M, K], w [N, K]."""
    sums = np.zeros((x.shape[0], w.shape[0]), F32)
    for k in range(x.shape[1]):
        sums = fma(x[:, k, None], w[None, :, k], sums)
    return sums if bias is None else sums + bias


def level_sums(x, codes, zeros):
    """What the scale of a group is multiplied by: x [M, k] int8, codes [N, k], zeros [N],
    which are numbers where they are floats."""
    x, codes = x.astype(np.int64), codes.astype(np.int64)
    if zeros.dtype != F32:
        return (x @ (codes - zeros[:, None].astype(np.int64)).T).astype(F32)
    return fma(-zeros[None], x.sum(axis=1)[:, None].astype(F32), (x @ codes.T).astype(F32))


def matmul_a16(x, codes, scales, zeros, group, bias=None):
    """x [M, K] fp32, codes [N, K], scales and zeros [N, G], numbers or codes."""
    total = np.zeros((x.shape[0], codes.shape[0]), F32)
    for g in range(scales.shape[1]):
        part = np.zeros_like(total)
        for k in range(g * group, min((g + 1) * group, x.shape[1])):
            kind = F32 if zeros.dtype == F32 else int
            number = (codes[:, k].astype(kind) - zeros[:, g].astype(kind)).astype(F32)
            part = fma(x[:, k, None], number[None], part)
        total = fma(part, scales[None, :, g], total)
    return total if bias is None else total + bias


def weight_sums(codes, scales, zeros, group):
    """What a row of ones gives: codes [N, K] -> [N]."""
    total = np.zeros(codes.shape[0], F32)
    for g in range(scales.shape[1]):
        part = codes[:, g * group : (g + 1) * group]
        ones = np.ones((1, part.shape[1]), np.int8)
        total = fma(level_sums(ones, part, zeros[:, g])[0], scales[:, g], total)
    return total


def matmul_a8(x, row_scales, codes, scales, zeros, group, bias=None, row_zeros=None):
    """x [M, K] int8 codes, row_scales and row_zeros [M]."""
    total = np.zeros((x.shape[0], codes.shape[0]), F32)
    for g in range(scales.shape[1]):
        part = slice(g * group, (g + 1) * group)
        total = fma(level_sums(x[:, part], codes[:, part], zeros[:, g]), scales[None, :, g], total)
    if row_zeros is not None:
        total = fma(-row_zeros[:, None].astype(F32), weight_sums(codes, scales, zeros, group)[None], total)
    y = total * row_scales[:, None]
    return y if bias is None else y + bias


def quantize_token(x: np.ndarray, bits: int = 8) -> tuple[np.ndarray, np.ndarray]:
    largest, most = np.abs(x).max(axis=-1), F32(2 ** (bits - 1) - 1)
    is_zero = largest < F32(2.0**-119)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inverse = np.where(is_zero, F32(0), most / largest).astype(F32)
    codes = np.rint(x * inverse[..., None]).astype(np.int8)
    return codes, np.where(is_zero, F32(0), largest / most).astype(F32)


def quantize_token_with_zero(x: np.ndarray, bits: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    low, high = np.minimum(x.min(axis=-1), F32(0)), np.maximum(x.max(axis=-1), F32(0))
    span, steps, lowest = high - low, F32(2**bits - 1), -(2 ** (bits - 1))
    is_zero = span < F32(2.0**-118)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inverse = np.where(is_zero, F32(0), steps / span).astype(F32)
    zero = np.where(is_zero, 0, lowest - np.rint(low * inverse)).astype(np.int32)
    codes = np.minimum(np.rint(x * inverse[..., None]).astype(np.int32) + zero[..., None], -lowest - 1)
    assert codes.min() >= lowest
    return codes.astype(np.int8), np.where(is_zero, F32(0), span / steps).astype(F32), zero.astype(np.int8)


def signs(seed: int, count: int) -> np.ndarray:
    """-1 where the lowest bit of a splitmix64 number is set, else 1."""
    mask, found = 2**64 - 1, []
    for i in range(count):
        z = (seed + (i + 1) * 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        found.append(-1.0 if (z ^ (z >> 31)) & 1 else 1.0)
    return np.array(found)


def paley(order: int) -> np.ndarray:
    """Paley's first construction: `order` - 1 is a prime 4 i + 3. 1 gives [[1]]."""
    if order == 1:
        return np.ones((1, 1))
    q = order - 1
    squares = {i * i % q for i in range(1, q)}
    matrix = np.eye(order)
    matrix[0, 1:], matrix[1:, 0] = 1, -1
    for i in range(q):
        for j in range(q):
            if i != j:
                matrix[i + 1, j + 1] = 1 if (i - j) % q in squares else -1
    return matrix


def rotate(x: np.ndarray, core: int, power: int, seed: int) -> np.ndarray:
    """qnt.rotate in blocks of core * power, a Paley core times a power of two."""
    block = core * power
    factors = (signs(seed, block) / np.sqrt(float(block))).astype(F32)
    t = (x.reshape(-1, block) * factors).reshape(-1, core, power)
    half = 1
    while half < power:
        pairs = t.reshape(-1, core, power // (2 * half), 2, half)
        t = np.stack([pairs[..., 0, :] + pairs[..., 1, :], pairs[..., 0, :] - pairs[..., 1, :]], axis=-2).reshape(-1, core, power)
        half *= 2
    matrix = paley(core).astype(F32)
    total = t[:, 0, None, :] * matrix[0, :, None]
    for k in range(1, core):
        total = total + t[:, k, None, :] * matrix[k, :, None]
    return total.reshape(x.shape).astype(F32)


def quantize_tensor(x: np.ndarray, scale: float, zero_point: int, low: int = -128, high: int = 127) -> np.ndarray:
    inverse = F32(1) / F32(scale)
    shifted = np.where(x * inverse > F32(low - zero_point), x * inverse, F32(low - zero_point))
    return np.rint(np.minimum(shifted, F32(high - zero_point))).astype(np.int32) + zero_point
