// RUN: quant-opt %s --fuse-quantizers --split-input-file --verify-diagnostics

func.func @short_block(%q: tensor<5xi8>, %s: tensor<3xf32>) -> tensor<5xf32> {
  // expected-error@+1 {{has blocks of 2 in 'tensor<5xf32>'; only blocks that divide the dimension can be computed}}
  %y = qnt.dequantize %q, %s <code = int, bits = 8, granularity = group, axis = 0, group_size = 2>
      : tensor<5xi8>, tensor<3xf32> -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// -----
func.func @float_codes(%q: tensor<4xi8>) -> tensor<4xf32> {
  %s = arith.constant dense<0.1> : tensor<f32>
  // expected-error@+1 {{has codes of kind e4m3 that are no constant; only integer and binary codes can be computed}}
  %y = qnt.dequantize %q, %s <code = e4m3, bits = 8> : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}
