// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-opt model.mlir --assign-recipe=recipe=rank.yaml | FileCheck %s --check-prefix=RANK
// RUN: quant-opt model.mlir --assign-recipe=recipe=bits.yaml | FileCheck %s --check-prefix=BITS

// A rank is at most the smaller side of the weight; a rule has its own, or none.
// Convolutions and what stays in floating point have no branch.
// RANK-NOT: qnt.low_rank_bytes
// RANK: qnt.assign %{{.*}} <code = uint, bits = 4{{.*}}> {method = "rtn", qnt.low_rank = "eora", qnt.rank = 32 : i64} : tensor<576x192xf32>
// RANK: qnt.assign %{{.*}} <code = uint, bits = 4{{.*}}> {method = "rtn", qnt.low_rank = "lorc", qnt.rank = 8 : i64} : tensor<192x8xf32>
// RANK: qnt.assign %{{.*}} <code = uint, bits = 4{{.*}}> {method = "rtn"} : tensor<8x32xf32>

// 0.25 bits of 576 * 192 + 192 * 8 weights.
// BITS: qnt.low_rank_bytes = 3504 : i64
// BITS: qnt.rank = 128 : i64} : tensor<576x192xf32>

//--- rank.yaml
weights: {bits: 4, symmetric: false}
low_rank: {rank: 32}
rules:
  - {name: second, low_rank: {rank: 1000, method: lorc}}
  - {name: third, low_rank: {rank: 0}}
//--- bits.yaml
weights: {bits: 4, symmetric: false}
low_rank: {bits_per_weight: 0.25}
rules: [{name: third, low_rank: {rank: 0}}]
//--- model.mlir
nn.data @a {file = "m", offset = 0 : i64} : tensor<576x192xf32>
nn.data @b {file = "m", offset = 0 : i64} : tensor<192x8xf32>
nn.data @c {file = "m", offset = 0 : i64} : tensor<8x32xf32>
func.func @main(%x: tensor<?x576xf32>) -> tensor<?x32xf32> {
  %a = nn.param @a : tensor<576x192xf32>
  %b = nn.param @b : tensor<192x8xf32>
  %c = nn.param @c : tensor<8x32xf32>
  %0 = nn.matmul %x, %a : tensor<?x576xf32>, tensor<576x192xf32> -> tensor<?x192xf32> loc("first")
  %1 = nn.matmul %0, %b : tensor<?x192xf32>, tensor<192x8xf32> -> tensor<?x8xf32> loc("second")
  %2 = nn.matmul %1, %c : tensor<?x8xf32>, tensor<8x32xf32> -> tensor<?x32xf32> loc("third")
  return %2 : tensor<?x32xf32>
}
