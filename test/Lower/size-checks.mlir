// RUN: quant-opt %s --lower-results --split-input-file | FileCheck %s

// What sizes must fulfil is computed from the sizes of the inputs alone, is
// tested in the order of the operations, and is said in words.

// A slice that grows with an input ends inside a table of 512 rows, unless it
// is empty.
// CHECK-LABEL: func.func private @table_shapes(
// CHECK-SAME: %[[N:[a-z0-9]+]]: index,
// CHECK-SAME: "'/rope/Slice' takes a slice beyond dimension 0 of its operand, which has 512 elements"
// CHECK: %[[LAST:.*]] = arith.subi %[[N]], %{{.*}}
// CHECK: %[[FITS:.*]] = arith.cmpi slt, %[[LAST]], %c512
// CHECK: %[[EMPTY:.*]] = arith.cmpi eq, %[[N]], %c0
// CHECK: arith.ori %[[FITS]], %[[EMPTY]]
func.func @table(%x: tensor<?x4xf32>, %t: tensor<512x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %0 = tensor.extract_slice %t[0, 0] [%n, 4] [1, 1] : tensor<512x4xf32> to tensor<?x4xf32> loc("/rope/Slice")
  return %0 : tensor<?x4xf32>
}

// -----
// Offsets count, and so do writes.
// CHECK-LABEL: func.func private @append_shapes(
// CHECK-SAME: kern.size_checks = ["'Concat' has a negative size", "'Concat' writes a slice beyond dimension 0 of its operand"]
func.func @append(%new: tensor<4x8xf32>, %cache: tensor<?x8xf32>, %past: index) -> tensor<?x8xf32> {
  %0 = tensor.insert_slice %new into %cache[%past, 0] [4, 8] [1, 1] : tensor<4x8xf32> into tensor<?x8xf32> loc("Concat")
  return %0 : tensor<?x8xf32>
}

// -----
// Operands that one loop walks are of one size. What is known to be equal is
// not asked for.
// CHECK-LABEL: func.func private @add_shapes(
// CHECK-SAME: kern.size_checks = ["'Add' has operands of different sizes"]
// CHECK: arith.cmpi eq
// CHECK-NOT: arith.cmpi
#id = affine_map<(i, j) -> (i, j)>
func.func @add(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<?x8xf32>, tensor<?x8xf32>) outs(%x : tensor<?x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x8xf32> loc("Add")
  return %0 : tensor<?x8xf32>
}

// -----
// A size that becomes known, and a dimension that is split.
// CHECK-LABEL: func.func private @split_shapes(
// CHECK-SAME: "'Cast' needs 6 elements along dimension 0"
// CHECK-SAME: "'Reshape' cannot split dimension 1 of its operand"
func.func @split(%x: tensor<?x?xf32>, %n: index) -> tensor<6x2x?xf32> {
  %0 = tensor.cast %x : tensor<?x?xf32> to tensor<6x?xf32> loc("Cast")
  %1 = tensor.expand_shape %0 [[0], [1, 2]] output_shape [6, 2, %n] : tensor<6x?xf32> into tensor<6x2x?xf32> loc("Reshape")
  return %1 : tensor<6x2x?xf32>
}

// -----
// Kernels with several inputs of dynamic size.
// CHECK-LABEL: func.func private @kernels_shapes(
// CHECK-SAME: kern.size_checks = ["an operation has a negative size", "'Attention' has operands of different sizes", "'Attention' has operands of different sizes", "'MatMul' has operands of different sizes"]
func.func @kernels(%q: tensor<1x2x?x8xf32>, %k: tensor<1x2x?x8xf32>, %v: tensor<1x2x?x8xf32>,
                   %m: tensor<1x1x1x?xf32>, %w: tensor<1x2x?x8xf32>) -> tensor<1x2x?x?xf32> {
  %c2 = arith.constant 2 : index
  %t = tensor.dim %q, %c2 : tensor<1x2x?x8xf32>
  %e = tensor.empty(%t) : tensor<1x2x?x8xf32>
  %0 = kern.attention "attention.f32" ins(%q, %k, %v, %m : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x1x1x?xf32>)
      outs(%e : tensor<1x2x?x8xf32>) {has_mask, scale = 1.0 : f32} -> tensor<1x2x?x8xf32> loc("Attention")
  %f = tensor.empty(%t, %t) : tensor<1x2x?x?xf32>
  %1 = kern.batch_matmul "batch_matmul.f32" ins(%0, %w : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>)
      outs(%f : tensor<1x2x?x?xf32>) -> tensor<1x2x?x?xf32> loc("MatMul")
  return %1 : tensor<1x2x?x?xf32>
}
