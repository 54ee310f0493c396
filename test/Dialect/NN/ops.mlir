// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s --mlir-print-op-generic | quant-opt | FileCheck %s

// Every operation of nn keeps its form through printing and parsing.

// CHECK: nn.data @file {file = "model.weights", offset = 4096 : i64} : tensor<576x1536xf32>
nn.data @file {file = "model.weights", offset = 4096 : i64} : tensor<576x1536xf32>
// CHECK: nn.data @inline {value = dense<[0, 1]> : tensor<2xi64>} : tensor<2xi64>
nn.data @inline {value = dense<[0, 1]> : tensor<2xi64>} : tensor<2xi64>

// CHECK-LABEL: func @products
func.func @products(%x: tensor<1x?x576xf32>, %a: tensor<2x3x4xf32>, %b: tensor<3x5x4xf32>,
                    %c: tensor<3x4x5xf32>) {
  // CHECK: nn.param @file : tensor<576x1536xf32>
  %w = nn.param @file : tensor<576x1536xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} : tensor<1x?x576xf32>, tensor<576x1536xf32> -> tensor<1x?x1536xf32>
  %0 = nn.matmul %x, %w : tensor<1x?x576xf32>, tensor<576x1536xf32> -> tensor<1x?x1536xf32>
  %d = tensor.expand_shape %a [[0, 1], [2], [3]] output_shape [2, 1, 3, 4] : tensor<2x3x4xf32> into tensor<2x1x3x4xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} transpose_rhs : tensor<2x1x3x4xf32>, tensor<3x5x4xf32> -> tensor<2x3x3x5xf32>
  %1 = nn.matmul %d, %b transpose_rhs : tensor<2x1x3x4xf32>, tensor<3x5x4xf32> -> tensor<2x3x3x5xf32>
  return
}

// CHECK-LABEL: func @images
func.func @images(%x: tensor<?x3x32x32xf32>, %w: tensor<16x3x3x3xf32>, %b: tensor<16xf32>) {
  // CHECK: nn.conv %{{.*}}, %{{.*}} bias %{{.*}} {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>
  %0 = nn.conv %x, %w bias %b {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>,
      pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
      : tensor<?x3x32x32xf32>, tensor<16x3x3x3xf32>, tensor<16xf32> -> tensor<?x16x16x16xf32>
  // CHECK: nn.max_pool
  %1 = nn.max_pool %0 {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, ceil_mode = true,
      layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : tensor<?x16x16x16xf32> -> tensor<?x16x8x8xf32>
  // CHECK: nn.avg_pool
  %2 = nn.avg_pool %1 {dilations = array<i64: 1, 1>, kernel = array<i64: 8, 8>,
      layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<?x16x8x8xf32> -> tensor<?x16x1x1xf32>
  // CHECK: nn.activation relu
  %3 = nn.activation relu %2 : tensor<?x16x1x1xf32>
  // CHECK: nn.reduce mean %{{.*}} {axes = array<i64: 2, 3>} : tensor<?x16x1x1xf32> -> tensor<?x16xf32>
  %4 = nn.reduce mean %3 {axes = array<i64: 2, 3>} : tensor<?x16x1x1xf32> -> tensor<?x16xf32>
  // CHECK: nn.softmax %{{.*}} {axis = 1 : i64} : tensor<?x16xf32> -> tensor<?x16xf32>
  %5 = nn.softmax %4 {axis = 1 : i64} : tensor<?x16xf32> -> tensor<?x16xf32>
  return
}

// CHECK-LABEL: func @decoder
func.func @decoder(%ids: tensor<1x?xi64>, %table: tensor<100x64xf32>, %g: tensor<64xf32>,
                   %q: tensor<1x9x?x64xf32>, %k: tensor<1x3x?x64xf32>, %cos: tensor<?x32xf32>,
                   %mask: tensor<1x1x?x?xf32>) {
  // CHECK: nn.embedding
  %0 = nn.embedding %ids, %table : tensor<1x?xi64>, tensor<100x64xf32> -> tensor<1x?x64xf32>
  // CHECK: nn.rms_norm
  %1 = nn.rms_norm %0, %g {epsilon = 1.0e-05 : f32} : tensor<1x?x64xf32>, tensor<64xf32> -> tensor<1x?x64xf32>
  // CHECK: nn.layer_norm %{{.*}}, %{{.*}} beta
  %2 = nn.layer_norm %1, %g beta %g {epsilon = 1.0e-05 : f32} : tensor<1x?x64xf32>, tensor<64xf32>, tensor<64xf32> -> tensor<1x?x64xf32>
  // CHECK: nn.rope %{{.*}}, %{{.*}}, %{{.*}} interleaved
  %3 = nn.rope %q, %cos, %cos interleaved : tensor<1x9x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32> -> tensor<1x9x?x64xf32>
  // CHECK: nn.kv_append
  %4 = nn.kv_append %k, %k {axis = 2 : i64} : tensor<1x3x?x64xf32>, tensor<1x3x?x64xf32> -> tensor<1x3x?x64xf32>
  // CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} causal
  %5 = nn.attention %3, %4, %4 mask %mask causal {scale = 1.250000e-01 : f32}
      : tensor<1x9x?x64xf32>, tensor<1x3x?x64xf32>, tensor<1x3x?x64xf32>, tensor<1x1x?x?xf32> -> tensor<1x9x?x64xf32>
  return
}
