// RUN: %quant-opt --normalize-constants --canonicalize --split-input-file %s | FileCheck %s

#id = affine_map<(d0) -> (d0)>
#all = affine_map<(d0) -> ()>

// A bias that the model keeps as int32 codes: (code - zero point) * scale,
// in fp32.
nn.data @codes {value = dense<[3, -200, 7]> : tensor<3xi32>} : tensor<3xi32>
nn.data @scale {value = dense<1.000000e-01> : tensor<3xf32>} : tensor<3xf32>
// CHECK: nn.data @codes_computed {value = dense<[3.000000e-01, -2.000000e+01, 0.699999988]> : tensor<3xf32>} : tensor<3xf32>
// CHECK-LABEL: func @bias
// CHECK-NEXT: %[[B:.*]] = nn.param @codes_computed : tensor<3xf32>
// CHECK-NEXT: return %[[B]]
func.func @bias() -> tensor<3xf32> {
  %codes = nn.param @codes : tensor<3xi32>
  %scale = nn.param @scale : tensor<3xf32>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<3xf32>
  %b = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%codes, %scale : tensor<3xi32>, tensor<3xf32>) outs(%e : tensor<3xf32>) {
  ^bb0(%0: i32, %1: f32, %2: f32):
    %3 = arith.subi %0, %zero : i32
    %4 = arith.sitofp %3 : i32 to f32
    %5 = arith.mulf %4, %1 : f32
    linalg.yield %5 : f32
  } -> tensor<3xf32>
  return %b : tensor<3xf32>
}

// -----

// Operands of fewer dimensions are read where their maps say.
#rows = affine_map<(d0, d1) -> (d0)>
#columns = affine_map<(d0, d1) -> (d1)>
#both = affine_map<(d0, d1) -> (d0, d1)>
nn.data @x {value = dense<[1.0, 2.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @y {value = dense<[10.0, 20.0, 30.0]> : tensor<3xf32>} : tensor<3xf32>
// CHECK: nn.data @x_computed {value = dense<{{\[}}[1.100000e+01, 2.100000e+01, 3.100000e+01], [1.200000e+01, 2.200000e+01, 3.200000e+01]]> : tensor<2x3xf32>}
// CHECK-LABEL: func @broadcast
func.func @broadcast() -> tensor<2x3xf32> {
  %x = nn.param @x : tensor<2xf32>
  %y = nn.param @y : tensor<3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %b = linalg.generic {indexing_maps = [#rows, #columns, #both], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<2xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32):
    %3 = arith.addf %0, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<2x3xf32>
  return %b : tensor<2x3xf32>
}

// -----

// What does not fold, is computed from an argument, or is too large, stays.
#same = affine_map<(d0) -> (d0)>
nn.data @w {value = dense<1.0> : tensor<4xf32>} : tensor<4xf32>
nn.data @large {value = dense<1.0> : tensor<65537xf32>} : tensor<65537xf32>
// CHECK-LABEL: func @stay
// CHECK-COUNT-3: linalg.generic
func.func @stay(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<65537xf32>) {
  %w = nn.param @w : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %a = linalg.generic {indexing_maps = [#same, #same, #same], iterator_types = ["parallel"]}
      ins(%w, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32):
    %3 = arith.addf %0, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<4xf32>
  %b = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
      ins(%w : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%0: f32, %2: f32):
    %i = linalg.index 0 : index
    %j = arith.index_cast %i : index to i32
    %3 = arith.sitofp %j : i32 to f32
    linalg.yield %3 : f32
  } -> tensor<4xf32>
  %l = nn.param @large : tensor<65537xf32>
  %f = tensor.empty() : tensor<65537xf32>
  %c = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
      ins(%l : tensor<65537xf32>) outs(%f : tensor<65537xf32>) {
  ^bb0(%0: f32, %2: f32):
    %3 = arith.addf %0, %0 : f32
    linalg.yield %3 : f32
  } -> tensor<65537xf32>
  return %a, %b, %c : tensor<4xf32>, tensor<4xf32>, tensor<65537xf32>
}

// -----

// A reshape of a constant is the same bytes under other sizes.
// CHECK-DAG: nn.data @f_reshaped {file = "m.onnx", offset = 64 : i64} : tensor<5x6x1x3xf32>
// CHECK-DAG: nn.data @v_reshaped {value = dense<{{\[}}[1.000000e+00], [2.000000e+00]]> : tensor<2x1xf32>} : tensor<2x1xf32>
// CHECK-DAG: nn.data @s_reshaped {value = dense<5> : tensor<i8>} : tensor<i8>
nn.data @f {file = "m.onnx", offset = 64 : i64} : tensor<5x6x3xf32>
nn.data @v {value = dense<[1.0, 2.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @s {value = dense<[5]> : tensor<1xi8>} : tensor<1xi8>
// CHECK-LABEL: func @reshape
// CHECK-DAG: %[[F:.*]] = nn.param @f_reshaped : tensor<5x6x1x3xf32>
// CHECK-DAG: %[[V:.*]] = nn.param @v_reshaped : tensor<2x1xf32>
// CHECK-DAG: %[[S:.*]] = nn.param @s_reshaped : tensor<i8>
// CHECK: return %[[F]], %[[V]], %[[S]]
func.func @reshape() -> (tensor<5x6x1x3xf32>, tensor<2x1xf32>, tensor<i8>) {
  %f = nn.param @f : tensor<5x6x3xf32>
  %0 = tensor.expand_shape %f [[0], [1], [2, 3]] output_shape [5, 6, 1, 3] : tensor<5x6x3xf32> into tensor<5x6x1x3xf32>
  %v = nn.param @v : tensor<2xf32>
  %1 = tensor.expand_shape %v [[0, 1]] output_shape [2, 1] : tensor<2xf32> into tensor<2x1xf32>
  %s = nn.param @s : tensor<1xi8>
  %2 = tensor.collapse_shape %s [] : tensor<1xi8> into tensor<i8>
  return %0, %1, %2 : tensor<5x6x1x3xf32>, tensor<2x1xf32>, tensor<i8>
}
