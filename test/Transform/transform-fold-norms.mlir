// RUN: quant-opt %s --transform-fold-norms --canonicalize --cse | FileCheck %s
// RUN: quant-opt %s --transform-fold-norms --quantize-weights | FileCheck %s --check-prefix=NUMBERS

// NUMBERS-DAG: nn.data @w.transformed {value = dense<{{\[\[}}2.000000e+00, 1.000000e+00]]>
// NUMBERS-DAG: nn.data @v.transformed {value = dense<{{\[\[}}6.000000e+00], [2.000000e+00]]>
// NUMBERS-DAG: nn.data @w.beta {value = dense<-1.000000e+00>
// NUMBERS-DAG: nn.data @e.transformed {value = dense<{{\[\[}}1.000000e+00, -1.000000e+00], [-2.000000e+00, 2.000000e+00]]>
nn.data @e {value = dense<[[3., 1.], [5., 9.]]> : tensor<2x2xf32>} : tensor<2x2xf32>
nn.data @g {value = dense<[2., 5.0e-01]> : tensor<2xf32>} : tensor<2xf32>
nn.data @b {value = dense<[1., -1.]> : tensor<2xf32>} : tensor<2xf32>
nn.data @w {value = dense<[[1., 2.]]> : tensor<1x2xf32>} : tensor<1x2xf32>
nn.data @v {value = dense<[[3.], [4.]]> : tensor<2x1xf32>} : tensor<2x1xf32>

// gamma meets the rows of [K, N] and the columns of [N, K].
// CHECK-LABEL: func @gamma
func.func @gamma(%x: tensor<4x2xf32>) -> (tensor<4x1xf32>, tensor<4x1xf32>) {
  %g = nn.param @g : tensor<2xf32>
  %w = nn.param @w : tensor<1x2xf32>
  %v = nn.param @v : tensor<2x1xf32>
  // CHECK-DAG: %[[G:.*]] = nn.param @g :
  // CHECK-DAG: %[[ONES:.*]] = nn.param @g.ones
  // CHECK: %[[N:.*]] = nn.rms_norm %{{.*}}, %[[ONES]]
  %n = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<4x2xf32>, tensor<2xf32> -> tensor<4x2xf32>
  // CHECK: %[[W:.*]] = qnt.transform scale %{{.*}} by %[[G]] {axis = 1 : i64} : tensor<1x2xf32>
  // CHECK: nn.matmul %[[N]], %[[W]] transpose_rhs
  %0 = nn.matmul %n, %w transpose_rhs : tensor<4x2xf32>, tensor<1x2xf32> -> tensor<4x1xf32>
  // CHECK: %[[V:.*]] = qnt.transform scale %{{.*}} by %[[G]] {axis = 0 : i64} : tensor<2x1xf32>
  // CHECK: nn.matmul %[[N]], %[[V]] :
  %1 = nn.matmul %n, %v : tensor<4x2xf32>, tensor<2x1xf32> -> tensor<4x1xf32>
  return %0, %1 : tensor<4x1xf32>, tensor<4x1xf32>
}

// A reader that is no product with a constant keeps gamma where it is.
// CHECK-LABEL: func @read_otherwise
func.func @read_otherwise(%x: tensor<4x2xf32>) -> (tensor<4x1xf32>, tensor<4x2xf32>) {
  %g = nn.param @g : tensor<2xf32>
  %w = nn.param @w : tensor<1x2xf32>
  // CHECK-NOT: qnt.transform
  // CHECK: nn.rms_norm
  %n = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<4x2xf32>, tensor<2xf32> -> tensor<4x2xf32>
  %0 = nn.matmul %n, %w transpose_rhs : tensor<4x2xf32>, tensor<1x2xf32> -> tensor<4x1xf32>
  return %0, %n : tensor<4x1xf32>, tensor<4x2xf32>
}

// A layer norm whose input has nothing but constants behind it: mean, beta and
// gamma go. beta goes with the weight before gamma does: [1, 2] [1, -1]^T = -1.
// CHECK-LABEL: func @layer_norm
func.func @layer_norm(%ids: tensor<4xi64>) -> tensor<4x1xf32> {
  %e = nn.param @e : tensor<2x2xf32>
  %g = nn.param @g : tensor<2xf32>
  %b = nn.param @b : tensor<2xf32>
  %w = nn.param @w : tensor<1x2xf32>
  // CHECK: %[[E:.*]] = qnt.transform center %{{.*}} {axis = 1 : i64} : tensor<2x2xf32>
  // CHECK: %[[X:.*]] = nn.embedding %{{.*}}, %[[E]]
  %x = nn.embedding %ids, %e : tensor<4xi64>, tensor<2x2xf32> -> tensor<4x2xf32>
  // CHECK: %[[N:.*]] = nn.rms_norm %[[X]], %{{.*}} {epsilon = {{9.9|1.0}}{{.*}}
  %n = nn.layer_norm %x, %g beta %b {epsilon = 1.0e-05 : f32} : tensor<4x2xf32>, tensor<2xf32>, tensor<2xf32> -> tensor<4x2xf32>
  // CHECK: %[[Y:.*]] = nn.matmul %[[N]], %{{.*}} transpose_rhs
  // CHECK: %[[B:.*]] = nn.param @w.beta : tensor<1xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[Y]], %[[B]] : tensor<4x1xf32>, tensor<1xf32>)
  // CHECK: arith.addf
  %0 = nn.matmul %n, %w transpose_rhs : tensor<4x2xf32>, tensor<1x2xf32> -> tensor<4x1xf32>
  return %0 : tensor<4x1xf32>
}

// The stream is read with its mean: it stays a layer norm, without beta.
// CHECK-LABEL: func @mean_is_needed
func.func @mean_is_needed(%ids: tensor<4xi64>) -> (tensor<4x1xf32>, tensor<4x2xf32>) {
  %e = nn.param @e : tensor<2x2xf32>
  %g = nn.param @g : tensor<2xf32>
  %b = nn.param @b : tensor<2xf32>
  %w = nn.param @w : tensor<1x2xf32>
  %x = nn.embedding %ids, %e : tensor<4xi64>, tensor<2x2xf32> -> tensor<4x2xf32>
  // CHECK-NOT: center
  // CHECK: nn.layer_norm %{{[0-9a-z]+}}, %{{[0-9a-z]+}} {epsilon
  %n = nn.layer_norm %x, %g beta %b {epsilon = 1.0e-05 : f32} : tensor<4x2xf32>, tensor<2xf32>, tensor<2xf32> -> tensor<4x2xf32>
  %0 = nn.matmul %n, %w transpose_rhs : tensor<4x2xf32>, tensor<1x2xf32> -> tensor<4x1xf32>
  return %0, %x : tensor<4x1xf32>, tensor<4x2xf32>
}
