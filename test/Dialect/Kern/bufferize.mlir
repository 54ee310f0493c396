// Destinations become output buffers and results disappear; a constant becomes a
// buffer at the same place of the stored weights.
// RUN: quant-opt %s --one-shot-bufferize="bufferize-function-boundaries" | FileCheck %s

// CHECK-LABEL: func @main
// CHECK-SAME: %[[X:.*]]: memref<1x10xf32
func.func @main(%x: tensor<1x10xf32>) -> tensor<1x10xf32> {
  // CHECK-DAG: %[[W:.*]] = kern.constant "w" at 64 : memref<1x10x16xf32>
  %w = kern.constant "w" at 64 : tensor<1x10x16xf32>
  %0 = tensor.empty() : tensor<1x10xf32>
  // CHECK-DAG: %[[O:.*]] = memref.alloc
  // CHECK: kern.matmul "matmul.f32" ins(%[[X]], %[[W]] : {{.*}}) outs(%[[O]] : memref<1x10xf32>){{$}}
  %1 = kern.matmul "matmul.f32" ins(%x, %w : tensor<1x10xf32>, tensor<1x10x16xf32>)
      outs(%0 : tensor<1x10xf32>) -> tensor<1x10xf32>
  // CHECK: return %[[O]]
  return %1 : tensor<1x10xf32>
}
