// RUN: quant-opt %s --canonicalize | FileCheck %s

// The same assignment twice is one; two different ones are both kept.
// CHECK-LABEL: func @assign
func.func @assign(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  // CHECK-NEXT: %[[A:.*]] = qnt.assign %{{.*}} <code = uint, bits = 4, granularity = channel> {method = "rtn"}
  // CHECK-NEXT: %[[B:.*]] = qnt.assign %[[A]] <code = uint, bits = 4, granularity = channel> {method = "mse"}
  // CHECK-NEXT: return %[[A]], %[[B]]
  %0 = qnt.assign %x <code = uint, bits = 4, granularity = channel> {method = "rtn"} : tensor<4x8xf32>
  %1 = qnt.assign %0 <code = uint, bits = 4, granularity = channel> {method = "rtn"} : tensor<4x8xf32>
  %2 = qnt.assign %1 <code = uint, bits = 4, granularity = channel> {method = "mse"} : tensor<4x8xf32>
  return %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func @unused
func.func @unused(%x: tensor<?x8xf32>, %s: tensor<f32>, %w: !qnt.packed<4x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>,
                  %t: tensor<4x1xf32>) {
  // CHECK-NEXT: return
  %q, %r = qnt.quantize_dynamic %x <code = int, bits = 8, granularity = token, dynamic = true> : tensor<?x8xf32> -> tensor<?x8xi8>, tensor<?xf32>
  %0 = qnt.matmul %q scale %r weight %w, %t : (tensor<?x8xi8>, tensor<?xf32>,
      !qnt.packed<4x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>, tensor<4x1xf32>) -> tensor<?x4xf32>
  %1 = qnt.quantize %0, %s <code = int, bits = 8> : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi8>
  %2 = qnt.dequantize %1, %s <code = int, bits = 8> : tensor<?x4xi8>, tensor<f32> -> tensor<?x4xf32>
  return
}

// A transform and its inverse are nothing; transforms that differ stay.
// CHECK-LABEL: func @transforms
// CHECK-SAME: %[[W:.*]]: tensor<8x4xf32>, %[[G:.*]]: tensor<8xf32>
func.func @transforms(%w: tensor<8x4xf32>, %g: tensor<8xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) {
  %0 = qnt.transform hadamard %w {axis = 0 : i64, block = 8 : i64, seed = 7 : i64} : tensor<8x4xf32>
  %1 = qnt.transform hadamard %0 {axis = 0 : i64, block = 8 : i64, seed = 7 : i64, inverse} : tensor<8x4xf32>
  %2 = qnt.transform scale %w by %g {axis = 0 : i64, inverse} : tensor<8x4xf32>, tensor<8xf32>
  %3 = qnt.transform scale %2 by %g {axis = 0 : i64} : tensor<8x4xf32>, tensor<8xf32>
  // CHECK-NEXT: %[[C:.*]] = qnt.transform center %[[W]] {axis = 1 : i64}
  %4 = qnt.transform center %w {axis = 1 : i64} : tensor<8x4xf32>
  %5 = qnt.transform center %4 {axis = 1 : i64} : tensor<8x4xf32>
  // CHECK-NEXT: %[[A:.*]] = qnt.transform hadamard %[[W]] {axis = 0 : i64, block = 8 : i64, seed = 1 : i64}
  // CHECK-NEXT: %[[B:.*]] = qnt.transform hadamard %[[A]] {axis = 0 : i64, block = 8 : i64, inverse, seed = 2 : i64}
  %6 = qnt.transform hadamard %w {axis = 0 : i64, block = 8 : i64, seed = 1 : i64} : tensor<8x4xf32>
  %7 = qnt.transform hadamard %6 {axis = 0 : i64, block = 8 : i64, seed = 2 : i64, inverse} : tensor<8x4xf32>
  // CHECK-NEXT: return %[[W]], %[[W]], %[[C]], %[[B]]
  return %1, %3, %5, %7 : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>
}
