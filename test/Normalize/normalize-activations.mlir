// RUN: %quant-opt --normalize-activations --split-input-file %s | FileCheck %s

#x = affine_map<(i, j) -> (i, j)>

// CHECK-LABEL: func @relu
// CHECK: nn.activation {{ *}}relu %arg0
func.func @relu(%x: tensor<2x?xf32>, %o: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x?xf32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %zero = arith.constant 0.0 : f32
    %0 = arith.maximumf %zero, %a : f32
    linalg.yield %0 : f32
  } -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>

// The bound of a clip is no ReLU.
// CHECK-LABEL: func @clip
// CHECK-NOT: nn.activation
func.func @clip(%x: tensor<2x?xf32>, %o: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x?xf32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %bound = arith.constant 1.0e-09 : f32
    %0 = arith.maximumf %a, %bound : f32
    linalg.yield %0 : f32
  } -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>

// The argument of SiLU may be a product itself.
// CHECK-LABEL: func @silu
// CHECK: %[[X:.*]] = linalg.generic
// CHECK: nn.activation {{ *}}silu %[[X]]
func.func @silu(%u: tensor<2x?xf32>, %o: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %x = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%u : tensor<2x?xf32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  } -> tensor<2x?xf32>
  %sigmoid = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x?xf32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %one = arith.constant 1.0 : f32
    %0 = arith.negf %a : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %one, %1 : f32
    %3 = arith.divf %one, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<2x?xf32>
  %y = linalg.generic {indexing_maps = [#x, #x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%sigmoid, %x : tensor<2x?xf32>, tensor<2x?xf32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>

// CHECK-LABEL: func @silu_of_another
// CHECK-NOT: nn.activation
func.func @silu_of_another(%x: tensor<2x?xf32>, %z: tensor<2x?xf32>, %o: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = linalg.generic {indexing_maps = [#x, #x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x, %z : tensor<2x?xf32>, tensor<2x?xf32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %one = arith.constant 1.0 : f32
    %0 = arith.negf %a : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %one, %1 : f32
    %3 = arith.divf %b, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>

// As MiniLM writes it, one operation a generic; the constant 0.5 is a parameter.
nn.data @half {value = dense<0.5> : tensor<f32>} : tensor<f32>
// CHECK-LABEL: func @gelu
// CHECK: nn.activation {{ *}}gelu %arg0
func.func @gelu(%x: tensor<2x?xf32>, %o: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %scaled = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x?xf32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %root = arith.constant 1.41421354 : f32
    %0 = arith.divf %a, %root : f32
    linalg.yield %0 : f32
  } -> tensor<2x?xf32>
  %shifted = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%scaled : tensor<2x?xf32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %one = arith.constant 1.0 : f32
    %0 = math.erf %a : f32
    %1 = arith.addf %0, %one : f32
    linalg.yield %1 : f32
  } -> tensor<2x?xf32>
  %half = nn.param @half : tensor<f32>
  %y = linalg.generic {indexing_maps = [#x, #x, affine_map<(i, j) -> ()>, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x, %shifted, %half : tensor<2x?xf32>, tensor<2x?xf32>, tensor<f32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32, %h: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.mulf %0, %h : f32
    linalg.yield %1 : f32
  } -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>

// CHECK-LABEL: func @gelu_tanh
// CHECK: nn.activation {{ *}}gelu_tanh %arg0
func.func @gelu_tanh(%x: tensor<2x?xf32>, %o: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x?xf32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %one = arith.constant 1.0 : f32
    %half = arith.constant 0.5 : f32
    %cubic = arith.constant 0.044715 : f32
    %outer = arith.constant 0.797884583 : f32
    %0 = arith.mulf %a, %a : f32
    %1 = arith.mulf %0, %a : f32
    %2 = arith.mulf %1, %cubic : f32
    %3 = arith.addf %a, %2 : f32
    %4 = arith.mulf %3, %outer : f32
    %5 = math.tanh %4 : f32
    %6 = arith.addf %one, %5 : f32
    %7 = arith.mulf %half, %a : f32
    %8 = arith.mulf %7, %6 : f32
    linalg.yield %8 : f32
  } -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// -----

#x = affine_map<(i, j) -> (i, j)>

// Another factor in front of erf.
// CHECK-LABEL: func @no_gelu
// CHECK-NOT: nn.activation
func.func @no_gelu(%x: tensor<2x?xf32>, %o: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x?xf32>) outs(%o : tensor<2x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %one = arith.constant 1.0 : f32
    %half = arith.constant 0.5 : f32
    %factor = arith.constant 0.70 : f32
    %0 = arith.mulf %a, %factor : f32
    %1 = math.erf %0 : f32
    %2 = arith.addf %one, %1 : f32
    %3 = arith.mulf %half, %a : f32
    %4 = arith.mulf %3, %2 : f32
    linalg.yield %4 : f32
  } -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}
