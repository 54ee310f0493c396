// RUN: quant-opt %s --transform-scale-inputs | FileCheck %s
// RUN: quant-opt %s --transform-scale-inputs --quantize-weights | FileCheck %s --check-prefix=NUMBERS

// CHECK: nn.data @out.scaled {value = dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]>

// gamma [2, 0.5] by [4, 0.5]; the rows of w, and the columns of v, times it.
// NUMBERS-DAG: nn.data @g.transformed {value = dense<[5.000000e-01, 1.000000e+00]>
// NUMBERS-DAG: nn.data @w.transformed {value = dense<{{\[\[}}4.000000e+00, 1.000000e+00]]>
// NUMBERS-DAG: nn.data @v.transformed {value = dense<{{\[\[}}1.200000e+01], [2.000000e+00]]>
// NUMBERS-DAG: nn.data @b.transformed {value = dense<[5.000000e-01, -2.000000e+00]>
nn.data @g {value = dense<[2., 5.0e-01]> : tensor<2xf32>} : tensor<2xf32>
nn.data @b {value = dense<[2., -1.]> : tensor<2xf32>} : tensor<2xf32>
nn.data @w {value = dense<[[1., 2.]]> : tensor<1x2xf32>} : tensor<1x2xf32>
nn.data @v {value = dense<[[3.], [4.]]> : tensor<2x1xf32>} : tensor<2x1xf32>
nn.data @gate {value = dense<[[1., 2.], [3., 4.]]> : tensor<2x2xf32>} : tensor<2x2xf32>
nn.data @up {value = dense<[[8., 2.], [4., 6.]]> : tensor<2x2xf32>} : tensor<2x2xf32>
nn.data @values {value = dense<1.0> : tensor<8x4xf32>} : tensor<8x4xf32>
nn.data @out {value = dense<1.0> : tensor<8x3xf32>} : tensor<8x3xf32>

#all = affine_map<(d0, d1) -> (d0, d1)>
#last = affine_map<(d0, d1) -> (d1)>

// All that reads the norm is multiplied, whichever of them has the attribute.
// CHECK-LABEL: func @norm
func.func @norm(%x: tensor<4x2xf32>) -> (tensor<4x1xf32>, tensor<4x1xf32>) {
  %g = nn.param @g : tensor<2xf32>
  %b = nn.param @b : tensor<2xf32>
  %w = nn.param @w : tensor<1x2xf32>
  %v = nn.param @v : tensor<2x1xf32>
  // CHECK: %[[S:.*]] = nn.param @g.divided : tensor<2xf32>
  // CHECK: %[[G:.*]] = qnt.transform scale %{{.*}} by %[[S]] {axis = 0 : i64, inverse} : tensor<2xf32>, tensor<2xf32>
  // CHECK: %[[B:.*]] = qnt.transform scale %{{.*}} by %{{.*}} {axis = 0 : i64, inverse} : tensor<2xf32>, tensor<2xf32>
  // CHECK: %[[N:.*]] = nn.layer_norm %{{.*}}, %[[G]] beta %[[B]]
  %n = nn.layer_norm %x, %g beta %b {epsilon = 1.0e-05 : f32} : tensor<4x2xf32>, tensor<2xf32>, tensor<2xf32> -> tensor<4x2xf32>
  // CHECK: %[[W:.*]] = qnt.transform scale %{{.*}} by %{{.*}} {axis = 1 : i64} : tensor<1x2xf32>
  // CHECK: nn.matmul %[[N]], %[[W]] transpose_rhs : tensor
  %0 = nn.matmul %n, %w transpose_rhs : tensor<4x2xf32>, tensor<1x2xf32> -> tensor<4x1xf32>
  // CHECK: %[[V:.*]] = qnt.transform scale %{{.*}} by %{{.*}} {axis = 0 : i64} : tensor<2x1xf32>
  // CHECK: nn.matmul %[[N]], %[[V]] : tensor
  %1 = nn.matmul %n, %v {qnt.input_scales = array<f32: 4.0, 0.5>} : tensor<4x2xf32>, tensor<2x1xf32> -> tensor<4x1xf32>
  return %0, %1 : tensor<4x1xf32>, tensor<4x1xf32>
}

// A norm whose readers ask for nothing stays as it is.
// CHECK-LABEL: func @unasked
// CHECK-NOT: qnt.transform
// CHECK: return
func.func @unasked(%x: tensor<4x2xf32>) -> tensor<4x1xf32> {
  %g = nn.param @g : tensor<2xf32>
  %w = nn.param @w : tensor<1x2xf32>
  %n = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<4x2xf32>, tensor<2xf32> -> tensor<4x2xf32>
  %0 = nn.matmul %n, %w transpose_rhs : tensor<4x2xf32>, tensor<1x2xf32> -> tensor<4x1xf32>
  return %0 : tensor<4x1xf32>
}

// Behind an activation function only the other factor can be divided, and its
// bias with it.
// CHECK-LABEL: func @gated
func.func @gated(%x: tensor<4x2xf32>) -> tensor<4x1xf32> {
  %gate = nn.param @gate : tensor<2x2xf32>
  %up = nn.param @up : tensor<2x2xf32>
  %b = nn.param @b : tensor<2xf32>
  %v = nn.param @v : tensor<2x1xf32>
  // CHECK: nn.matmul %{{.*}}, %[[GATE:.*]] : tensor<4x2xf32>, tensor<2x2xf32>
  %0 = nn.matmul %x, %gate : tensor<4x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
  %1 = nn.activation silu %0 : tensor<4x2xf32>
  // CHECK: %[[S:.*]] = nn.param @up.divided
  // CHECK: %[[UP:.*]] = qnt.transform scale %{{.*}} by %[[S]] {axis = 1 : i64, inverse} : tensor<2x2xf32>, tensor<2xf32>
  // CHECK: nn.matmul %{{.*}}, %[[UP]]
  %2 = nn.matmul %x, %up : tensor<4x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  // CHECK: qnt.transform scale %{{.*}} by %{{.*}} {axis = 0 : i64, inverse} : tensor<2xf32>
  %3 = linalg.generic {indexing_maps = [#all, #last, #all], iterator_types = ["parallel", "parallel"]} ins(%2, %b : tensor<4x2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %s = arith.addf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %4 = linalg.generic {indexing_maps = [#all, #all, #all], iterator_types = ["parallel", "parallel"]} ins(%1, %3 : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %s = arith.mulf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  // CHECK: %[[V:.*]] = qnt.transform scale %{{.*}} by %{{.*}} {axis = 0 : i64} : tensor<2x1xf32>
  // CHECK: nn.matmul %{{.*}}, %[[V]]
  %5 = nn.matmul %4, %v {qnt.input_scales = array<f32: 4.0, 0.5>} : tensor<4x2xf32>, tensor<2x1xf32> -> tensor<4x1xf32>
  return %5 : tensor<4x1xf32>
}

// Two heads share values: both get the same numbers, one a channel.
// CHECK-LABEL: func @heads
func.func @heads(%x: tensor<1x4x8xf32>, %q: tensor<1x2x4x4xf32>, %k: tensor<1x1x4x4xf32>) -> tensor<1x4x3xf32> {
  %w = nn.param @values : tensor<8x4xf32>
  %out = nn.param @out : tensor<8x3xf32>
  // CHECK: %[[S:.*]] = nn.param @values.divided : tensor<4xf32>
  // CHECK: qnt.transform scale %{{.*}} by %[[S]] {axis = 1 : i64, inverse}
  %v = nn.matmul %x, %w : tensor<1x4x8xf32>, tensor<8x4xf32> -> tensor<1x4x4xf32>
  %h = tensor.expand_shape %v [[0, 1], [2], [3]] output_shape [1, 1, 4, 4] : tensor<1x4x4xf32> into tensor<1x1x4x4xf32>
  %a = nn.attention %q, %k, %h {scale = 0.5 : f32} : tensor<1x2x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32> -> tensor<1x2x4x4xf32>
  %e = tensor.empty() : tensor<1x4x2x4xf32>
  %t = linalg.transpose ins(%a : tensor<1x2x4x4xf32>) outs(%e : tensor<1x4x2x4xf32>) permutation = [0, 2, 1, 3]
  %c = tensor.collapse_shape %t [[0], [1], [2, 3]] : tensor<1x4x2x4xf32> into tensor<1x4x8xf32>
  // CHECK: %[[T:.*]] = nn.param @out.scaled : tensor<8xf32>
  // CHECK: qnt.transform scale %{{.*}} by %[[T]] {axis = 0 : i64} : tensor<8x3xf32>
  %y = nn.matmul %c, %out {qnt.input_scales = array<f32: 1.0, 2.0, 3.0, 4.0>} : tensor<1x4x8xf32>, tensor<8x3xf32> -> tensor<1x4x3xf32>
  return %y : tensor<1x4x3xf32>
}
