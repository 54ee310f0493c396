// Each operation says how the sizes of its result follow from its operands.
// RUN: quant-opt %s --resolve-shaped-type-result-dims --canonicalize -split-input-file | FileCheck %s

// CHECK-LABEL: @matmul
// CHECK-SAME: (%[[A:.*]]: tensor<?x?x4xf32>, %[[B:.*]]: tensor<?x4xf32>)
func.func @matmul(%a: tensor<?x?x4xf32>, %b: tensor<?x4xf32>) -> (index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %0 = nn.matmul %a, %b transpose_rhs : tensor<?x?x4xf32>, tensor<?x4xf32> -> tensor<?x?x?xf32>
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0
  // CHECK-DAG: %[[C1:.*]] = arith.constant 1
  // CHECK-DAG: %[[D0:.*]] = tensor.dim %[[A]], %[[C0]]
  // CHECK-DAG: %[[D1:.*]] = tensor.dim %[[A]], %[[C1]]
  // CHECK-DAG: %[[D2:.*]] = tensor.dim %[[B]], %[[C0]]
  %d0 = tensor.dim %0, %c0 : tensor<?x?x?xf32>
  %d1 = tensor.dim %0, %c1 : tensor<?x?x?xf32>
  %d2 = tensor.dim %0, %c2 : tensor<?x?x?xf32>
  // CHECK: return %[[D0]], %[[D1]], %[[D2]]
  return %d0, %d1, %d2 : index, index, index
}

// -----
// CHECK: #[[MAP:.*]] = affine_map<()[s0] -> (s0 floordiv 2)>
// CHECK-LABEL: @conv
// CHECK-SAME: (%[[X:.*]]: tensor<?x3x?x8xf32>
func.func @conv(%x: tensor<?x3x?x8xf32>, %w: tensor<4x3x3x3xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 1, 1, 0, 1>,
      strides = array<i64: 2, 1>} : tensor<?x3x?x8xf32>, tensor<4x3x3x3xf32> -> tensor<?x4x?x8xf32>
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0
  // CHECK-DAG: %[[C2:.*]] = arith.constant 2
  // CHECK-DAG: %[[N:.*]] = tensor.dim %[[X]], %[[C0]]
  // CHECK-DAG: %[[H:.*]] = tensor.dim %[[X]], %[[C2]]
  // CHECK-DAG: %[[OUT:.*]] = affine.apply #[[MAP]]()[%[[H]]]
  %n = tensor.dim %0, %c0 : tensor<?x4x?x8xf32>
  %h = tensor.dim %0, %c2 : tensor<?x4x?x8xf32>
  // CHECK: return %[[N]], %[[OUT]]
  return %n, %h : index, index
}

// -----
// CHECK: #[[SUM:.*]] = affine_map<()[s0, s1] -> (s0 + s1)>
// CHECK-LABEL: @cache
// CHECK-SAME: (%[[P:.*]]: tensor<1x3x?x64xf32>, %[[N:.*]]: tensor<1x3x?x64xf32>, %[[Q:.*]]: tensor<1x9x?x64xf32>)
func.func @cache(%p: tensor<1x3x?x64xf32>, %n: tensor<1x3x?x64xf32>, %q: tensor<1x9x?x64xf32>) -> (index, index) {
  %c2 = arith.constant 2 : index
  // CHECK-DAG: %[[PAST:.*]] = tensor.dim %[[P]]
  // CHECK-DAG: %[[NEW:.*]] = tensor.dim %[[N]]
  // CHECK-DAG: %[[ALL:.*]] = affine.apply #[[SUM]]()[%[[PAST]], %[[NEW]]]
  %0 = nn.kv_append %p, %n {axis = 2 : i64} : tensor<1x3x?x64xf32>, tensor<1x3x?x64xf32> -> tensor<1x3x?x64xf32>
  %s = tensor.dim %0, %c2 : tensor<1x3x?x64xf32>
  // CHECK-DAG: %[[T:.*]] = tensor.dim %[[Q]]
  %1 = nn.attention %q, %0, %0 causal {scale = 1.0 : f32}
      : tensor<1x9x?x64xf32>, tensor<1x3x?x64xf32>, tensor<1x3x?x64xf32> -> tensor<1x9x?x64xf32>
  %t = tensor.dim %1, %c2 : tensor<1x9x?x64xf32>
  // CHECK: return %[[ALL]], %[[T]]
  return %s, %t : index, index
}

// -----
// CHECK-LABEL: @rows
// CHECK-SAME: (%[[I:.*]]: tensor<1x?xi64>
func.func @rows(%i: tensor<1x?xi64>, %t: tensor<8x4xf32>, %g: tensor<4xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = nn.embedding %i, %t : tensor<1x?xi64>, tensor<8x4xf32> -> tensor<1x?x4xf32>
  %1 = nn.rms_norm %0, %g {epsilon = 1.0e-05 : f32} : tensor<1x?x4xf32>, tensor<4xf32> -> tensor<1x?x4xf32>
  %2 = nn.reduce sum %1 {axes = array<i64: 0, 2>} : tensor<1x?x4xf32> -> tensor<?xf32>
  // CHECK: %[[T:.*]] = tensor.dim %[[I]], %{{.*}} : tensor<1x?xi64>
  %a = tensor.dim %1, %c1 : tensor<1x?x4xf32>
  %b = tensor.dim %2, %c0 : tensor<?xf32>
  // CHECK: return %[[T]], %[[T]]
  return %a, %b : index, index
}
