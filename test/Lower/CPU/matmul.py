# Executes kern.matmul on every level that the machine has, and where threads of a
# GPU work together also on its simulation, at sizes around the tiles, and compares
# with the definition bit for bit. Argument: kernel names.

import sys

import numpy as np
import reference
from reference import F32
from harness import Kernel, aligned, levels, memref, module, on_line, panels_codes, panels_f32

# Rows, columns of the weight, outputs: one row, tile - 1, tile, tile + 1, odd.
SHAPES = [(1, 64, 48), (5, 40, 16), (6, 64, 33), (7, 37, 20), (61, 129, 130)]
# For blocks of a GPU: more panels than one, more groups than are kept at a time,
# whole tiles and others; with groups of 16 and 32 columns or without.
BLOCK_SHAPES = [(1, 64, 16384), (1, 4816, 16), (4, 1552, 16), (65, 128, 64), (70, 129, 130)]
# Group size (0: all columns) and whether there are zero points, by test.
GROUPS = [(32, True), (0, False), (16, True)]


def compare(name: str, found: np.ndarray, expected: np.ndarray) -> None:
    if not np.array_equal(found.view(np.int32), expected.view(np.int32)):
        worst = np.abs(found - expected).max()
        sys.exit(f"{name}: {np.count_nonzero(found != expected)} of {found.size} differ, by up to {worst}")


def run(text: str, name: str, arrays: list[np.ndarray], out: np.ndarray, expected: np.ndarray) -> None:
    grids = [] if name.startswith("matmul.sparse") else ["sim", "sim-backward"]
    for level in [*levels(), *grids]:
        out[...] = np.nan
        Kernel(text, level)(*arrays, out)
        compare(f"{name} {level}", out, expected)


def test_f32(m: int, k: int, n: int, rng: np.random.Generator) -> None:
    x = rng.standard_normal((m, k), dtype=np.float32)
    w, bias = (rng.standard_normal(s, dtype=np.float32) for s in ((n, k), (n,)))
    x, bias, out = on_line(x), on_line(bias), aligned((m, n), np.float32)
    packed = panels_f32(w)
    dynamic = (0,) if m != 1 else ()
    text = module("matmul", "matmul.f32", [memref(x, dynamic), memref(packed), memref(bias)], [memref(out, dynamic)], "has_bias")
    run(text, f"f32 {m}x{k}x{n}", [x, packed, bias], out, reference.matmul_f32(x, w, bias))


def panel_groups(values: np.ndarray) -> np.ndarray:
    """[N, G] -> [P, G, 16]."""
    n, g = values.shape
    full = np.zeros((-(-n // 16) * 16, g), values.dtype)
    full[:n] = values
    return on_line(full.reshape(-1, 16, g).transpose(0, 2, 1))


def halves(zeros: np.ndarray) -> np.ndarray:
    """Zero points [P, G, 16] of 4 bits -> [P, G, 8]."""
    return on_line(zeros[:, :, :8] | zeros[:, :, 8:] << 4)


def columns_codes(codes: np.ndarray, bits: int, padding: int) -> np.ndarray:
    """Codes [N, K] -> columns [K, ceil(N/64), 8 * bits] of uint8."""
    n, k = codes.shape
    tiles = -(-n // 64)
    full = np.full((tiles * 64, k), padding, np.uint32)
    full[:n] = codes
    # channel 64 t + 16 j + i: bits j * bits of word i of tile t
    parts = full.reshape(tiles, 4, 16, k)
    words = sum(parts[:, j] << np.uint32(j * bits) for j in range(4)).transpose(2, 0, 1)
    return on_line(np.ascontiguousarray(words, dtype=f"<u{bits // 2}").view(np.uint8).reshape(k, tiles, 8 * bits))


def test_codes(
    kernel: str, bits: int, m: int, k: int, n: int, rng: np.random.Generator, with_row_zeros=False, is_real=False
) -> None:
    size, with_zeros = GROUPS[(m + bits // 4) % 3]
    with_zeros |= is_real
    if bits == 3 and size:
        size = 32  # whole lines
    if kernel == "matmul.sparse" and k % 16:
        size = size and size // 3  # any number of columns
    group = size or k
    groups = -(-k // group)
    codes = rng.integers(0, 2**bits, (n, k), dtype=np.uint8)
    zeros = rng.integers(0, 2**bits, (n, groups), dtype=np.uint8)
    if not with_zeros:
        zeros[...] = 1 << (bits - 1)
    if is_real:  # numbers, some so small that code - zero point has to be rounded
        zeros = rng.choice([2.0**-20, -(2.0**-20), 1.0], (n, groups)) * rng.uniform(-9, 2**bits, (n, groups))
        zeros = zeros.astype(np.float16).astype(np.float32)
    scales = rng.uniform(0.001, 0.1, (n, groups)).astype(np.float32)
    is_short = bits < 8 and m % 2 == 1  # scales of f16, zero points of 4 bits
    if is_short:
        scales = scales.astype(np.float16).astype(np.float32)
        scales[0, 0], scales[-1, -1] = 2.0**-24, 65504
    bias = on_line(rng.standard_normal(n, dtype=np.float32))
    pack = columns_codes if kernel == "matmul.sparse" else panels_codes
    packed = [pack(codes, bits, 1 << (bits - 1)), panel_groups(scales.astype(np.float16) if is_short else scales)]
    if is_real:
        packed.append(panel_groups(zeros.astype(np.float16 if m % 2 else np.float32)))
    elif with_zeros:
        packed.append(halves(panel_groups(zeros)) if is_short else panel_groups(zeros))
    out = aligned((1, m, n), np.float32)
    if kernel == "matmul.sparse":
        x = on_line(rng.standard_normal((1, m, k), dtype=np.float32))
        x[0, 0, : k // 3] = 0  # of one row the first inputs, or groups, are left out
        tau = np.float32(0 if with_zeros else np.quantile(np.abs(x), 0.6))
        x[0, 0, -1] = tau  # is not above itself
        inputs = [x]
        packed.append(on_line(np.array([tau], np.float32)))
        taken = np.where(np.abs(x[0]) > tau, x[0], np.float32(0)) if m == 1 else x[0]
        expected = reference.matmul_a16(taken, codes, scales, zeros, group, bias)
    elif kernel == "matmul.a16":
        x = on_line(rng.standard_normal((1, m, k), dtype=np.float32))
        inputs = [x]
        expected = reference.matmul_a16(x[0], codes, scales, zeros, group, bias)
    else:
        x = on_line(rng.integers(-127, 128, (1, m, k), dtype=np.int8))
        x[0, 0] = 127  # the largest sums
        codes[0] = 2**bits - 1
        packed[0] = panels_codes(codes, bits, 1 << (bits - 1))
        row_scales = on_line(rng.uniform(0.01, 1, (1, m)).astype(np.float32))
        inputs = [x, row_scales]
        row_zeros = None
        if with_row_zeros:
            row_zeros = on_line(rng.integers(-128, 128, (1, m), dtype=np.int8))
            inputs.append(row_zeros)
            packed.append(panel_groups(reference.weight_sums(codes, scales, zeros, group)[:, None]))
        expected = reference.matmul_a8(
            x[0], row_scales[0], codes, scales, zeros, group, bias, None if row_zeros is None else row_zeros[0]
        )
    arrays = [*inputs, *packed, bias]
    dynamic = [(1,) if m != 1 else ()] * len(inputs) + [()] * (len(packed) + 1)
    types = [memref(array, d) for array, d in zip(arrays, dynamic)]
    attributes = f"bits = {bits} : i64, group_size = {group} : i64, has_bias"
    attributes += ", has_zero_points" if with_zeros else ""
    attributes += ", has_row_zero_points" if with_row_zeros else ""
    text = module("matmul", kernel, types, [memref(out, dynamic[0])], attributes)
    name = f"{kernel} {bits} bits {m}x{k}x{n} group {group}"
    run(text, f"{name}, real zero points" if is_real else name, arrays, out, expected[None])


def test_steps(kernel: str, code: str, scale: str, m: int, k: int, n: int, group: int, rng: np.random.Generator) -> None:
    """Codes that are no integers, scales of 8 bits."""
    table, values = reference.STEPS.get(code, np.arange(4)), reference.SCALES[scale]
    bits, groups, unit = (4 if len(table) == 16 else 2), -(-k // group), F32(0.3)
    codes = rng.integers(0, len(table), (n, k), dtype=np.uint8)
    lowest, highest = (100, 140) if scale == "e8m0" else (0, len(values))
    stored = rng.integers(lowest, highest, (n, groups), dtype=np.uint8)
    stored[0, 0] = 1  # a subnormal number of e4m3
    scales = values.astype(F32)[stored] * unit
    steps = table[codes] if code != "uint" else codes.astype(int) - 2
    zeros = np.zeros((n, groups), np.uint8)
    bias = on_line(rng.standard_normal(n, dtype=F32))
    packed = [panels_codes(codes, bits, 0), panel_groups(stored), on_line(np.full((1, 1), unit))]
    out = aligned((1, m, n), F32)
    inputs = [on_line(rng.standard_normal((1, m, k), dtype=F32))]
    expected = reference.matmul_a16(inputs[0][0], steps, scales, zeros, group, bias)
    attributes = f'bits = {bits} : i64, group_size = {group} : i64, has_bias, scales = "{scale}"'
    attributes += f', code = "{code}"' if code != "uint" else ""
    if kernel == "matmul.a8":
        x = on_line(rng.integers(-128, 128, (1, m, k), dtype=np.int8))
        x[0, 0] = -128  # the largest sums
        codes[0] = np.argmax(table)
        packed[0], steps = panels_codes(codes, bits, 0), table[codes] if code != "uint" else codes.astype(int) - 2
        row_scales = on_line(rng.uniform(0.01, 1, (1, m)).astype(F32))
        row_zeros = on_line(rng.integers(-128, 128, (1, m), dtype=np.int8))
        inputs, attributes = [x, row_scales, row_zeros], attributes + ", has_row_zero_points"
        packed.append(panel_groups(reference.weight_sums(steps, scales, zeros, group)[:, None]))
        expected = reference.matmul_a8(x[0], row_scales[0], steps, scales, zeros, group, bias, row_zeros[0])
    arrays = [*inputs, *packed, bias]
    text = module("matmul", kernel, [memref(array) for array in arrays], [memref(out)], attributes)
    run(text, f"{kernel} {code} {scale} {m}x{k}x{n} group {group}", arrays, out, expected[None])


def main() -> None:
    rng = np.random.default_rng(7)
    for kernel in sys.argv[1:]:
        for number, (m, k, n) in enumerate(SHAPES):
            if kernel == "matmul.f32":
                test_f32(m, k, n, rng)
                continue
            if kernel == "matmul.sparse":
                test_codes(kernel, (4, 8, 2)[number % 3], m, k, n, rng)
                test_codes(kernel, (2, 4, 8)[number % 3], 1, k, n + 50, rng, is_real=True)
                test_codes(kernel, (8, 2, 4)[number % 3], 1, k + number, n + 120, rng)
                test_codes(kernel, (2, 4, 8)[number % 3], 1, 192, 64 * number + 192, rng)
                continue
            for bits in (4, 8, 3) if number % 2 else (4, 2) if number == 2 else (8, 3):
                test_codes(kernel, bits, m, k, n, rng)
                if kernel == "matmul.a8":
                    test_codes(kernel, bits, m, k, n, rng, with_row_zeros=True)
            test_codes(kernel, (4, 2, 3, 8, 4)[number], m, k, n, rng, kernel == "matmul.a8" and m != 5, is_real=True)
        for m, k, n in BLOCK_SHAPES if kernel == "matmul.a16" else []:
            test_codes(kernel, 4, m, k, n, rng)
        if kernel not in ("matmul.f32", "matmul.sparse"):
            test_steps(kernel, "e2m1", "e8m0", 5, 69, 33, 32, rng)
            test_steps(kernel, "e2m1", "e4m3", 1, 200, 20, 16, rng)
            test_steps(kernel, "odd", "e4m3", 9, 161, 17, 32, rng)
            test_steps(kernel, "ternary", "e4m3", 2, 128, 16, 64, rng)
            test_steps(kernel, "uint", "e8m0", 1, 40, 31, 16, rng)
        print(kernel, "ok")


if __name__ == "__main__":
    main()
