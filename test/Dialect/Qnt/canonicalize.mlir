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
