// RUN: %quant-opt --normalize-kv-cache --split-input-file %s | FileCheck %s

// CHECK-LABEL: func @cache
// CHECK: nn.kv_append %arg0, %arg1 {axis = 2 : i64}
func.func @cache(%past: tensor<1x3x?x8xf32>, %new: tensor<1x3x?x8xf32>) -> tensor<1x3x?x8xf32> {
  %0 = tensor.concat dim(2) %past, %new : (tensor<1x3x?x8xf32>, tensor<1x3x?x8xf32>) -> tensor<1x3x?x8xf32>
  return %0 : tensor<1x3x?x8xf32>
}

// -----

// What is not returned is no cache.
// CHECK-LABEL: func @not_returned
// CHECK: tensor.concat
func.func @not_returned(%past: tensor<1x3x?x8xf32>, %new: tensor<1x3x?x8xf32>) -> tensor<1x3x?x8xf32> {
  %0 = tensor.concat dim(2) %past, %new : (tensor<1x3x?x8xf32>, tensor<1x3x?x8xf32>) -> tensor<1x3x?x8xf32>
  %1 = nn.activation relu %0 : tensor<1x3x?x8xf32>
  return %1 : tensor<1x3x?x8xf32>
}

// -----

// The past comes last.
// CHECK-LABEL: func @other_order
// CHECK: tensor.concat
func.func @other_order(%past: tensor<1x3x?x8xf32>, %x: tensor<1x3x?x8xf32>) -> tensor<1x3x?x8xf32> {
  %new = nn.activation relu %x : tensor<1x3x?x8xf32>
  %0 = tensor.concat dim(2) %new, %past : (tensor<1x3x?x8xf32>, tensor<1x3x?x8xf32>) -> tensor<1x3x?x8xf32>
  return %0 : tensor<1x3x?x8xf32>
}

// -----

// CHECK-LABEL: func @three
// CHECK: tensor.concat
func.func @three(%past: tensor<1x3x?x8xf32>, %x: tensor<1x3x?x8xf32>) -> tensor<1x3x?x8xf32> {
  %0 = tensor.concat dim(2) %past, %x, %x : (tensor<1x3x?x8xf32>, tensor<1x3x?x8xf32>, tensor<1x3x?x8xf32>) -> tensor<1x3x?x8xf32>
  return %0 : tensor<1x3x?x8xf32>
}

// -----

// A past of fixed length cannot grow.
// CHECK-LABEL: func @fixed
// CHECK: tensor.concat
func.func @fixed(%past: tensor<1x3x4x8xf32>, %new: tensor<1x3x1x8xf32>) -> tensor<1x3x5x8xf32> {
  %0 = tensor.concat dim(2) %past, %new : (tensor<1x3x4x8xf32>, tensor<1x3x1x8xf32>) -> tensor<1x3x5x8xf32>
  return %0 : tensor<1x3x5x8xf32>
}
