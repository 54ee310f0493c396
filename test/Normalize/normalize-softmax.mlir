// RUN: %quant-opt --normalize-softmax --split-input-file %s | FileCheck %s

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i, 0)>

// CHECK-LABEL: func @spelled
// CHECK: nn.softmax %arg0 {axis = 1 : i64}
// CHECK-NOT: math.exp
// CHECK: return
func.func @spelled(%x: tensor<4x?xf32>, %o: tensor<4x?xf32>) -> tensor<4x?xf32> {
  %max = nn.reduce max %x {axes = array<i64: 1>, keepdims = true} : tensor<4x?xf32> -> tensor<4x1xf32>
  %power = linalg.generic {indexing_maps = [#x, #row, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x, %max : tensor<4x?xf32>, tensor<4x1xf32>) outs(%o : tensor<4x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.subf %a, %b : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x?xf32>
  %sum = nn.reduce sum %power {axes = array<i64: 1>, keepdims = true} : tensor<4x?xf32> -> tensor<4x1xf32>
  %y = linalg.generic {indexing_maps = [#x, #row, #x], iterator_types = ["parallel", "parallel"]}
      ins(%power, %sum : tensor<4x?xf32>, tensor<4x1xf32>) outs(%o : tensor<4x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<4x?xf32>
  return %y : tensor<4x?xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#column = affine_map<(i, j) -> (j)>

// Without the maximum, along the first dimension.
// CHECK-LABEL: func @columns
// CHECK: %[[T:.*]] = linalg.transpose ins(%arg0 {{.*}} permutation = [1, 0]
// CHECK: %[[S:.*]] = nn.softmax %[[T]] {axis = 1 : i64} : tensor<?x4xf32>
// CHECK: linalg.transpose ins(%[[S]] {{.*}} permutation = [1, 0]
func.func @columns(%x: tensor<4x?xf32>, %o: tensor<4x?xf32>) -> tensor<4x?xf32> {
  %power = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x?xf32>) outs(%o : tensor<4x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  } -> tensor<4x?xf32>
  %sum = nn.reduce sum %power {axes = array<i64: 0>} : tensor<4x?xf32> -> tensor<?xf32>
  %y = linalg.generic {indexing_maps = [#x, #column, #x], iterator_types = ["parallel", "parallel"]}
      ins(%power, %sum : tensor<4x?xf32>, tensor<?xf32>) outs(%o : tensor<4x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<4x?xf32>
  return %y : tensor<4x?xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i, 0)>

// The sum belongs to other powers.
// CHECK-LABEL: func @other_sum
// CHECK-NOT: nn.softmax
func.func @other_sum(%x: tensor<4x8xf32>, %z: tensor<4x8xf32>, %o: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %power = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x8xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %sum = nn.reduce sum %z {axes = array<i64: 1>, keepdims = true} : tensor<4x8xf32> -> tensor<4x1xf32>
  %y = linalg.generic {indexing_maps = [#x, #row, #x], iterator_types = ["parallel", "parallel"]}
      ins(%power, %sum : tensor<4x8xf32>, tensor<4x1xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i, 0)>
#column = affine_map<(i, j) -> (0, j)>

// The maximum runs over another dimension than the sum: x - max(x) stays.
// CHECK-LABEL: func @other_maximum
// CHECK: %[[D:.*]] = linalg.generic
// CHECK: arith.subf
// CHECK: nn.softmax %[[D]] {axis = 1 : i64}
func.func @other_maximum(%x: tensor<8x8xf32>, %o: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %max = nn.reduce max %x {axes = array<i64: 0>, keepdims = true} : tensor<8x8xf32> -> tensor<1x8xf32>
  %d = linalg.generic {indexing_maps = [#x, #column, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x, %max : tensor<8x8xf32>, tensor<1x8xf32>) outs(%o : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.subf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<8x8xf32>
  %power = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%d : tensor<8x8xf32>) outs(%o : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  } -> tensor<8x8xf32>
  %sum = nn.reduce sum %power {axes = array<i64: 1>, keepdims = true} : tensor<8x8xf32> -> tensor<8x1xf32>
  %y = linalg.generic {indexing_maps = [#x, #row, #x], iterator_types = ["parallel", "parallel"]}
      ins(%power, %sum : tensor<8x8xf32>, tensor<8x1xf32>) outs(%o : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}
