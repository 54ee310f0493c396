// RUN: %quant-opt --normalize-image-layout --canonicalize --cse --split-input-file %s | FileCheck %s

#image = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>
// CHECK-DAG: #[[NHWC:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>

// A residual block: one transpose at the beginning, none behind it.
// CHECK: nn.data @w {value = dense<{{\[\[\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]], {{\[\[\[}}5.000000e+00, 7.000000e+00], [6.000000e+00, 8.000000e+00]]]]> : tensor<2x1x2x2xf32>} : tensor<2x1x2x2xf32>
nn.data @w {value = dense<[[[[1.0, 2.0]], [[3.0, 4.0]]], [[[5.0, 6.0]], [[7.0, 8.0]]]]> : tensor<2x2x1x2xf32>} : tensor<2x2x1x2xf32>
// CHECK-LABEL: func @residual
// CHECK: %[[X:.*]] = linalg.transpose ins(%arg0 {{.*}} permutation = [0, 2, 3, 1]
// CHECK-NOT: linalg.transpose
// CHECK: %[[C:.*]] = nn.conv %[[X]], %{{.*}} {{{.*}}layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 1>{{.*}} : tensor<1x4x6x2xf32>
// CHECK: %[[S:.*]] = linalg.generic {indexing_maps = [#[[NHWC]], #[[NHWC]], #[[LAST]], #[[NHWC]]]{{.*}} ins(%[[C]], %[[X]], %arg1
// CHECK: %[[A:.*]] = nn.activation {{ *}}relu %[[S]] : tensor<1x4x6x2xf32>
// CHECK: %[[P:.*]] = nn.max_pool %[[A]] {{.*}}layout = #nn.layout<nhwc>{{.*}} -> tensor<1x2x3x2xf32>
// CHECK: %[[M:.*]] = nn.reduce {{ *}}mean %[[P]] {axes = array<i64: 1, 2>} : tensor<1x2x3x2xf32> -> tensor<1x2xf32>
// CHECK: return %[[M]]
func.func @residual(%x: tensor<1x2x4x6xf32>, %shift: tensor<2xf32>, %o: tensor<1x2x4x6xf32>) -> tensor<1x2xf32> {
  %w = nn.param @w : tensor<2x2x1x2xf32>
  %c = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 1>, strides = array<i64: 1, 1>}
      : tensor<1x2x4x6xf32>, tensor<2x2x1x2xf32> -> tensor<1x2x4x6xf32>
  %s = linalg.generic {indexing_maps = [#image, #image, #channel, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c, %x, %shift : tensor<1x2x4x6xf32>, tensor<1x2x4x6xf32>, tensor<2xf32>) outs(%o : tensor<1x2x4x6xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32):
    %4 = arith.addf %0, %1 : f32
    %5 = arith.addf %4, %2 : f32
    linalg.yield %5 : f32
  } -> tensor<1x2x4x6xf32>
  %a = nn.activation relu %s : tensor<1x2x4x6xf32>
  %p = nn.max_pool %a {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : tensor<1x2x4x6xf32> -> tensor<1x2x2x3xf32>
  %m = nn.reduce mean %p {axes = array<i64: 2, 3>} : tensor<1x2x2x3xf32> -> tensor<1x2xf32>
  return %m : tensor<1x2xf32>
}

// -----

// Slices and padding between images; the transpose ends at the result.
// CHECK-LABEL: func @slice_and_pad
// CHECK: %[[P:.*]] = nn.avg_pool {{.*}} -> tensor<?x3x3x4xf32>
// CHECK: %[[S:.*]] = tensor.extract_slice %[[P]][0, 0, 0, 0] [%{{.*}}, 2, 2, 4] [1, 2, 2, 1]
// CHECK: %[[W:.*]] = tensor.pad %[[S]] low[0, 0, 0, 2] high[0, 0, 0, 1]
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[W]] {{.*}} permutation = [0, 3, 1, 2]
// CHECK: return %[[T]]
func.func @slice_and_pad(%x: tensor<?x4x6x6xf32>) -> tensor<?x7x2x2xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4x6x6xf32>
  %zero = arith.constant 0.0 : f32
  %p = nn.avg_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : tensor<?x4x6x6xf32> -> tensor<?x4x3x3xf32>
  %s = tensor.extract_slice %p[0, 0, 0, 0] [%n, 4, 2, 2] [1, 1, 2, 2] : tensor<?x4x3x3xf32> to tensor<?x4x2x2xf32>
  %w = tensor.pad %s low[0, 2, 0, 0] high[0, 1, 0, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<?x4x2x2xf32> to tensor<?x7x2x2xf32>
  return %w : tensor<?x7x2x2xf32>
}

// -----

// An input in NHWC order needs no transpose at all, nor do images of one pixel.
// CHECK-LABEL: func @keras
// CHECK-NOT: linalg.transpose
// CHECK: %[[P:.*]] = nn.avg_pool %arg0
// CHECK: tensor.collapse_shape %[[P]] {{.*}} : tensor<?x1x1x3xf32> into tensor<?x3xf32>
// CHECK-NOT: linalg.transpose
func.func @keras(%x: tensor<?x8x8x3xf32>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8x8x3xf32>
  %e = tensor.empty(%n) : tensor<?x3x8x8xf32>
  %t = linalg.transpose ins(%x : tensor<?x8x8x3xf32>) outs(%e : tensor<?x3x8x8xf32>) permutation = [0, 3, 1, 2]
  %p = nn.avg_pool %t {dilations = array<i64: 1, 1>, kernel = array<i64: 8, 8>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 8, 8>}
      : tensor<?x3x8x8xf32> -> tensor<?x3x1x1xf32>
  %y = tensor.collapse_shape %p [[0], [1, 2, 3]] : tensor<?x3x1x1xf32> into tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// -----

#image = affine_map<(n, c, h, w) -> (n, c, h, w)>

// What looks at positions of elements keeps its order of loops.
// CHECK-LABEL: func @positions
// CHECK: linalg.transpose ins({{.*}} permutation = [0, 3, 1, 2]
// CHECK: linalg.generic
func.func @positions(%x: tensor<1x4x6x6xf32>, %o: tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32> {
  %p = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : tensor<1x4x6x6xf32> -> tensor<1x4x3x3xf32>
  %y = linalg.generic {indexing_maps = [#image, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%p : tensor<1x4x3x3xf32>) outs(%o : tensor<1x4x3x3xf32>) {
  ^bb0(%0: f32, %1: f32):
    %i = linalg.index 1 : index
    %j = arith.index_cast %i : index to i32
    %f = arith.sitofp %j : i32 to f32
    %2 = arith.addf %0, %f : f32
    linalg.yield %2 : f32
  } -> tensor<1x4x3x3xf32>
  return %y : tensor<1x4x3x3xf32>
}

// -----

// The mean over the channels leaves rows and columns, in the right order.
// CHECK-LABEL: func @other_reduction
// CHECK: nn.reduce {{ *}}max %{{.*}} {axes = array<i64: 3>} : tensor<1x3x3x4xf32> -> tensor<1x3x3xf32>
func.func @other_reduction(%x: tensor<1x4x6x6xf32>) -> tensor<1x3x3xf32> {
  %p = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : tensor<1x4x6x6xf32> -> tensor<1x4x3x3xf32>
  %y = nn.reduce max %p {axes = array<i64: 1>} : tensor<1x4x3x3xf32> -> tensor<1x3x3xf32>
  return %y : tensor<1x3x3xf32>
}

// -----

// Here the channels would come behind the columns: the transpose stays.
// CHECK-LABEL: func @kept_order
// CHECK: linalg.transpose ins({{.*}} permutation = [0, 3, 1, 2]
// CHECK: nn.reduce {{ *}}max %{{.*}} {axes = array<i64: 2>}
func.func @kept_order(%x: tensor<1x4x6x6xf32>) -> tensor<1x4x3xf32> {
  %p = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : tensor<1x4x6x6xf32> -> tensor<1x4x3x3xf32>
  %y = nn.reduce max %p {axes = array<i64: 2>} : tensor<1x4x3x3xf32> -> tensor<1x4x3xf32>
  return %y : tensor<1x4x3xf32>
}

// -----

// Channels of two images behind each other; one of them is an input.
// CHECK-LABEL: func @joined
// CHECK: %[[X:.*]] = linalg.transpose ins(%arg0 {{.*}} permutation = [0, 2, 3, 1]
// CHECK: %[[P:.*]] = nn.max_pool %[[X]]
// CHECK: %[[Z:.*]] = linalg.transpose ins(%arg1 {{.*}} permutation = [0, 2, 3, 1]
// CHECK: %[[J:.*]] = tensor.concat dim(3) %[[P]], %[[Z]]
// CHECK: nn.max_pool %[[J]]
func.func @joined(%x: tensor<1x4x8x8xf32>, %z: tensor<1x3x4x4xf32>) -> tensor<1x7x2x2xf32> {
  %p = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : tensor<1x4x8x8xf32> -> tensor<1x4x4x4xf32>
  %j = tensor.concat dim(1) %p, %z : (tensor<1x4x4x4xf32>, tensor<1x3x4x4xf32>) -> tensor<1x7x4x4xf32>
  %y = nn.max_pool %j {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : tensor<1x7x4x4xf32> -> tensor<1x7x2x2xf32>
  return %y : tensor<1x7x2x2xf32>
}

// -----

// A quantized convolution: transposes pass the quantizers, also those of a
// filter with a scale for each output channel, whose codes are reordered.
// CHECK: nn.data @w{{.*}} {value = dense<{{\[\[\[\[}}1, 3], [2, 4]]], {{\[\[\[}}5, 7], [6, 8]]]]> : tensor<2x1x2x2xi8>} : tensor<2x1x2x2xi8>
nn.data @w {value = dense<[[[[1, 2]], [[3, 4]]], [[[5, 6]], [[7, 8]]]]> : tensor<2x2x1x2xi8>} : tensor<2x2x1x2xi8>
// CHECK-LABEL: func @quantized
// CHECK: %[[Q:.*]] = qnt.quantize %arg0
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[Q]] : tensor<1x2x4x6xi8>) {{.*}} permutation = [0, 2, 3, 1]
// CHECK: %[[X:.*]] = qnt.dequantize %[[T]], {{.*}} -> tensor<1x4x6x2xf32>
// CHECK: %[[W:.*]] = qnt.dequantize %{{.*}}, %arg1 <code = int, bits = 8, granularity = channel> : tensor<2x1x2x2xi8>
// CHECK: %[[C:.*]] = nn.conv %[[X]], %[[W]]
// CHECK: %[[R:.*]] = qnt.quantize %[[C]], %arg1 <code = int, bits = 8, granularity = channel, axis = 3> {by_division} : tensor<1x4x6x2xf32>
// CHECK: %[[Y:.*]] = qnt.dequantize %[[R]], %arg1 <code = int, bits = 8, granularity = channel, axis = 3>
// CHECK: nn.max_pool %[[Y]]
func.func @quantized(%x: tensor<1x2x4x6xf32>, %sw: tensor<2xf32>) -> tensor<1x2x2x3xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %w = nn.param @w : tensor<2x2x1x2xi8>
  %f = qnt.dequantize %w, %sw <code = int, bits = 8, granularity = channel> : tensor<2x2x1x2xi8>, tensor<2xf32> -> tensor<2x2x1x2xf32>
  %q = qnt.quantize %x, %s <code = int, bits = 8> {by_division} : tensor<1x2x4x6xf32>, tensor<f32> -> tensor<1x2x4x6xi8>
  %d = qnt.dequantize %q, %s <code = int, bits = 8> : tensor<1x2x4x6xi8>, tensor<f32> -> tensor<1x2x4x6xf32>
  %c = nn.conv %d, %f {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 1>, strides = array<i64: 1, 1>}
      : tensor<1x2x4x6xf32>, tensor<2x2x1x2xf32> -> tensor<1x2x4x6xf32>
  %r = qnt.quantize %c, %sw <code = int, bits = 8, granularity = channel, axis = 1> {by_division} : tensor<1x2x4x6xf32>, tensor<2xf32> -> tensor<1x2x4x6xi8>
  %e = qnt.dequantize %r, %sw <code = int, bits = 8, granularity = channel, axis = 1> : tensor<1x2x4x6xi8>, tensor<2xf32> -> tensor<1x2x4x6xf32>
  %p = nn.max_pool %e {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : tensor<1x2x4x6xf32> -> tensor<1x2x2x3xf32>
  return %p : tensor<1x2x2x3xf32>
}

// -----

// Scales in blocks follow the codes, here of 4 bits. A reshape keeps the
// dimension of the scales.
// CHECK-DAG: nn.data @k{{.*}} {value = dense<{{\[}}[1, -8], [-1, 7]]> : tensor<2x2xi4>}
// CHECK-DAG: nn.data @s{{.*}} {value = dense<{{\[}}[1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>}
nn.data @k {value = dense<[[1, -1], [-8, 7]]> : tensor<2x2xi4>} : tensor<2x2xi4>
nn.data @s {value = dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>} : tensor<2x2xf32>
nn.data @f {value = dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>} : tensor<2x3xi8>
// CHECK-LABEL: func @constants
// CHECK: %[[A:.*]] = qnt.dequantize %{{.*}}, %{{.*}} <code = int, bits = 4, granularity = group, group_size = 1> : tensor<2x2xi4>, tensor<2x2xf32>
// CHECK: %[[B:.*]] = qnt.dequantize %{{.*}}, %arg0 <code = int, bits = 8, granularity = channel> : tensor<2x1x3xi8>
// CHECK: return %[[A]], %[[B]]
func.func @constants(%sf: tensor<2xf32>) -> (tensor<2x2xf32>, tensor<2x1x3xf32>) {
  %k = nn.param @k : tensor<2x2xi4>
  %s = nn.param @s : tensor<2x2xf32>
  %a = qnt.dequantize %k, %s <code = int, bits = 4, granularity = group, axis = 1, group_size = 1>
      : tensor<2x2xi4>, tensor<2x2xf32> -> tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %t = linalg.transpose ins(%a : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) permutation = [1, 0]
  %f = nn.param @f : tensor<2x3xi8>
  %b = qnt.dequantize %f, %sf <code = int, bits = 8, granularity = channel> : tensor<2x3xi8>, tensor<2xf32> -> tensor<2x3xf32>
  %r = tensor.expand_shape %b [[0], [1, 2]] output_shape [2, 1, 3] : tensor<2x3xf32> into tensor<2x1x3xf32>
  return %t, %r : tensor<2x2xf32>, tensor<2x1x3xf32>
}

// -----

// A signal is an image of height 1: the reshape is one of codes.
// CHECK-LABEL: func @signal
// CHECK: tensor.expand_shape {{.*}} : tensor<2x3xi8> into tensor<2x1x3xi8>
// CHECK: qnt.dequantize {{.*}} : tensor<2x1x3xi8>
// CHECK: tensor.collapse_shape {{.*}} : tensor<2x3xi8> into tensor<6xi8>
// CHECK: qnt.dequantize {{.*}} : tensor<6xi8>
// Scales of another dimension stay beside it: here the numbers are reshaped.
// CHECK: tensor.collapse_shape {{.*}} : tensor<2x3xf32> into tensor<6xf32>
func.func @signal(%q: tensor<2x3xi8>, %sf: tensor<2xf32>) -> (tensor<2x1x3xf32>, tensor<6xf32>, tensor<6xf32>) {
  %s = arith.constant dense<0.5> : tensor<f32>
  %x = qnt.dequantize %q, %s <code = int, bits = 8> : tensor<2x3xi8>, tensor<f32> -> tensor<2x3xf32>
  %0 = tensor.expand_shape %x [[0], [1, 2]] output_shape [2, 1, 3] : tensor<2x3xf32> into tensor<2x1x3xf32>
  %1 = tensor.collapse_shape %x [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  %y = qnt.dequantize %q, %sf <code = int, bits = 8, granularity = channel> : tensor<2x3xi8>, tensor<2xf32> -> tensor<2x3xf32>
  %2 = tensor.collapse_shape %y [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  return %0, %1, %2 : tensor<2x1x3xf32>, tensor<6xf32>, tensor<6xf32>
}
