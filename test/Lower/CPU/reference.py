# What kernels must equal, in NumPy: slow, one operation after the other, with
# the roundings of the definitions in QntOps.td.

import numpy as np

F32 = np.float32


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


def matmul_a16(x, codes, scales, zeros, group, bias=None):
    """x [M, K] fp32, codes [N, K], scales and zeros [N, G]."""
    total = np.zeros((x.shape[0], codes.shape[0]), F32)
    for g in range(scales.shape[1]):
        part = np.zeros_like(total)
        for k in range(g * group, min((g + 1) * group, x.shape[1])):
            number = (codes[:, k].astype(int) - zeros[:, g].astype(int)).astype(F32)
            part = fma(x[:, k, None], number[None], part)
        total = fma(part, scales[None, :, g], total)
    return total if bias is None else total + bias


def weight_sums(codes, scales, zeros, group):
    """What a row of ones gives: codes [N, K] -> [N]."""
    total = np.zeros(codes.shape[0], F32)
    for g in range(scales.shape[1]):
        part = codes[:, g * group : (g + 1) * group].astype(np.int64) - zeros[:, g, None].astype(np.int64)
        total = fma(part.sum(axis=1).astype(F32), scales[:, g], total)
    return total


def matmul_a8(x, row_scales, codes, scales, zeros, group, bias=None, row_zeros=None):
    """x [M, K] int8 codes, row_scales and row_zeros [M]."""
    total = np.zeros((x.shape[0], codes.shape[0]), F32)
    for g in range(scales.shape[1]):
        part = slice(g * group, (g + 1) * group)
        number = codes[:, part].astype(np.int64) - zeros[:, g, None].astype(np.int64)
        sums = x[:, part].astype(np.int64) @ number.T
        total = fma(sums.astype(F32), scales[None, :, g], total)
    if row_zeros is not None:
        total = fma(-row_zeros[:, None].astype(F32), weight_sums(codes, scales, zeros, group)[None], total)
    y = total * row_scales[:, None]
    return y if bias is None else y + bias


def quantize_token(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    largest = np.abs(x).max(axis=-1)
    is_zero = largest < F32(2.0**-119)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inverse = np.where(is_zero, F32(0), F32(127) / largest).astype(F32)
    codes = np.rint(x * inverse[..., None]).astype(np.int8)
    return codes, np.where(is_zero, F32(0), largest / F32(127)).astype(F32)


def quantize_token_with_zero(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    low, high = np.minimum(x.min(axis=-1), F32(0)), np.maximum(x.max(axis=-1), F32(0))
    span = high - low
    is_zero = span < F32(2.0**-118)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inverse = np.where(is_zero, F32(0), F32(255) / span).astype(F32)
    zero = np.where(is_zero, 0, -128 - np.rint(low * inverse)).astype(np.int32)
    codes = np.minimum(np.rint(x * inverse[..., None]).astype(np.int32) + zero[..., None], 127)
    assert codes.min() >= -128
    return codes.astype(np.int8), np.where(is_zero, F32(0), span / F32(255)).astype(F32), zero.astype(np.int8)


def quantize_tensor(x: np.ndarray, scale: float, zero_point: int, low: int = -128, high: int = 127) -> np.ndarray:
    inverse = F32(1) / F32(scale)
    shifted = np.where(x * inverse > F32(low - zero_point), x * inverse, F32(low - zero_point))
    return np.rint(np.minimum(shifted, F32(high - zero_point))).astype(np.int32) + zero_point
