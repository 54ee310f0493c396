// RUN: echo '{weights: {bits: 4, group_size: 64}, sparsity: {target: 0.4}, low_rank: {rank: 8, method: r_sparse}, rules: [{name: three, weights: {bits: 3}}, {name: none, sparsity: 0}, {name: errors, sparsity: 0, low_rank: {rank: 4, method: lorc}}]}' > %t.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.yaml --assign-sparsity=recipe=%t.yaml | FileCheck %s

// A branch in the place of inputs that are left out belongs to products that leave
// out some; others lose it. A branch for errors stays.
nn.data @w {file = "m", offset = 0 : i64} : tensor<64x64xf32>

// CHECK-LABEL: @main
func.func @main(%x: tensor<1x?x64xf32>) -> tensor<1x?x64xf32> {
  %w = nn.param @w : tensor<64x64xf32>
  // CHECK: qnt.assign %{{.*}} {method = "rtn", qnt.low_rank = "r_sparse", qnt.rank = 8 : i64}
  // CHECK: nn.matmul {{.*}} {qnt.sparsity = 4.000000e-01 : f64}
  %0 = nn.matmul %x, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("plain")
  // CHECK: qnt.assign %{{.*}} {method = "rtn"} : tensor<64x64xf32>
  // CHECK: nn.matmul {{.*}} {qnt.dense = "3-bit weights are not stored in columns"}
  %1 = nn.matmul %0, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("three")
  // CHECK: qnt.assign %{{.*}} {method = "rtn"} : tensor<64x64xf32>
  // CHECK: nn.matmul
  %2 = nn.matmul %1, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("none")
  // CHECK: qnt.assign %{{.*}} {method = "rtn", qnt.low_rank = "lorc", qnt.rank = 4 : i64}
  // CHECK: nn.matmul
  %3 = nn.matmul %2, %w : tensor<1x?x64xf32>, tensor<64x64xf32> -> tensor<1x?x64xf32> loc("errors")
  return %3 : tensor<1x?x64xf32>
}
