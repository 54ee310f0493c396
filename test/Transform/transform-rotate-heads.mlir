// RUN: quant-opt %s --transform-rotate-heads=seed=3 | FileCheck %s

nn.data @wv {file = "m", offset = 0 : i64} : tensor<16x8xf32>
nn.data @bv {file = "m", offset = 0 : i64} : tensor<8xf32>
nn.data @wo {file = "m", offset = 0 : i64} : tensor<16x16xf32>

// Two value heads of four channels, each read by two query heads: one rotation of
// four for the outputs of one weight, its bias, and the inputs of the other. The
// cache of the values is the model's own.
// CHECK-LABEL: func @heads
func.func @heads(%x: tensor<1x5x16xf32>, %q: tensor<1x4x5x4xf32>, %past_k: tensor<1x2x?x4xf32>, %past_v: tensor<1x2x?x4xf32>, %k: tensor<1x2x5x4xf32>)
    -> (tensor<1x5x16xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) {
  %wv = nn.param @wv : tensor<16x8xf32>
  %bv = nn.param @bv : tensor<8xf32>
  %wo = nn.param @wo : tensor<16x16xf32>
  // CHECK: %[[V:.*]] = qnt.transform hadamard %{{.*}} {axis = 1 : i64, block = 4 : i64, seed = 3 : i64} : tensor<16x8xf32>
  // CHECK: nn.matmul %{{.*}}, %[[V]]
  %v = nn.matmul %x, %wv : tensor<1x5x16xf32>, tensor<16x8xf32> -> tensor<1x5x8xf32>
  %z = tensor.empty() : tensor<1x5x8xf32>
  // CHECK: %[[B:.*]] = qnt.transform hadamard %{{.*}} {axis = 0 : i64, block = 4 : i64, seed = 3 : i64} : tensor<8xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (c)>, affine_map<(a, b, c) -> (a, b, c)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%v, %bv : tensor<1x5x8xf32>, tensor<8xf32>) outs(%z : tensor<1x5x8xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %t = arith.addf %i, %j : f32
    linalg.yield %t : f32
  } -> tensor<1x5x8xf32>
  %v4 = tensor.expand_shape %s [[0], [1], [2, 3]] output_shape [1, 5, 2, 4] : tensor<1x5x8xf32> into tensor<1x5x2x4xf32>
  %e2 = tensor.empty() : tensor<1x2x5x4xf32>
  %vt = linalg.transpose ins(%v4 : tensor<1x5x2x4xf32>) outs(%e2 : tensor<1x2x5x4xf32>) permutation = [0, 2, 1, 3]
  %ka = nn.kv_append %past_k, %k {axis = 2 : i64} : tensor<1x2x?x4xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x?x4xf32>
  %va = nn.kv_append %past_v, %vt {axis = 2 : i64} : tensor<1x2x?x4xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x?x4xf32>
  %a = nn.attention %q, %ka, %va causal {scale = 5.0e-01 : f32} : tensor<1x4x5x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32> -> tensor<1x4x5x4xf32>
  %t4 = tensor.empty() : tensor<1x5x4x4xf32>
  %at = linalg.transpose ins(%a : tensor<1x4x5x4xf32>) outs(%t4 : tensor<1x5x4x4xf32>) permutation = [0, 2, 1, 3]
  %o = tensor.collapse_shape %at [[0], [1], [2, 3]] : tensor<1x5x4x4xf32> into tensor<1x5x16xf32>
  // CHECK: %[[O:.*]] = qnt.transform hadamard %{{.*}} {axis = 0 : i64, block = 4 : i64, seed = 3 : i64} : tensor<16x16xf32>
  // CHECK: nn.matmul %{{.*}}, %[[O]]
  %y = nn.matmul %o, %wo : tensor<1x5x16xf32>, tensor<16x16xf32> -> tensor<1x5x16xf32>
  return %y, %ka, %va : tensor<1x5x16xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>
}
