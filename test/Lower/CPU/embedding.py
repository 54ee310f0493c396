# Rows of tables of several types and ranks; ids outside are reported and give
# zeros.

import numpy as np

from kernels import check, noise, on_all_levels

TEXT = """
func.func @f32(%i: memref<?x?xi64>, %t: memref<?x37xf32>, %y: memref<?x?x37xf32>) {
  kern.embedding "embedding" ins(%i, %t : memref<?x?xi64>, memref<?x37xf32>) outs(%y : memref<?x?x37xf32>)
  return
}
func.func @panels(%i: memref<?x?xi64>, %t: memref<4x37x16xf32>, %y: memref<?x?x37xf32>) {
  kern.embedding "embedding.panels" ins(%i, %t : memref<?x?xi64>, memref<4x37x16xf32>) outs(%y : memref<?x?x37xf32>)
      {rows = 50 : i64}
  return
}
func.func @i8(%i: memref<5xi32>, %t: memref<9x3x20xi8>, %y: memref<5x3x20xi8>) {
  kern.embedding "embedding" ins(%i, %t : memref<5xi32>, memref<9x3x20xi8>) outs(%y : memref<5x3x20xi8>)
  return
}
func.func @f16(%i: memref<2xi64>, %t: memref<9x20xf16>, %y: memref<2x20xf16>) {
  kern.embedding "embedding" ins(%i, %t : memref<2xi64>, memref<9x20xf16>) outs(%y : memref<2x20xf16>)
  return
}
func.func @one(%i: memref<i64>, %t: memref<9x8xi64>, %y: memref<8xi64>) {
  kern.embedding "embedding" ins(%i, %t : memref<i64>, memref<9x8xi64>) outs(%y : memref<8xi64>)
  return
}
func.func @reports(%y: memref<2xi64>) {
  func.call @take(%y) : (memref<2xi64>) -> ()
  return
}
func.func private @take(memref<2xi64>) attributes {llvm.emit_c_interface}
"""
RUNTIME = """
#include <stdint.h>
typedef struct { int64_t *base, *data, offset, sizes[1], strides[1]; } vector;
static int64_t calls, sum;
void qc_rt_report(int32_t code, int64_t value) {
  __atomic_fetch_add(&calls, code, __ATOMIC_RELAXED);
  __atomic_fetch_add(&sum, value, __ATOMIC_RELAXED);
}
void _mlir_ciface_take(vector *y) { y->data[0] = calls; y->data[1] = sum; calls = sum = 0; }
"""


def reports(kernels):
    result = np.zeros(2, np.int64)
    kernels.reports(result)
    return result.tolist()


def test(kernels):
    table = noise(50, 37)
    ids = np.random.default_rng(1).integers(-50, 50, (3, 400))
    y = np.empty((3, 400, 37), np.float32)
    kernels.f32(ids, table, y)
    check("f32", y, table[ids], rtol=0, atol=0)
    assert reports(kernels) == [0, 0]
    ids[0, 0], ids[1, 7], ids[2, 399] = 50, -51, 2**40
    expected = table[ids % 50] * ((ids >= -50) & (ids < 50))[..., None]
    y[:] = 7
    kernels.f32(ids, table, y)
    check("f32 outside", y, expected, rtol=0, atol=0)
    assert reports(kernels) == [3, 50 - 51 + 2**40]
    panels = np.full((64, 37), np.nan, np.float32)
    panels[:50] = table
    y[:] = 7
    kernels.panels(ids, np.ascontiguousarray(panels.reshape(4, 16, 37).transpose(0, 2, 1)), y)
    check("panels", y, expected, rtol=0, atol=0)
    assert reports(kernels) == [3, 50 - 51 + 2**40]
    table = np.arange(540).astype(np.int8).reshape(9, 3, 20)
    ids, z = np.array([8, 0, -9, 3, 3], np.int32), np.empty((5, 3, 20), np.int8)
    kernels.i8(ids, table, z)
    check("i8", z, table[ids], rtol=0, atol=0)
    table, one = np.arange(72).reshape(9, 8), np.empty(8, np.int64)
    kernels.one(np.array(4), table, one)
    check("one id", one, table[4], rtol=0, atol=0)
    return [y, z, one]


on_all_levels(TEXT, test, RUNTIME, grids=True)
