// RUN: quant-opt %s --lower-cpu-kernels=level=v3 --canonicalize --cse | FileCheck %s
// RUN: %python %S/batch_matmul.py

// Pieces of the right operand are packed; six rows pass at a time.
// CHECK-LABEL: @rows
// CHECK: scf.parallel
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<64x16xf32>
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: math.fma
// CHECK-NOT: kern.
func.func private @rows(%a: memref<2x?x8xf32>, %b: memref<2x8x?xf32>, %y: memref<2x?x?xf32>) {
  kern.batch_matmul "batch_matmul.f32" ins(%a, %b : memref<2x?x8xf32>, memref<2x8x?xf32>) outs(%y : memref<2x?x?xf32>)
  return
}
