// RUN: quant-opt %s --fuse-products --split-input-file | FileCheck %s

// CHECK-LABEL: @relu_of_conv
func.func @relu_of_conv(%x: tensor<1x8x8x3xf32>, %w: tensor<16x3x3x3xf32>) -> tensor<1x6x6x16xf32> {
  // CHECK: %[[Y:.*]] = nn.conv {{.*}} {activation = "relu"
  // CHECK-NOT: nn.activation
  // CHECK: return %[[Y]]
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x3xf32>, tensor<16x3x3x3xf32> -> tensor<1x6x6x16xf32>
  %1 = nn.activation relu %0 : tensor<1x6x6x16xf32>
  return %1 : tensor<1x6x6x16xf32>
}

// -----
// A result that something else uses too must be stored as it is.
// CHECK-LABEL: @other_use
func.func @other_use(%x: tensor<1x8x8x3xf32>, %w: tensor<16x3x3x3xf32>)
    -> (tensor<1x6x6x16xf32>, tensor<1x6x6x16xf32>) {
  // CHECK: nn.conv
  // CHECK-NOT: activation =
  // CHECK: nn.activation relu
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x3xf32>, tensor<16x3x3x3xf32> -> tensor<1x6x6x16xf32>
  %1 = nn.activation relu %0 : tensor<1x6x6x16xf32>
  return %0, %1 : tensor<1x6x6x16xf32>, tensor<1x6x6x16xf32>
}

// -----
// CHECK-LABEL: @other_function
func.func @other_function(%x: tensor<1x8x8x3xf32>, %w: tensor<16x3x3x3xf32>) -> tensor<1x6x6x16xf32> {
  // CHECK: nn.activation silu
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x3xf32>, tensor<16x3x3x3xf32> -> tensor<1x6x6x16xf32>
  %1 = nn.activation silu %0 : tensor<1x6x6x16xf32>
  return %1 : tensor<1x6x6x16xf32>
}

// -----
#id = affine_map<(d0, d1) -> (d0, d1)>
#last = affine_map<(d0, d1) -> (d1)>
!w = !qnt.packed<16x48, <code = uint, bits = 4, granularity = channel>, <panel16k4>>
nn.data @w {file = "w", offset = 0 : i64} : !w
nn.data @s {file = "w", offset = 4096 : i64} : tensor<16x1xf32>
nn.data @b {file = "w", offset = 8192 : i64} : tensor<16xf32>
// CHECK-LABEL: @bias_of_matmul
func.func @bias_of_matmul(%x: tensor<?x48xf32>, %o: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<16x1xf32>
  // CHECK-DAG: %[[B:.*]] = nn.param @b
  // CHECK: %[[Y:.*]] = qnt.matmul {{.*}} bias %[[B]] {activation = "relu"}
  // CHECK-NOT: linalg.generic
  // CHECK: return %[[Y]]
  %0 = qnt.matmul %x weight %w, %s : (tensor<?x48xf32>, !w, tensor<16x1xf32>) -> tensor<?x16xf32>
  %b = nn.param @b : tensor<16xf32>
  %1 = linalg.generic {indexing_maps = [#last, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%b, %0 : tensor<16xf32>, tensor<?x16xf32>) outs(%o : tensor<?x16xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %t = arith.addf %p, %q : f32
    linalg.yield %t : f32
  } -> tensor<?x16xf32>
  %2 = nn.activation relu %1 : tensor<?x16xf32>
  return %2 : tensor<?x16xf32>
}

// -----
#id = affine_map<(d0, d1) -> (d0, d1)>
#last = affine_map<(d0, d1) -> (d1)>
!w = !qnt.packed<16x48, <code = uint, bits = 4, granularity = channel>, <panel16k4>>
nn.data @w {file = "w", offset = 0 : i64} : !w
nn.data @s {file = "w", offset = 4096 : i64} : tensor<16x1xf32>
// A vector that is computed is no bias.
// CHECK-LABEL: @computed_vector
func.func @computed_vector(%x: tensor<?x48xf32>, %o: tensor<?x16xf32>, %b: tensor<16xf32>) -> tensor<?x16xf32> {
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<16x1xf32>
  // CHECK: qnt.matmul
  // CHECK-NOT: bias
  // CHECK: linalg.generic
  %0 = qnt.matmul %x weight %w, %s : (tensor<?x48xf32>, !w, tensor<16x1xf32>) -> tensor<?x16xf32>
  %1 = linalg.generic {indexing_maps = [#id, #last, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0, %b : tensor<?x16xf32>, tensor<16xf32>) outs(%o : tensor<?x16xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %t = arith.addf %p, %q : f32
    linalg.yield %t : f32
  } -> tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}
