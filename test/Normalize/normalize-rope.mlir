// RUN: %quant-opt --normalize-rope --canonicalize --split-input-file %s | FileCheck %s

#x = affine_map<(b, h, t, d) -> (b, h, t, d)>
#angle = affine_map<(b, h, t, d) -> (0, 0, t, d)>

// Halves, with one row of angles a position.
// CHECK-LABEL: func @halves
// CHECK-SAME: (%[[X:.*]]: tensor<1x9x?x8xf32>, %[[C:.*]]: tensor<?x4xf32>, %[[S:.*]]: tensor<?x4xf32>,
// CHECK: %[[Y:.*]] = nn.rope %[[X]], %[[C]], %[[S]] :
// CHECK-NEXT: return %[[Y]]
func.func @halves(%x: tensor<1x9x?x8xf32>, %cos: tensor<?x4xf32>, %sin: tensor<?x4xf32>, %o: tensor<1x9x?x4xf32>) -> tensor<1x9x?x8xf32> {
  %c2 = arith.constant 2 : index
  %t = tensor.dim %x, %c2 : tensor<1x9x?x8xf32>
  %a = tensor.extract_slice %x[0, 0, 0, 0] [1, 9, %t, 4] [1, 1, 1, 1] : tensor<1x9x?x8xf32> to tensor<1x9x?x4xf32>
  %b = tensor.extract_slice %x[0, 0, 0, 4] [1, 9, %t, 4] [1, 1, 1, 1] : tensor<1x9x?x8xf32> to tensor<1x9x?x4xf32>
  %c = tensor.expand_shape %cos [[0, 1, 2], [3]] output_shape [1, 1, %t, 4] : tensor<?x4xf32> into tensor<1x1x?x4xf32>
  %s = tensor.expand_shape %sin [[0, 1, 2], [3]] output_shape [1, 1, %t, 4] : tensor<?x4xf32> into tensor<1x1x?x4xf32>
  %ac = linalg.generic {indexing_maps = [#x, #angle, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%a, %c : tensor<1x9x?x4xf32>, tensor<1x1x?x4xf32>) outs(%o : tensor<1x9x?x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32):
    %3 = arith.mulf %0, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<1x9x?x4xf32>
  %low = linalg.generic {indexing_maps = [#x, #x, #angle, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%ac, %b, %s : tensor<1x9x?x4xf32>, tensor<1x9x?x4xf32>, tensor<1x1x?x4xf32>) outs(%o : tensor<1x9x?x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32):
    %4 = arith.mulf %2, %1 : f32
    %5 = arith.subf %0, %4 : f32
    linalg.yield %5 : f32
  } -> tensor<1x9x?x4xf32>
  %high = linalg.generic {indexing_maps = [#x, #x, #angle, #angle, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%a, %b, %c, %s : tensor<1x9x?x4xf32>, tensor<1x9x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>) outs(%o : tensor<1x9x?x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32):
    %5 = arith.mulf %0, %3 : f32
    %6 = arith.mulf %1, %2 : f32
    %7 = arith.addf %5, %6 : f32
    linalg.yield %7 : f32
  } -> tensor<1x9x?x4xf32>
  %y = tensor.concat dim(3) %low, %high : (tensor<1x9x?x4xf32>, tensor<1x9x?x4xf32>) -> tensor<1x9x?x8xf32>
  return %y : tensor<1x9x?x8xf32>
}

// -----

#x = affine_map<(b, t, h, d) -> (b, t, h, d)>
#angle = affine_map<(b, t, h, d) -> (t, d)>

// Neighbours, with positions in front of heads.
// CHECK-LABEL: func @neighbours
// CHECK: %[[X:.*]] = linalg.transpose ins({{.*}}) permutation = [0, 2, 1, 3]
// CHECK: %[[Y:.*]] = nn.rope %[[X]], %arg1, %arg2 interleaved : tensor<1x8x5x8xf32>, tensor<5x4xf32>
// CHECK: linalg.transpose ins(%[[Y]] {{.*}} permutation = [0, 2, 1, 3]
func.func @neighbours(%x: tensor<1x5x8x4x2xf32>, %cos: tensor<5x4xf32>, %sin: tensor<5x4xf32>, %o: tensor<1x5x8x4xf32>) -> tensor<1x5x8x8xf32> {
  %a1 = tensor.extract_slice %x[0, 0, 0, 0, 0] [1, 5, 8, 4, 1] [1, 1, 1, 1, 1] : tensor<1x5x8x4x2xf32> to tensor<1x5x8x4x1xf32>
  %b1 = tensor.extract_slice %x[0, 0, 0, 0, 1] [1, 5, 8, 4, 1] [1, 1, 1, 1, 1] : tensor<1x5x8x4x2xf32> to tensor<1x5x8x4x1xf32>
  %a = tensor.collapse_shape %a1 [[0], [1], [2], [3, 4]] : tensor<1x5x8x4x1xf32> into tensor<1x5x8x4xf32>
  %b = tensor.collapse_shape %b1 [[0], [1], [2], [3, 4]] : tensor<1x5x8x4x1xf32> into tensor<1x5x8x4xf32>
  %low = linalg.generic {indexing_maps = [#x, #x, #angle, #angle, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%a, %b, %cos, %sin : tensor<1x5x8x4xf32>, tensor<1x5x8x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>) outs(%o : tensor<1x5x8x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32):
    %5 = arith.mulf %0, %2 : f32
    %6 = arith.mulf %1, %3 : f32
    %7 = arith.subf %5, %6 : f32
    linalg.yield %7 : f32
  } -> tensor<1x5x8x4xf32>
  %high = linalg.generic {indexing_maps = [#x, #x, #angle, #angle, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%a, %b, %cos, %sin : tensor<1x5x8x4xf32>, tensor<1x5x8x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>) outs(%o : tensor<1x5x8x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32):
    %5 = arith.mulf %0, %3 : f32
    %6 = arith.mulf %1, %2 : f32
    %7 = arith.addf %5, %6 : f32
    linalg.yield %7 : f32
  } -> tensor<1x5x8x4xf32>
  %low1 = tensor.expand_shape %low [[0], [1], [2], [3, 4]] output_shape [1, 5, 8, 4, 1] : tensor<1x5x8x4xf32> into tensor<1x5x8x4x1xf32>
  %high1 = tensor.expand_shape %high [[0], [1], [2], [3, 4]] output_shape [1, 5, 8, 4, 1] : tensor<1x5x8x4xf32> into tensor<1x5x8x4x1xf32>
  %pairs = tensor.concat dim(4) %low1, %high1 : (tensor<1x5x8x4x1xf32>, tensor<1x5x8x4x1xf32>) -> tensor<1x5x8x4x2xf32>
  %y = tensor.collapse_shape %pairs [[0], [1], [2], [3, 4]] : tensor<1x5x8x4x2xf32> into tensor<1x5x8x8xf32>
  return %y : tensor<1x5x8x8xf32>
}

// -----

#x = affine_map<(b, h, t, d) -> (b, h, t, d)>
#angle = affine_map<(b, h, t, d) -> (t, d)>

// The second half subtracts as well: this is no rotation.
// CHECK-LABEL: func @no_rotation
// CHECK-NOT: nn.rope
func.func @no_rotation(%x: tensor<1x9x5x8xf32>, %cos: tensor<5x4xf32>, %sin: tensor<5x4xf32>, %o: tensor<1x9x5x4xf32>) -> tensor<1x9x5x8xf32> {
  %a = tensor.extract_slice %x[0, 0, 0, 0] [1, 9, 5, 4] [1, 1, 1, 1] : tensor<1x9x5x8xf32> to tensor<1x9x5x4xf32>
  %b = tensor.extract_slice %x[0, 0, 0, 4] [1, 9, 5, 4] [1, 1, 1, 1] : tensor<1x9x5x8xf32> to tensor<1x9x5x4xf32>
  %low = linalg.generic {indexing_maps = [#x, #x, #angle, #angle, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%a, %b, %cos, %sin : tensor<1x9x5x4xf32>, tensor<1x9x5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>) outs(%o : tensor<1x9x5x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32):
    %5 = arith.mulf %0, %2 : f32
    %6 = arith.mulf %1, %3 : f32
    %7 = arith.subf %5, %6 : f32
    linalg.yield %7 : f32
  } -> tensor<1x9x5x4xf32>
  %high = linalg.generic {indexing_maps = [#x, #x, #angle, #angle, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%a, %b, %cos, %sin : tensor<1x9x5x4xf32>, tensor<1x9x5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>) outs(%o : tensor<1x9x5x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32):
    %5 = arith.mulf %0, %3 : f32
    %6 = arith.mulf %1, %2 : f32
    %7 = arith.subf %6, %5 : f32
    linalg.yield %7 : f32
  } -> tensor<1x9x5x4xf32>
  %y = tensor.concat dim(3) %low, %high : (tensor<1x9x5x4xf32>, tensor<1x9x5x4xf32>) -> tensor<1x9x5x8xf32>
  return %y : tensor<1x9x5x8xf32>
}

// -----

#x = affine_map<(b, h, t, d) -> (b, h, t, d)>
#angle = affine_map<(b, h, t, d) -> (h, d)>

// The angles belong to heads of the first dimension behind the batch; with as many
// heads as positions only the map tells. It is read as positions in front.
// CHECK-LABEL: func @positions_in_front
// CHECK: linalg.transpose
// CHECK: nn.rope {{.*}} : tensor<1x5x5x8xf32>
func.func @positions_in_front(%x: tensor<1x5x5x8xf32>, %cos: tensor<5x4xf32>, %sin: tensor<5x4xf32>, %o: tensor<1x5x5x4xf32>) -> tensor<1x5x5x8xf32> {
  %a = tensor.extract_slice %x[0, 0, 0, 0] [1, 5, 5, 4] [1, 1, 1, 1] : tensor<1x5x5x8xf32> to tensor<1x5x5x4xf32>
  %b = tensor.extract_slice %x[0, 0, 0, 4] [1, 5, 5, 4] [1, 1, 1, 1] : tensor<1x5x5x8xf32> to tensor<1x5x5x4xf32>
  %low = linalg.generic {indexing_maps = [#x, #x, #angle, #angle, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%a, %b, %cos, %sin : tensor<1x5x5x4xf32>, tensor<1x5x5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>) outs(%o : tensor<1x5x5x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32):
    %5 = arith.mulf %0, %2 : f32
    %6 = arith.mulf %1, %3 : f32
    %7 = arith.subf %5, %6 : f32
    linalg.yield %7 : f32
  } -> tensor<1x5x5x4xf32>
  %high = linalg.generic {indexing_maps = [#x, #x, #angle, #angle, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%a, %b, %cos, %sin : tensor<1x5x5x4xf32>, tensor<1x5x5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>) outs(%o : tensor<1x5x5x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32):
    %5 = arith.mulf %0, %3 : f32
    %6 = arith.mulf %1, %2 : f32
    %7 = arith.addf %5, %6 : f32
    linalg.yield %7 : f32
  } -> tensor<1x5x5x4xf32>
  %y = tensor.concat dim(3) %low, %high : (tensor<1x5x5x4xf32>, tensor<1x5x5x4xf32>) -> tensor<1x5x5x8xf32>
  return %y : tensor<1x5x5x8xf32>
}

// -----

// Angles that all sentences share lose their batch dimension.
// CHECK-LABEL: func @share_angles
// CHECK: nn.rope %arg0, %arg1, %arg1 : tensor<1x9x?x8xf32>, tensor<?x4xf32>
func.func @share_angles(%x: tensor<1x9x?x8xf32>, %cos: tensor<?x4xf32>, %n: index) -> tensor<1x9x?x8xf32> {
  %c = tensor.expand_shape %cos [[0, 1], [2]] output_shape [1, %n, 4] : tensor<?x4xf32> into tensor<1x?x4xf32>
  %y = nn.rope %x, %c, %c : tensor<1x9x?x8xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32> -> tensor<1x9x?x8xf32>
  return %y : tensor<1x9x?x8xf32>
}
