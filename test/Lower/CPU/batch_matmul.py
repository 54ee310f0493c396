# Executes kern.batch_matmul on every level that the machine has and compares
# with the definition bit for bit.

import sys

import numpy as np
import reference
from harness import Kernel, aligned, levels, memref, module, on_line

SHAPES = [((2, 3), (2, 3), 7, 33, 20, False), ((1, 3), (2, 1), 6, 65, 16, True), ((), (), 1, 1, 1, False), ((2,), (1,), 13, 128, 35, True)]


def main() -> None:
    rng = np.random.default_rng(5)
    for batch_a, batch_b, m, k, n, transposed in SHAPES:
        a = on_line(rng.standard_normal((*batch_a, m, k), dtype=np.float32))
        b = on_line(rng.standard_normal((*batch_b, n, k) if transposed else (*batch_b, k, n), dtype=np.float32))
        batch = np.broadcast_shapes(batch_a, batch_b)
        out, expected = aligned((*batch, m, n), np.float32), np.empty((*batch, m, n), np.float32)
        columns = b if transposed else b.swapaxes(-1, -2)
        for index in np.ndindex(batch):
            of = [tuple(0 if size == 1 else i for i, size in zip(index, sizes)) for sizes in (batch_a, batch_b)]
            expected[index] = reference.matmul_f32(a[of[0]], columns[of[1]])
        rank = a.ndim
        types = [memref(a, (rank - 2, rank - 1)), memref(b, (rank - 2, rank - 1))]
        text = module("batch_matmul", "batch_matmul.f32", types, [memref(out, (rank - 2, rank - 1))], "transpose_rhs" if transposed else "")
        for level in levels():
            out[...] = np.nan
            Kernel(text, level)(a, b, out)
            if not np.array_equal(out, expected):
                sys.exit(f"{a.shape} x {b.shape} {level}: off by up to {np.abs(out - expected).max()}")


if __name__ == "__main__":
    main()
