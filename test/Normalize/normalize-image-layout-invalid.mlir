// RUN: not %quant-opt --normalize-image-layout %s 2>&1 | FileCheck %s

// A filter whose file is too short or missing is an error that names it, once.
// CHECK: error: {{.*}}no-such-file
// CHECK-NOT: error:
nn.data @w {file = "no-such-file", offset = 0 : i64} : tensor<2x3x5x5xf32>
func.func @main(%x: tensor<1x3x8x8xf32>) -> tensor<1x2x4x4xf32> {
  %w = nn.param @w : tensor<2x3x5x5xf32>
  %y = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x3x8x8xf32>, tensor<2x3x5x5xf32> -> tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}
