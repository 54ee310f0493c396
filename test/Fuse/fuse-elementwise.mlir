// RUN: quant-opt %s --fuse-elementwise --split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// silu(gate) * up is one loop nest without an intermediate result.
// CHECK-LABEL: @gated
// CHECK-SAME: (%[[G:.*]]: tensor<?x8xf32>, %[[U:.*]]: tensor<?x8xf32>, %{{.*}}: tensor<?x8xf32>)
func.func @gated(%g: tensor<?x8xf32>, %u: tensor<?x8xf32>, %o: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%[[G]], %[[U]] : tensor<?x8xf32>, tensor<?x8xf32>)
  // CHECK: arith.negf
  // CHECK: math.exp
  // CHECK: arith.addf
  // CHECK: arith.divf
  // CHECK: arith.mulf
  // CHECK-NOT: linalg.generic
  // CHECK: return %[[Y]]
  %0 = nn.activation silu %g : tensor<?x8xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0, %u : tensor<?x8xf32>, tensor<?x8xf32>) outs(%o : tensor<?x8xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %t = arith.mulf %p, %q : f32
    linalg.yield %t : f32
  } -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// -----
// CHECK-LABEL: @relu
func.func @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: arith.maximumf %{{.*}}, %{{.*}} : f32
  %0 = nn.activation relu %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----
// CHECK-LABEL: @gelu
// CHECK-DAG: arith.constant 5.000000e-01
// CHECK-DAG: arith.constant 0.707106{{.*}} : f32
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: math.erf
  %0 = nn.activation gelu %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----
// CHECK-LABEL: @gelu_tanh
// CHECK-DAG: arith.constant 4.471500e-02
func.func @gelu_tanh(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: math.fma
  // CHECK: math.tanh
  %0 = nn.activation gelu_tanh %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----
#id = affine_map<(d0) -> (d0)>
// What two operations use is computed once.
// CHECK-LABEL: @shared
func.func @shared(%x: tensor<4xf32>, %o: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-COUNT-1: math.exp
  // CHECK: linalg.generic
  // CHECK-NOT: math.exp
  %0 = nn.activation silu %x : tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%p: f32, %r: f32):
    %t = arith.negf %p : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// The formula of an activation asks for sizes; that is no second use of what it
// is joined with.
// CHECK-LABEL: func @residual
// CHECK-COUNT-1: linalg.generic
// CHECK: arith.addf
// CHECK-NEXT: arith.maximumf
// CHECK-NOT: linalg.generic
#id = affine_map<(i, j) -> (i, j)>
func.func @residual(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<?x8xf32>, tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x8xf32>
  %1 = nn.activation relu %0 : tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}
