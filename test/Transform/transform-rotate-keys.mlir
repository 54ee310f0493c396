// RUN: quant-opt %s --transform-rotate-keys=seed=3 | FileCheck %s
// RUN: quant-opt %s --transform-rotate-keys=seed=3 --transform-rotate-keys=seed=4 | FileCheck %s

// Keys are rotated before they are appended, queries behind their position
// embedding; values stay. The cache goes out of the model, too.
// CHECK-LABEL: func @cached
func.func @cached(%q: tensor<1x4x?x8xf32>, %k: tensor<1x2x?x8xf32>, %v: tensor<1x2x?x8xf32>, %past: tensor<1x2x?x8xf32>,
    %c: tensor<?x4xf32>, %s: tensor<?x4xf32>) -> (tensor<1x4x?x8xf32>, tensor<1x2x?x8xf32>) {
  // CHECK: %[[Q:.*]] = nn.rope %arg0
  // CHECK: %[[QR:.*]] = qnt.rotate %[[Q]] {block = 8 : i64, seed = 3 : i64} : tensor<1x4x?x8xf32>
  %0 = nn.rope %q, %c, %s : tensor<1x4x?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<1x4x?x8xf32>
  // CHECK: %[[K:.*]] = nn.rope %arg1
  // CHECK: %[[KR:.*]] = qnt.rotate %[[K]] {block = 8 : i64, seed = 3 : i64} : tensor<1x2x?x8xf32>
  // CHECK-NOT: qnt.rotate
  // CHECK: %[[A:.*]] = nn.kv_append %arg3, %[[KR]]
  %1 = nn.rope %k, %c, %s : tensor<1x2x?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<1x2x?x8xf32>
  %2 = nn.kv_append %past, %1 {axis = 2 : i64} : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32> -> tensor<1x2x?x8xf32>
  // CHECK: nn.attention %[[QR]], %[[A]], %arg2 causal
  %y = nn.attention %0, %2, %v causal {scale = 0.5 : f32} : tensor<1x4x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32> -> tensor<1x4x?x8xf32>
  return %y, %2 : tensor<1x4x?x8xf32>, tensor<1x2x?x8xf32>
}

// Two layers that read the same keys share their rotation; the next has signs of
// its own.
// CHECK-LABEL: func @shared
func.func @shared(%q: tensor<1x2x5x12xf32>, %p: tensor<1x2x5x12xf32>, %k: tensor<1x2x5x12xf32>, %l: tensor<1x2x5x12xf32>)
    -> tensor<1x2x5x12xf32> {
  // CHECK-DAG: %[[K:.*]] = qnt.rotate %arg2 {block = 12 : i64, seed = [[S:[0-9]+]] : i64}
  // CHECK-DAG: %[[Q:.*]] = qnt.rotate %arg0 {block = 12 : i64, seed = [[S]] : i64}
  // CHECK-DAG: %[[P:.*]] = qnt.rotate %arg1 {block = 12 : i64, seed = [[S]] : i64}
  // CHECK-DAG: %[[L:.*]] = qnt.rotate %arg3 {block = 12 : i64, seed = [[T:[0-9]+]] : i64}
  // CHECK: %[[Y:.*]] = nn.attention %[[Q]], %[[K]], %arg2
  // CHECK: nn.attention %[[P]], %[[K]], %[[Y]]
  // The values are the keys as they were.
  %y = nn.attention %q, %k, %k {scale = 0.5 : f32} : tensor<1x2x5x12xf32>, tensor<1x2x5x12xf32>, tensor<1x2x5x12xf32> -> tensor<1x2x5x12xf32>
  %z = nn.attention %p, %k, %y {scale = 0.5 : f32} : tensor<1x2x5x12xf32>, tensor<1x2x5x12xf32>, tensor<1x2x5x12xf32> -> tensor<1x2x5x12xf32>
  // CHECK: %[[Z:.*]] = qnt.rotate %{{.*}} {block = 12 : i64, seed = [[T]] : i64}
  // CHECK: nn.attention %[[Z]], %[[L]]
  %u = nn.attention %z, %l, %l {scale = 0.5 : f32} : tensor<1x2x5x12xf32>, tensor<1x2x5x12xf32>, tensor<1x2x5x12xf32> -> tensor<1x2x5x12xf32>
  return %u : tensor<1x2x5x12xf32>
}

// A cache that something else computes with, and heads of 7, which have no matrix.
// CHECK-LABEL: func @refused
func.func @refused(%q: tensor<1x2x5x8xf32>, %k: tensor<1x2x5x8xf32>, %past: tensor<1x2x5x8xf32>, %o: tensor<1x2x5x7xf32>)
    -> (tensor<1x2x5x8xf32>, tensor<1x2x5x7xf32>) {
  // CHECK-NOT: qnt.rotate
  %a = nn.kv_append %past, %k {axis = 2 : i64} : tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> tensor<1x2x10x8xf32>
  %y = nn.attention %q, %a, %a {scale = 0.5 : f32} : tensor<1x2x5x8xf32>, tensor<1x2x10x8xf32>, tensor<1x2x10x8xf32> -> tensor<1x2x5x8xf32>
  %z = nn.attention %o, %o, %o {scale = 0.5 : f32} : tensor<1x2x5x7xf32>, tensor<1x2x5x7xf32>, tensor<1x2x5x7xf32> -> tensor<1x2x5x7xf32>
  return %y, %z : tensor<1x2x5x8xf32>, tensor<1x2x5x7xf32>
}
