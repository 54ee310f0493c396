// RUN: %quant-opt --normalize-norms --split-input-file %s | FileCheck %s

#x = affine_map<(i, j, k) -> (i, j, k)>
#row = affine_map<(i, j, k) -> (i, j, 0)>
#vector = affine_map<(i, j, k) -> (k)>

// As an exporter writes it: x * (1 / sqrt(mean(x^2) + eps)), then times gamma.
// CHECK-LABEL: func @reciprocal
// CHECK-SAME: (%[[X:.*]]: tensor<1x?x8xf32>, %[[G:.*]]: tensor<8xf32>
// CHECK: %[[Y:.*]] = nn.rms_norm %[[X]], %[[G]] {epsilon = 9.99999974E-6 : f32}
// CHECK: return %[[Y]]
func.func @reciprocal(%x: tensor<1x?x8xf32>, %g: tensor<8xf32>, %o: tensor<1x?x8xf32>, %r: tensor<1x?x1xf32>) -> tensor<1x?x8xf32> {
  %square = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : tensor<1x?x8xf32>) outs(%o : tensor<1x?x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  } -> tensor<1x?x8xf32>
  %mean = nn.reduce mean %square {axes = array<i64: 2>, keepdims = true} : tensor<1x?x8xf32> -> tensor<1x?x1xf32>
  %shifted = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%mean : tensor<1x?x1xf32>) outs(%r : tensor<1x?x1xf32>) {
  ^bb0(%a: f32, %b: f32):
    %eps = arith.constant 1.0e-05 : f32
    %0 = arith.addf %a, %eps : f32
    linalg.yield %0 : f32
  } -> tensor<1x?x1xf32>
  %inverse = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%shifted : tensor<1x?x1xf32>) outs(%r : tensor<1x?x1xf32>) {
  ^bb0(%a: f32, %b: f32):
    %one = arith.constant 1.0 : f32
    %root = math.sqrt %a : f32
    %0 = arith.divf %one, %root : f32
    linalg.yield %0 : f32
  } -> tensor<1x?x1xf32>
  %normed = linalg.generic {indexing_maps = [#x, #row, #x], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %inverse : tensor<1x?x8xf32>, tensor<1x?x1xf32>) outs(%o : tensor<1x?x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<1x?x8xf32>
  %y = linalg.generic {indexing_maps = [#x, #vector, #x], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%normed, %g : tensor<1x?x8xf32>, tensor<8xf32>) outs(%o : tensor<1x?x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<1x?x8xf32>
  return %y : tensor<1x?x8xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#vector = affine_map<(i, j) -> (j)>

// All in one payload, gamma first, with rsqrt, and a mean without the dimension.
// CHECK-LABEL: func @fused
// CHECK: nn.rms_norm %{{.*}} {epsilon = 1.000000e-03 : f32}
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @fused(%x: tensor<4x8xf32>, %g: tensor<8xf32>, %o: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %square = linalg.generic {indexing_maps = [#x, #x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %mean = nn.reduce mean %square {axes = array<i64: 1>} : tensor<4x8xf32> -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#x, #row, #vector, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x, %mean, %g : tensor<4x8xf32>, tensor<4xf32>, tensor<8xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32, %m: f32, %b: f32, %c: f32):
    %eps = arith.constant 1.0e-03 : f32
    %0 = arith.addf %eps, %m : f32
    %1 = math.rsqrt %0 : f32
    %2 = arith.mulf %1, %a : f32
    %3 = arith.mulf %b, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i, 0)>
#vector = affine_map<(i, j) -> (j)>

// CHECK-LABEL: func @layer_norm
// CHECK-SAME: (%[[X:.*]]: tensor<4x8xf32>, %[[G:.*]]: tensor<8xf32>, %[[B:.*]]: tensor<8xf32>,
// CHECK: %[[Y:.*]] = nn.layer_norm %[[X]], %[[G]] beta %[[B]] {epsilon = 1.000000e-03 : f32}
// CHECK: return %[[Y]]
func.func @layer_norm(%x: tensor<4x8xf32>, %g: tensor<8xf32>, %beta: tensor<8xf32>, %o: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %mean = nn.reduce mean %x {axes = array<i64: 1>, keepdims = true} : tensor<4x8xf32> -> tensor<4x1xf32>
  %centred = linalg.generic {indexing_maps = [#x, #row, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x, %mean : tensor<4x8xf32>, tensor<4x1xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.subf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %square = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%centred : tensor<4x8xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %two = arith.constant 2.0 : f32
    %0 = math.powf %a, %two : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %variance = nn.reduce mean %square {axes = array<i64: 1>, keepdims = true} : tensor<4x8xf32> -> tensor<4x1xf32>
  %y = linalg.generic {indexing_maps = [#x, #row, #vector, #vector, #x], iterator_types = ["parallel", "parallel"]}
      ins(%centred, %variance, %g, %beta : tensor<4x8xf32>, tensor<4x1xf32>, tensor<8xf32>, tensor<8xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32, %v: f32, %gamma: f32, %bias: f32, %c: f32):
    %eps = arith.constant 1.0e-03 : f32
    %0 = arith.addf %v, %eps : f32
    %1 = math.sqrt %0 : f32
    %2 = arith.divf %a, %1 : f32
    %3 = arith.mulf %2, %gamma : f32
    linalg.yield %3 : f32
  } -> tensor<4x8xf32>
  %z = linalg.generic {indexing_maps = [#vector, #x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%beta, %y : tensor<8xf32>, tensor<4x8xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  return %z : tensor<4x8xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#column = affine_map<(i, j) -> (0, j)>
#vector = affine_map<(i, j) -> (j)>

// The mean runs over the first dimension.
// CHECK-LABEL: func @other_axis
// CHECK-NOT: nn.rms_norm
func.func @other_axis(%x: tensor<8x8xf32>, %g: tensor<8xf32>, %o: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %square = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<8x8xf32>) outs(%o : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  } -> tensor<8x8xf32>
  %mean = nn.reduce mean %square {axes = array<i64: 0>, keepdims = true} : tensor<8x8xf32> -> tensor<1x8xf32>
  %y = linalg.generic {indexing_maps = [#x, #column, #vector, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x, %mean, %g : tensor<8x8xf32>, tensor<1x8xf32>, tensor<8xf32>) outs(%o : tensor<8x8xf32>) {
  ^bb0(%a: f32, %m: f32, %b: f32, %c: f32):
    %eps = arith.constant 1.0e-03 : f32
    %0 = arith.addf %eps, %m : f32
    %1 = math.rsqrt %0 : f32
    %2 = arith.mulf %1, %a : f32
    %3 = arith.mulf %b, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#vector = affine_map<(i, j) -> (j)>

// The squares are those of another tensor.
// CHECK-LABEL: func @other_input
// CHECK-NOT: nn.rms_norm
func.func @other_input(%x: tensor<4x8xf32>, %z: tensor<4x8xf32>, %g: tensor<8xf32>, %o: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %square = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%z : tensor<4x8xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %mean = nn.reduce mean %square {axes = array<i64: 1>} : tensor<4x8xf32> -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#x, #row, #vector, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x, %mean, %g : tensor<4x8xf32>, tensor<4xf32>, tensor<8xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32, %m: f32, %b: f32, %c: f32):
    %eps = arith.constant 1.0e-03 : f32
    %0 = arith.addf %eps, %m : f32
    %1 = math.rsqrt %0 : f32
    %2 = arith.mulf %1, %a : f32
    %3 = arith.mulf %b, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// The scale differs from row to row.
// CHECK-LABEL: func @scale_of_rows
// CHECK-NOT: nn.rms_norm
func.func @scale_of_rows(%x: tensor<8x8xf32>, %g: tensor<8xf32>, %o: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %square = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<8x8xf32>) outs(%o : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  } -> tensor<8x8xf32>
  %mean = nn.reduce mean %square {axes = array<i64: 1>} : tensor<8x8xf32> -> tensor<8xf32>
  %y = linalg.generic {indexing_maps = [#x, #row, #row, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x, %mean, %g : tensor<8x8xf32>, tensor<8xf32>, tensor<8xf32>) outs(%o : tensor<8x8xf32>) {
  ^bb0(%a: f32, %m: f32, %b: f32, %c: f32):
    %eps = arith.constant 1.0e-03 : f32
    %0 = arith.addf %eps, %m : f32
    %1 = math.rsqrt %0 : f32
    %2 = arith.mulf %1, %a : f32
    %3 = arith.mulf %b, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}
