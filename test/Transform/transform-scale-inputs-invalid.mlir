// RUN: quant-opt %s --transform-scale-inputs --split-input-file --verify-diagnostics

nn.data @g {value = dense<1.0> : tensor<2xf32>} : tensor<2xf32>
nn.data @w {value = dense<1.0> : tensor<2x2xf32>} : tensor<2x2xf32>
func.func @too_few(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %g = nn.param @g : tensor<2xf32>
  %w = nn.param @w : tensor<2x2xf32>
  %n = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<4x2xf32>, tensor<2xf32> -> tensor<4x2xf32>
  // expected-error @+1 {{has 1 scales for its inputs, expected 2}}
  %0 = nn.matmul %n, %w {qnt.input_scales = array<f32: 4.0>} : tensor<4x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

nn.data @g {value = dense<1.0> : tensor<2xf32>} : tensor<2xf32>
nn.data @w {value = dense<1.0> : tensor<2x2xf32>} : tensor<2x2xf32>
func.func @not_positive(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %g = nn.param @g : tensor<2xf32>
  %w = nn.param @w : tensor<2x2xf32>
  %n = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<4x2xf32>, tensor<2xf32> -> tensor<4x2xf32>
  // expected-error @+1 {{has the scale 0.000000e+00 for an input, expected positive numbers}}
  %0 = nn.matmul %n, %w {qnt.input_scales = array<f32: 4.0, 0.0>} : tensor<4x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// The norm is read by something that is no product.
nn.data @g {value = dense<1.0> : tensor<2xf32>} : tensor<2xf32>
nn.data @w {value = dense<1.0> : tensor<2x2xf32>} : tensor<2x2xf32>
func.func @read_otherwise(%x: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %g = nn.param @g : tensor<2xf32>
  %w = nn.param @w : tensor<2x2xf32>
  %n = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<4x2xf32>, tensor<2xf32> -> tensor<4x2xf32>
  // expected-error @+1 {{has scales for its inputs, but not all that writes and reads these inputs can take a scale}}
  %0 = nn.matmul %n, %w {qnt.input_scales = array<f32: 4.0, 1.0>} : tensor<4x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
  return %0, %n : tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

// An activation function is in front.
nn.data @w {value = dense<1.0> : tensor<2x2xf32>} : tensor<2x2xf32>
func.func @nonlinear(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = nn.param @w : tensor<2x2xf32>
  %0 = nn.matmul %x, %w : tensor<4x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
  %1 = nn.activation silu %0 : tensor<4x2xf32>
  // expected-error @+1 {{not all that writes and reads these inputs}}
  %2 = nn.matmul %1, %w {qnt.input_scales = array<f32: 4.0, 1.0>} : tensor<4x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
  return %2 : tensor<4x2xf32>
}

// -----

// What a rotation passes a scale need not: the features of x W are also summed
// with themselves.
nn.data @w {value = dense<1.0> : tensor<2x2xf32>} : tensor<2x2xf32>
func.func @summed(%x: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x4xf32>) {
  %w = nn.param @w : tensor<2x2xf32>
  %0 = nn.matmul %x, %w : tensor<4x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
  %1 = nn.matmul %0, %0 transpose_rhs : tensor<4x2xf32>, tensor<4x2xf32> -> tensor<4x4xf32>
  // expected-error @+1 {{not all that writes and reads these inputs}}
  %2 = nn.matmul %0, %w {qnt.input_scales = array<f32: 4.0, 1.0>} : tensor<4x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
  return %2, %1 : tensor<4x2xf32>, tensor<4x4xf32>
}
