# Executes kern.matmul with weights of planes at every width, on every level that the
# machine has and on the simulated GPU, at sizes around the tiles, and compares with the
# definition bit for bit. The kernel is compiled once for all widths.

import ctypes
import sys

import numpy as np
import reference
from harness import GRIDS, Kernel, aligned, levels, memref, module, on_line, panels_codes
from matmul import compare, panel_groups
from reference import F32

# Rows, columns of the weight, outputs.
SHAPES = [(1, 64, 48), (5, 40, 16), (7, 37, 20), (14, 129, 66)]
WIDTHS = [[8, 4, 2], [8, 2], [4, 2], [8, 4]]
# What the runtime says, and a way to say it.
RUNTIME = "int precision; int qc_rt_precision(void) { return precision; }"


def planes(codes, bits):
    """Codes [N, K] -> their bits 2, 2, 4 from above in panels; rows are filled up to 16
    columns with the middle of the range."""
    n, k = codes.shape
    full = np.full((n, -(-k // 16) * 16), 1 << (bits - 1), np.uint8)
    full[:, :k] = codes
    left, parts = bits, []
    for own in (2, 2, 4)[: 2 if bits == 4 else 3]:
        left -= own
        part = (full >> left) & (2**own - 1)
        parts.append(panels_codes(part, own, (1 << (bits - 1) >> left) & (2**own - 1)))
    return parts


def steps(codes, bits, width):
    """Bytes of codes cut off after `width` bits, and their zero; their differences are the
    steps of the width."""
    factor, zero = {(8, 8): (1, 136), (8, 4): (1, 8), (8, 2): (8, 13), (4, 4): (1, 8), (4, 2): (2, 3)}[bits, width]
    return factor * (codes >> (bits - width)).astype(np.int64), zero


def test(kernel, widths, m, k, n, group, rng):
    bits, size = widths[0], group or k
    groups = -(-k // size)
    codes = rng.integers(0, 2**bits, (n, k), dtype=np.uint8)
    codes[0] = 2**bits - 1  # the largest sums
    stored = np.float16 if m % 2 else F32
    scales = [rng.uniform(0.001, 0.1, (n, groups)).astype(stored).astype(F32) for _ in widths]
    bias = on_line(rng.standard_normal(n, dtype=F32))
    x, rows = on_line(rng.standard_normal((1, m, k), dtype=F32)), []
    with_sums = m > 5
    if kernel == "matmul.a8":
        x = on_line(rng.integers(-127, 128, (1, m, k), dtype=np.int8))
        x[0, 0] = 127
        rows = [on_line(rng.uniform(0.01, 1, (1, m)).astype(F32))]
        if with_sums:
            rows.append(on_line(rng.integers(-128, 128, (1, m), dtype=np.int8)))
    expected, sums = [], []
    for width, scale in zip(widths, scales):
        number, zero = steps(codes, bits, width)
        zeros = np.full((n, groups), zero)
        if kernel == "matmul.a16":
            expected.append(reference.matmul_a16(x[0], number, scale, zeros, size, bias))
            continue
        row_zeros = rows[1][0] if with_sums else None
        expected.append(reference.matmul_a8(x[0], rows[0][0], number, scale, zeros, size, bias, row_zeros))
        if with_sums:
            sums.append(panel_groups(reference.weight_sums(number, scale, zeros, size)[:, None]))
    inputs = [x, *rows]
    packed = [*planes(codes, bits), *(panel_groups(scale.astype(stored)) for scale in scales), *sums]
    arrays, out = [*inputs, *packed, bias], aligned((1, m, n), F32)
    dynamic = [(1,) if m != 1 else ()] * len(inputs) + [()] * (len(packed) + 1)
    attributes = f"bits = {bits} : i64, code = \"planes\", widths = array<i64: {', '.join(map(str, widths))}>"
    attributes += f", group_size = {size} : i64, has_bias" + (", has_row_zero_points" if sums else "")
    text = module("matmul", kernel, [memref(a, d) for a, d in zip(arrays, dynamic)], [memref(out, dynamic[0])], attributes)
    for level in [*levels(), *GRIDS]:
        compiled = Kernel(text, level, c_source=RUNTIME)
        precision = precision_of(compiled)
        # An unknown precision reads the fewest bits, not what lies elsewhere.
        for width, wanted in zip([*widths, 0], [*expected, expected[-1]]):
            precision.value = width
            out[...] = np.nan
            compiled(*arrays, out)
            compare(f"{kernel} {widths} at {width} {m}x{k}x{n} {level}", out, wanted[None])


def precision_of(kernel):
    """The number that the runtime gives."""
    return ctypes.c_int.in_dll(kernel.library, "precision")


def main():
    rng = np.random.default_rng(12)
    for number, (m, k, n) in enumerate(SHAPES):
        for kernel in ("matmul.a16", "matmul.a8"):
            test(kernel, WIDTHS[number], m, k, n, (32, 0)[number % 2], rng)
    test("matmul.a8", WIDTHS[0], 1, 100, 17, 48, rng)
    print("ok on", ", ".join([*levels(), *GRIDS]))


if __name__ == "__main__":
    sys.exit(main())
