// RUN: %quant-opt --normalize-shapes --canonicalize --cse --split-input-file %s | FileCheck %s

// The size of a cache is asked of the first argument with a dimension of that
// name, and sizes of results become arithmetic.
// CHECK-LABEL: func @sizes
// CHECK-SAME: (%[[A:.*]]: tensor<1x3x?x8xf32> {{.*}}, %[[B:.*]]: tensor<1x3x?x8xf32> {{.*}}, %[[N:.*]]: tensor<1x3x?x8xf32>
// CHECK-DAG: %[[PAST:.*]] = tensor.dim %[[A]]
// CHECK-DAG: %[[NEW:.*]] = tensor.dim %[[N]]
// CHECK: %[[ALL:.*]] = arith.addi %[[PAST]], %[[NEW]]
// CHECK: return %[[ALL]]
func.func @sizes(%a: tensor<1x3x?x8xf32> {nn.dims = ["", "", "past", ""]},
                 %b: tensor<1x3x?x8xf32> {nn.dims = ["", "", "past", ""]},
                 %new: tensor<1x3x?x8xf32> {nn.dims = ["", "", "new", ""]}) -> index {
  %c2 = arith.constant 2 : index
  %0 = nn.kv_append %b, %new {axis = 2 : i64} : tensor<1x3x?x8xf32>, tensor<1x3x?x8xf32> -> tensor<1x3x?x8xf32>
  %1 = tensor.dim %0, %c2 : tensor<1x3x?x8xf32>
  return %1 : index
}

// -----

// Dimensions without a name are not the same.
// CHECK-LABEL: func @unnamed
// CHECK: tensor.dim %arg1
func.func @unnamed(%a: tensor<?xf32> {nn.dims = [""]}, %b: tensor<?xf32> {nn.dims = [""]}) -> index {
  %c0 = arith.constant 0 : index
  %0 = tensor.dim %b, %c0 : tensor<?xf32>
  return %0 : index
}

// -----

nn.data @table {file = "w", offset = 0 : i64} : tensor<16x8xf32>
// CHECK-LABEL: func @tied
// CHECK: %[[T:.*]] = nn.param @table
// CHECK: nn.matmul %arg0, %[[T]] transpose_rhs
func.func @tied(%x: tensor<1x?x8xf32>) -> tensor<1x?x16xf32> {
  %w = nn.param @table : tensor<16x8xf32>
  %e = tensor.empty() : tensor<8x16xf32>
  %t = linalg.transpose ins(%w : tensor<16x8xf32>) outs(%e : tensor<8x16xf32>) permutation = [1, 0]
  %y = nn.matmul %x, %t : tensor<1x?x8xf32>, tensor<8x16xf32> -> tensor<1x?x16xf32>
  return %y : tensor<1x?x16xf32>
}

// -----

// Heads stay in front: only the order of the last two dimensions is the flag.
// CHECK-LABEL: func @keys
// CHECK: %[[K:.*]] = linalg.transpose ins(%arg1 {{.*}} permutation = [0, 2, 1, 3]
// CHECK: nn.matmul %arg0, %[[K]] transpose_rhs
func.func @keys(%q: tensor<2x4x5x8xf32>, %k: tensor<2x6x4x8xf32>) -> tensor<2x4x5x6xf32> {
  %e = tensor.empty() : tensor<2x4x8x6xf32>
  %t = linalg.transpose ins(%k : tensor<2x6x4x8xf32>) outs(%e : tensor<2x4x8x6xf32>) permutation = [0, 2, 3, 1]
  %y = nn.matmul %q, %t : tensor<2x4x5x8xf32>, tensor<2x4x8x6xf32> -> tensor<2x4x5x6xf32>
  return %y : tensor<2x4x5x6xf32>
}

// -----

// The reduced dimension is an outer one: the elements must move.
// CHECK-LABEL: func @outer
// CHECK: %[[T:.*]] = linalg.transpose
// CHECK: nn.matmul %arg0, %[[T]] :
func.func @outer(%q: tensor<2x4x5x8xf32>, %k: tensor<8x2x4x6xf32>) -> tensor<2x4x5x6xf32> {
  %e = tensor.empty() : tensor<2x4x8x6xf32>
  %t = linalg.transpose ins(%k : tensor<8x2x4x6xf32>) outs(%e : tensor<2x4x8x6xf32>) permutation = [1, 2, 0, 3]
  %y = nn.matmul %q, %t : tensor<2x4x5x8xf32>, tensor<2x4x8x6xf32> -> tensor<2x4x5x6xf32>
  return %y : tensor<2x4x5x6xf32>
}

// -----

// CHECK-LABEL: func @look_up_first
// CHECK: %[[R:.*]] = nn.embedding %arg0, %arg1 : tensor<?xi64>
// CHECK: tensor.expand_shape %[[R]] {{\[\[}}0, 1], [2]]
func.func @look_up_first(%ids: tensor<?xi64>, %table: tensor<9x4xf32>, %n: index) -> tensor<1x?x4xf32> {
  %0 = tensor.expand_shape %ids [[0, 1]] output_shape [1, %n] : tensor<?xi64> into tensor<1x?xi64>
  %1 = nn.embedding %0, %table : tensor<1x?xi64>, tensor<9x4xf32> -> tensor<1x?x4xf32>
  return %1 : tensor<1x?x4xf32>
}

// -----

// The length of a product's sums is known when one operand knows it.
// CHECK-LABEL: func @known_by_the_right
// CHECK: %[[X:.*]] = tensor.cast %arg0 : tensor<?x?xf32> to tensor<?x4xf32>
// CHECK: nn.matmul %[[X]], %arg1 : tensor<?x4xf32>, tensor<4x2xf32>
func.func @known_by_the_right(%x: tensor<?x?xf32>, %w: tensor<4x2xf32>) -> tensor<?x2xf32> {
  %0 = nn.matmul %x, %w : tensor<?x?xf32>, tensor<4x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
// CHECK-LABEL: func @known_by_the_left
// CHECK: %[[Y:.*]] = tensor.cast %arg1 : tensor<2x?x?xf32> to tensor<2x?x4xf32>
// CHECK: nn.matmul %arg0, %[[Y]] transpose_rhs
func.func @known_by_the_left(%x: tensor<2x?x4xf32>, %y: tensor<2x?x?xf32>) -> tensor<2x?x?xf32> {
  %0 = nn.matmul %x, %y transpose_rhs : tensor<2x?x4xf32>, tensor<2x?x?xf32> -> tensor<2x?x?xf32>
  return %0 : tensor<2x?x?xf32>
}
