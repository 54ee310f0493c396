// RUN: quant-opt %s --assign-observers | FileCheck %s

nn.data @c {file = "m", offset = 0 : i64} : tensor<16x3x3x8xf32>

// Static activations are observed, in their order; all schemes are gone.
// CHECK-LABEL: @conv
// CHECK-SAME: (%[[X:.*]]: tensor<1x8x8x8xf32>, %[[Z:.*]]: tensor<1x8x8x8xf32>, %[[T:.*]]: tensor<?x8xf32>)
func.func @conv(%x: tensor<1x8x8x8xf32>, %z: tensor<1x8x8x8xf32>, %t: tensor<?x8xf32>)
    -> (tensor<1x6x6x16xf32>, tensor<1x6x6x16xf32>, tensor<?x8xf32>) {
  // CHECK-NOT: qnt.assign
  // CHECK: %[[W:.*]] = nn.param @c
  // CHECK: %[[A:.*]] = qnt.observe %[[X]] {id = 0 : i64}
  // CHECK: nn.conv %[[A]], %[[W]]
  // CHECK: %[[B:.*]] = qnt.observe %[[Z]] {id = 1 : i64}
  // CHECK: nn.conv %[[B]], %[[W]]
  %c = nn.param @c : tensor<16x3x3x8xf32>
  %w = qnt.assign %c <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn"} : tensor<16x3x3x8xf32>
  %a = qnt.assign %x <code = int, bits = 8, zero_point = true> : tensor<1x8x8x8xf32>
  %0 = nn.conv %a, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x6x6x16xf32>
  %b = qnt.assign %z <code = int, bits = 8, zero_point = true> : tensor<1x8x8x8xf32>
  %1 = nn.conv %b, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x6x6x16xf32>
  // Scales that are computed at run time need no observer.
  // CHECK: return %{{.*}}, %{{.*}}, %[[T]]
  %d = qnt.assign %t <code = int, bits = 8, granularity = token, dynamic = true> : tensor<?x8xf32>
  return %0, %1, %d : tensor<1x6x6x16xf32>, tensor<1x6x6x16xf32>, tensor<?x8xf32>
}

nn.data @m {value = dense<1> : tensor<16x1x1x8xi8>} : tensor<16x1x1x8xi8>

// A layer that came quantized with the model needs no range and keeps its codes.
// CHECK-LABEL: @model
func.func @model(%q: tensor<1x8x8x8xi8>) -> tensor<1x8x8x16xf32> {
  // CHECK-COUNT-2: qnt.assign {{.*}} {method = "model"}
  // CHECK-NOT: qnt.observe
  %s = arith.constant dense<0.5> : tensor<f32>
  %m = nn.param @m : tensor<16x1x1x8xi8>
  %w = qnt.dequantize %m, %s <code = int, bits = 8> : tensor<16x1x1x8xi8>, tensor<f32> -> tensor<16x1x1x8xf32>
  %x = qnt.dequantize %q, %s <code = int, bits = 8> : tensor<1x8x8x8xi8>, tensor<f32> -> tensor<1x8x8x8xf32>
  %a = qnt.assign %w <code = uint, bits = 8, granularity = channel> {method = "model"} : tensor<16x1x1x8xf32>
  %b = qnt.assign %x <code = int, bits = 8> {method = "model"} : tensor<1x8x8x8xf32>
  %0 = nn.conv %b, %a {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x1x1x8xf32> -> tensor<1x8x8x16xf32>
  return %0 : tensor<1x8x8x16xf32>
}
