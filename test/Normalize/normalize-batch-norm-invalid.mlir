// RUN: not %quant-opt --normalize-batch-norm %s 2>&1 | FileCheck %s

#image = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>

// A constant whose file is missing is an error that names it.
// CHECK: error: {{.*}}no-such-file
nn.data @w {value = dense<1.0> : tensor<2x1x1x1xf32>} : tensor<2x1x1x1xf32>
nn.data @scale {file = "no-such-file", offset = 0 : i64} : tensor<2xf32>
func.func @main(%x: tensor<1x1x4x4xf32>, %o: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = nn.param @w : tensor<2x1x1x1xf32>
  %scale = nn.param @scale : tensor<2xf32>
  %c = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32> -> tensor<1x2x4x4xf32>
  %y = linalg.generic {indexing_maps = [#image, #channel, #channel, #channel, #channel, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c, %scale, %scale, %scale, %scale : tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%o : tensor<1x2x4x4xf32>)
      attrs = {nn.batch_norm = 1.0 : f32} {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32, %5: f32):
    linalg.yield %0 : f32
  } -> tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}
