// RUN: quant-opt %s | quant-opt | FileCheck %s

// Kernels take tensors before buffers are assigned, and buffers afterwards.

// CHECK: kern.weight @w from @data pack "panels_kn" at 64 : tensor<12x576x16xf32>
kern.weight @w from @data pack "panels_kn" at 64 : tensor<12x576x16xf32>

// CHECK-LABEL: func @tensors
func.func @tensors(%x: tensor<1x?x576xf32>, %o: tensor<1x?x192xf32>) -> tensor<1x?x192xf32> {
  // CHECK: kern.constant "w" at 64 : tensor<12x576x16xf32>
  %w = kern.constant "w" at 64 : tensor<12x576x16xf32>
  // CHECK: kern.matmul "matmul.f32" ins(%{{.*}}, %{{.*}} : tensor<1x?x576xf32>, tensor<12x576x16xf32>) outs(%{{.*}} : tensor<1x?x192xf32>) -> tensor<1x?x192xf32>
  %0 = kern.matmul "matmul.f32" ins(%x, %w : tensor<1x?x576xf32>, tensor<12x576x16xf32>)
      outs(%o : tensor<1x?x192xf32>) -> tensor<1x?x192xf32>
  return %0 : tensor<1x?x192xf32>
}

// CHECK-LABEL: func @buffers
func.func @buffers(%x: memref<1x?x576xf32>, %q: memref<1x?x576xi8>, %s: memref<1x?xf32>) {
  // CHECK: kern.quantize "quantize.token" ins(%{{.*}} : memref<1x?x576xf32>) outs(%{{.*}}, %{{.*}} : memref<1x?x576xi8>, memref<1x?xf32>){{$}}
  kern.quantize "quantize.token" ins(%x : memref<1x?x576xf32>) outs(%q, %s : memref<1x?x576xi8>, memref<1x?xf32>)
  return
}

// Every other kernel, each form that its attributes have.
// CHECK-LABEL: func @images
func.func @images(%x: tensor<1x8x8x16xf32>, %q: tensor<1x8x8x16xi8>, %w: tensor<1x144x16xf32>, %t: tensor<3x3x16xf32>,
                  %c: tensor<1x36x64xi8>, %s: tensor<1x1x16xf32>, %b: tensor<16xf32>, %half: tensor<1x4x4x16xf32>) {
  // CHECK: kern.conv "conv.f32" ins({{.*}}) outs({{.*}}) {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} -> tensor<1x8x8x16xf32>
  %0 = kern.conv "conv.f32" ins(%x, %w : tensor<1x8x8x16xf32>, tensor<1x144x16xf32>) outs(%x : tensor<1x8x8x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} -> tensor<1x8x8x16xf32>
  // CHECK: kern.conv "conv.a8" {{.*}}activation = "relu", {{.*}} has_bias, input_scale = 5.000000e-01 : f32, input_zero_point = 3 : i64
  %1 = kern.conv "conv.a8" ins(%q, %c, %s, %b : tensor<1x8x8x16xi8>, tensor<1x36x64xi8>, tensor<1x1x16xf32>, tensor<16xf32>) outs(%x : tensor<1x8x8x16xf32>)
      {activation = "relu", dilations = array<i64: 1, 1>, has_bias, input_scale = 0.5 : f32, input_zero_point = 3 : i64,
       kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} -> tensor<1x8x8x16xf32>
  // CHECK: kern.depthwise_conv "depthwise_conv.f32" ins(%{{.*}}, %{{.*}} : tensor<1x8x8x16xf32>, tensor<3x3x16xf32>)
  %2 = kern.depthwise_conv "depthwise_conv.f32" ins(%x, %t : tensor<1x8x8x16xf32>, tensor<3x3x16xf32>) outs(%x : tensor<1x8x8x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} -> tensor<1x8x8x16xf32>
  // CHECK: kern.pool "pool.max" ins({{.*}}) outs({{.*}}) {{.*}} -> tensor<1x4x4x16xf32>
  %3 = kern.pool "pool.max" ins(%x : tensor<1x8x8x16xf32>) outs(%half : tensor<1x4x4x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} -> tensor<1x4x4x16xf32>
  // CHECK: kern.reduce "reduce.mean" ins({{.*}}) outs({{.*}}) {axes = array<i64: 1, 2>, keepdims = false} -> tensor<16xf32>
  %4 = kern.reduce "reduce.mean" ins(%x : tensor<1x8x8x16xf32>) outs(%b : tensor<16xf32>) {axes = array<i64: 1, 2>, keepdims = false} -> tensor<16xf32>
  // CHECK: kern.dequantize "dequantize.tensor" ins(%{{.*}} : tensor<1x8x8x16xi8>) outs(%{{.*}} : tensor<1x8x8x16xf32>) {scale = 5.000000e-01 : f32, zero_point = 0 : i64}
  %5 = kern.dequantize "dequantize.tensor" ins(%q : tensor<1x8x8x16xi8>) outs(%x : tensor<1x8x8x16xf32>) {scale = 0.5 : f32, zero_point = 0 : i64} -> tensor<1x8x8x16xf32>
  return
}

// CHECK-LABEL: func @rows
func.func @rows(%x: tensor<1x2x?x8xf32>, %c: tensor<?x4xf32>, %i: tensor<?xi64>, %t: tensor<9x8xf32>, %g: tensor<8xf32>, %o: tensor<?x8xf32>, %channels: tensor<3xi32>, %wide: tensor<?x11xf32>) {
  // CHECK: kern.attention "attention.f32" ins({{.*}}) outs({{.*}}) {causal, scale = 1.250000e-01 : f32}
  %0 = kern.attention "attention.f32" ins(%x, %x, %x : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>)
      outs(%x : tensor<1x2x?x8xf32>) {causal, scale = 1.250000e-01 : f32} -> tensor<1x2x?x8xf32>
  // CHECK: kern.batch_matmul "batch_matmul.f32" ins({{.*}}) outs({{.*}}) {transpose_rhs}
  %1 = kern.batch_matmul "batch_matmul.f32" ins(%o, %t : tensor<?x8xf32>, tensor<9x8xf32>) outs(%o : tensor<?x8xf32>) {transpose_rhs} -> tensor<?x8xf32>
  // CHECK: kern.embedding "embedding" ins(%{{.*}}, %{{.*}} : tensor<?xi64>, tensor<9x8xf32>)
  %2 = kern.embedding "embedding" ins(%i, %t : tensor<?xi64>, tensor<9x8xf32>) outs(%o : tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: kern.norm "norm.layer" ins({{.*}}) outs({{.*}}) {epsilon = 1.000000e+00 : f32, has_beta}
  %3 = kern.norm "norm.layer" ins(%o, %g, %g : tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>) outs(%o : tensor<?x8xf32>) {epsilon = 1.0 : f32, has_beta} -> tensor<?x8xf32>
  // CHECK: kern.observe "observe" ins({{.*}}) outs({{.*}}) {id = 3 : i64}
  %4 = kern.observe "observe" ins(%o : tensor<?x8xf32>) outs(%o : tensor<?x8xf32>) {id = 3 : i64} -> tensor<?x8xf32>
  // CHECK: kern.rope "rope.f32" ins({{.*}}) outs({{.*}}) {interleaved}
  %5 = kern.rope "rope.f32" ins(%x, %c, %c : tensor<1x2x?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>) outs(%x : tensor<1x2x?x8xf32>) {interleaved} -> tensor<1x2x?x8xf32>
  // CHECK: kern.take "take.channels" ins({{.*}}) outs({{.*}}) {append}
  %taken = kern.take "take.channels" ins(%o, %channels : tensor<?x8xf32>, tensor<3xi32>) outs(%wide : tensor<?x11xf32>) {append} -> tensor<?x11xf32>
  // CHECK: kern.rotate "rotate.hadamard" ins({{.*}}) outs({{.*}}) {block = 8 : i64, seed = 1 : i64}
  %7 = kern.rotate "rotate.hadamard" ins(%o : tensor<?x8xf32>) outs(%o : tensor<?x8xf32>) {block = 8 : i64, seed = 1 : i64} -> tensor<?x8xf32>
  // CHECK: kern.softmax "softmax.f32" ins(%{{.*}} : tensor<?x8xf32>) outs(%{{.*}} : tensor<?x8xf32>) -> tensor<?x8xf32>
  %6 = kern.softmax "softmax.f32" ins(%o : tensor<?x8xf32>) outs(%o : tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}
