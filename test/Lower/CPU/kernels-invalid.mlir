// RUN: quant-opt %s --lower-cpu-kernels --split-input-file --verify-diagnostics

func.func private @f(%x: memref<8xi8>, %y: memref<8xf32>) {
  // expected-error @+1 {{names kernel 'dequantize.row', which the CPU has no code for}}
  kern.dequantize "dequantize.row" ins(%x : memref<8xi8>) outs(%y : memref<8xf32>)
  return
}

// -----

func.func private @f(%x: memref<8xi8>, %y: memref<8xf32>) {
  // expected-error @+1 {{needs the attributes 'scale' and 'zero_point'}}
  kern.dequantize "dequantize.tensor" ins(%x : memref<8xi8>) outs(%y : memref<8xf32>)
  return
}

// -----

func.func private @f(%x: memref<4x4xi8, strided<[8, 1]>>, %y: memref<4x4xf32>) {
  // expected-error @+1 {{needs buffers without gaps}}
  kern.dequantize "dequantize.tensor" ins(%x : memref<4x4xi8, strided<[8, 1]>>) outs(%y : memref<4x4xf32>)
      {scale = 1.0 : f32, zero_point = 0 : i64}
  return
}

// -----

func.func @f(%x: tensor<8xi8>, %y: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{must be on buffers before its loops are generated}}
  %0 = kern.dequantize "dequantize.tensor" ins(%x : tensor<8xi8>) outs(%y : tensor<8xf32>)
      {scale = 1.0 : f32, zero_point = 0 : i64} -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func private @f(%x: memref<1x64xf32>, %w: memref<1x8x64xi8>, %s: memref<1x1x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{has codes of 5 bits; expected 2, 3, 4 or 8}}
  kern.matmul "matmul.a16" ins(%x, %w, %s : memref<1x64xf32>, memref<1x8x64xi8>, memref<1x1x16xf32>) outs(%y : memref<1x16xf32>) {bits = 5 : i64}
  return
}

// -----

func.func private @f(%x: memref<1x64xf32>, %w: memref<1x8x64xi8>, %s: memref<1x6x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{has groups of 12 columns, which are no whole lines of 8}}
  kern.matmul "matmul.a16" ins(%x, %w, %s : memref<1x64xf32>, memref<1x8x64xi8>, memref<1x6x16xf32>) outs(%y : memref<1x16xf32>)
      {bits = 4 : i64, group_size = 12 : i64}
  return
}

// -----

func.func private @f(%x: memref<1x?xf32>, %w: memref<1x?x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{needs static numbers of columns}}
  kern.matmul "matmul.f32" ins(%x, %w : memref<1x?xf32>, memref<1x?x16xf32>) outs(%y : memref<1x16xf32>)
  return
}

// -----

func.func private @f(%x: memref<1x8xf32>, %w: memref<1x8x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{has activation 'gelu'; expected relu or none}}
  kern.matmul "matmul.f32" ins(%x, %w : memref<1x8xf32>, memref<1x8x16xf32>) outs(%y : memref<1x16xf32>) {activation = "gelu"}
  return
}

// -----

func.func private @f(%x: memref<2x4x8xf32, strided<[64, 8, 1]>>, %w: memref<1x8x16xf32>, %y: memref<2x4x16xf32>) {
  // expected-error @+1 {{needs rows without gaps between them}}
  kern.matmul "matmul.f32" ins(%x, %w : memref<2x4x8xf32, strided<[64, 8, 1]>>, memref<1x8x16xf32>) outs(%y : memref<2x4x16xf32>)
  return
}

// -----

func.func private @f(%x: memref<1x8xf32>, %y: memref<1x8xi8>) {
  // expected-error @+1 {{expects codes, scales and perhaps zero points as destinations}}
  kern.quantize "quantize.token" ins(%x : memref<1x8xf32>) outs(%y : memref<1x8xi8>)
  return
}

// -----

func.func private @f(%a: memref<2x4x8xf32>, %b: memref<8x4xf32>, %y: memref<2x4x4xf32>) {
  // expected-error @+1 {{needs operands of one rank, two or more}}
  kern.batch_matmul "batch_matmul.f32" ins(%a, %b : memref<2x4x8xf32>, memref<8x4xf32>) outs(%y : memref<2x4x4xf32>)
  return
}

// -----

func.func private @f(%x: memref<1x8x8x16xf32>, %w: memref<1x144x16xf32>, %y: memref<1x8x8x16xf32>) {
  // expected-error @+1 {{needs kernel_size, strides, dilations of two numbers, pads of four}}
  kern.conv "conv.f32" ins(%x, %w : memref<1x8x8x16xf32>, memref<1x144x16xf32>) outs(%y : memref<1x8x8x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1>, strides = array<i64: 1, 1>}
  return
}

// -----

func.func private @f(%x: memref<1x8x8x?xf32>, %w: memref<1x144x16xf32>, %y: memref<1x8x8x16xf32>) {
  // expected-error @+1 {{needs images [N, H, W, C] without gaps, with static channels}}
  kern.conv "conv.f32" ins(%x, %w : memref<1x8x8x?xf32>, memref<1x144x16xf32>) outs(%y : memref<1x8x8x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
  return
}

// -----

func.func private @f(%x: memref<1x8x8x16xf32>, %w: memref<1x144x16xf32>, %y: memref<1x8x8x?xf32>) {
  // expected-error @+1 {{needs a static number of output channels}}
  kern.conv "conv.f32" ins(%x, %w : memref<1x8x8x16xf32>, memref<1x144x16xf32>) outs(%y : memref<1x8x8x?xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
  return
}

// -----

func.func private @f(%x: memref<1x8x8x16xi8>, %w: memref<1x36x64xi8>, %s: memref<1x1x16xf32>, %y: memref<1x8x8x16xf32>) {
  // expected-error @+1 {{needs the attributes 'input_scale' and 'input_zero_point'}}
  kern.conv "conv.a8" ins(%x, %w, %s : memref<1x8x8x16xi8>, memref<1x36x64xi8>, memref<1x1x16xf32>) outs(%y : memref<1x8x8x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>,
       bits = 8 : i64}
  return
}

// -----

func.func private @f(%x: memref<1x8x8x16xi8>, %w: memref<1x18x64xi8>, %s: memref<1x1x16xf32>, %y: memref<1x8x8x16xf32>) {
  // expected-error @+1 {{has codes of 5 bits; expected 2, 3, 4 or 8}}
  kern.conv "conv.a8" ins(%x, %w, %s : memref<1x8x8x16xi8>, memref<1x18x64xi8>, memref<1x1x16xf32>) outs(%y : memref<1x8x8x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>,
       bits = 5 : i64, input_scale = 1.0e-01 : f32, input_zero_point = 0 : i64}
  return
}

// -----

func.func private @f(%x: memref<1x8x8x16xi8>, %w: memref<1x3x64xi8>, %s: memref<1x1x16xf32>, %y: memref<1x8x8x16xf32>) {
  // expected-error @+1 {{needs the attributes 'input_scale' and 'input_zero_point'}}
  kern.depthwise_conv "depthwise_conv.a8" ins(%x, %w, %s : memref<1x8x8x16xi8>, memref<1x3x64xi8>, memref<1x1x16xf32>) outs(%y : memref<1x8x8x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
  return
}

// -----

func.func private @f(%x: memref<1x8x8x16xi8>, %w: memref<1x3x64xi8>, %s: memref<1x3x16xf32>, %y: memref<1x8x8x16xf32>) {
  // expected-error @+1 {{has groups of 4 taps; expected one scale a channel}}
  kern.depthwise_conv "depthwise_conv.a8" ins(%x, %w, %s : memref<1x8x8x16xi8>, memref<1x3x64xi8>, memref<1x3x16xf32>) outs(%y : memref<1x8x8x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>,
       bits = 8 : i64, group_size = 4 : i64, input_scale = 1.0e-01 : f32, input_zero_point = 0 : i64}
  return
}

// -----

func.func private @f(%x: memref<1x8x8x16xf32>, %w: memref<3x1x144x16xf32>, %y: memref<1x8x8x48xf32>) {
  // expected-error @+1 {{has 3 groups; expected a divisor of the channels, and one group of codes}}
  kern.conv "conv.f32" ins(%x, %w : memref<1x8x8x16xf32>, memref<3x1x144x16xf32>) outs(%y : memref<1x8x8x48xf32>)
      {dilations = array<i64: 1, 1>, groups = 3 : i64, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
  return
}

// -----

func.func private @f(%x: memref<2x8xf32>, %y: memref<2x8xf32>) {
  // expected-error @+1 {{needs the attributes 'block' and 'seed'}}
  kern.rotate "rotate.hadamard" ins(%x : memref<2x8xf32>) outs(%y : memref<2x8xf32>)
  return
}

// -----

func.func private @f(%x: memref<2x?xf32>, %y: memref<2x?xf32>) {
  // expected-error @+1 {{rotates blocks of 8, which do not divide the rows of 'memref<2x?xf32>'}}
  kern.rotate "rotate.hadamard" ins(%x : memref<2x?xf32>) outs(%y : memref<2x?xf32>) {block = 8 : i64, seed = 0 : i64}
  return
}

// -----

func.func private @f(%x: memref<2x8xf32>, %y: memref<2x8xf32>) {
  // expected-error @+1 {{needs a fixed number of channels, i32, behind its rows}}
  kern.take "take.channels" ins(%x : memref<2x8xf32>) outs(%y : memref<2x8xf32>)
  return
}

// -----

func.func private @f(%x: memref<2x8xf32>, %c: memref<?xi32>, %q: memref<2x8xi8>, %s: memref<2xf32>) {
  // expected-error @+1 {{needs a fixed number of channels, i32, behind its rows}}
  kern.quantize "quantize.taken" ins(%x, %c : memref<2x8xf32>, memref<?xi32>) outs(%q, %s : memref<2x8xi8>, memref<2xf32>)
  return
}

// -----

func.func private @f(%x: memref<2x?xf32>, %c: memref<3xi32>, %y: memref<2x?xf32>) {
  // expected-error @+1 {{appends channels to rows of unknown size}}
  kern.take "take.channels" ins(%x, %c : memref<2x?xf32>, memref<3xi32>) outs(%y : memref<2x?xf32>) {append}
  return
}

// -----

func.func private @f(%x: memref<2x8xf32>, %y: memref<2x8xf32>) {
  // expected-error @+1 {{names kernel 'take.rows', which the CPU has no code for}}
  kern.take "take.rows" ins(%x : memref<2x8xf32>) outs(%y : memref<2x8xf32>)
  return
}

// -----

func.func private @f(%x: memref<2x92xf32>, %y: memref<2x92xf32>) {
  // expected-error @+1 {{rotates blocks of 92, for which no Hadamard matrix is known}}
  kern.rotate "rotate.hadamard" ins(%x : memref<2x92xf32>) outs(%y : memref<2x92xf32>) {block = 92 : i64, seed = 0 : i64}
  return
}

// -----

func.func private @f(%x: memref<2x8xf32>, %y: memref<2x8xf32>) {
  // expected-error @+1 {{names kernel 'rotate.dense', which the CPU has no code for}}
  kern.rotate "rotate.dense" ins(%x : memref<2x8xf32>) outs(%y : memref<2x8xf32>)
  return
}

// -----

func.func private @f(%x: memref<1x64xf32>, %w: memref<1x4x64xi8>, %s: memref<1x1x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{has 2-bit "e2m1" codes, which no policy decodes}}
  kern.matmul "matmul.a16" ins(%x, %w, %s : memref<1x64xf32>, memref<1x4x64xi8>, memref<1x1x16xf32>) outs(%y : memref<1x16xf32>)
      {bits = 2 : i64, code = "e2m1"}
  return
}

// -----
func.func private @f(%x: memref<1x64xf32>, %w: memref<1x2x64xi8>, %s: memref<1x1x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{has codes of 2 bits; expected 1, or indices of 1 to 16 bits and codebook_dim from 2 to 16}}
  kern.matmul "matmul.a16" ins(%x, %w, %s : memref<1x64xf32>, memref<1x2x64xi8>, memref<1x1x16xf32>)
      outs(%y : memref<1x16xf32>) {bits = 2 : i64, code = "binary"}
  return
}

// -----

func.func private @f(%x: memref<1x64xf32>, %w: memref<1x4x64xi8>, %s: memref<1x1x16xi8>, %u: memref<1x1xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{has "e5m2" scales; expected "e8m0" or "e4m3"}}
  kern.matmul "matmul.a16" ins(%x, %w, %s, %u : memref<1x64xf32>, memref<1x4x64xi8>, memref<1x1x16xi8>, memref<1x1xf32>) outs(%y : memref<1x16xf32>)
      {bits = 2 : i64, scales = "e5m2"}
  return
}

// -----

func.func private @f(%x: memref<2x8xf32>, %a: memref<4x8xf16>, %y: memref<2x4xf32>) {
  // expected-error @+1 {{names kernel 'project.f32', which the CPU has no code for}}
  kern.project "project.f32" ins(%x, %a : memref<2x8xf32>, memref<4x8xf16>) outs(%y : memref<2x4xf32>)
  return
}

// -----

func.func private @f(%x: memref<2x8xf32>, %a: memref<4x8xf32>, %y: memref<2x4xf32>) {
  // expected-error @+1 {{needs a matrix of f16 of static size, found 'memref<4x8xf32>'}}
  kern.project "project.f16" ins(%x, %a : memref<2x8xf32>, memref<4x8xf32>) outs(%y : memref<2x4xf32>)
  return
}

// -----

func.func private @f(%x: memref<2x4x8xf32, strided<[64, 8, 1]>>, %a: memref<4x8xf16>, %y: memref<2x4x4xf32>) {
  // expected-error @+1 {{needs rows without gaps between them}}
  kern.project "project.f16" ins(%x, %a : memref<2x4x8xf32, strided<[64, 8, 1]>>, memref<4x8xf16>) outs(%y : memref<2x4x4xf32>)
  return
}

// -----

func.func private @f(%x: memref<1x64xf32>, %w: memref<64x1x24xi8>, %s: memref<4x1x16xf32>, %t: memref<1xf32>, %y: memref<1x64xf32>) {
  // expected-error @+1 {{has codes of 3 bits in columns; expected 2, 4 or 8}}
  kern.matmul "matmul.sparse" ins(%x, %w, %s, %t : memref<1x64xf32>, memref<64x1x24xi8>, memref<4x1x16xf32>, memref<1xf32>)
      outs(%y : memref<1x64xf32>) {bits = 3 : i64}
  return
}

// -----
func.func private @f(%x: memref<1x64xi8>, %r: memref<1xf32>, %w: memref<1x8x16xi8>, %s: memref<1x1x16xf32>, %c: memref<1x128xi32>,
                     %y: memref<1x16xf32>) {
  // expected-error @+1 {{has int8 codes and a codebook; expected fp32 rows}}
  kern.matmul "matmul.a8" ins(%x, %r, %w, %s, %c : memref<1x64xi8>, memref<1xf32>, memref<1x8x16xi8>, memref<1x1x16xf32>, memref<1x128xi32>)
      outs(%y : memref<1x16xf32>) {bits = 8 : i64, code = "codebook", codebook_dim = 8 : i64}
  return
}

// -----

func.func private @f(%x: memref<2x1xi64>, %w: memref<1x1x16xi64>, %s: memref<1x1x16xf32>, %y: memref<2x8xf32>) {
  // expected-error @+1 {{needs the attribute 'columns' and either 'input_scale' or 'has_thresholds'}}
  kern.binary_matmul "binary_matmul.b1" ins(%x, %w, %s : memref<2x1xi64>, memref<1x1x16xi64>, memref<1x1x16xf32>) outs(%y : memref<2x8xf32>) {columns = 64 : i64}
  return
}

// -----

func.func private @f(%x: memref<2x1xi64>, %w: memref<1x1x16xi64>, %s: memref<1x1x16xf32>, %y: memref<2x8xf32>) {
  // expected-error @+1 {{has rows of 1 words for 65 columns}}
  kern.binary_matmul "binary_matmul.b1" ins(%x, %w, %s : memref<2x1xi64>, memref<1x1x16xi64>, memref<1x1x16xf32>) outs(%y : memref<2x8xf32>) {columns = 65 : i64, input_scale = 1.0 : f32}
  return
}

// -----

func.func private @f(%x: memref<2x1xi64>, %w: memref<1x1x16xi64>, %s: memref<1x1x16xf32>, %y: memref<2x8xf32>) {
  // expected-error @+1 {{names kernel 'binary_matmul.b2', which the CPU has no code for}}
  kern.binary_matmul "binary_matmul.b2" ins(%x, %w, %s : memref<2x1xi64>, memref<1x1x16xi64>, memref<1x1x16xf32>) outs(%y : memref<2x8xf32>)
  return
}

// -----

func.func private @f(%x: memref<2x?xf32>, %y: memref<2x1xi64>) {
  // expected-error @+1 {{needs a static number of columns}}
  kern.pack_signs "pack_signs.f32" ins(%x : memref<2x?xf32>) outs(%y : memref<2x1xi64>)
  return
}

// -----

func.func private @f(%x: memref<1x64xf32>, %w: memref<1x4x64xi8>, %v: memref<1x4x64xi8>, %s: memref<1x1x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{has 4-bit planes in 'matmul.a16'; expected 4 or 8 bits in matmul.a16 or matmul.a8, and widths that descend from them, out of 8, 4 and 2}}
  kern.matmul "matmul.a16" ins(%x, %w, %v, %s, %s : memref<1x64xf32>, memref<1x4x64xi8>, memref<1x4x64xi8>, memref<1x1x16xf32>, memref<1x1x16xf32>)
      outs(%y : memref<1x16xf32>) {bits = 4 : i64, code = "planes", widths = array<i64: 4, 3>}
  return
}

// -----

func.func private @f(%x: memref<1x72xf32>, %w: memref<1x5x64xi8>, %v: memref<1x5x64xi8>, %s: memref<1x3x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{has groups of 24 columns, which are no whole lines of 16}}
  kern.matmul "matmul.a16" ins(%x, %w, %v, %s, %s : memref<1x72xf32>, memref<1x5x64xi8>, memref<1x5x64xi8>, memref<1x3x16xf32>, memref<1x3x16xf32>)
      outs(%y : memref<1x16xf32>) {bits = 4 : i64, code = "planes", group_size = 24 : i64, widths = array<i64: 4, 2>}
  return
}

// -----

func.func private @f(%i: memref<3xi64>, %w: memref<2x4x64xi8>, %s: memref<2x1x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{has codes in planes, which only kern.matmul takes}}
  kern.embedding "embedding.codes" ins(%i, %w, %s : memref<3xi64>, memref<2x4x64xi8>, memref<2x1x16xf32>)
      outs(%y : memref<3x16xf32>) {bits = 8 : i64, code = "planes", rows = 32 : i64}
  return
}
// -----

func.func private @f(%x: memref<1x8x8x16xf32>, %w: memref<1x36x64xi8>, %s: memref<1x1x16xf32>, %z: memref<1x1x16xf16>, %y: memref<1x8x8x16xf32>) {
  // expected-error @+1 {{has zero points that are numbers, which only matrix products take; expected codes}}
  kern.conv "conv.a16" ins(%x, %w, %s, %z : memref<1x8x8x16xf32>, memref<1x36x64xi8>, memref<1x1x16xf32>, memref<1x1x16xf16>) outs(%y : memref<1x8x8x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>,
       bits = 8 : i64, has_zero_points}
  return
}

// -----

func.func private @f(%x: memref<1x8x8x16xf32>, %w: memref<1x3x64xi8>, %s: memref<1x1x16xf32>, %z: memref<1x1x16xf32>, %y: memref<1x8x8x16xf32>) {
  // expected-error @+1 {{has zero points that are numbers, which only matrix products take; expected codes}}
  kern.depthwise_conv "depthwise_conv.a16" ins(%x, %w, %s, %z : memref<1x8x8x16xf32>, memref<1x3x64xi8>, memref<1x1x16xf32>, memref<1x1x16xf32>) outs(%y : memref<1x8x8x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>,
       bits = 8 : i64, has_zero_points}
  return
}
