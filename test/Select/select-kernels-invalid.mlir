// What no kernel covers is refused where it stands.
// RUN: quant-opt %s --select-kernels --split-input-file --verify-diagnostics

func.func @pool(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32> {
  // expected-error@+1 {{has layout nchw; kernels take nhwc}}
  %0 = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<1x4x8x8xf32> -> tensor<1x4x4x4xf32>
  return %0 : tensor<1x4x4x4xf32>
}

// -----

func.func @computed_channels(%x: tensor<1x8xf32>, %c: tensor<3xi32>) -> tensor<1x3xf32> {
  // expected-error @+1 {{takes channels that are computed}}
  %0 = qnt.take_channels %x at %c : tensor<1x8xf32>, tensor<3xi32> -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----
func.func @softmax(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  // expected-error@+1 {{has axis 0 of 2; kernels take the last}}
  %0 = nn.softmax %x {axis = 0 : i64} : tensor<2x8xf32> -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----
func.func @conv(%x: tensor<1x8x8x8xf32>, %w: tensor<16x3x3x8xf32>) -> tensor<1x6x6x16xf32> {
  // expected-error@+1 {{has a filter that is computed; only constant filters have a kernel}}
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x6x6x16xf32>
  return %0 : tensor<1x6x6x16xf32>
}

// -----
!w = !qnt.packed<16x48, <code = uint, bits = 4, granularity = channel, axis = 1>, <rows>>
nn.data @w {file = "w", offset = 0 : i64} : !w
nn.data @s {file = "w", offset = 384 : i64} : tensor<16x1xf32>
func.func @layout(%x: tensor<2x48xf32>) -> tensor<2x16xf32> {
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<16x1xf32>
  // expected-error@+1 {{has a weight that is not in panel16k4 layout}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<2x48xf32>, !w, tensor<16x1xf32>) -> tensor<2x16xf32>
  return %0 : tensor<2x16xf32>
}

// -----
!w = !qnt.packed<16x48, <code = uint, bits = 4, granularity = channel, axis = 1>, <panel16k4>>
nn.data @w {file = "w", offset = 0 : i64} : !w
func.func @scales(%x: tensor<2x48xf32>, %s: tensor<16x1xf32>) -> tensor<2x16xf32> {
  %w = nn.param @w : !w
  // expected-error@+1 {{has scales or zero points that are computed}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<2x48xf32>, !w, tensor<16x1xf32>) -> tensor<2x16xf32>
  return %0 : tensor<2x16xf32>
}

// -----
func.func @quantize(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xi8> {
  // expected-error@+1 {{expects one constant scale and zero point}}
  %0 = qnt.quantize %x, %s <code = int, bits = 8> : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----
!w = !qnt.packed<16x72, <code = uint, bits = 8, granularity = channel, axis = 1>, <panel16k4>>
nn.data @w {file = "w", offset = 0 : i64} : !w
nn.data @s {file = "w", offset = 384 : i64} : tensor<16x1xf32>
func.func @quantized_groups(%x: tensor<1x8x8x16xi8>) -> tensor<1x6x6x16xf32> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<16x1xf32>
  // expected-error@+1 {{has 2 groups; kernels take one, or one channel and filter a group}}
  %0 = qnt.conv %x scale %sx weight %w, %s {dilations = array<i64: 1, 1>, groups = 2 : i64, kernel = array<i64: 3, 3>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : (tensor<1x8x8x16xi8>, tensor<f32>, !w, tensor<16x1xf32>) -> tensor<1x6x6x16xf32>
  return %0 : tensor<1x6x6x16xf32>
}

// -----
!w = !qnt.packed<16x48, <code = uint, bits = 4, granularity = channel, axis = 1>, <panel16k4>>
nn.data @w {file = "w", offset = 0 : i64} : !w
nn.data @s {file = "w", offset = 384 : i64} : tensor<16x1xf32>
func.func @dequantize() -> tensor<16x48xf32> {
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<16x1xf32>
  // expected-error@+1 {{dequantizes a packed weight that no product takes}}
  %0 = qnt.dequantize %w, %s <code = uint, bits = 4, granularity = channel, axis = 1> : !w, tensor<16x1xf32> -> tensor<16x48xf32>
  return %0 : tensor<16x48xf32>
}

// -----
!w = !qnt.packed<16x48, <code = uint, bits = 4, granularity = channel, axis = 1>, <panel16k4>>
nn.data @w {file = "w", offset = 0 : i64} : !w
func.func @loose() -> !w {
  // expected-error@+1 {{is a packed weight that no product takes}}
  %w = nn.param @w : !w
  return %w : !w
}

// -----
func.func @assign(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{no kernel computes qnt.assign}}
  %0 = qnt.assign %x <code = int, bits = 8> : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----
nn.data @w {file = "f", offset = 0 : i64} : !qnt.packed<4x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>
nn.data @s {file = "f", offset = 0 : i64} : tensor<4x1xf32>
func.func @f(%x: tensor<1x8xf32>, %t: tensor<1x2xf32>, %u: tensor<2x4xf16>) -> tensor<1x4xf32> {
  %w = nn.param @w : !qnt.packed<4x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>
  %s = nn.param @s : tensor<4x1xf32>
  // expected-error@+1 {{has a low-rank branch that is computed}}
  %0 = qnt.matmul %x weight %w, %s branch %t, %u : (tensor<1x8xf32>, !qnt.packed<4x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>,
      tensor<4x1xf32>, tensor<1x2xf32>, tensor<2x4xf16>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

!k = !qnt.packed<16x48, <code = uint, bits = 4, granularity = channel, axis = 1>, <column64>>
nn.data @w {file = "w", offset = 0 : i64} : !k
nn.data @s {file = "w", offset = 1536 : i64} : tensor<16x1xf32>
func.func @columns(%x: tensor<2x48xf32>) -> tensor<2x16xf32> {
  %w = nn.param @w : !k
  %s = nn.param @s : tensor<16x1xf32>
  // expected-error@+1 {{has a weight in columns, but no constant threshold for its inputs}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<2x48xf32>, !k, tensor<16x1xf32>) -> tensor<2x16xf32>
  return %0 : tensor<2x16xf32>
}

// -----
func.func @threshold(%x: tensor<2x48xf32>, %t: tensor<1xf32>) -> tensor<2x48xf32> {
  // expected-error@+1 {{compares with a number that is computed}}
  %0 = qnt.threshold %x above %t : tensor<2x48xf32>, tensor<1xf32>
  return %0 : tensor<2x48xf32>
}

// -----
!w = !qnt.packed<20x1x64, <code = binary, bits = 1, granularity = channel>, <panel16b64>>
nn.data @w {file = "w", offset = 0 : i64} : !w
func.func @thresholds(%x: tensor<2x1xi64>, %t: tensor<20x2xi32>) -> tensor<2x1xi64> {
  %w = nn.param @w : !w
  // expected-error@+1 {{has a weight, scales or thresholds that are computed}}
  %0 = qnt.binary_matmul %x weight %w thresholds %t : (tensor<2x1xi64>, !w, tensor<20x2xi32>) -> tensor<2x1xi64>
  return %0 : tensor<2x1xi64>
}

// -----
!w = !qnt.packed<20x1x64, <code = binary, bits = 1, granularity = channel>, <panel16b64>>
nn.data @w {file = "w", offset = 0 : i64} : !w
nn.data @s {file = "w", offset = 0 : i64} : tensor<20x1xf32>
func.func @scale(%x: tensor<2x1xi64>, %c: tensor<f32>) -> tensor<2x20xf32> {
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<20x1xf32>
  // expected-error@+1 {{expects one constant scale of its input}}
  %0 = qnt.binary_matmul %x scale %c weight %w scales %s : (tensor<2x1xi64>, tensor<f32>, !w, tensor<20x1xf32>) -> tensor<2x20xf32>
  return %0 : tensor<2x20xf32>
}

// -----
!w = !qnt.packed<20x64, <code = planes, bits = 4, granularity = channel, axis = 1, widths = [4, 2]>, <panel16planes>>
nn.data @w {file = "w", offset = 0 : i64} : !w
func.func @planes(%x: tensor<2x64xf32>, %s: tensor<2x20x1xf32>) -> tensor<2x20xf32> {
  %w = nn.param @w : !w
  // expected-error@+1 {{has planes, scales or sums that are computed}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<2x64xf32>, !w, tensor<2x20x1xf32>) -> tensor<2x20xf32>
  return %0 : tensor<2x20xf32>
}
