// RUN: %quant-opt --normalize-batch-norm --normalize-dead-data --split-input-file %s | FileCheck %s

#image = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>

// factor = scale / sqrt(variance + 1): 2 / 2 = 1 and 6 / 3 = 2.
// Filters 1 and 3 become 1 and 6; bias (1 - 3) * 1 + 10 = 8, (2 - 4) * 2 + 20 = 16.
// CHECK-DAG: nn.data @w {value = dense<{{\[\[\[\[}}1.000000e+00]]], {{\[\[\[}}6.000000e+00]]]]> : tensor<2x1x1x1xf32>}
// CHECK-DAG: nn.data @b {value = dense<[8.000000e+00, 1.600000e+01]> : tensor<2xf32>}
// CHECK-NOT: nn.data
// CHECK-LABEL: func @with_bias
// CHECK-DAG: %[[W:.*]] = nn.param @w
// CHECK-DAG: %[[B:.*]] = nn.param @b
// CHECK: %[[Y:.*]] = nn.conv %arg0, %[[W]] bias %[[B]]
// CHECK: return %[[Y]]
nn.data @w {value = dense<[[[[1.0]]], [[[3.0]]]]> : tensor<2x1x1x1xf32>} : tensor<2x1x1x1xf32>
nn.data @b {value = dense<[1.0, 2.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @scale {value = dense<[2.0, 6.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @bias {value = dense<[10.0, 20.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @mean {value = dense<[3.0, 4.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @variance {value = dense<[3.0, 8.0]> : tensor<2xf32>} : tensor<2xf32>
func.func @with_bias(%x: tensor<1x1x4x4xf32>, %o: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = nn.param @w : tensor<2x1x1x1xf32>
  %b = nn.param @b : tensor<2xf32>
  %scale = nn.param @scale : tensor<2xf32>
  %bias = nn.param @bias : tensor<2xf32>
  %mean = nn.param @mean : tensor<2xf32>
  %variance = nn.param @variance : tensor<2xf32>
  %c = nn.conv %x, %w bias %b {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>, tensor<2xf32> -> tensor<1x2x4x4xf32>
  %y = linalg.generic {indexing_maps = [#image, #channel, #channel, #channel, #channel, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c, %scale, %bias, %mean, %variance : tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%o : tensor<1x2x4x4xf32>)
      attrs = {nn.batch_norm = 1.0 : f32} {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32, %5: f32):
    linalg.yield %0 : f32
  } -> tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}

// -----

#image = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>

// The filter serves two convolutions: the norm of one must not change the other.
// CHECK-DAG: nn.data @w {value = dense<{{\[\[\[\[}}1.000000e+00]]], {{\[\[\[}}3.000000e+00]]]]> : tensor<2x1x1x1xf32>}
// CHECK-DAG: nn.data @w_1 {value = dense<{{\[\[\[\[}}1.000000e+00]]], {{\[\[\[}}6.000000e+00]]]]> : tensor<2x1x1x1xf32>}
// CHECK-DAG: nn.data @w.bias {value = dense<[7.000000e+00, 1.200000e+01]> : tensor<2xf32>}
// CHECK-LABEL: func @shared_filter
// CHECK-DAG: %[[OLD:.*]] = nn.param @w :
// CHECK-DAG: %[[NEW:.*]] = nn.param @w_1
// CHECK-DAG: %[[B:.*]] = nn.param @w.bias
// CHECK-DAG: nn.conv %arg0, %[[OLD]] {
// CHECK-DAG: nn.conv %arg0, %[[NEW]] bias %[[B]] {
nn.data @w {value = dense<[[[[1.0]]], [[[3.0]]]]> : tensor<2x1x1x1xf32>} : tensor<2x1x1x1xf32>
nn.data @scale {value = dense<[2.0, 6.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @bias {value = dense<[10.0, 20.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @mean {value = dense<[3.0, 4.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @variance {value = dense<[3.0, 8.0]> : tensor<2xf32>} : tensor<2xf32>
func.func @shared_filter(%x: tensor<1x1x4x4xf32>, %o: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x5x5xf32>) {
  %w = nn.param @w : tensor<2x1x1x1xf32>
  %scale = nn.param @scale : tensor<2xf32>
  %bias = nn.param @bias : tensor<2xf32>
  %mean = nn.param @mean : tensor<2xf32>
  %variance = nn.param @variance : tensor<2xf32>
  %c = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32> -> tensor<1x2x4x4xf32>
  %d = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 1, 1, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32> -> tensor<1x2x5x5xf32>
  %y = linalg.generic {indexing_maps = [#image, #channel, #channel, #channel, #channel, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c, %scale, %bias, %mean, %variance : tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%o : tensor<1x2x4x4xf32>)
      attrs = {nn.batch_norm = 1.0 : f32} {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32, %5: f32):
    linalg.yield %0 : f32
  } -> tensor<1x2x4x4xf32>
  return %y, %d : tensor<1x2x4x4xf32>, tensor<1x2x5x5xf32>
}

// -----

#image = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>

// The convolution is a result too: the norm stays, as a product and a sum.
// CHECK-DAG: nn.data @scale.factor {value = dense<[1.000000e+00, 2.000000e+00]>
// CHECK-DAG: nn.data @scale.shift {value = dense<[7.000000e+00, 1.200000e+01]>
// CHECK-LABEL: func @used_elsewhere
// CHECK: %[[C:.*]] = nn.conv %arg0, %{{[a-z0-9]+}} {
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[C]],
// CHECK-NOT: nn.batch_norm
// CHECK: %[[P:.*]] = arith.mulf
// CHECK-NEXT: arith.addf %[[P]]
nn.data @w {value = dense<[[[[1.0]]], [[[3.0]]]]> : tensor<2x1x1x1xf32>} : tensor<2x1x1x1xf32>
nn.data @scale {value = dense<[2.0, 6.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @bias {value = dense<[10.0, 20.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @mean {value = dense<[3.0, 4.0]> : tensor<2xf32>} : tensor<2xf32>
nn.data @variance {value = dense<[3.0, 8.0]> : tensor<2xf32>} : tensor<2xf32>
func.func @used_elsewhere(%x: tensor<1x1x4x4xf32>, %o: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) {
  %w = nn.param @w : tensor<2x1x1x1xf32>
  %scale = nn.param @scale : tensor<2xf32>
  %bias = nn.param @bias : tensor<2xf32>
  %mean = nn.param @mean : tensor<2xf32>
  %variance = nn.param @variance : tensor<2xf32>
  %c = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32> -> tensor<1x2x4x4xf32>
  %y = linalg.generic {indexing_maps = [#image, #channel, #channel, #channel, #channel, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c, %scale, %bias, %mean, %variance : tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%o : tensor<1x2x4x4xf32>)
      attrs = {nn.batch_norm = 1.0 : f32} {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32, %5: f32):
    linalg.yield %0 : f32
  } -> tensor<1x2x4x4xf32>
  return %y, %c : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
}

// -----

#image = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>
#row = affine_map<(n, c, h, w) -> (h)>

nn.data @w {value = dense<1.0> : tensor<4x1x1x1xf32>} : tensor<4x1x1x1xf32>
nn.data @b {value = dense<2.0> : tensor<4xf32>} : tensor<4xf32>
// CHECK-LABEL: func @bias
// CHECK: nn.conv %arg0, %{{.*}} bias
// CHECK-NEXT: return
func.func @bias(%x: tensor<1x1x4x4xf32>, %o: tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %w = nn.param @w : tensor<4x1x1x1xf32>
  %b = nn.param @b : tensor<4xf32>
  %c = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x1x4x4xf32>, tensor<4x1x1x1xf32> -> tensor<1x4x4x4xf32>
  %y = linalg.generic {indexing_maps = [#image, #channel, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c, %b : tensor<1x4x4x4xf32>, tensor<4xf32>) outs(%o : tensor<1x4x4x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32):
    %3 = arith.addf %0, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<1x4x4x4xf32>
  return %y : tensor<1x4x4x4xf32>
}

// A vector along the rows is no bias.
// CHECK-LABEL: func @no_bias
// CHECK: arith.addf
func.func @no_bias(%x: tensor<1x1x4x4xf32>, %o: tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %w = nn.param @w : tensor<4x1x1x1xf32>
  %b = nn.param @b : tensor<4xf32>
  %c = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x1x4x4xf32>, tensor<4x1x1x1xf32> -> tensor<1x4x4x4xf32>
  %y = linalg.generic {indexing_maps = [#image, #row, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c, %b : tensor<1x4x4x4xf32>, tensor<4xf32>) outs(%o : tensor<1x4x4x4xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32):
    %3 = arith.addf %0, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<1x4x4x4xf32>
  return %y : tensor<1x4x4x4xf32>
}

// -----

#image = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>

// Vectors that are computed: only the mark goes.
// CHECK-LABEL: func @computed
// CHECK: linalg.generic
// CHECK-NOT: nn.batch_norm
// CHECK: math.rsqrt
func.func @computed(%x: tensor<1x2x4x4xf32>, %v: tensor<2xf32>, %o: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %y = linalg.generic {indexing_maps = [#image, #channel, #channel, #channel, #channel, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %v, %v, %v, %v : tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%o : tensor<1x2x4x4xf32>)
      attrs = {nn.batch_norm = 1.0 : f32} {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32, %5: f32):
    %6 = math.rsqrt %4 : f32
    %7 = arith.mulf %0, %6 : f32
    linalg.yield %7 : f32
  } -> tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}
