// Layers that came quantized keep the codes of the model.
// RUN: quant-opt %s --assign-recipe=recipe=w4a16 | FileCheck %s --check-prefixes=CHECK,KEPT
// RUN: echo 'rules: [{op: Conv, skip: true}]' > %t.skip.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.skip.yaml | FileCheck %s --check-prefixes=CHECK,SKIP
// RUN: echo 'rules: [{op: MatMul, weights: {bits: 4}}]' > %t.other.yaml
// RUN: not quant-opt %s --assign-recipe=recipe=%t.other.yaml 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: came quantized with the model, but rule 1 of the recipe asks for other codes; a rule can only skip it

nn.data @f {value = dense<1> : tensor<16x3x3x8xi8>} : tensor<16x3x3x8xi8>
nn.data @d {value = dense<1> : tensor<8x3x3x1xi8>} : tensor<8x3x3x1xi8>
nn.data @sf {value = dense<0.5> : tensor<16xf32>} : tensor<16xf32>
nn.data @zf {value = dense<0> : tensor<16xi8>} : tensor<16xi8>
nn.data @zz {value = dense<1> : tensor<16xi8>} : tensor<16xi8>

// CHECK-LABEL: @conv
func.func @conv(%q: tensor<1x8x8x8xi8>, %x: tensor<1x8x8x8xf32>, %t: tensor<f32>)
    -> (tensor<1x6x6x16xf32>, tensor<1x6x6x16xf32>, tensor<1x6x6x16xf32>, tensor<1x6x6x8xf32>, tensor<1x6x6x16xf32>) {
  %s = arith.constant dense<0.25> : tensor<f32>
  %z = arith.constant dense<-3> : tensor<i8>
  %f = nn.param @f : tensor<16x3x3x8xi8>
  %d = nn.param @d : tensor<8x3x3x1xi8>
  %sf = nn.param @sf : tensor<16xf32>
  %zf = nn.param @zf : tensor<16xi8>
  %zz = nn.param @zz : tensor<16xi8>
  // KEPT: %[[A:.*]] = qnt.dequantize %arg0
  %a = qnt.dequantize %q, %s zero_point %z <code = int, bits = 8, zero_point = true> : tensor<1x8x8x8xi8>, tensor<f32>, tensor<i8> -> tensor<1x8x8x8xf32>
  // KEPT: %[[W:.*]] = qnt.dequantize %{{.*}} : tensor<16x3x3x8xi8>
  %w = qnt.dequantize %f, %sf zero_point %zf <code = int, bits = 8, granularity = channel, zero_point = true> : tensor<16x3x3x8xi8>, tensor<16xf32>, tensor<16xi8> -> tensor<16x3x3x8xf32>
  // KEPT: %[[W1:.*]] = qnt.assign %[[W]] <code = uint, bits = 8, granularity = channel> {method = "model"}
  // KEPT: %[[A1:.*]] = qnt.assign %[[A]] <code = int, bits = 8, zero_point = true> {method = "model"}
  // SKIP: qnt.assign {{.*}} <code = none, reason = "codes from model, computed as numbers: rule 1 skips it">
  // SKIP: qnt.assign {{.*}} <code = none, reason = "codes from model, computed as numbers: rule 1 skips it">
  // KEPT: nn.conv %[[A1]], %[[W1]]
  %0 = nn.conv %a, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x6x6x16xf32>
  // KEPT: qnt.assign %[[W]] <code = uint, bits = 8, granularity = channel> {method = "model"}
  // KEPT: qnt.assign %arg1 <code = none, reason = "its activation is not quantized">
  %1 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x6x6x16xf32>
  // KEPT: <code = uint, bits = 8, granularity = channel, zero_point = true> {method = "model"} : tensor<16x3x3x8xf32>
  %v = qnt.dequantize %f, %sf zero_point %zz <code = int, bits = 8, granularity = channel, zero_point = true> : tensor<16x3x3x8xi8>, tensor<16xf32>, tensor<16xi8> -> tensor<16x3x3x8xf32>
  %2 = nn.conv %a, %v {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x6x6x16xf32>
  // KEPT: <code = uint, bits = 8, granularity = channel> {method = "model"} : tensor<8x3x3x1xf32>
  %u = qnt.dequantize %d, %s <code = int, bits = 8> : tensor<8x3x3x1xi8>, tensor<f32> -> tensor<8x3x3x1xf32>
  %3 = nn.conv %a, %u {dilations = array<i64: 1, 1>, groups = 8 : i64, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<8x3x3x1xf32> -> tensor<1x6x6x8xf32>
  // KEPT: <code = none, reason = "its activation has a scale that is computed"> : tensor<1x8x8x8xf32>
  %b = qnt.dequantize %q, %t <code = int, bits = 8> : tensor<1x8x8x8xi8>, tensor<f32> -> tensor<1x8x8x8xf32>
  %4 = nn.conv %b, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x6x6x16xf32>
  return %0, %1, %2, %3, %4 : tensor<1x6x6x16xf32>, tensor<1x6x6x16xf32>, tensor<1x6x6x16xf32>, tensor<1x6x6x8xf32>, tensor<1x6x6x16xf32>
}

nn.data @b {value = dense<1> : tensor<64x16xi8>} : tensor<64x16xi8>
nn.data @sb {value = dense<0.5> : tensor<2x16xf32>} : tensor<2x16xf32>
nn.data @sr {value = dense<0.5> : tensor<64xf32>} : tensor<64xf32>
nn.data @sg {value = dense<0.5> : tensor<22x16xf32>} : tensor<22x16xf32>
nn.data @t {value = dense<1> : tensor<2x4x3xi8>} : tensor<2x4x3xi8>
nn.data @r {value = dense<1.0> : tensor<2x4x3xf32>} : tensor<2x4x3xf32>

// CHECK-LABEL: @matmul
func.func @matmul(%x: tensor<?x64xf32>, %y: tensor<2x5x4xf32>, %g: tensor<16xf32>) {
  %s = arith.constant dense<0.25> : tensor<f32>
  %b = nn.param @b : tensor<64x16xi8>
  %sb = nn.param @sb : tensor<2x16xf32>
  %sr = nn.param @sr : tensor<64xf32>
  %sg = nn.param @sg : tensor<22x16xf32>
  // Codes of 4 bits in blocks along the sum, a floating-point activation.
  // KEPT: qnt.assign %{{.*}} <code = uint, bits = 4, granularity = group, group_size = 32> {method = "model"} : tensor<64x16xf32>
  // KEPT: qnt.assign %arg0 <code = none, reason = "its activation is not quantized">
  %w = qnt.dequantize %b, %sb <code = int, bits = 4, granularity = group, axis = 0, group_size = 32> : tensor<64x16xi8>, tensor<2x16xf32> -> tensor<64x16xf32>
  %0 = nn.matmul %x, %w : tensor<?x64xf32>, tensor<64x16xf32> -> tensor<?x16xf32>
  // uint8 codes have the zero point 0: the middle is 128.
  // KEPT: qnt.assign %{{.*}} <code = uint, bits = 8, granularity = channel, zero_point = true> {method = "model"} : tensor<64x16xf32>
  %w1 = qnt.dequantize %b, %s <code = uint, bits = 8> : tensor<64x16xi8>, tensor<f32> -> tensor<64x16xf32>
  %1 = nn.matmul %x, %w1 : tensor<?x64xf32>, tensor<64x16xf32> -> tensor<?x16xf32>
  // KEPT: <code = none, reason = "codes from model, computed as numbers: its scales lie along another dimension than its output channels"> : tensor<64x16xf32>
  %w2 = qnt.dequantize %b, %sr <code = int, bits = 8, granularity = channel, axis = 0> : tensor<64x16xi8>, tensor<64xf32> -> tensor<64x16xf32>
  %2 = nn.matmul %x, %w2 : tensor<?x64xf32>, tensor<64x16xf32> -> tensor<?x16xf32>
  // KEPT: <code = none, reason = "codes from model, computed as numbers: blocks of 3 are no multiple of 8"> : tensor<64x16xf32>
  %w3 = qnt.dequantize %b, %sg <code = int, bits = 4, granularity = group, axis = 0, group_size = 3> : tensor<64x16xi8>, tensor<22x16xf32> -> tensor<64x16xf32>
  %3 = nn.matmul %x, %w3 : tensor<?x64xf32>, tensor<64x16xf32> -> tensor<?x16xf32>
  // KEPT: <code = none, reason = "codes from model, computed as numbers: its weight has a scale that is computed"> : tensor<64x16xf32>
  %w4 = qnt.dequantize %b, %g <code = int, bits = 8, granularity = channel, axis = 1> : tensor<64x16xi8>, tensor<16xf32> -> tensor<64x16xf32>
  %4 = nn.matmul %x, %w4 : tensor<?x64xf32>, tensor<64x16xf32> -> tensor<?x16xf32>
  // KEPT: <code = none, reason = "codes from model, computed as numbers: no kernel reads weights of 8-bit e4m3 codes"> : tensor<64x16xf32>
  %w5 = qnt.dequantize %b, %s <code = e4m3, bits = 8> : tensor<64x16xi8>, tensor<f32> -> tensor<64x16xf32>
  %5 = nn.matmul %x, %w5 : tensor<?x64xf32>, tensor<64x16xf32> -> tensor<?x16xf32>
  // KEPT: <code = none, reason = "codes from model, computed as numbers: weights of rank 3 have no kernel for codes"> : tensor<2x4x3xf32>
  %t = nn.param @t : tensor<2x4x3xi8>
  %w6 = qnt.dequantize %t, %s <code = int, bits = 8> : tensor<2x4x3xi8>, tensor<f32> -> tensor<2x4x3xf32>
  %6 = nn.matmul %y, %w6 : tensor<2x5x4xf32>, tensor<2x4x3xf32> -> tensor<2x5x3xf32>
  // Not from the model, but of rank 3 as well.
  // KEPT: <code = none, reason = "weights of rank 3 have no kernel for codes"> : tensor<2x4x3xf32>
  %r = nn.param @r : tensor<2x4x3xf32>
  %7 = nn.matmul %y, %r : tensor<2x5x4xf32>, tensor<2x4x3xf32> -> tensor<2x5x3xf32>
  return
}

nn.data @h {value = dense<1> : tensor<4x8xi8>} : tensor<4x8xi8>
nn.data @sh {value = dense<0.5> : tensor<4x2xf32>} : tensor<4x2xf32>

// CHECK-LABEL: @activations
func.func @activations(%q: tensor<3x8xi8>, %sq: tensor<8xf32>, %o: tensor<3x4xf32>) {
  %s = arith.constant dense<0.25> : tensor<f32>
  %z = arith.constant dense<0> : tensor<i8>
  %h = nn.param @h : tensor<4x8xi8>
  %w = qnt.dequantize %h, %s <code = int, bits = 8> : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  // A zero point of 0 is none.
  // KEPT: qnt.assign %{{.*}} <code = int, bits = 8> {method = "model"} : tensor<3x8xf32>
  %a = qnt.dequantize %q, %s zero_point %z <code = int, bits = 8, zero_point = true> : tensor<3x8xi8>, tensor<f32>, tensor<i8> -> tensor<3x8xf32>
  %0 = nn.matmul %a, %w transpose_rhs : tensor<3x8xf32>, tensor<4x8xf32> -> tensor<3x4xf32>
  // KEPT: <code = none, reason = "its activation has other codes than int8 with one scale for all"> : tensor<3x8xf32>
  %b = qnt.dequantize %q, %sq <code = int, bits = 8, granularity = channel, axis = 1> : tensor<3x8xi8>, tensor<8xf32> -> tensor<3x8xf32>
  %1 = nn.matmul %b, %w transpose_rhs : tensor<3x8xf32>, tensor<4x8xf32> -> tensor<3x4xf32>
  // KEPT: <code = none, reason = "codes from model, computed as numbers: its blocks lie along another dimension than the one summed over"> : tensor<4x8xf32>
  %sh = nn.param @sh : tensor<4x2xf32>
  %v = qnt.dequantize %h, %sh <code = int, bits = 8, granularity = group, axis = 1, group_size = 4> : tensor<4x8xi8>, tensor<4x2xf32> -> tensor<4x8xf32>
  %2 = nn.matmul %o, %v : tensor<3x4xf32>, tensor<4x8xf32> -> tensor<3x8xf32>
  return
}

// CHECK-LABEL: @half
func.func @half(%x: tensor<3x8xf16>) -> tensor<3x4xf16> {
  %s = arith.constant dense<0.25> : tensor<f16>
  %h = nn.param @h : tensor<4x8xi8>
  // KEPT: <code = none, reason = "codes from model, computed as numbers: kernels take weights that stand for fp32 numbers only"> : tensor<4x8xf16>
  %w = qnt.dequantize %h, %s <code = int, bits = 8> : tensor<4x8xi8>, tensor<f16> -> tensor<4x8xf16>
  %0 = nn.matmul %x, %w transpose_rhs : tensor<3x8xf16>, tensor<4x8xf16> -> tensor<3x4xf16>
  return %0 : tensor<3x4xf16>
}
