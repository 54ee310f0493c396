# Rows of tables of codes on every level: the definition of qnt.embedding, bit for
# bit, at table sizes off the panels and lines. Argument: the kernel's name.

import sys

import numpy as np

import reference
from harness import panels_codes
from kernels import check, on_all_levels
from matmul import halves, panel_groups

# MXFP4 at the end. Bits, rows, columns, group size, f16 scales and zero points of 4
# bits, or of f16.
TABLES = [(8, 50, 37, 37, False), (4, 33, 72, 32, True), (3, 16, 96, 32, True), (2, 1, 20, 20, False)]
FUNCTION = """
func.func @{name}(%i: memref<?x?xi64>, %t: {lines}, %s: {scales}, %z: {zeros}, %y: memref<?x?x{columns}xf32>) {{
  kern.embedding "embedding.codes" ins(%i, %t, %s, %z : memref<?x?xi64>, {lines}, {scales}, {zeros})
      outs(%y : memref<?x?x{columns}xf32>) {{bits = {bits} : i64, group_size = {group} : i64, rows = {rows} : i64, has_zero_points}}
  return
}}
"""
MXFP4 = """
func.func @mxfp4(%i: memref<?x?xi64>, %t: {lines}, %s: {scales}, %u: {unit}, %y: memref<?x?x{columns}xf32>) {{
  kern.embedding "embedding.codes" ins(%i, %t, %s, %u : memref<?x?xi64>, {lines}, {scales}, {unit})
      outs(%y : memref<?x?x{columns}xf32>) {{bits = 4 : i64, group_size = 32 : i64, rows = {rows} : i64, code = "e2m1", scales = "e8m0"}}
  return
}}
"""
RUNTIME = "#include <stdint.h>\nvoid qc_rt_report(int32_t code, int64_t value) {}\n"


def memref(array):
    kind = {"int8": "i8", "uint8": "i8", "float32": "f32", "float16": "f16"}[array.dtype.name]
    return "memref<" + "x".join(map(str, array.shape)) + f"x{kind}>"


class Table:
    def __init__(self, bits, rows, columns, group, is_short, is_real=False):
        rng = np.random.default_rng(bits)
        groups = -(-columns // group)
        self.bits, self.rows, self.columns, self.group = bits, rows, columns, group
        codes = rng.integers(0, 2**bits, (rows, columns), dtype=np.uint8)
        zeros = rng.integers(0, 2**bits, (rows, groups), dtype=np.uint8)
        if is_real:
            zeros = rng.uniform(-1, 2**bits, (rows, groups)).astype(np.float16)
        self.name = f"{'real' if is_real else 'bits'}{bits}"
        scales = rng.uniform(0.001, 0.1, (rows, groups)).astype(np.float16 if is_short else np.float32)
        spread = np.arange(columns) // group
        steps = codes.astype(np.float32) - zeros.astype(np.float32)[:, spread]
        self.numbers = steps * scales.astype(np.float32)[:, spread]
        packed_zeros = panel_groups(zeros)
        packed_zeros = halves(packed_zeros) if is_short and not is_real else packed_zeros
        self.arrays = [panels_codes(codes, bits, 0), panel_groups(scales), packed_zeros]

    def function(self):
        lines, scales, zeros = map(memref, self.arrays)
        return FUNCTION.format(
            name=self.name, bits=self.bits, rows=self.rows, columns=self.columns, group=self.group,
            lines=lines, scales=scales, zeros=zeros,
        )  # fmt: skip

    def test(self, kernels):
        ids = np.random.default_rng(3).integers(-self.rows, self.rows, (2, 40))
        ids[0, 0], ids[1, 1] = self.rows, -self.rows - 1
        inside = (ids >= -self.rows) & (ids < self.rows)
        y = np.full((2, 40, self.columns), 7, np.float32)
        getattr(kernels, self.name)(ids, *self.arrays, y)
        check(self.name, y, self.numbers[ids % self.rows] * inside[..., None], rtol=0, atol=0)
        return y


class Mxfp4Table(Table):
    name = "mxfp4"

    def __init__(self, rows, columns):
        rng = np.random.default_rng(5)
        self.rows, self.columns = rows, columns
        codes = rng.integers(0, 16, (rows, columns), dtype=np.uint8)
        scales = rng.integers(110, 140, (rows, -(-columns // 32)), dtype=np.uint8)
        numbers = (2.0 ** (scales.astype(int) - 127))[:, np.arange(columns) // 32]
        self.numbers = (reference.E2M1[codes] * numbers).astype(np.float32)
        self.arrays = [panels_codes(codes, 4, 0), panel_groups(scales), np.full((1, 1), 0.5, np.float32)]

    def function(self):
        lines, scales, unit = map(memref, self.arrays)
        return MXFP4.format(lines=lines, scales=scales, unit=unit, rows=self.rows, columns=self.columns)


def main():
    tables = [*[Table(*table) for table in TABLES], Table(4, 20, 72, 32, True, is_real=True), Mxfp4Table(20, 77)]
    text = "".join(table.function() for table in tables)
    on_all_levels(text, lambda kernels: [table.test(kernels) for table in tables], RUNTIME, grids=True)
    print(f"{sys.argv[1]} ok")


main()
