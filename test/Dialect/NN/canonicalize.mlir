// RUN: quant-opt %s --canonicalize | FileCheck %s

// Operations that do nothing disappear; those that nearly do, stay.

// CHECK-LABEL: func @activation
func.func @activation(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %[[A:.*]] = nn.activation relu
  // CHECK-NEXT: %[[B:.*]] = nn.activation silu %[[A]]
  // CHECK-NEXT: %[[C:.*]] = nn.activation silu %[[B]]
  // CHECK-NEXT: return %[[A]], %[[C]]
  %0 = nn.activation relu %x : tensor<4xf32>
  %1 = nn.activation relu %0 : tensor<4xf32>
  %2 = nn.activation silu %1 : tensor<4xf32>
  %3 = nn.activation silu %2 : tensor<4xf32>
  return %1, %3 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func @append
// CHECK-SAME: (%{{.*}}: {{.*}}, %[[NEW:.*]]: tensor<1x2x3x4xf32>, %{{.*}}
func.func @append(%none: tensor<1x2x0x4xf32>, %new: tensor<1x2x3x4xf32>, %some: tensor<1x2x?x4xf32>)
    -> (tensor<1x2x3x4xf32>, tensor<1x2x?x4xf32>) {
  // CHECK-NEXT: %[[K:.*]] = nn.kv_append %{{.*}}, %[[NEW]]
  // CHECK-NEXT: return %[[NEW]], %[[K]]
  %0 = nn.kv_append %none, %new {axis = 2 : i64} : tensor<1x2x0x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  %1 = nn.kv_append %some, %new {axis = 2 : i64} : tensor<1x2x?x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x?x4xf32>
  return %0, %1 : tensor<1x2x3x4xf32>, tensor<1x2x?x4xf32>
}

// CHECK-LABEL: func @pool
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x4x2xf32>)
func.func @pool(%x: tensor<1x4x4x2xf32>) -> (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>, tensor<1x2x2x2xf32>) {
  // CHECK-NEXT: %[[WIDE:.*]] = nn.max_pool %[[X]]
  // CHECK-NEXT: %[[FAR:.*]] = nn.max_pool %[[X]]
  // CHECK-NEXT: return %[[X]], %[[X]], %[[WIDE]], %[[FAR]]
  %0 = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 1, 1>, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
  %1 = nn.avg_pool %x {dilations = array<i64: 2, 2>, kernel = array<i64: 1, 1>, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
  %2 = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, layout = #nn.layout<nhwc>,
      pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
  %3 = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 1, 1>, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<1x4x4x2xf32> -> tensor<1x2x2x2xf32>
  return %0, %1, %2, %3 : tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>, tensor<1x2x2x2xf32>
}

// CHECK-LABEL: func @reduce
// CHECK-SAME: (%[[X:.*]]: tensor<3x1xf32>)
func.func @reduce(%x: tensor<3x1xf32>) -> (tensor<3x1xf32>, tensor<3x1xf32>, tensor<3xf32>) {
  // The norm of a negative number is positive.
  // CHECK-NEXT: %[[L2:.*]] = nn.reduce l2 %[[X]]
  // CHECK-NEXT: %[[FLAT:.*]] = nn.reduce sum %[[X]]
  // CHECK-NEXT: return %[[X]], %[[L2]], %[[FLAT]]
  %0 = nn.reduce mean %x {axes = array<i64: 1>, keepdims = true} : tensor<3x1xf32> -> tensor<3x1xf32>
  %1 = nn.reduce l2 %x {axes = array<i64: 1>, keepdims = true} : tensor<3x1xf32> -> tensor<3x1xf32>
  %2 = nn.reduce sum %x {axes = array<i64: 1>} : tensor<3x1xf32> -> tensor<3xf32>
  return %0, %1, %2 : tensor<3x1xf32>, tensor<3x1xf32>, tensor<3xf32>
}

// What nobody reads is not computed, whatever the operation.
nn.data @w {file = "m", offset = 0 : i64} : tensor<8x8xf32>
nn.data @g {file = "m", offset = 256 : i64} : tensor<8xf32>
// CHECK-LABEL: func @unused
func.func @unused(%x: tensor<1x2x?x8xf32>, %i: tensor<?xi64>, %c: tensor<?x4xf32>) {
  // CHECK-NEXT: return
  %w = nn.param @w : tensor<8x8xf32>
  %g = nn.param @g : tensor<8xf32>
  %0 = nn.matmul %x, %w : tensor<1x2x?x8xf32>, tensor<8x8xf32> -> tensor<1x2x?x8xf32>
  %1 = nn.embedding %i, %w : tensor<?xi64>, tensor<8x8xf32> -> tensor<?x8xf32>
  %2 = nn.rms_norm %0, %g {epsilon = 1.0e-05 : f32} : tensor<1x2x?x8xf32>, tensor<8xf32> -> tensor<1x2x?x8xf32>
  %3 = nn.layer_norm %2, %g beta %g {epsilon = 1.0e-05 : f32} : tensor<1x2x?x8xf32>, tensor<8xf32>, tensor<8xf32> -> tensor<1x2x?x8xf32>
  %4 = nn.rope %3, %c, %c : tensor<1x2x?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<1x2x?x8xf32>
  %5 = nn.softmax %4 {axis = 3 : i64} : tensor<1x2x?x8xf32> -> tensor<1x2x?x8xf32>
  %6 = nn.attention %5, %5, %5 {scale = 1.0 : f32} : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32> -> tensor<1x2x?x8xf32>
  return
}
