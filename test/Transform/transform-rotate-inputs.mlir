// RUN: quant-opt %s --transform-rotate-inputs=seed=3 | FileCheck %s
// RUN: quant-opt %s --transform-rotate-inputs=seed=3 --transform-rotate-inputs=seed=4 | FileCheck %s

nn.data @e {file = "m", offset = 0 : i64} : tensor<9x8xf32>
nn.data @a {file = "m", offset = 0 : i64} : tensor<8x24xf32>
nn.data @b {file = "m", offset = 0 : i64} : tensor<8x24xf32>
nn.data @w {file = "m", offset = 0 : i64} : tensor<24x8xf32>
nn.data @t {file = "m", offset = 0 : i64} : tensor<16x24xf32>
nn.data @h {file = "m", offset = 0 : i64} : tensor<8x9xf32>
nn.data @o {file = "m", offset = 0 : i64} : tensor<9x4xf32>

#map = affine_map<(a, b) -> (a, b)>

// The product of two computed values is read by two weights: one rotation, and a
// transform of each along the dimension that is summed over. What reads the
// embedding is left to the rotation of streams.
// CHECK-LABEL: func @gated
func.func @gated(%i: tensor<5xi64>) -> (tensor<5x8xf32>, tensor<5x16xf32>) {
  %e = nn.param @e : tensor<9x8xf32>
  %a = nn.param @a : tensor<8x24xf32>
  %b = nn.param @b : tensor<8x24xf32>
  %w = nn.param @w : tensor<24x8xf32>
  %t = nn.param @t : tensor<16x24xf32>
  // CHECK-NOT: qnt.rotate
  // CHECK-NOT: qnt.transform
  %x = nn.embedding %i, %e : tensor<5xi64>, tensor<9x8xf32> -> tensor<5x8xf32>
  %u = nn.matmul %x, %a : tensor<5x8xf32>, tensor<8x24xf32> -> tensor<5x24xf32>
  %v = nn.matmul %x, %b : tensor<5x8xf32>, tensor<8x24xf32> -> tensor<5x24xf32>
  %z = tensor.empty() : tensor<5x24xf32>
  // CHECK: %[[G:.*]] = linalg.generic
  %g = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%u, %v : tensor<5x24xf32>, tensor<5x24xf32>) outs(%z : tensor<5x24xf32>) {
  ^bb0(%p: f32, %q: f32, %out: f32):
    %m = arith.mulf %p, %q : f32
    linalg.yield %m : f32
  } -> tensor<5x24xf32>
  // CHECK: %[[R:.*]] = qnt.rotate %[[G]] {block = 24 : i64, seed = 3 : i64} : tensor<5x24xf32>
  // CHECK-NOT: qnt.rotate
  // CHECK: %[[W:.*]] = qnt.transform hadamard %{{.*}} {axis = 0 : i64, block = 24 : i64, seed = 3 : i64} : tensor<24x8xf32>
  // CHECK: nn.matmul %[[R]], %[[W]]
  // CHECK: %[[T:.*]] = qnt.transform hadamard %{{.*}} {axis = 1 : i64, block = 24 : i64, seed = 3 : i64} : tensor<16x24xf32>
  // CHECK: nn.matmul %[[R]], %[[T]] {{.*}}
  // CHECK-NOT: qnt.transform
  %y = nn.matmul %g, %w : tensor<5x24xf32>, tensor<24x8xf32> -> tensor<5x8xf32>
  %s = nn.matmul %g, %t transpose_rhs : tensor<5x24xf32>, tensor<16x24xf32> -> tensor<5x16xf32>
  return %y, %s : tensor<5x8xf32>, tensor<5x16xf32>
}

// Nine features have no Hadamard matrix.
// CHECK-LABEL: func @left_alone
func.func @left_alone(%x: tensor<5x9xf32>) -> tensor<5x4xf32> {
  // CHECK-NOT: qnt.rotate
  %o = nn.param @o : tensor<9x4xf32>
  %y = nn.matmul %x, %o : tensor<5x9xf32>, tensor<9x4xf32> -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}
