// RUN: echo '{weights: {bits: 4, group_size: 64}, sparsity: {target: 0.4}, rules: [{name: three, weights: {bits: 3}}, {name: codes, activations: {matmul: dynamic}}, {name: less, sparsity: 0.25}, {name: none, sparsity: 0}, {name: float, skip: true}]}' > %t.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.yaml --assign-sparsity=recipe=%t.yaml | FileCheck %s
// RUN: not quant-opt %s --assign-sparsity=recipe=%t.none.yaml 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: cannot read recipe '{{.*}}.none.yaml'

nn.data @w {file = "m", offset = 0 : i64} : tensor<64x64xf32>
nn.data @e {file = "m", offset = 16384 : i64} : tensor<100x64xf32>

// CHECK-LABEL: @main
func.func @main(%x: tensor<1x?x64xf32>) -> tensor<1x?x64xf32> {
  %w = nn.param @w : tensor<64x64xf32>
  // CHECK: nn.matmul {{.*}} {qnt.sparsity = 4.000000e-01 : f64}
  %0 = nn.matmul %x, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("plain")
  // CHECK: nn.matmul {{.*}} {qnt.dense = "3-bit weights are not stored in columns"}
  %1 = nn.matmul %0, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("three")
  // CHECK: nn.matmul {{.*}} {qnt.dense = "its inputs are codes; only float inputs are left out"}
  %2 = nn.matmul %1, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("codes")
  // CHECK: nn.matmul {{.*}} {qnt.sparsity = 2.500000e-01 : f64}
  %3 = nn.matmul %2, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("less")
  // CHECK: nn.matmul %{{[^{]*$}}
  %4 = nn.matmul %3, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("none")
  // CHECK: nn.matmul %{{[^{]*$}}
  %5 = nn.matmul %4, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("float")
  // Small numbers of a rotated stream carry too much, wherever it was rotated.
  // CHECK: nn.matmul {{.*}} {qnt.dense = "its inputs are rotated: their small numbers carry too much"}
  %r = qnt.rotate %5 {block = 64 : i64, seed = 1 : i64} : tensor<1x?x64xf32>
  %6 = nn.matmul %r, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("online")
  // CHECK: nn.matmul {{.*}} {qnt.dense = "its inputs are rotated: their small numbers carry too much"}
  %t = qnt.transform hadamard %w {axis = 0 : i64, block = 64 : i64, seed = 1 : i64} : tensor<64x64xf32>
  %7 = nn.matmul %6, %t : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("stream")
  // What writes a rotated stream may read small numbers.
  // CHECK: nn.matmul {{.*}} {qnt.sparsity
  %u = qnt.transform hadamard %w {axis = 1 : i64, block = 64 : i64, seed = 1 : i64} : tensor<64x64xf32>
  %8 = nn.matmul %7, %u : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("writes")
  return %8 : tensor<1x?x64xf32>
}

// RUN: echo '{weights: {bits: 4, group_size: 64}, sparsity: {target: 0.4}, tied_embeddings: true, rules: [{name: float, skip: true}]}' > %t.tied.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.tied.yaml --assign-sparsity=recipe=%t.tied.yaml | FileCheck %s --check-prefix=TIED
// TIED-LABEL: @tied
func.func @tied(%i: tensor<1x?xi64>) -> tensor<1x?x100xf32> {
  %e = nn.param @e : tensor<100x64xf32>
  %0 = nn.embedding %i, %e : tensor<1x?xi64>, tensor<100x64xf32> -> tensor<1x?x64xf32>
  // TIED: nn.matmul {{.*}} {qnt.dense = "an embedding reads its weights, row by row"
  %1 = nn.matmul %0, %e {transpose_rhs} : tensor<1x?x64xf32>, tensor<100x64xf32> -> tensor<1x?x100xf32> loc("head")
  return %1 : tensor<1x?x100xf32>
}
