// RUN: echo '{weights: {bits: 4, group_size: 8}}' > %t.yaml
// RUN: quant-opt %s --transform-permute-inputs=recipe=%t.yaml --verify-diagnostics

nn.data @w {value = dense<1.0> : tensor<3x2xf32>} : tensor<3x2xf32>
func.func @norms(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = nn.param @w : tensor<3x2xf32>
  // expected-error @+1 {{has norms of 2 inputs, expected 3}}
  %0 = nn.matmul %x, %w {qnt.input_norms = array<f32: 4.0, 1.0>} : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
