// RUN: quant-opt %s --select-decode-entry --split-input-file | FileCheck %s

// The stateless entry stays; the stateful one appends in place and returns no cache.
// CHECK: func.func @main(%{{.*}}: tensor<1x2x?x4xf32>, %{{.*}}: tensor<1x2x?x4xf32>) -> (tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>)
// CHECK: nn.kv_append
// CHECK: func.func @decode(%[[X:.*]]: tensor<1x2x?x4xf32>, %[[PAST:.*]]: tensor<1x2x?x4xf32> {kern.state_axis = 2 : i64}, %[[P:.*]]: index {nn.name = "past_length"}) -> (tensor<1x2x?x4xf32>, index {nn.name = "new_positions"})
// CHECK: %[[T:.*]] = tensor.dim %[[X]]
// CHECK: %[[STATE:.*]] = tensor.insert_slice %[[X]] into %[[PAST]][0, 0, %[[P]], 0] [1, 2, %[[T]], 4] [1, 1, 1, 1]
// CHECK: %[[S:.*]] = arith.addi %[[P]], %[[T]]
// CHECK: %[[K:.*]] = tensor.extract_slice %[[STATE]][0, 0, 0, 0] [1, 2, %[[S]], 4] [1, 1, 1, 1]
// CHECK: %[[Y:.*]] = nn.attention %[[X]], %[[K]], %[[K]]
// CHECK: %[[NEW:.*]] = tensor.dim %[[X]]
// CHECK: return %[[Y]], %[[NEW]] : tensor<1x2x?x4xf32>, index
func.func @main(%x: tensor<1x2x?x4xf32>, %past: tensor<1x2x?x4xf32>) -> (tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) {
  %0 = nn.kv_append %past, %x {axis = 2 : i64} : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32> -> tensor<1x2x?x4xf32>
  %1 = nn.attention %x, %0, %0 causal {scale = 5.0e-01 : f32}
      : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32> -> tensor<1x2x?x4xf32>
  return %1, %0 : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>
}

// -----
// The past length is an argument, not the size of the buffer.
// CHECK: func.func @decode({{.*}}, %[[P:.*]]: index {nn.name = "past_length"}) -> (index, index {nn.name = "new_positions"})
// CHECK: return %[[P]], %
func.func @main(%x: tensor<1x2x?x4xf32>, %past: tensor<1x2x?x4xf32>) -> (index, tensor<1x2x?x4xf32>) {
  %c2 = arith.constant 2 : index
  %p = tensor.dim %past, %c2 : tensor<1x2x?x4xf32>
  %0 = nn.kv_append %past, %x {axis = 2 : i64} : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32> -> tensor<1x2x?x4xf32>
  return %p, %0 : index, tensor<1x2x?x4xf32>
}

// -----
// A cache that is read beside its extension cannot be state.
// CHECK-NOT: @decode
func.func @main(%x: tensor<1x2x?x4xf32>, %past: tensor<1x2x?x4xf32>) -> (tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) {
  %0 = nn.kv_append %past, %x {axis = 2 : i64} : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32> -> tensor<1x2x?x4xf32>
  %1 = nn.activation relu %past : tensor<1x2x?x4xf32>
  return %1, %0 : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>
}

// -----
// Nor can one that is not returned.
// CHECK-NOT: @decode
func.func @main(%x: tensor<1x2x?x4xf32>, %past: tensor<1x2x?x4xf32>) -> tensor<1x2x?x4xf32> {
  %0 = nn.kv_append %past, %x {axis = 2 : i64} : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32> -> tensor<1x2x?x4xf32>
  %1 = nn.activation relu %0 : tensor<1x2x?x4xf32>
  return %1 : tensor<1x2x?x4xf32>
}
