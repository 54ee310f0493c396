// RUN: quant-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{expects 1 to 8 bits, found 9}}
func.func private @f() attributes {s = #qnt.scheme<code = int, bits = 9>}

// -----
// expected-error@+1 {{ternary codes have 2 bits, found 3}}
func.func private @f() attributes {s = #qnt.scheme<code = ternary, bits = 3>}

// -----
// expected-error@+1 {{a scheme without codes has 0 bits, found 4}}
func.func private @f() attributes {s = #qnt.scheme<code = none, bits = 4>}

// -----
// expected-error@+1 {{expects a non-negative axis, found -1}}
func.func private @f() attributes {s = #qnt.scheme<code = int, bits = 4, axis = -1>}

// -----
// expected-error@+1 {{expects a positive group_size exactly for granularity group, found 0}}
func.func private @f() attributes {s = #qnt.scheme<code = int, bits = 4, granularity = group>}

// -----
// expected-error@+1 {{e2m1 codes have no zero point}}
func.func private @f() attributes {s = #qnt.scheme<code = e2m1, bits = 4, zero_point = true>}

// -----
// expected-error@+1 {{expects codebook_size and codebook_dim exactly for codebook codes}}
func.func private @f() attributes {s = #qnt.scheme<code = codebook, bits = 8>}

// -----
// expected-error@+1 {{two_level scales need granularity group}}
func.func private @f() attributes {s = #qnt.scheme<code = int, bits = 4, scale = two_level>}

// -----
// expected-error@+1 {{panels hold a matrix, found 3 dimensions}}
func.func private @f(!qnt.packed<2x3x4, <code = int, bits = 4>, <panel16k4>>)

// -----
// expected-error@+1 {{column64 holds a matrix of codes of 2, 4 or 8 bits, found 2 dimensions and codes of 3}}
func.func private @f(!qnt.packed<2x3, <code = uint, bits = 3>, <column64>>)

// -----
// expected-error@+1 {{column64 holds uint codes, found e2m1}}
func.func private @f(!qnt.packed<2x3, <code = e2m1, bits = 4>, <column64>>)

// -----
func.func @threshold(%x: tensor<2x3xf32>, %t: tensor<2xf32>) {
  // expected-error@+1 {{expects one fp32 number to compare with, found 'tensor<2xf32>'}}
  %0 = qnt.threshold %x above %t : tensor<2x3xf32>, tensor<2xf32>
  return
}

// -----
func.func @threshold(%x: tensor<f32>, %t: tensor<1xf32>) {
  // expected-error@+1 {{expects rows of fp32 numbers, found 'tensor<f32>'}}
  %0 = qnt.threshold %x above %t : tensor<f32>, tensor<1xf32>
  return
}

// -----
// expected-error@+1 {{panel16f32 is the layout of floats, and the only one}}
func.func private @f(!qnt.packed<2x3, <code = int, bits = 4>, <panel16f32>>)

// -----
// expected-error@+1 {{panel16k4 holds codes of 1, 2, 3, 4 or 8 bits, found 5}}
func.func private @f(!qnt.packed<2x3, <code = int, bits = 5>, <panel16k4>>)

// -----
// expected-error@+1 {{the layout blocks needs granularity group}}
func.func private @f(!qnt.packed<2x3, <code = int, bits = 4>, <blocks>>)

// -----
// expected-error@+1 {{has a size that does not fit}}
func.func private @f(!qnt.packed<4294967296x4294967296, <code = int, bits = 4>, <rows>>)

// -----
func.func @f(%x: tensor<4xf32>, %s: tensor<f32>) {
  // expected-error@+1 {{expects a scheme with codes and given scales}}
  %0 = qnt.quantize %x, %s <code = none> : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return
}

// -----
func.func @f(%x: tensor<4xf32>, %s: tensor<f32>) {
  // expected-error@+1 {{has shapes that differ}}
  %0 = qnt.quantize %x, %s <code = int, bits = 8> : tensor<4xf32>, tensor<f32> -> tensor<5xi8>
  return
}

// -----
func.func @f(%x: tensor<4xf32>, %s: tensor<f32>) {
  // expected-error@+1 {{has a scheme with zero points, but no zero point}}
  %0 = qnt.quantize %x, %s <code = int, bits = 8, zero_point = true> : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return
}

// -----
func.func @f(%x: tensor<4xf32>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error@+1 {{has a zero point, but a scheme without}}
  %0 = qnt.quantize %x, %s zero_point %z <code = int, bits = 8> : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return
}

// -----
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expects int codes of 4 or 8 bits with dynamic scales, one a token}}
  %0, %1 = qnt.quantize_dynamic %x <code = int, bits = 8> : tensor<2x4xf32> -> tensor<2x4xi8>, tensor<2xf32>
  return
}

// -----
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expects one scale for each row of 'tensor<2x4xf32>', found 'tensor<2x4xf32>'}}
  %0, %1 = qnt.quantize_dynamic %x <code = int, bits = 8, granularity = token, dynamic = true> : tensor<2x4xf32> -> tensor<2x4xi8>, tensor<2x4xf32>
  return
}

// -----
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{has a scheme with zero points, but no zero point}}
  %0, %1 = qnt.quantize_dynamic %x <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true> : tensor<2x4xf32> -> tensor<2x4xi8>, tensor<2xf32>
  return
}

// -----
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{has shapes that differ: 'tensor<2xf32>' and 'tensor<3xi8>'}}
  %0, %1, %2 = qnt.quantize_dynamic %x <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true> : tensor<2x4xf32> -> tensor<2x4xi8>, tensor<2xf32>, tensor<3xi8>
  return
}

// -----
func.func @f(%x: tensor<2x8xi8>, %s: tensor<2xf32>, %z: tensor<2xi8>, %w: !qnt.packed<4x8, <code = int, bits = 8, granularity = channel>, <panel16k4>>, %t: tensor<4x1xf32>) {
  // expected-error@+1 {{expects sums of the weight exactly when the left operand has a zero point}}
  %0 = qnt.matmul %x scale %s offset %z weight %w, %t : (tensor<2x8xi8>, tensor<2xf32>, tensor<2xi8>, !qnt.packed<4x8, <code = int, bits = 8, granularity = channel>, <panel16k4>>, tensor<4x1xf32>) -> tensor<2x4xf32>
  return
}

// -----
func.func @f(%x: !qnt.packed<4, <code = int, bits = 4>, <rows>>, %s: tensor<f32>) {
  // expected-error@+1 {{has codes of another scheme}}
  %0 = qnt.dequantize %x, %s <code = int, bits = 8> : !qnt.packed<4, <code = int, bits = 4>, <rows>>, tensor<f32> -> tensor<4xf32>
  return
}

// -----
func.func @f(%x: tensor<4xi8>, %s: tensor<f32>) {
  // expected-error@+1 {{has codes 'tensor<4xi8>', but the result 'tensor<5xf32>'}}
  %0 = qnt.dequantize %x, %s <code = int, bits = 8> : tensor<4xi8>, tensor<f32> -> tensor<5xf32>
  return
}

// -----
func.func @f(%x: tensor<4xf32>) {
  // expected-error@+1 {{keeps a value in floating point without a reason}}
  %0 = qnt.assign %x <code = none> : tensor<4xf32>
  return
}

// -----
func.func @f(%x: tensor<4xf32>) {
  // expected-error@+1 {{expects a non-negative id, found -1}}
  %0 = qnt.observe %x {id = -1 : i64} : tensor<4xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 4, granularity = group, axis = 1, group_size = 64>
func.func @f(%x: tensor<1x128xf32>, %w: !qnt.packed<32x128, #w, <panel16k4>>, %s: tensor<32x3xf32>) {
  // expected-error@+1 {{expects scales of 32x2, found 'tensor<32x3xf32>'}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<1x128xf32>, !qnt.packed<32x128, #w, <panel16k4>>, tensor<32x3xf32>) -> tensor<1x32xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 4, granularity = channel>
func.func @f(%x: tensor<1x128xf32>, %w: !qnt.packed<32, #w, <rows>>, %s: tensor<32x1xf32>) {
  // expected-error@+1 {{expects a packed matrix}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<1x128xf32>, !qnt.packed<32, #w, <rows>>, tensor<32x1xf32>) -> tensor<1x32xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 4, granularity = channel>
func.func @f(%x: tensor<1x100xf32>, %w: !qnt.packed<32x128, #w, <panel16k4>>, %s: tensor<32x1xf32>) {
  // expected-error@+1 {{multiplies 'tensor<1x100xf32>' by a weight of 128 columns}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<1x100xf32>, !qnt.packed<32x128, #w, <panel16k4>>, tensor<32x1xf32>) -> tensor<1x32xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 4, granularity = channel>
func.func @f(%x: tensor<1x128xf32>, %w: !qnt.packed<32x128, #w, <panel16k4>>, %s: tensor<32x1xf32>) {
  // expected-error@+1 {{has 32 output channels, but the result 'tensor<1x31xf32>'}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<1x128xf32>, !qnt.packed<32x128, #w, <panel16k4>>, tensor<32x1xf32>) -> tensor<1x31xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 4, granularity = channel>
func.func @f(%x: tensor<1x128xi8>, %w: !qnt.packed<32x128, #w, <panel16k4>>, %s: tensor<32x1xf32>) {
  // expected-error@+1 {{expects a scale of the left operand exactly when it holds codes}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<1x128xi8>, !qnt.packed<32x128, #w, <panel16k4>>, tensor<32x1xf32>) -> tensor<1x32xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 8, granularity = channel>
func.func @f(%x: tensor<1x8x8x3xi8>, %xs: tensor<f32>, %w: !qnt.packed<32x128, #w, <panel16k4>>, %s: tensor<32x1xf32>) {
  // expected-error@+1 {{expects a filter of 27 columns, found 128}}
  %0 = qnt.conv %x scale %xs weight %w, %s {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>,
      pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x8x8x3xi8>, tensor<f32>,
      !qnt.packed<32x128, #w, <panel16k4>>, tensor<32x1xf32>) -> tensor<1x8x8x32xf32>
  return
}

// -----
func.func @groups(%x: tensor<1x8x8x3xi8>, %sx: tensor<f32>, %s: tensor<16x1xf32>,
                  %w: !qnt.packed<16x27, <code = int, bits = 8, granularity = channel>, <panel16k4>>) {
  // expected-error@+1 {{expects a positive number of groups, found 0}}
  %0 = qnt.conv %x scale %sx weight %w, %s {dilations = array<i64: 1, 1>, groups = 0 : i64,
      kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
      : (tensor<1x8x8x3xi8>, tensor<f32>, !qnt.packed<16x27, <code = int, bits = 8, granularity = channel>, <panel16k4>>,
         tensor<16x1xf32>) -> tensor<1x8x8x16xf32>
  return
}

// -----
func.func @numbers(%x: tensor<1x8x8x3xf32>, %sx: tensor<f32>, %s: tensor<16x1xf32>,
                   %w: !qnt.packed<16x27, <code = uint, bits = 8, granularity = channel>, <panel16k4>>) {
  // expected-error@+1 {{expects a scale of the input exactly when it holds codes}}
  %0 = qnt.conv %x scale %sx weight %w, %s {dilations = array<i64: 1, 1>,
      kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
      : (tensor<1x8x8x3xf32>, tensor<f32>, !qnt.packed<16x27, <code = uint, bits = 8, granularity = channel>, <panel16k4>>,
         tensor<16x1xf32>) -> tensor<1x8x8x16xf32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>) {
  // expected-error@+1 {{expects an axis of 'tensor<8x4xf32>', found 2}}
  %0 = qnt.transform center %w {axis = 2 : i64} : tensor<8x4xf32>
  return
}

// -----
func.func @f(%w: tensor<?x4xf32>) {
  // expected-error@+1 {{expects a constant of static size, found 'tensor<?x4xf32>'}}
  %0 = qnt.transform center %w {axis = 1 : i64} : tensor<?x4xf32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>) {
  // expected-error@+1 {{expects blocks that divide 8 elements exactly for hadamard, found blocks of 3}}
  %0 = qnt.transform hadamard %w {axis = 0 : i64, block = 3 : i64} : tensor<8x4xf32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>) {
  // expected-error@+1 {{expects numbers to scale by exactly for scale}}
  %0 = qnt.transform scale %w {axis = 0 : i64} : tensor<8x4xf32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>, %g: tensor<4xf32>) {
  // expected-error@+1 {{expects 8 numbers to scale by, found 'tensor<4xf32>'}}
  %0 = qnt.transform scale %w by %g {axis = 0 : i64} : tensor<8x4xf32>, tensor<4xf32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>) {
  // expected-error@+1 {{has no inverse: a mean that is gone stays gone}}
  %0 = qnt.transform center %w {axis = 0 : i64, inverse} : tensor<8x4xf32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>, %g: tensor<4xf32>) {
  // expected-error@+1 {{expects channels exactly for take and split}}
  %0 = qnt.transform take %w by %g {axis = 1 : i64} : tensor<8x4xf32>, tensor<4xf32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>, %c: tensor<4xi32>) {
  // expected-error@+1 {{expects channels exactly for take and split}}
  %0 = qnt.transform scale %w by %c {axis = 1 : i64} : tensor<8x4xf32>, tensor<4xi32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>, %c: tensor<4xi32>) {
  // expected-error@+1 {{has no inverse}}
  %0 = qnt.transform take %w by %c {axis = 1 : i64, inverse} : tensor<8x4xf32>, tensor<4xi32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>, %c: tensor<4xi32>) {
  // expected-error@+1 {{expects a scheme exactly for split}}
  %0 = qnt.transform split %w by %c {axis = 1 : i64} : tensor<8x4xf32>, tensor<4xi32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>, %c: tensor<4xi32>) {
  // expected-error@+1 {{splits channels for codes that are whole numbers, found #qnt.scheme<code = ternary}}
  %0 = qnt.transform split %w by %c {axis = 1 : i64, scheme = #qnt.scheme<code = ternary, bits = 2>} : tensor<8x4xf32>, tensor<4xi32>
  return
}

// -----
func.func @f(%w: tensor<8x4xf32>, %c: tensor<3xi32>) {
  // expected-error@+1 {{gives 'tensor<8x3xf32>', but the result is 'tensor<8x4xf32>'}}
  %0 = qnt.transform take %w by %c {axis = 1 : i64} : tensor<8x4xf32>, tensor<3xi32>
  return
}

// -----
func.func @f(%x: tensor<2x?xf32>, %c: tensor<4xi32>) {
  // expected-error@+1 {{expects rows of static size, found 'tensor<2x?xf32>' and 'tensor<2x4xf32>'}}
  %0 = qnt.take_channels %x at %c : tensor<2x?xf32>, tensor<4xi32> -> tensor<2x4xf32>
  return
}

// -----
func.func @f(%x: tensor<2x8xf32>, %c: tensor<4xi32>) {
  // expected-error@+1 {{gives rows of 12 channels, but the result is 'tensor<2x4xf32>'}}
  %0 = qnt.take_channels %x at %c {append} : tensor<2x8xf32>, tensor<4xi32> -> tensor<2x4xf32>
  return
}

// -----
func.func @f(%x: tensor<2x12xf32>) {
  // expected-error@+1 {{expects rows of static size in blocks that divide them, found blocks of 8 in 'tensor<2x12xf32>'}}
  %0 = qnt.rotate %x {block = 8 : i64} : tensor<2x12xf32>
  return
}

// -----
func.func @f(%x: tensor<2x?xf32>) {
  // expected-error@+1 {{expects rows of static size in blocks that divide them, found blocks of 1 in 'tensor<2x?xf32>'}}
  %0 = qnt.rotate %x {block = 1 : i64} : tensor<2x?xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 8, granularity = channel>
func.func @f(%i: tensor<3xf32>, %w: !qnt.packed<32x8, #w, <panel16k4>>, %s: tensor<32x1xf32>) {
  // expected-error@+1 {{expects integer ids, found 'tensor<3xf32>'}}
  %0 = qnt.embedding %i table %w, %s : (tensor<3xf32>, !qnt.packed<32x8, #w, <panel16k4>>, tensor<32x1xf32>) -> tensor<3x8xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 8, granularity = channel>
func.func @f(%i: tensor<3xi64>, %w: !qnt.packed<32x8, #w, <panel16k4>>, %s: tensor<32x1xf32>) {
  // expected-error@+1 {{gives rows of 8 columns, but the result is 'tensor<3x9xf32>'}}
  %0 = qnt.embedding %i table %w, %s : (tensor<3xi64>, !qnt.packed<32x8, #w, <panel16k4>>, tensor<32x1xf32>) -> tensor<3x9xf32>
  return
}

// -----
#w = #qnt.scheme<code = e2m1, bits = 4, granularity = group, axis = 1, group_size = 32, scale = e8m0>
func.func @f(%x: tensor<1x64xf32>, %w: !qnt.packed<16x64, #w, <panel16k4>>, %s: tensor<16x2xf32>) {
  // expected-error@+1 {{has e8m0 scales, but a tensor of 'f32'}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<1x64xf32>, !qnt.packed<16x64, #w, <panel16k4>>, tensor<16x2xf32>) -> tensor<1x16xf32>
  return
}

// -----
// expected-error@+1 {{expects a codebook_dim of 2 to 16 and an even codebook_size up to 2^codebook_dim, found 4 and 32}}
func.func private @f() attributes {s = #qnt.scheme<code = codebook, bits = 5, codebook_size = 32, codebook_dim = 4>}

// -----
// expected-error@+1 {{expects indices of 9 bits into 512 patterns, found 8}}
func.func private @f() attributes {s = #qnt.scheme<code = codebook, bits = 8, codebook_size = 512, codebook_dim = 10>}

// -----
// expected-error@+1 {{panel16index is the layout of codebook indices, and the only one}}
func.func private @f(!qnt.packed<2x3, <code = binary, bits = 1>, <panel16index>>)

// -----
// expected-error@+1 {{panel16index is the layout of codebook indices, and the only one}}
func.func private @f(!qnt.packed<2x3, <code = codebook, bits = 2, codebook_size = 4, codebook_dim = 2>, <panel16k4>>)

// -----
func.func @f(%x: tensor<4x8xf32>, %s: tensor<3x1xf32>,
             %w: !qnt.packed<3x8, <code = codebook, bits = 4, granularity = channel, axis = 1, codebook_size = 16, codebook_dim = 4>, <panel16index>>) {
  // expected-error@+1 {{expects a codebook exactly for codebook codes}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<4x8xf32>,
      !qnt.packed<3x8, <code = codebook, bits = 4, granularity = channel, axis = 1, codebook_size = 16, codebook_dim = 4>, <panel16index>>,
      tensor<3x1xf32>) -> tensor<4x3xf32>
  return
}

// -----
#w = #qnt.scheme<code = e2m1, bits = 4, granularity = group, axis = 1, group_size = 32, scale = e8m0>
func.func @f(%x: tensor<1x64xf32>, %w: !qnt.packed<16x64, #w, <panel16k4>>, %s: tensor<16x2xf8E8M0FNU>) {
  // expected-error@+1 {{expects a unit exactly with scales of 8 bits}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<1x64xf32>, !qnt.packed<16x64, #w, <panel16k4>>, tensor<16x2xf8E8M0FNU>) -> tensor<1x16xf32>
  return
}

// -----
func.func @f(%x: tensor<4x8xf32>, %s: tensor<3x1xf32>, %c: tensor<14xi16>,
             %w: !qnt.packed<3x8, <code = codebook, bits = 4, granularity = channel, axis = 1, codebook_size = 16, codebook_dim = 4>, <panel16index>>) {
  // expected-error@+1 {{expects a codebook of 16 patterns of type i16, found 'tensor<14xi16>'}}
  %0 = qnt.matmul %x weight %w, %s codebook %c : (tensor<4x8xf32>,
      !qnt.packed<3x8, <code = codebook, bits = 4, granularity = channel, axis = 1, codebook_size = 16, codebook_dim = 4>, <panel16index>>,
      tensor<3x1xf32>, tensor<14xi16>) -> tensor<4x3xf32>
  return
}

// -----
#w = #qnt.scheme<code = ternary, bits = 2, granularity = group, axis = 1, group_size = 32, scale = e4m3>
func.func @f(%i: tensor<1x?xi64>, %w: !qnt.packed<16x64, #w, <panel16k4>>, %s: tensor<16x2xf8E4M3FN>, %u: tensor<1xf32>) {
  // expected-error@+1 {{expects one unit of all scales, 1x1, found 'tensor<1xf32>'}}
  %0 = qnt.embedding %i table %w, %s unit %u : (tensor<1x?xi64>, !qnt.packed<16x64, #w, <panel16k4>>, tensor<16x2xf8E4M3FN>, tensor<1xf32>) -> tensor<1x?x64xf32>
  return
}

// -----
func.func @f(%x: tensor<4x8xi8>, %r: tensor<4xf32>, %s: tensor<3x1xf32>, %c: tensor<16xi16>,
             %w: !qnt.packed<3x8, <code = codebook, bits = 4, granularity = channel, axis = 1, codebook_size = 16, codebook_dim = 4>, <panel16index>>) {
  // expected-error@+1 {{has int8 codes, which no weight with a codebook is multiplied by}}
  %0 = qnt.matmul %x scale %r weight %w, %s codebook %c : (tensor<4x8xi8>, tensor<4xf32>,
      !qnt.packed<3x8, <code = codebook, bits = 4, granularity = channel, axis = 1, codebook_size = 16, codebook_dim = 4>, <panel16index>>,
      tensor<3x1xf32>, tensor<16xi16>) -> tensor<4x3xf32>
  return
}

// -----
#w = #qnt.scheme<code = e4m3, bits = 8, granularity = channel, axis = 1>
func.func @f(%x: tensor<1x64xf32>, %w: !qnt.packed<16x64, #w, <panel16k4>>, %s: tensor<16x1xf32>) {
  // expected-error@+1 {{has e4m3 codes, which no product takes}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<1x64xf32>, !qnt.packed<16x64, #w, <panel16k4>>, tensor<16x1xf32>) -> tensor<1x16xf32>
  return
}

// -----
func.func @f(%x: tensor<4x8xf32>, %s: tensor<3x1xf32>, %z: tensor<3x1xi8>,
             %w: !qnt.packed<3x8, <code = binary, bits = 1, granularity = channel, axis = 1, zero_point = true>, <panel16k4>>) {
  // expected-error@+1 {{expects zero points that are numbers exactly for binary and codebook codes and with zero = f16, found 'tensor<3x1xi8>'}}
  %0 = qnt.matmul %x weight %w, %s zero_point %z : (tensor<4x8xf32>,
      !qnt.packed<3x8, <code = binary, bits = 1, granularity = channel, axis = 1, zero_point = true>, <panel16k4>>,
      tensor<3x1xf32>, tensor<3x1xi8>) -> tensor<4x3xf32>
  return
}

// -----
#w = #qnt.scheme<code = odd, bits = 2, granularity = channel>
func.func @f(%x: tensor<1x8x8x3xf32>, %w: !qnt.packed<16x27, #w, <panel16k4>>, %s: tensor<16x1xf32>) {
  // expected-error@+1 {{has odd codes, which only matrix products take}}
  %0 = qnt.conv %x weight %w, %s {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>,
      pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x8x8x3xf32>,
      !qnt.packed<16x27, #w, <panel16k4>>, tensor<16x1xf32>) -> tensor<1x8x8x16xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 4, granularity = channel>
func.func @f(%x: tensor<2x64xf32>, %w: !qnt.packed<32x64, #w, <panel16k4>>, %s: tensor<32x1xf32>, %t: tensor<2x4xf32>, %u: tensor<5x32xf16>) {
  // expected-error@+1 {{expects a low-rank branch of [..., R] and [R, 32], found 'tensor<2x4xf32>' and 'tensor<5x32xf16>'}}
  %0 = qnt.matmul %x weight %w, %s branch %t, %u : (tensor<2x64xf32>, !qnt.packed<32x64, #w, <panel16k4>>, tensor<32x1xf32>, tensor<2x4xf32>, tensor<5x32xf16>) -> tensor<2x32xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 4, granularity = channel>
func.func @f(%x: tensor<2x64xf32>, %w: !qnt.packed<32x64, #w, <panel16k4>>, %s: tensor<32x1xf32>, %t: tensor<2x4xf32>, %u: tensor<4x31xf16>) {
  // expected-error@+1 {{expects a low-rank branch of [..., R] and [R, 32], found 'tensor<2x4xf32>' and 'tensor<4x31xf16>'}}
  %0 = qnt.matmul %x weight %w, %s branch %t, %u : (tensor<2x64xf32>, !qnt.packed<32x64, #w, <panel16k4>>, tensor<32x1xf32>, tensor<2x4xf32>, tensor<4x31xf16>) -> tensor<2x32xf32>
  return
}

// -----
#w = #qnt.scheme<code = uint, bits = 4, granularity = channel>
func.func @f(%x: tensor<2x64xf32>, %w: !qnt.packed<32x64, #w, <panel16k4>>, %s: tensor<32x1xf32>, %t: tensor<2x4xf32>) {
  // expected-error@+1 {{expects both halves of a low-rank branch or none}}
  %0 = "qnt.matmul"(%x, %w, %s, %t) <{operandSegmentSizes = array<i32: 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0>}>
      : (tensor<2x64xf32>, !qnt.packed<32x64, #w, <panel16k4>>, tensor<32x1xf32>, tensor<2x4xf32>) -> tensor<2x32xf32>
  return
}

// -----
func.func @f(%x: tensor<2x64xf32>, %a: tensor<4x63xf16>) {
  // expected-error@+1 {{multiplies rows of 'tensor<2x64xf32>' by 'tensor<4x63xf16>'}}
  %0 = qnt.project %x, %a : tensor<2x64xf32>, tensor<4x63xf16> -> tensor<2x4xf32>
  return
}

// -----
func.func @f(%x: tensor<2x64xf32>, %a: tensor<4x64xf16>) {
  // expected-error@+1 {{gives rows of 4 numbers, but the result is 'tensor<2x5xf32>'}}
  %0 = qnt.project %x, %a : tensor<2x64xf32>, tensor<4x64xf16> -> tensor<2x5xf32>
  return
}

// -----
func.func @f(%i: tensor<4xi64>, %s: tensor<3x1xf32>,
             %w: !qnt.packed<3x8, <code = binary, bits = 1, granularity = channel, axis = 1>, <panel16k4>>) {
  // expected-error@+1 {{has a weight of signs, which only qnt.matmul takes}}
  %0 = qnt.embedding %i table %w, %s : (tensor<4xi64>,
      !qnt.packed<3x8, <code = binary, bits = 1, granularity = channel, axis = 1>, <panel16k4>>, tensor<3x1xf32>) -> tensor<4x8xf32>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x?xf32>) {
  // expected-error@+1 {{expects rows of static size, found 'tensor<2x?xf32>'}}
  %0 = qnt.pack_signs %x : tensor<2x?xf32> -> tensor<2x1xi64>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x8xf16>) {
  // expected-error@+1 {{expects fp32 numbers or codes in bytes, found 'tensor<2x8xf16>'}}
  %0 = qnt.pack_signs %x : tensor<2x8xf16> -> tensor<2x1xi64>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x65xf32>) {
  // expected-error@+1 {{expects 2 words for each row of 'tensor<2x65xf32>', found 'tensor<2x1xi64>'}}
  %0 = qnt.pack_signs %x : tensor<2x65xf32> -> tensor<2x1xi64>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x2xi64>, %w: !qnt.packed<16x8, <code = uint, bits = 4>, <rows>>, %i: tensor<16x2xi32>) {
  // expected-error@+1 {{expects a weight in panel16b64, found '!qnt.packed<}}
  %0 = qnt.binary_matmul %x weight %w thresholds %i : (tensor<2x2xi64>, !qnt.packed<16x8, <code = uint, bits = 4>, <rows>>, tensor<16x2xi32>) -> tensor<2x1xi64>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x2xi64>, %w: !qnt.packed<16x9x70, #b, <panel16b64>>, %i: tensor<16x2xi32>) {
  // expected-error@+1 {{expects a weight of 1 taps, found '!qnt.packed<}}
  %0 = qnt.binary_matmul %x weight %w thresholds %i : (tensor<2x2xi64>, !qnt.packed<16x9x70, #b, <panel16b64>>, tensor<16x2xi32>) -> tensor<2x1xi64>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x3xi64>, %w: !qnt.packed<16x1x70, #b, <panel16b64>>, %i: tensor<16x2xi32>) {
  // expected-error@+1 {{expects 2 words for 70 columns, found 'tensor<2x3xi64>'}}
  %0 = qnt.binary_matmul %x weight %w thresholds %i : (tensor<2x3xi64>, !qnt.packed<16x1x70, #b, <panel16b64>>, tensor<16x2xi32>) -> tensor<2x1xi64>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x2xi64>, %w: !qnt.packed<16x1x70, #b, <panel16b64>>, %i: tensor<16x2xi32>) {
  // expected-error@+1 {{expects scales for a result of numbers, thresholds for one of words}}
  %0 = qnt.binary_matmul %x weight %w thresholds %i : (tensor<2x2xi64>, !qnt.packed<16x1x70, #b, <panel16b64>>, tensor<16x2xi32>) -> tensor<2x16xf32>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x2xi64>, %w: !qnt.packed<16x1x70, #b, <panel16b64>>, %i: tensor<16x2xi32>) {
  // expected-error@+1 {{has 16 output channels, but the result 'tensor<2x2xi64>'}}
  %0 = qnt.binary_matmul %x weight %w thresholds %i : (tensor<2x2xi64>, !qnt.packed<16x1x70, #b, <panel16b64>>, tensor<16x2xi32>) -> tensor<2x2xi64>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x2xi64>, %w: !qnt.packed<16x1x70, #b, <panel16b64>>, %i: tensor<16x1xi32>) {
  // expected-error@+1 {{expects thresholds of 16x2, found 'tensor<16x1xi32>'}}
  %0 = qnt.binary_matmul %x weight %w thresholds %i : (tensor<2x2xi64>, !qnt.packed<16x1x70, #b, <panel16b64>>, tensor<16x1xi32>) -> tensor<2x1xi64>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x2xi64>, %w: !qnt.packed<16x1x70, #b, <panel16b64>>, %i: tensor<16x2xi32>, %b: tensor<16xf32>) {
  // expected-error@+1 {{has a bias, but a result of words}}
  %0 = qnt.binary_matmul %x weight %w thresholds %i bias %b : (tensor<2x2xi64>, !qnt.packed<16x1x70, #b, <panel16b64>>, tensor<16x2xi32>, tensor<16xf32>) -> tensor<2x1xi64>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x8x2xi64>, %w: !qnt.packed<16x9x70, #b, <panel16b64>>, %i: tensor<16x2xi32>) {
  // expected-error@+1 {{expects an input of rank 4, found 'tensor<2x8x2xi64>'}}
  %0 = qnt.binary_conv %x weight %w thresholds %i {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<2x8x2xi64>, !qnt.packed<16x9x70, #b, <panel16b64>>, tensor<16x2xi32>) -> tensor<2x8x1xi64>
  return
}

// -----
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
func.func @f(%x: tensor<2x8x8x2xi64>, %w: !qnt.packed<16x9x70, #b, <panel16b64>>, %i: tensor<16x2xi32>) {
  // expected-error@+1 {{expects 2 kernel sizes, 2 strides, 2 dilations and 4 pads}}
  %0 = qnt.binary_conv %x weight %w thresholds %i {dilations = array<i64: 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<2x8x8x2xi64>, !qnt.packed<16x9x70, #b, <panel16b64>>, tensor<16x2xi32>) -> tensor<2x8x8x1xi64>
  return
}

// -----
func.func @f(%x: tensor<2xf32>, %s: tensor<f32>) {
  // expected-error@+1 {{has a narrow range without a rounding mode}}
  %0 = qnt.quantize %x, %s <code = int, bits = 8> {narrow} : tensor<2xf32>, tensor<f32> -> tensor<2xi8>
  return
}

// -----
func.func @f(%x: tensor<2xf32>, %s: tensor<f32>) {
  // expected-error@+1 {{has a rounding mode and by_division}}
  %0 = qnt.quantize %x, %s <code = int, bits = 8> {by_division, rounding = #qnt<rounding ceil>} : tensor<2xf32>, tensor<f32> -> tensor<2xi8>
  return
}

// -----
// expected-error@+1 {{panel16b64 holds binary codes of three dimensions, found 2}}
func.func private @f(!qnt.packed<16x8, <code = binary, bits = 1>, <panel16b64>>)

// -----
// expected-error@+1 {{planes codes have 4 or 8 bits, found 6}}
func.func private @f() attributes {s = #qnt.scheme<code = planes, bits = 6, widths = [6, 2]>}

// -----
// expected-error@+1 {{expects two or more widths of planes, descending from 8, out of 8, 4 and 2, found [8, 3]}}
func.func private @f() attributes {s = #qnt.scheme<code = planes, bits = 8, widths = [8, 3]>}

// -----
// expected-error@+1 {{expects two or more widths of planes, descending from 8, out of 8, 4 and 2, found []}}
func.func private @f() attributes {s = #qnt.scheme<code = planes, bits = 8>}

// -----
// expected-error@+1 {{planes codes have f32 or f16 scales, found e4m3}}
func.func private @f() attributes {s = #qnt.scheme<code = planes, bits = 8, scale = e4m3, widths = [8, 4]>}

// -----
// expected-error@+1 {{planes codes have no zero point}}
func.func private @f() attributes {s = #qnt.scheme<code = planes, bits = 8, zero_point = true, widths = [8, 4]>}

// -----
// expected-error@+1 {{widths are for planes only, found uint codes}}
func.func private @f() attributes {s = #qnt.scheme<code = uint, bits = 8, widths = [8, 4]>}

// -----
// expected-error@+1 {{panel16planes is the layout of planes, and the only one}}
func.func private @f(!qnt.packed<2x3, <code = planes, bits = 8, widths = [8, 4]>, <panel16k4>>)

// -----
// expected-error@+1 {{panel16planes is the layout of planes, and the only one}}
func.func private @f(!qnt.packed<2x3, <code = uint, bits = 8>, <panel16planes>>)

// -----
!w = !qnt.packed<3x8, <code = planes, bits = 8, granularity = channel, axis = 1, widths = [8, 4]>, <panel16planes>>
func.func @f(%x: tensor<4x8xf32>, %w: !w, %s: tensor<3x1xf32>) {
  // expected-error@+1 {{expects scales of 2x3x1xf32 for 2 widths of planes, found 'tensor<3x1xf32>'}}
  %0 = qnt.matmul %x weight %w, %s : (tensor<4x8xf32>, !w, tensor<3x1xf32>) -> tensor<4x3xf32>
  return
}

// -----
!w = !qnt.packed<3x8, <code = planes, bits = 8, granularity = channel, axis = 1, widths = [8, 4]>, <panel16planes>>
func.func @f(%x: tensor<4x8xf32>, %w: !w, %s: tensor<2x3x1xf32>, %u: tensor<1x1xf32>) {
  // expected-error@+1 {{has a unit of scales, which planes do not}}
  %0 = qnt.matmul %x weight %w, %s unit %u : (tensor<4x8xf32>, !w, tensor<2x3x1xf32>, tensor<1x1xf32>) -> tensor<4x3xf32>
  return
}

// -----
!w = !qnt.packed<3x8, <code = planes, bits = 8, granularity = channel, axis = 1, widths = [8, 4]>, <panel16planes>>
func.func @f(%x: tensor<4x8xi8>, %r: tensor<4xf32>, %o: tensor<4xi8>, %w: !w, %s: tensor<2x3x1xf32>, %u: tensor<3x1xf32>) {
  // expected-error@+1 {{expects sums of the weight of 2x3x1xf32 for 2 widths of planes, found 'tensor<3x1xf32>'}}
  %0 = qnt.matmul %x scale %r offset %o weight %w, %s sums %u : (tensor<4x8xi8>, tensor<4xf32>, tensor<4xi8>, !w, tensor<2x3x1xf32>, tensor<3x1xf32>) -> tensor<4x3xf32>
  return
}

// -----
!w = !qnt.packed<3x8, <code = planes, bits = 8, granularity = channel, axis = 1, widths = [8, 4]>, <panel16planes>>
func.func @f(%i: tensor<4xi64>, %w: !w, %s: tensor<2x3x1xf32>) {
  // expected-error@+1 {{has a weight of planes, which only qnt.matmul takes}}
  %0 = qnt.embedding %i table %w, %s : (tensor<4xi64>, !w, tensor<2x3x1xf32>) -> tensor<4x8xf32>
  return
}
// -----
// expected-error@+1 {{f16 zero points are those of uint codes with a zero point, found int codes with one}}
func.func private @f() attributes {s = #qnt.scheme<code = int, bits = 4, zero_point = true, zero = f16>}

// -----
// expected-error@+1 {{f16 zero points are those of uint codes with a zero point, found uint codes without}}
func.func private @f() attributes {s = #qnt.scheme<code = uint, bits = 4, zero = f16>}

// -----
func.func @f(%x: tensor<4xf32>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error@+1 {{has zero points that are numbers, which only the weight of a product takes}}
  %0 = qnt.quantize %x, %s zero_point %z <code = uint, bits = 8, zero_point = true, zero = f16> : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return
}

// -----
#z = #qnt.scheme<code = uint, bits = 4, granularity = channel, axis = 1, zero_point = true, zero = f16>
func.func @f(%w: !qnt.packed<3x8, #z, <panel16k4>>, %s: tensor<3x1xf32>, %z: tensor<3x1xf32>) {
  // expected-error@+1 {{has zero points that are numbers, which only the weight of a product takes}}
  %0 = qnt.dequantize %w, %s zero_point %z <code = uint, bits = 4, granularity = channel, axis = 1, zero_point = true, zero = f16> : !qnt.packed<3x8, #z, <panel16k4>>, tensor<3x1xf32>, tensor<3x1xf32> -> tensor<3x8xf32>
  return
}

// -----
#z = #qnt.scheme<code = uint, bits = 4, granularity = channel, axis = 1, zero_point = true, zero = f16>
func.func @f(%x: tensor<4x8xf32>, %w: !qnt.packed<3x8, #z, <panel16k4>>, %s: tensor<3x1xf32>, %z: tensor<3x1xi8>) {
  // expected-error@+1 {{expects zero points that are numbers exactly for binary and codebook codes and with zero = f16, found 'tensor<3x1xi8>'}}
  %0 = qnt.matmul %x weight %w, %s zero_point %z : (tensor<4x8xf32>, !qnt.packed<3x8, #z, <panel16k4>>, tensor<3x1xf32>, tensor<3x1xi8>) -> tensor<4x3xf32>
  return
}

// -----
#c = #qnt.scheme<code = uint, bits = 4, granularity = channel, axis = 1, zero_point = true>
func.func @f(%i: tensor<4xi64>, %w: !qnt.packed<3x8, #c, <panel16k4>>, %s: tensor<3x1xf32>, %z: tensor<3x1xf32>) {
  // expected-error@+1 {{expects zero points that are numbers exactly for binary and codebook codes and with zero = f16, found 'tensor<3x1xf32>'}}
  %0 = qnt.embedding %i table %w, %s zero_point %z : (tensor<4xi64>, !qnt.packed<3x8, #c, <panel16k4>>, tensor<3x1xf32>, tensor<3x1xf32>) -> tensor<4x8xf32>
  return
}

// -----
#z = #qnt.scheme<code = uint, bits = 4, granularity = channel, axis = 1, zero_point = true, zero = f16>
func.func @f(%x: tensor<4x8xf32>, %w: !qnt.packed<3x8, #z, <panel16k4>>, %s: tensor<3x1xf32>, %z: tensor<3x2xf32>) {
  // expected-error@+1 {{expects zero points of 3x1, found 'tensor<3x2xf32>'}}
  %0 = qnt.matmul %x weight %w, %s zero_point %z : (tensor<4x8xf32>, !qnt.packed<3x8, #z, <panel16k4>>, tensor<3x1xf32>, tensor<3x2xf32>) -> tensor<4x3xf32>
  return
}

// -----
#z = #qnt.scheme<code = uint, bits = 4, granularity = channel, axis = 1, zero_point = true, zero = f16>
func.func @f(%x: tensor<1x3x3x1xf32>, %w: !qnt.packed<2x4, #z, <panel16k4>>, %s: tensor<2x1xf32>, %z: tensor<2x1xf32>) {
  // expected-error@+1 {{has zero points that are numbers, which only a matrix product takes}}
  %0 = qnt.conv %x weight %w, %s zero_point %z {dilations = array<i64: 1, 1>, groups = 1 : i64, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : (tensor<1x3x3x1xf32>, !qnt.packed<2x4, #z, <panel16k4>>, tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<1x2x2x2xf32>
  return
}
