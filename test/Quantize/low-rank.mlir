// RUN: rm -f %t.work && quant-opt %s --split-input-file --quantize-weights=work-file=%t.work | FileCheck %s
// RUN: rm -f %t.none && quant-opt %s --split-input-file --quantize-weights="work-file=%t.none sizes-only" | FileCheck %s --check-prefix=SIZES
// RUN: not ls %t.none

// The product reads both halves of the branch; the first is computed from the
// numbers that the quantizer of the activations reads, too.
// CHECK-DAG: nn.data @w.down {file = "{{.*}}.work", offset = {{[0-9]+}} : i64} : tensor<2x64xf16>
// CHECK-DAG: nn.data @w.up {file = "{{.*}}.work", offset = {{[0-9]+}} : i64} : tensor<2x32xf16>
// CHECK-LABEL: func @dynamic
// CHECK-DAG: %[[A:.*]] = nn.param @w.down : tensor<2x64xf16>
// CHECK-DAG: %[[U:.*]] = nn.param @w.up : tensor<2x32xf16>
// CHECK-DAG: %[[T:.*]] = qnt.project %arg0, %[[A]] : tensor<?x64xf32>, tensor<2x64xf16> -> tensor<?x2xf32>
// CHECK-DAG: %[[Q:.*]], %[[S:.*]] = qnt.quantize_dynamic %arg0
// CHECK: qnt.matmul %[[Q]] scale %[[S]] weight %{{.*}}, %{{.*}} branch %[[T]], %[[U]] {
// SIZES: nn.data @w.up {file = "{{.*}}.none", offset = 0 : i64} : tensor<2x32xf16>
// SIZES: qnt.matmul {{.*}} branch
nn.data @w {value = dense<0.5> : tensor<64x32xf32>} : tensor<64x32xf32>
func.func @dynamic(%x: tensor<?x64xf32>) -> tensor<?x32xf32> {
  %w = nn.param @w : tensor<64x32xf32>
  %a = qnt.assign %w <code = uint, bits = 2, granularity = group, axis = 0, group_size = 32> {method = "rtn", qnt.low_rank = "lorc", qnt.rank = 2 : i64} : tensor<64x32xf32>
  %b = qnt.assign %x <code = int, bits = 8, granularity = token, dynamic = true> : tensor<?x64xf32>
  %0 = nn.matmul %b, %a : tensor<?x64xf32>, tensor<64x32xf32> -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

// -----

// A rank takes 2 * (8 + 16) bytes, four of them 192. @exact has no error and loses its
// branch; of @big there are as many ranks as fit.
// CHECK-NOT: @exact.down
// CHECK-DAG: nn.data @big.down {file = "{{.*}}.work", offset = {{[0-9]+}} : i64} : tensor<4x8xf16>
// CHECK-DAG: nn.data @big.up {file = "{{.*}}.work", offset = {{[0-9]+}} : i64} : tensor<4x16xf16>
// CHECK-LABEL: func @budget
// CHECK: %[[T:.*]] = qnt.project %arg0, %{{.*}} : tensor<?x8xf32>, tensor<4x8xf16> -> tensor<?x4xf32>
// CHECK: qnt.matmul %arg0 weight %{{.*}}, %{{.*}} branch %[[T]], %{{.*}}
// CHECK: qnt.matmul %arg0 weight
// CHECK-NOT: branch
// CHECK: return
// Without numbers every weight counts as if it lost as much.
// SIZES-DAG: nn.data @big.up {file = "{{.*}}.none", offset = 0 : i64} : tensor<4x16xf16>
module attributes {qnt.low_rank_bytes = 300 : i64} {
nn.data @big {value = dense<[[1.0, 0.3, 0.0, 0.2, 0.7, 0.1, 0.9, 0.4, 0.3, 0.6, 0.8, 0.2, 0.1, 0.5, 0.4, 0.6],
    [0.2, 0.4, 0.1, 1.0, 0.6, 0.3, 0.2, 0.5, 0.7, 0.9, 0.1, 0.8, 0.3, 0.2, 0.6, 0.4],
    [0.7, 0.1, 0.9, 0.2, 0.3, 0.8, 0.4, 0.6, 0.1, 0.2, 1.0, 0.5, 0.9, 0.7, 0.3, 0.2],
    [0.5, 0.9, 0.3, 0.4, 1.0, 0.2, 0.1, 0.7, 0.6, 0.4, 0.2, 0.3, 0.8, 0.1, 0.9, 0.5],
    [0.1, 0.6, 0.4, 0.8, 0.2, 0.5, 0.7, 0.3, 0.9, 1.0, 0.6, 0.1, 0.4, 0.3, 0.2, 0.8],
    [0.9, 0.2, 0.7, 0.3, 0.4, 0.6, 0.5, 0.1, 0.2, 0.3, 0.4, 1.0, 0.6, 0.8, 0.1, 0.7],
    [0.4, 0.8, 0.5, 0.6, 0.1, 0.9, 0.3, 0.2, 0.4, 0.7, 0.3, 0.6, 0.2, 1.0, 0.5, 0.1],
    [0.3, 0.5, 0.2, 0.1, 0.8, 0.4, 0.6, 0.9, 0.5, 0.1, 0.7, 0.4, 1.0, 0.6, 0.8, 0.3]]> : tensor<8x16xf32>} : tensor<8x16xf32>
nn.data @exact {value = dense<1.0> : tensor<8x16xf32>} : tensor<8x16xf32>
func.func @budget(%x: tensor<?x8xf32>) -> (tensor<?x16xf32>, tensor<?x16xf32>) {
  %w = nn.param @big : tensor<8x16xf32>
  %v = nn.param @exact : tensor<8x16xf32>
  %a = qnt.assign %w <code = uint, bits = 2, granularity = channel> {method = "rtn", qnt.low_rank = "lorc", qnt.rank = 8 : i64} : tensor<8x16xf32>
  %b = qnt.assign %v <code = uint, bits = 2, granularity = channel> {method = "rtn", qnt.low_rank = "lorc", qnt.rank = 8 : i64} : tensor<8x16xf32>
  %0 = nn.matmul %x, %a : tensor<?x8xf32>, tensor<8x16xf32> -> tensor<?x16xf32>
  %1 = nn.matmul %x, %b : tensor<?x8xf32>, tensor<8x16xf32> -> tensor<?x16xf32>
  return %0, %1 : tensor<?x16xf32>, tensor<?x16xf32>
}
}

// -----

// A remainder reads what the threshold of its product leaves out, a branch for
// errors all inputs.
// CHECK-LABEL: func @remainder
// CHECK: %[[KEPT:.*]] = qnt.threshold %arg0 above %[[T:.*]] {one_row}
// CHECK: %[[REST:.*]] = qnt.threshold %arg0 above %[[T]] {left_out, one_row}
// CHECK: %[[A:.*]] = qnt.project %[[REST]],
// CHECK: qnt.matmul %[[KEPT]] weight %{{.*}}, %{{.*}} branch %[[A]],
// CHECK: %[[B:.*]] = qnt.project %arg0,
// CHECK: qnt.matmul %[[KEPT]] weight %{{.*}}, %{{.*}} branch %[[B]],
nn.data @w {value = dense<0.5> : tensor<64x32xf32>} : tensor<64x32xf32>
nn.data @v {value = dense<0.25> : tensor<64x32xf32>} : tensor<64x32xf32>
nn.data @t {value = dense<0.5> : tensor<1xf32>} : tensor<1xf32>
func.func @remainder(%x: tensor<?x64xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %w = nn.param @w : tensor<64x32xf32>
  %v = nn.param @v : tensor<64x32xf32>
  %t = nn.param @t : tensor<1xf32>
  %s = qnt.threshold %x above %t {one_row} : tensor<?x64xf32>, tensor<1xf32>
  %a = qnt.assign %w <code = uint, bits = 2, granularity = group, axis = 0, group_size = 32> {method = "rtn", qnt.low_rank = "r_sparse", qnt.rank = 2 : i64} : tensor<64x32xf32>
  %b = qnt.assign %v <code = uint, bits = 2, granularity = group, axis = 0, group_size = 32> {method = "rtn", qnt.low_rank = "lorc", qnt.rank = 2 : i64} : tensor<64x32xf32>
  %0 = nn.matmul %s, %a : tensor<?x64xf32>, tensor<64x32xf32> -> tensor<?x32xf32>
  %1 = nn.matmul %s, %b : tensor<?x64xf32>, tensor<64x32xf32> -> tensor<?x32xf32>
  return %0, %1 : tensor<?x32xf32>, tensor<?x32xf32>
}
