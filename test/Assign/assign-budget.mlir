// RUN: quant-opt %s --split-input-file --assign-budget=bits-per-weight=4 --verify-diagnostics | FileCheck %s

// 32 weights each: 4 bits a weight are 16 bytes a layer. The second layer gains
// most by many bits, and the first pays for it.
// CHECK-LABEL: func @trade
nn.data @w {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
nn.data @v {value = dense<0.5> : tensor<8x4xf32>} : tensor<8x4xf32>
func.func @trade(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %w = nn.param @w : tensor<4x8xf32>
  %v = nn.param @v : tensor<8x4xf32>
  // CHECK: qnt.assign %{{.*}} <code = uint, bits = 2, granularity = group, group_size = 4, zero_point = true> {method = "rtn"}
  %0 = qnt.assign %w <code = uint, bits = 4, granularity = group, axis = 0, group_size = 4, zero_point = true> {method = "rtn"} : tensor<4x8xf32>
  // CHECK-NOT: qnt.candidates
  %1 = nn.matmul %x, %0 {qnt.candidates = [{bits = 2 : i64, bytes = 8 : i64, error = 0.4 : f64}, {bits = 4 : i64, bytes = 16 : i64, error = 0.1 : f64}, {bits = 8 : i64, bytes = 32 : i64, error = 0.0 : f64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  // CHECK: qnt.assign %{{.*}} <code = uint, bits = 3, granularity = channel>
  %2 = qnt.assign %v <code = uint, bits = 4, granularity = channel, axis = 0> {method = "rtn"} : tensor<8x4xf32>
  %3 = nn.matmul %1, %2 {qnt.candidates = [{bits = 2 : i64, bytes = 8 : i64, error = 9.0 : f64}, {bits = 3 : i64, bytes = 24 : i64, error = 0.2 : f64}, {bits = 8 : i64, bytes = 32 : i64, error = 0.1 : f64}]} : tensor<1x8xf32>, tensor<8x4xf32> -> tensor<1x4xf32>
  return %3 : tensor<1x4xf32>
}

// -----

// Products of one weight have one number of bits: 4, which is the most that both
// have within the budget; apart the first would have 8 and the second 2, as
// products of one value do. What stays in floating point takes no part.
// CHECK-LABEL: func @tied
nn.data @w {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
nn.data @v {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
func.func @tied(%x: tensor<1x4xf32>) -> (tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>) {
  %w = nn.param @w : tensor<4x8xf32>
  %v = nn.param @v : tensor<4x8xf32>
  // CHECK: qnt.assign %{{.*}} <code = uint, bits = 4, granularity = channel, axis = 1>
  %0 = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
  %a = qnt.assign %x <code = int, bits = 8, granularity = token, dynamic = true> : tensor<1x4xf32>
  %1 = nn.matmul %a, %0 {qnt.candidates = [{bits = 2 : i64, bytes = 8 : i64, error = 1.0 : f64}, {bits = 4 : i64, bytes = 16 : i64, error = 0.9 : f64}, {bits = 8 : i64, bytes = 24 : i64, error = 0.0 : f64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  // CHECK: qnt.assign %{{.*}} <code = uint, bits = 4, granularity = channel, axis = 1>
  %2 = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
  %b = qnt.assign %x <code = int, bits = 8, granularity = token, dynamic = true> : tensor<1x4xf32>
  %3 = nn.matmul %b, %2 {qnt.candidates = [{bits = 2 : i64, bytes = 8 : i64, error = 0.2 : f64}, {bits = 4 : i64, bytes = 16 : i64, error = 0.1 : f64}, {bits = 8 : i64, bytes = 24 : i64, error = 0.0 : f64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  // CHECK: qnt.assign %{{.*}} <code = none, reason = "mine">
  %4 = qnt.assign %v <code = none, reason = "mine"> : tensor<4x8xf32>
  %5 = nn.matmul %x, %4 : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  return %1, %3, %5 : tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>
}

// -----

// CHECK-LABEL: func @sameInput
nn.data @w {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
nn.data @v {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
func.func @sameInput(%x: tensor<1x4xf32>) -> (tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>) {
  %w = nn.param @w : tensor<4x8xf32>
  %v = nn.param @v : tensor<4x8xf32>
  // CHECK: qnt.assign %{{.*}} <code = uint, bits = 8, granularity = channel, axis = 1>
  %0 = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
  %a = qnt.assign %x <code = int, bits = 8, granularity = token, dynamic = true> : tensor<1x4xf32>
  %1 = nn.matmul %a, %0 {qnt.candidates = [{bits = 2 : i64, bytes = 8 : i64, error = 1.0 : f64}, {bits = 4 : i64, bytes = 16 : i64, error = 0.9 : f64}, {bits = 8 : i64, bytes = 24 : i64, error = 0.0 : f64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  // CHECK: qnt.assign %{{.*}} <code = uint, bits = 2, granularity = channel, axis = 1>
  %2 = qnt.assign %v <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
  %b = qnt.assign %x <code = int, bits = 8, granularity = token, dynamic = true> : tensor<1x4xf32>
  %3 = nn.matmul %b, %2 {qnt.candidates = [{bits = 2 : i64, bytes = 8 : i64, error = 0.2 : f64}, {bits = 4 : i64, bytes = 16 : i64, error = 0.1 : f64}, {bits = 8 : i64, bytes = 24 : i64, error = 0.0 : f64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  // CHECK: qnt.assign %{{.*}} <code = none, reason = "mine">
  %4 = qnt.assign %v <code = none, reason = "mine"> : tensor<4x8xf32>
  %5 = nn.matmul %x, %4 : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  return %1, %3, %5 : tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>
}

// -----

// expected-error @below {{the budget of 16 bytes cannot be met: the smallest assignment needs 17 bytes, 'bits_per_weight: 4.25'}}
module {
  nn.data @w {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
  func.func @small(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
    %w = nn.param @w : tensor<4x8xf32>
    %0 = qnt.assign %w <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
    %1 = nn.matmul %x, %0 {qnt.candidates = [{bits = 2 : i64, bytes = 17 : i64, error = 1.0 : f64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
    return %1 : tensor<1x8xf32>
  }
}

// -----

nn.data @w {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
func.func @missing(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
  %w = nn.param @w : tensor<4x8xf32>
  %0 = qnt.assign %w <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
  // expected-error @below {{has no candidates for its bits: the attribute 'qnt.candidates' is missing or empty}}
  %1 = nn.matmul %x, %0 : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  return %1 : tensor<1x8xf32>
}

// -----

nn.data @w {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
func.func @wrong(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
  %w = nn.param @w : tensor<4x8xf32>
  %0 = qnt.assign %w <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
  // expected-error @below {{has the candidate {bits = 9 : i64}, expected bits from 2 to 8, bytes and an error, neither negative}}
  %1 = nn.matmul %x, %0 {qnt.candidates = [{bits = 9 : i64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  return %1 : tensor<1x8xf32>
}

// -----

nn.data @w {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
nn.data @v {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
func.func @apart(%x: tensor<1x4xf32>) -> (tensor<1x8xf32>, tensor<1x8xf32>) {
  %w = nn.param @w : tensor<4x8xf32>
  %v = nn.param @v : tensor<4x8xf32>
  %0 = qnt.assign %w <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
  // expected-error @below {{has no candidate in common with the layers that share its weight}}
  %1 = nn.matmul %x, %0 {qnt.candidates = [{bits = 2 : i64, bytes = 1 : i64, error = 1.0 : f64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  %2 = qnt.assign %w <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
  %3 = nn.matmul %x, %2 {qnt.candidates = [{bits = 4 : i64, bytes = 1 : i64, error = 1.0 : f64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  return %1, %3 : tensor<1x8xf32>, tensor<1x8xf32>
}

// -----

nn.data @w {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
func.func @share(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
  %w = nn.param @w : tensor<4x8xf32>
  %0 = qnt.assign %w <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
  // expected-error @below {{has the candidate {bits = 4 : i64, bytes = 1 : i64, error = 1.000000e+00 : f64, sparsity = 1.000000e+00 : f64}, expected bits}}
  %1 = nn.matmul %x, %0 {qnt.candidates = [{bits = 4 : i64, bytes = 1 : i64, error = 1.0 : f64, sparsity = 1.0 : f64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  return %1 : tensor<1x8xf32>
}

// -----

// A candidate of another format brings its scheme, along the dimension that this
// product sums over, and its method. 16 bytes are not enough for 8 bits.
// CHECK-LABEL: func @formats
nn.data @w {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
func.func @formats(%x: tensor<1x4xf32>) -> (tensor<1x8xf32>, tensor<1x8xf32>) {
  %w = nn.param @w : tensor<4x8xf32>
  // CHECK: qnt.assign %{{.*}} <code = e2m1, bits = 4, granularity = group, group_size = 32, scale = e8m0> {method = "mse"}
  %0 = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 0> {method = "rtn"} : tensor<4x8xf32>
  // CHECK: nn.matmul %{{.*}} {qnt.format = "mxfp4"}
  %1 = nn.matmul %x, %0 {qnt.candidates = [{bits = 4 : i64, bytes = 10 : i64, error = 0.5 : f64},
      {bits = 4 : i64, bytes = 12 : i64, error = 0.2 : f64, format = "mxfp4", method = "mse",
       scheme = #qnt.scheme<code = e2m1, bits = 4, granularity = group, group_size = 32, scale = e8m0>},
      {bits = 8 : i64, bytes = 32 : i64, error = 0.0 : f64}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  return %1, %1 : tensor<1x8xf32>, tensor<1x8xf32>
}

// -----

nn.data @w {value = dense<0.5> : tensor<4x8xf32>} : tensor<4x8xf32>
func.func @nameless(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
  %w = nn.param @w : tensor<4x8xf32>
  %0 = qnt.assign %w <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<4x8xf32>
  // expected-error @below {{expected a format with a scheme and a method}}
  %1 = nn.matmul %x, %0 {qnt.candidates = [{bits = 4 : i64, bytes = 1 : i64, error = 1.0 : f64, format = "mxfp4", method = "rtn"}]} : tensor<1x4xf32>, tensor<4x8xf32> -> tensor<1x8xf32>
  return %1 : tensor<1x8xf32>
}
