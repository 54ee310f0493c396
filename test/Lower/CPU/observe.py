# The observer gets every row, from the output where the input has gaps.

import numpy as np

from kernels import check, noise, on_all_levels

TEXT = """
func.func @plain(%x: memref<2x?x20xf32>, %y: memref<2x?x20xf32>) {
  kern.observe "observe" ins(%x : memref<2x?x20xf32>) outs(%y : memref<2x?x20xf32>) {id = 3 : i64}
  return
}
func.func @gaps(%x: memref<?x20xf32, strided<[?, 1], offset: ?>>, %y: memref<?x20xf32>) {
  kern.observe "observe" ins(%x : memref<?x20xf32, strided<[?, 1], offset: ?>>) outs(%y : memref<?x20xf32>) {id = 4 : i64}
  return
}
func.func @seen(%y: memref<4xf32>) {
  func.call @take(%y) : (memref<4xf32>) -> ()
  return
}
func.func private @take(memref<4xf32>) attributes {llvm.emit_c_interface}
"""
RUNTIME = """
#include <stdint.h>
typedef struct { float *base, *data; int64_t offset, sizes[1], strides[1]; } vector;
static float seen[4];
void qc_rt_observe_rows(int64_t id, const float *data, int64_t rows, int64_t cols) {
  seen[0] = id, seen[1] = rows, seen[2] = cols, seen[3] = data[rows * cols - 1];
}
void _mlir_ciface_take(vector *y) { for (int i = 0; i < 4; ++i) y->data[i] = seen[i]; }
"""


def test(kernels):
    seen = np.zeros(4, np.float32)
    for name, x, number in (("plain", noise(2, 3, 20), 3), ("gaps", noise(6, 25)[:, :20], 4)):
        y = np.zeros(x.shape, np.float32)
        getattr(kernels, name)(x, y)
        check(name, y, x, rtol=0, atol=0)
        kernels.seen(seen)
        check(f"{name}: what was seen", seen, np.array([number, 6, 20, x.ravel()[-1]], np.float32), rtol=0, atol=0)
        yield y


on_all_levels(TEXT, test, RUNTIME)
