# Attention against fp64: one query and many, grouped heads, odd sizes, masks that
# broadcast, causal, caches that are views of larger buffers.

import numpy as np

from kernels import check, noise, on_all_levels

F = np.float32


def kernel(name, q, k, v, out, mask=None, causal=False):
    inputs, types = "%q, %k, %v", f"{q}, {k}, {v}"
    arguments = f"%q: {q}, %k: {k}, %v: {v}"
    if mask:
        inputs, types, arguments = f"{inputs}, %m", f"{types}, {mask}", f"{arguments}, %m: {mask}"
    flags = ("has_mask, " if mask else "") + ("causal, " if causal else "")
    return f"""
func.func @{name}({arguments}, %o: {out}) {{
  kern.attention "attention.f32" ins({inputs} : {types}) outs(%o : {out}) {{{flags}scale = 3.0e-01 : f32}}
  return
}}
"""


def heads(n, length, width):
    return f"memref<?x{n}x{length}x{width}xf32>"


def cache(n, width):
    return f"memref<?x{n}x?x{width}xf32, strided<[?, ?, {width}, 1], offset: ?>>"


def exact(q, k, v, mask=None, causal=False):
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    group = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, group, 1), np.repeat(v, group, 1)
    s = F(0.3) * q @ k.swapaxes(-1, -2)
    if mask is not None:
        s = s + mask
    if causal:
        i, j = np.arange(s.shape[-2])[:, None], np.arange(s.shape[-1])
        s = np.where(j <= s.shape[-1] - s.shape[-2] + i, s, -np.inf)
    top = np.maximum(s.max(-1, keepdims=True, initial=-np.inf), np.finfo(F).min)
    e = np.exp(s - top)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(e / e.sum(-1, keepdims=True)) @ v


# name, heads, key heads, width, width of values, causal
SHAPES = [("smol", 9, 3, 64, 64, True), ("tiny", 8, 4, 8, 8, True), ("odd", 3, 3, 37, 21, False), ("bert", 12, 12, 32, 32, False)]
TEXT = "".join(
    kernel(n, heads(h, "?", d), cache(hk, d), cache(hk, dv), heads(h, "?", dv), causal=c)
    for n, h, hk, d, dv, c in SHAPES
) + "".join(
    kernel(f"mask{i}", heads(4, "?", 16), heads(2, "?", 16), heads(2, "?", 16), heads(4, "?", 16), mask, causal)
    for i, (mask, causal) in enumerate(
        [("memref<?x1x1x?xf32>", False), ("memref<?x?x?x?xf32>", False), ("memref<?x?xf32>", True), ("memref<?x1x?x1xf32>", False)]
    )
) + kernel("one", heads(2, 1, 40), heads(1, "?", 40), heads(1, "?", 40), heads(2, 1, 40), causal=True)


def plain(kernels):
    for name, h, hk, d, dv, causal in SHAPES:
        for batch, t, s in [(1, 1, 1), (1, 1, 300), (2, 5, 5), (1, 16, 48), (1, 17, 49), (2, 33, 130), (1, 70, 70), (1, 3, 0), (1, 9, 4), (0, 4, 4)]:
            if s < t and not causal and s != 0:
                continue
            q = noise(batch, h, t, d)
            # Views of caches with room for 20 more keys.
            k, v = noise(batch, hk, s + 20, d, seed=2)[:, :, :s], noise(batch, hk, s + 20, dv, seed=3)[:, :, :s]
            y = np.full((batch, h, t, dv), 7, F)
            getattr(kernels, name)(q, k, v, y)
            check(f"{name} {batch, t, s}", y, exact(q, k, v, causal=causal), rtol=2e-5, atol=2e-6)
            yield y


def masked(kernels):
    for t, s in [(1, 60), (20, 60), (50, 50)]:
        q, k, v = noise(2, 4, t, 16), noise(2, 2, s, 16, seed=2), noise(2, 2, s, 16, seed=3)
        for i, shape in enumerate([(2, 1, 1, s), (2, 4, t, s), (t, s), (2, 1, t, 1)]):
            mask = np.where(noise(*shape, seed=4) > 0.3, F(-np.inf) if i % 2 else np.finfo(F).min, noise(*shape, seed=5))
            if shape[-1] > 1:
                mask[..., 1] = 0
                # One row, or one batch entry, in which nothing may be seen.
                mask[(0,) * (len(shape) - 1)] = -np.inf if i == 1 else np.finfo(F).min
            y = np.empty_like(q)
            getattr(kernels, f"mask{i}")(q, k, v, mask.astype(F), y)
            check(f"mask{i} {t, s}", y, exact(q, k, v, mask.astype(F), i == 2), rtol=2e-5, atol=2e-6)
            yield y
    # Dimensions of size one that are only known at run time.
    q, k, v = noise(2, 4, 20, 16), noise(2, 2, 60, 16, seed=2), noise(2, 2, 60, 16, seed=3)
    mask, y = noise(1, 1, 20, 60, seed=6), np.empty_like(q)
    kernels.mask1(q, k, v, mask, y)
    check("mask of runtime ones", y, exact(q, k, v, mask), rtol=2e-5, atol=2e-6)


def single(kernels):
    q, k, v = noise(1, 2, 1, 40), noise(1, 1, 513, 40, seed=2), noise(1, 1, 513, 40, seed=3)
    y = np.empty_like(q)
    kernels.one(q, k, v, y)
    check("one", y, exact(q, k, v), rtol=2e-5, atol=2e-6)
    yield y


on_all_levels(TEXT, lambda kernels: [*plain(kernels), *masked(kernels), *single(kernels)], grids=True)
