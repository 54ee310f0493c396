// RUN: %quant-opt --normalize-order --split-input-file %s | FileCheck %s

// CHECK: nn.data @first
// CHECK: nn.data @second
// CHECK: nn.data @never
nn.data @never {value = dense<2.0> : tensor<1xf32>} : tensor<1xf32>
nn.data @second {value = dense<2.0> : tensor<1xf32>} : tensor<1xf32>
nn.data @first {value = dense<1.0> : tensor<1xf32>} : tensor<1xf32>

// CHECK-LABEL: func @main
// CHECK: %[[A:.*]] = nn.param @first
// CHECK: %[[B:.*]] = nn.activation relu %[[A]]
// CHECK: %[[C:.*]] = nn.param @second
// CHECK: nn.activation silu %[[A]]
// CHECK: return %[[B]], %[[C]]
func.func @main() -> (tensor<1xf32>, tensor<1xf32>) {
  %second = nn.param @second : tensor<1xf32>
  %first = nn.param @first : tensor<1xf32>
  %unused = nn.activation silu %first : tensor<1xf32>
  %y = nn.activation relu %first : tensor<1xf32>
  return %y, %second : tensor<1xf32>, tensor<1xf32>
}

// -----

// Operations with effects stay where they are.
// CHECK-LABEL: func @effects
// CHECK: memref.store
// CHECK: memref.load
// CHECK: arith.constant 2.0
func.func @effects(%m: memref<1xf32>, %x: f32, %i: index) -> (f32, f32) {
  memref.store %x, %m[%i] : memref<1xf32>
  %a = memref.load %m[%i] : memref<1xf32>
  %b = arith.constant 2.0 : f32
  return %b, %a : f32, f32
}
