# Executes kern.matmul with binary and codebook weights on every level that the
# machine has, at sizes around the tiles, and compares with the definition bit for
# bit.

import numpy as np
from harness import aligned, levels, memref, module, on_line, panels_codes
from matmul import panel_groups, run
from reference import F32, fma

# Rows, columns of the weight, outputs.
SHAPES = [(1, 64, 48), (5, 40, 16), (7, 100, 33), (30, 130, 70)]
# Columns of a pattern and patterns: 9 and 12 bits, one plane, 8 bits, whole bytes.
CODEBOOKS = [(10, 512), (16, 4096), (3, 2), (8, 256), (16, 65536), (5, 14)]


def matmul_a16(x, codes, scales, zeros, group):
    """x [M, K], codes [N, K] 0 and 1, scales and zeros [N, G]."""
    total = np.zeros((x.shape[0], codes.shape[0]), F32)
    for g in range(scales.shape[1]):
        part = np.zeros_like(total)
        for k in range(g * group, min((g + 1) * group, x.shape[1])):
            sign = np.where(codes[:, k] == 1, F32(1), F32(-1))
            part = fma(x[:, k, None], (sign - zeros[:, g])[None], part)
        total = fma(part, scales[None, :, g], total)
    return total


def signed_sum(signs, x, zeros):
    """Exact sums [M, N] of a group as a level of its scale."""
    exact = (x.astype(np.int64) @ signs.T.astype(np.int64)).astype(F32)
    return fma(-zeros[None], x.astype(np.int64).sum(axis=1)[:, None].astype(F32), exact)


def weight_sums(codes, scales, zeros, group):
    ones = np.ones((1, codes.shape[1]), np.int8)
    total = np.zeros((1, codes.shape[0]), F32)
    for g in range(scales.shape[1]):
        part = slice(g * group, (g + 1) * group)
        signs = 2 * codes[:, part].astype(int) - 1
        total = fma(signed_sum(signs, ones[:, part], zeros[:, g]), scales[None, :, g], total)
    return total[0]


def matmul_a8(x, row_scales, codes, scales, zeros, group, row_zeros):
    total = np.zeros((x.shape[0], codes.shape[0]), F32)
    for g in range(scales.shape[1]):
        part = slice(g * group, (g + 1) * group)
        signs = 2 * codes[:, part].astype(int) - 1
        total = fma(signed_sum(signs, x[:, part], zeros[:, g]), scales[None, :, g], total)
    if row_zeros is not None:
        total = fma(-row_zeros[:, None].astype(F32), weight_sums(codes, scales, zeros, group)[None], total)
    return total * row_scales[:, None]


def index_lines(indices, bits):
    """Indices [N, B] -> lines [ceil(N / 16), B, 2 * bits] of uint8."""
    n, b = indices.shape
    full = np.zeros((-(-n // 16) * 16, b), np.uint32)
    full[:n] = indices
    lines = full.reshape(-1, 16, b).transpose(0, 2, 1)
    whole = [(lines >> (8 * i)) & 255 for i in range(bits // 8)]
    planes = []
    for bit in range(bits // 8 * 8, bits):
        planes.append(np.packbits((lines >> bit & 1).astype(np.uint8), axis=2, bitorder="little"))
    return on_line(np.concatenate([*whole, *planes], axis=2).astype(np.uint8))


def levels_of(n, groups, with_zeros, is_short, rng):
    scales = rng.uniform(0.001, 0.1, (n, groups)).astype(F32)
    zeros = rng.uniform(-2, 2, (n, groups)).astype(F32) if with_zeros else np.zeros((n, groups), F32)
    stored = np.float16 if is_short else F32
    scales, zeros = (values.astype(stored).astype(F32) for values in (scales, zeros))
    packed = [panel_groups(scales.astype(stored))]
    if with_zeros:
        packed.append(panel_groups(zeros.astype(stored)))
    return scales, zeros, packed


def execute(name, kernel, inputs, rows, packed, attributes, m, n, expected):
    out = aligned((1, m, n), F32)
    dynamic = [(1,) if m != 1 else ()] * rows + [()] * (len(inputs) + len(packed) - rows)
    arrays = [*inputs, *packed]
    types = [memref(array, d) for array, d in zip(arrays, dynamic)]
    text = module("matmul", kernel, types, [memref(out, dynamic[0])], attributes)
    run(text, name, arrays, out, expected[None])


def test_binary(m, k, n, group, with_zeros, rng):
    size = group or k
    codes = rng.integers(0, 2, (n, k), dtype=np.uint8)
    scales, zeros, levels = levels_of(n, -(-k // size), with_zeros, m % 2 == 1, rng)
    lines = panels_codes(codes, 1, 0)
    attributes = f'bits = 1 : i64, code = "binary", group_size = {size} : i64'
    attributes += ", has_zero_points" if with_zeros else ""
    x = on_line(rng.standard_normal((1, m, k), dtype=F32))
    name = f"binary {m}x{k}x{n} group {size}"
    expected = matmul_a16(x[0], codes, scales, zeros, size)
    execute(f"{name} a16", "matmul.a16", [x], 1, [lines, *levels], attributes, m, n, expected)
    codes[0] = 1
    lines = panels_codes(codes, 1, 0)
    x = on_line(rng.integers(-127, 128, (1, m, k), dtype=np.int8))
    x[0, 0] = 127  # the largest sums
    row_scales = on_line(rng.uniform(0.01, 1, (1, m)).astype(F32))
    row_zeros = on_line(rng.integers(-128, 128, (1, m), dtype=np.int8))
    expected = matmul_a8(x[0], row_scales[0], codes, scales, zeros, size, row_zeros[0])
    sums = panel_groups(weight_sums(codes, scales, zeros, size)[:, None])
    inputs, packed = [x, row_scales, row_zeros], [lines, *levels, sums]
    execute(f"{name} a8", "matmul.a8", inputs, 3, packed, attributes + ", has_row_zero_points", m, n, expected)
    expected = matmul_a8(x[0], row_scales[0], codes, scales, zeros, size, None)
    execute(f"{name} a8 symmetric", "matmul.a8", inputs[:2], 2, packed[:-1], attributes, m, n, expected)


def test_codebook(m, k, n, dim, count, with_zeros, rng):
    size = 4 * dim if m % 2 == 0 and 4 * dim < k else k
    bits = int(np.ceil(np.log2(count)))
    indices = rng.integers(0, count, (n, -(-k // dim)))
    indices[0, :], indices[-1, :] = 0, count - 1
    codebook = rng.integers(0, 2**dim, count).astype(np.uint16)
    signs = codebook[indices][:, :, None] >> np.arange(dim) & 1
    codes = signs.reshape(n, -1)[:, :k].astype(np.uint8)
    scales, zeros, levels = levels_of(n, -(-k // size), with_zeros, m % 2 == 1, rng)
    words = on_line(codebook.view(np.int32)[None])
    attributes = f'bits = {bits} : i64, code = "codebook", codebook_dim = {dim} : i64, group_size = {size} : i64'
    attributes += ", has_zero_points" if with_zeros else ""
    x = on_line(rng.standard_normal((1, m, k), dtype=F32))
    expected = matmul_a16(x[0], codes, scales, zeros, size)
    packed = [index_lines(indices, bits), *levels, words]
    execute(f"codebook {dim} {count} {m}x{k}x{n}", "matmul.a16", [x], 1, packed, attributes, m, n, expected)


def main() -> None:
    rng = np.random.default_rng(11)
    for number, (m, k, n) in enumerate(SHAPES):
        test_binary(m, k, n, (32, 0)[number % 2], number < 2, rng)
    test_binary(2, 70, 20, 0, False, rng)
    for number, (dim, count) in enumerate(CODEBOOKS):
        m, k, n = SHAPES[number % len(SHAPES)]
        test_codebook(m, k, n, dim, count, number % 2 == 0, rng)
    print("ok on", ", ".join(levels()))


main()
