// RUN: echo '{weights: {bits: 4, group_size: 8}}' > %t.yaml
// RUN: quant-opt %s --transform-permute-inputs=recipe=%t.yaml | FileCheck %s
// RUN: quant-opt %s --transform-permute-inputs=recipe=%t.yaml > %t.once.mlir
// RUN: quant-opt %t.once.mlir --transform-permute-inputs=recipe=%t.yaml > %t.twice.mlir
// RUN: cmp %t.once.mlir %t.twice.mlir
// The order of columns without groups does not matter.
// RUN: echo '{weights: {bits: 4}}' > %t.channel.yaml
// RUN: quant-opt %s --transform-permute-inputs=recipe=%t.channel.yaml | FileCheck %s --check-prefix=CHANNEL
// CHANNEL-NOT: qnt.transform
// CHANNEL-NOT: qnt.take_channels
// RUN: quant-opt %s '--transform-permute-inputs=recipe=%t.yaml sizes-only' | FileCheck %s --check-prefix=SIZES
// SIZES-LABEL: func @in_weights
// SIZES: qnt.take_channels
// RUN: not quant-opt %s --transform-permute-inputs=recipe=none.yaml 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: cannot read recipe 'none.yaml'

// CHECK-DAG: nn.data @first.channels {value = dense<[1, 2, 0]> : tensor<3xi32>}
nn.data @w {value = dense<1.0> : tensor<3x2xf32>} : tensor<3x2xf32>
nn.data @v {value = dense<1.0> : tensor<2x3xf32>} : tensor<2x3xf32>
nn.data @u {value = dense<1.0> : tensor<2x2xf32>} : tensor<2x2xf32>

// CHECK-LABEL: func @at_run_time
func.func @at_run_time(%x: tensor<?x3xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = nn.param @w : tensor<3x2xf32>
  %v = nn.param @v : tensor<2x3xf32>
  // CHECK: %[[C:.*]] = nn.param @first.channels
  // CHECK: %[[X:.*]] = qnt.take_channels %arg0 at %[[C]] : tensor<?x3xf32>, tensor<3xi32> -> tensor<?x3xf32>
  // CHECK: %[[W:.*]] = qnt.transform take %{{.*}} by %[[C]] {axis = 0 : i64} : tensor<3x2xf32>, tensor<3xi32>
  // CHECK: nn.matmul %[[X]], %[[W]] {qnt.input_norms = array<f32: 5.000000e+00, 5.000000e+00, 1.000000e+00>, qnt.permuted}
  %0 = nn.matmul %x, %w {qnt.input_norms = array<f32: 1.0, 5.0, 5.0>} : tensor<?x3xf32>, tensor<3x2xf32> -> tensor<?x2xf32> loc("first")
  // CHECK: %[[V:.*]] = qnt.transform take %{{.*}} by %[[C]] {axis = 1 : i64} : tensor<2x3xf32>, tensor<3xi32>
  // CHECK: nn.matmul %[[X]], %[[V]] transpose_rhs {qnt.permuted}
  %1 = nn.matmul %x, %v transpose_rhs : tensor<?x3xf32>, tensor<2x3xf32> -> tensor<?x2xf32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xf32>
}

// What nobody knows the norms of stays.
// CHECK-LABEL: func @in_weights
func.func @in_weights(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = nn.param @w : tensor<3x2xf32>
  %u = nn.param @u : tensor<2x2xf32>
  // CHECK: %[[W:.*]] = qnt.transform take %{{.*}} by %{{.*}} {axis = 1 : i64} : tensor<3x2xf32>, tensor<2xi32>
  // CHECK: nn.matmul %arg0, %[[W]] : tensor<?x3xf32>
  %0 = nn.matmul %x, %w : tensor<?x3xf32>, tensor<3x2xf32> -> tensor<?x2xf32>
  %1 = nn.activation relu %0 : tensor<?x2xf32>
  // CHECK-NOT: qnt.take_channels
  // CHECK: nn.matmul %{{.*}}, %{{.*}} {qnt.input_norms = array<f32: 2.000000e+00, 1.000000e+00>, qnt.permuted}
  %2 = nn.matmul %1, %u {qnt.input_norms = array<f32: 1.0, 2.0>} : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}
