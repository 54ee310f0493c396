// RUN: quant-opt %s --canonicalize | FileCheck %s

// On tensors a kernel has no effect but its result; on buffers it writes.

// CHECK-LABEL: func @tensors
func.func @tensors(%x: tensor<1x?x8xf32>, %o: tensor<1x?x8xf32>) {
  // CHECK-NEXT: return
  %w = kern.constant "w" at 0 : tensor<1x8x16xf32>
  %g = kern.constant "g" at 512 : tensor<8xf32>
  %0 = kern.norm "norm.rms" ins(%x, %g : tensor<1x?x8xf32>, tensor<8xf32>) outs(%o : tensor<1x?x8xf32>) {epsilon = 1.0e-05 : f32} -> tensor<1x?x8xf32>
  %1 = kern.matmul "matmul.f32" ins(%0, %w : tensor<1x?x8xf32>, tensor<1x8x16xf32>) outs(%o : tensor<1x?x8xf32>) -> tensor<1x?x8xf32>
  return
}

// CHECK-LABEL: func @buffers
func.func @buffers(%x: memref<1x?x8xf32>, %o: memref<1x?x8xf32>) {
  // CHECK-NEXT: kern.softmax
  // CHECK-NEXT: return
  kern.softmax "softmax.f32" ins(%x : memref<1x?x8xf32>) outs(%o : memref<1x?x8xf32>)
  return
}
