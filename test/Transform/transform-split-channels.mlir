// RUN: echo '{weights: {bits: 3}, transforms: {split_channels: true}}' > %t.yaml
// RUN: quant-opt %s --transform-split-channels=recipe=%t.yaml | FileCheck %s
// RUN: quant-opt %s --transform-split-channels=recipe=%t.yaml --quantize-weights | FileCheck %s --check-prefix=NUMBERS
// Once is enough.
// RUN: quant-opt %s --transform-split-channels=recipe=%t.yaml > %t.once.mlir
// RUN: quant-opt %t.once.mlir --transform-split-channels=recipe=%t.yaml > %t.twice.mlir
// RUN: cmp %t.once.mlir %t.twice.mlir
// Groups are filled, and any channels are good enough where only sizes count.
// RUN: echo '{weights: {bits: 3, group_size: 64}, transforms: {split_channels: {ratio: 0.5}}}' > %t.group.yaml
// RUN: quant-opt %s '--transform-split-channels=recipe=%t.group.yaml sizes-only' | FileCheck %s --check-prefix=GROUP
// Halves of other codes do not add up.
// RUN: echo '{preset: ternary, rules: [], transforms: {split_channels: true}}' > %t.ternary.yaml
// RUN: quant-opt %s --transform-split-channels=recipe=%t.ternary.yaml | FileCheck %s --check-prefix=TERNARY
// RUN: not quant-opt %s --transform-split-channels=recipe=none.yaml 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: cannot read recipe 'none.yaml'

// The largest weights first: 40, 39 .. 17; both readers of a value count.
// CHECK-DAG: nn.data @norm.1.channels {value = dense<[39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16]> : tensor<24xi32>}
// CHECK-DAG: nn.data @last.channels {value = dense<[0, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17]> : tensor<24xi32>}
// Of 40 in steps of 40/3 the halves are 20 -+ 10/3.
// NUMBERS: nn.data @w.transformed{{[_0-9]*}} {value = dense<{{.*}}, 16.66666{{[0-9]*}}, 23.33333
nn.data @g {value = dense<1.0> : tensor<40xf32>} : tensor<40xf32>
nn.data @w {value = dense<[[1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25., 26., 27., 28., 29., 30., 31., 32., 33., 34., 35., 36., 37., 38., 39., 40.]]> : tensor<1x40xf32>} : tensor<1x40xf32>
nn.data @v {value = dense<1.0> : tensor<40x3xf32>} : tensor<40x3xf32>
nn.data @few {value = dense<1.0> : tensor<8x3xf32>} : tensor<8x3xf32>
nn.data @gate {value = dense<1.0> : tensor<8x40xf32>} : tensor<8x40xf32>
nn.data @up {value = dense<2.0> : tensor<8x40xf32>} : tensor<8x40xf32>
nn.data @b {value = dense<3.0> : tensor<40xf32>} : tensor<40xf32>

#all = affine_map<(d0, d1) -> (d0, d1)>
#last = affine_map<(d0, d1) -> (d1)>

// What a norm gives is read twice when the model runs, by all that read it.
// CHECK-LABEL: func @norm
// GROUP-LABEL: func @norm
// TERNARY-LABEL: func @norm
func.func @norm(%x: tensor<?x40xf32>) -> (tensor<?x1xf32>, tensor<?x3xf32>) {
  %g = nn.param @g : tensor<40xf32>
  %w = nn.param @w : tensor<1x40xf32>
  %v = nn.param @v : tensor<40x3xf32>
  // CHECK: %[[N:.*]] = nn.rms_norm
  %n = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<?x40xf32>, tensor<40xf32> -> tensor<?x40xf32> loc("norm")
  // CHECK: %[[C:.*]] = nn.param @norm.1.channels : tensor<24xi32>
  // CHECK: %[[X:.*]] = qnt.take_channels %[[N]] at %[[C]] {append} : tensor<?x40xf32>, tensor<24xi32> -> tensor<?x64xf32>
  // CHECK: %[[W:.*]] = qnt.transform split %{{.*}} by %{{.*}} {axis = 1 : i64, scheme = #qnt.scheme<code = uint, bits = 3, granularity = channel, axis = 1>} : tensor<1x40xf32>, tensor<24xi32>
  // CHECK: nn.matmul %[[X]], %[[W]] transpose_rhs {qnt.split = "'norm' is a norm of all channels"} : tensor<?x64xf32>, tensor<1x64xf32> -> tensor<?x1xf32>
  // GROUP: qnt.transform split {{.*}} {axis = 1 : i64, scheme = #qnt.scheme<code = uint, bits = 3, granularity = group, axis = 1, group_size = 64>} : tensor<1x40xf32>, tensor<24xi32>
  // TERNARY-NOT: qnt.transform
  // TERNARY: nn.matmul {{.*}} {qnt.unsplit = "has ternary weights, whose codes do not add up"}
  %0 = nn.matmul %n, %w transpose_rhs : tensor<?x40xf32>, tensor<1x40xf32> -> tensor<?x1xf32> loc("norm.1")
  // CHECK: %[[V:.*]] = qnt.transform split %{{.*}} by %{{.*}} {axis = 0 : i64, {{.*}}} : tensor<40x3xf32>, tensor<24xi32>
  // CHECK: nn.matmul %[[X]], %[[V]] {{.*}} : tensor<?x64xf32>, tensor<64x3xf32>
  %1 = nn.matmul %n, %v : tensor<?x40xf32>, tensor<40x3xf32> -> tensor<?x3xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x3xf32>
}

// Behind linears with a bias, an activation function and a product of channels the
// weights give them twice.
// CHECK-LABEL: func @gated
func.func @gated(%x: tensor<?x8xf32>) -> tensor<?x1xf32> {
  %gate = nn.param @gate : tensor<8x40xf32>
  %up = nn.param @up : tensor<8x40xf32>
  %b = nn.param @b : tensor<40xf32>
  %w = nn.param @w : tensor<1x40xf32>
  %zero = arith.constant 0 : index
  %rows = tensor.dim %x, %zero : tensor<?x8xf32>
  // CHECK: qnt.transform take %{{.*}} by %{{.*}} {axis = 1 : i64} : tensor<8x40xf32>, tensor<64xi32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} {qnt.unsplit = "has 8 inputs, too few to add channels up to a multiple of 32"} : tensor<?x8xf32>, tensor<8x64xf32> -> tensor<?x64xf32>
  %0 = nn.matmul %x, %gate : tensor<?x8xf32>, tensor<8x40xf32> -> tensor<?x40xf32>
  // CHECK: nn.activation silu %{{.*}} : tensor<?x64xf32>
  %1 = nn.activation silu %0 : tensor<?x40xf32>
  // CHECK: qnt.transform take %{{.*}} by %{{.*}} {axis = 1 : i64} : tensor<8x40xf32>, tensor<64xi32>
  %2 = nn.matmul %x, %up : tensor<?x8xf32>, tensor<8x40xf32> -> tensor<?x40xf32>
  // CHECK: qnt.transform take %{{.*}} by %{{.*}} {axis = 0 : i64} : tensor<40xf32>, tensor<64xi32>
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x64xf32>, tensor<?x64xf32>, tensor<64xf32>) outs(%{{.*}} : tensor<?x64xf32>)
  %empty = tensor.empty(%rows) : tensor<?x40xf32>
  %3 = linalg.generic {indexing_maps = [#all, #all, #last, #all], iterator_types = ["parallel", "parallel"]}
      ins(%1, %2, %b : tensor<?x40xf32>, tensor<?x40xf32>, tensor<40xf32>) outs(%empty : tensor<?x40xf32>) {
  ^bb0(%a: f32, %u: f32, %c: f32, %o: f32):
    %s = arith.addf %u, %c : f32
    %m = arith.mulf %a, %s : f32
    linalg.yield %m : f32
  } -> tensor<?x40xf32>
  // CHECK-NOT: qnt.take_channels
  // CHECK: nn.matmul %{{.*}}, %{{.*}} transpose_rhs {qnt.split = ""} : tensor<?x64xf32>, tensor<1x64xf32>
  %4 = nn.matmul %3, %w transpose_rhs : tensor<?x40xf32>, tensor<1x40xf32> -> tensor<?x1xf32>
  return %4 : tensor<?x1xf32>
}

// What something else reads cannot become wider.
// CHECK-LABEL: func @shared
func.func @shared(%x: tensor<?x8xf32>) -> (tensor<?x1xf32>, tensor<?x40xf32>) {
  %gate = nn.param @gate : tensor<8x40xf32>
  %w = nn.param @w : tensor<1x40xf32>
  // CHECK: nn.matmul {{.*}} -> tensor<?x40xf32>
  %0 = nn.matmul %x, %gate : tensor<?x8xf32>, tensor<8x40xf32> -> tensor<?x40xf32> loc("gate")
  // CHECK: qnt.take_channels
  // CHECK: nn.matmul {{.*}} {qnt.split = "'func.return' reads 'gate', too"}
  %1 = nn.matmul %0, %w transpose_rhs : tensor<?x40xf32>, tensor<1x40xf32> -> tensor<?x1xf32>
  return %1, %0 : tensor<?x1xf32>, tensor<?x40xf32>
}

// Heads have one size, which a few more channels of a value would not fit.
// CHECK-LABEL: func @heads
func.func @heads(%x: tensor<?x8xf32>) -> tensor<?x1xf32> {
  %up = nn.param @up : tensor<8x40xf32>
  %w = nn.param @w : tensor<1x40xf32>
  %zero = arith.constant 0 : index
  %rows = tensor.dim %x, %zero : tensor<?x8xf32>
  %0 = nn.matmul %x, %up : tensor<?x8xf32>, tensor<8x40xf32> -> tensor<?x40xf32>
  %1 = tensor.expand_shape %0 [[0], [1, 2]] output_shape [%rows, 5, 8] : tensor<?x40xf32> into tensor<?x5x8xf32>
  %2 = nn.activation relu %1 : tensor<?x5x8xf32>
  %3 = tensor.collapse_shape %2 [[0], [1, 2]] : tensor<?x5x8xf32> into tensor<?x40xf32> loc("heads")
  // CHECK: qnt.take_channels
  // CHECK: nn.matmul {{.*}} {qnt.split = "'heads' (tensor.collapse_shape) gives its channels, which no constant chooses"}
  %4 = nn.matmul %3, %w transpose_rhs : tensor<?x40xf32>, tensor<1x40xf32> -> tensor<?x1xf32>
  return %4 : tensor<?x1xf32>
}

// Large inputs count as well: the weight 1 of an input of 90 is more than 40 of 1.
// CHECK-LABEL: func @norms
func.func @norms(%x: tensor<?x40xf32>) -> tensor<?x1xf32> {
  %w = nn.param @w : tensor<1x40xf32>
  // CHECK: nn.matmul {{.*}} qnt.split = "its channels are an input of the model"
  %0 = nn.matmul %x, %w transpose_rhs {qnt.input_norms = array<f32: 90.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0>} : tensor<?x40xf32>, tensor<1x40xf32> -> tensor<?x1xf32> loc("last")
  return %0 : tensor<?x1xf32>
}
