// RUN: echo '{weights: {bits: 4}, transforms: {split_channels: true}}' > %t.yaml
// RUN: quant-opt %s --transform-split-channels=recipe=%t.yaml --split-input-file --verify-diagnostics

nn.data @w {value = dense<1.0> : tensor<32x2xf32>} : tensor<32x2xf32>
func.func @norms(%x: tensor<4x32xf32>) -> tensor<4x2xf32> {
  %w = nn.param @w : tensor<32x2xf32>
  // expected-error @+1 {{has norms of 2 inputs, expected 32}}
  %0 = nn.matmul %x, %w {qnt.input_norms = array<f32: 4.0, 1.0>} : tensor<4x32xf32>, tensor<32x2xf32> -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

nn.data @w {file = "there/is/no/such/file", offset = 0 : i64} : tensor<32x2xf32>
func.func @unreadable(%x: tensor<4x32xf32>) -> tensor<4x2xf32> {
  %w = nn.param @w : tensor<32x2xf32>
  // expected-error @+1 {{cannot read 'there/is/no/such/file'}}
  %0 = nn.matmul %x, %w : tensor<4x32xf32>, tensor<32x2xf32> -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
