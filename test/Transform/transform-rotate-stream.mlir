// RUN: quant-opt %s --transform-rotate-stream=seed=7 | FileCheck %s
// RUN: quant-opt %s --transform-rotate-stream=seed=7 --transform-rotate-stream=seed=9 | FileCheck %s

// Twice is once: a rotated stream is left alone.

nn.data @e {file = "m", offset = 0 : i64} : tensor<32x24xf32>
nn.data @w {file = "m", offset = 0 : i64} : tensor<24x24xf32>
nn.data @b {file = "m", offset = 0 : i64} : tensor<24xf32>
nn.data @ones {value = dense<1.> : tensor<24xf32>} : tensor<24xf32>
nn.data @odd {file = "m", offset = 0 : i64} : tensor<9x9xf32>

// The table is read as it is and transposed: each use has its own rotation, both
// the same. A weight that writes and reads the stream is rotated on both sides.
// CHECK-LABEL: func @stream
func.func @stream(%ids: tensor<5xi64>) -> tensor<5x32xf32> {
  %e = nn.param @e : tensor<32x24xf32>
  %w = nn.param @w : tensor<24x24xf32>
  %b = nn.param @b : tensor<24xf32>
  %o = nn.param @ones : tensor<24xf32>
  // CHECK: %[[E:.*]] = qnt.transform hadamard %{{.*}} {axis = 1 : i64, block = 24 : i64, seed = 7 : i64} : tensor<32x24xf32>
  // CHECK: %[[X:.*]] = nn.embedding %{{.*}}, %[[E]]
  %x = nn.embedding %ids, %e : tensor<5xi64>, tensor<32x24xf32> -> tensor<5x24xf32>
  %n = nn.rms_norm %x, %o {epsilon = 1.0e-05 : f32} : tensor<5x24xf32>, tensor<24xf32> -> tensor<5x24xf32>
  // CHECK: %[[W0:.*]] = qnt.transform hadamard %{{.*}} {axis = 1 : i64, block = 24 : i64, seed = 7 : i64} : tensor<24x24xf32>
  // CHECK: %[[W1:.*]] = qnt.transform hadamard %[[W0]] {axis = 0 : i64, block = 24 : i64, seed = 7 : i64} : tensor<24x24xf32>
  // CHECK: nn.matmul %{{.*}}, %[[W1]]
  %y = nn.matmul %n, %w : tensor<5x24xf32>, tensor<24x24xf32> -> tensor<5x24xf32>
  %z = tensor.empty() : tensor<5x24xf32>
  // CHECK: %[[B:.*]] = qnt.transform hadamard %{{.*}} {axis = 0 : i64, block = 24 : i64, seed = 7 : i64} : tensor<24xf32>
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %[[B]] :
  %r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (b)>, affine_map<(a, b) -> (a, b)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %y, %b : tensor<5x24xf32>, tensor<5x24xf32>, tensor<24xf32>) outs(%z : tensor<5x24xf32>) {
  ^bb0(%i: f32, %j: f32, %k: f32, %out: f32):
    %s = arith.addf %i, %j : f32
    %t = arith.addf %s, %k : f32
    linalg.yield %t : f32
  } -> tensor<5x24xf32>
  // CHECK: %[[H:.*]] = qnt.transform hadamard %{{.*}} {axis = 1 : i64, block = 24 : i64, seed = 7 : i64} : tensor<32x24xf32>
  // CHECK: nn.matmul %{{.*}}, %[[H]] transpose_rhs
  %l = nn.matmul %r, %e transpose_rhs : tensor<5x24xf32>, tensor<32x24xf32> -> tensor<5x32xf32>
  return %l : tensor<5x32xf32>
}

// A stream that leaves the model stays as it is, and so does one for whose width
// there is no matrix.
// CHECK-LABEL: func @left
// CHECK-NOT: qnt.transform
func.func @left(%ids: tensor<5xi64>) -> (tensor<5x24xf32>, tensor<5x9xf32>) {
  %e = nn.param @e : tensor<32x24xf32>
  %w = nn.param @w : tensor<24x24xf32>
  %o = nn.param @odd : tensor<9x9xf32>
  %x = nn.embedding %ids, %e : tensor<5xi64>, tensor<32x24xf32> -> tensor<5x24xf32>
  %y = nn.matmul %x, %w : tensor<5x24xf32>, tensor<24x24xf32> -> tensor<5x24xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %y : tensor<5x24xf32>, tensor<5x24xf32>) outs(%x : tensor<5x24xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %t = arith.addf %i, %j : f32
    linalg.yield %t : f32
  } -> tensor<5x24xf32>
  %p = nn.embedding %ids, %o : tensor<5xi64>, tensor<9x9xf32> -> tensor<5x9xf32>
  %q = nn.matmul %p, %o : tensor<5x9xf32>, tensor<9x9xf32> -> tensor<5x9xf32>
  return %s, %q : tensor<5x24xf32>, tensor<5x9xf32>
}
