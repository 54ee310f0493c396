// RUN: quant-opt %s --fuse-quantizers --split-input-file | FileCheck %s

// clamp(rint(x / s) + z, 0, 255): NaN compares false and becomes the lowest code;
// 1.5 * 2^23 rounds half to even.
// CHECK-LABEL: @quantize
// CHECK: linalg.generic {{.*}} ins(%arg0 : tensor<?x4xf32>) outs(%{{.*}} : tensor<?x4xi8>)
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %{{.*}}: i8):
// CHECK-DAG: %[[S:.*]] = arith.constant 1.000000e-01 : f32
// CHECK-DAG: %[[Z:.*]] = arith.constant 128 : i32
// CHECK: %[[D:.*]] = arith.divf %[[X]], %[[S]]
// CHECK: %[[ZF:.*]] = arith.sitofp %[[Z]]
// CHECK: %[[LOW:.*]] = arith.subf %{{.*}}, %[[ZF]]
// CHECK: %[[HIGH:.*]] = arith.subf %{{.*}}, %[[ZF]]
// CHECK: %[[ABOVE:.*]] = arith.cmpf ogt, %[[D]], %[[LOW]]
// CHECK: %[[RAISED:.*]] = arith.select %[[ABOVE]], %[[D]], %[[LOW]]
// CHECK: %[[BELOW:.*]] = arith.cmpf olt, %[[RAISED]], %[[HIGH]]
// CHECK: %[[IN:.*]] = arith.select %[[BELOW]], %[[RAISED]], %[[HIGH]]
// CHECK: %[[M:.*]] = arith.constant 0x4B400000 : f32
// CHECK: %[[R:.*]] = arith.addf %[[IN]], %[[M]]
// CHECK: arith.subf %[[R]]
// CHECK: arith.fptosi
// CHECK: arith.addi %{{.*}}, %[[Z]]
// CHECK: arith.trunci %{{.*}} : i32 to i8
func.func @quantize(%x: tensor<?x4xf32>) -> tensor<?x4xi8> {
  %s = arith.constant dense<0.1> : tensor<f32>
  %z = arith.constant dense<-128> : tensor<i8>
  %q = qnt.quantize %x, %s zero_point %z <code = uint, bits = 8, zero_point = true> {by_division}
      : tensor<?x4xf32>, tensor<f32>, tensor<i8> -> tensor<?x4xi8>
  return %q : tensor<?x4xi8>
}

// -----

// A scale for each channel, computed, and int4 codes in bytes: -8 to 7.
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @channels
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[LAST]], #[[LAST]], #[[ID]]]{{.*}} ins(%arg0, %arg1, %arg2 : tensor<2x4xf32>, tensor<4xf32>, tensor<4xi8>)
// CHECK: arith.extsi %{{.*}} : i8 to i32
// CHECK: arith.divf
// CHECK: arith.constant -8.000000e+00 : f32
// CHECK: arith.constant 7.000000e+00 : f32
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[LAST]], #[[LAST]], #[[ID]]]{{.*}} ins(%{{.*}}, %arg1, %arg2 : tensor<2x4xi8>, tensor<4xf32>, tensor<4xi8>)
// CHECK: arith.subi
// CHECK: arith.sitofp
// CHECK: arith.mulf
func.func @channels(%x: tensor<2x4xf32>, %s: tensor<4xf32>, %z: tensor<4xi8>) -> tensor<2x4xf32> {
  %q = qnt.quantize %x, %s zero_point %z <code = int, bits = 4, granularity = channel, axis = 1, zero_point = true> {by_division}
      : tensor<2x4xf32>, tensor<4xf32>, tensor<4xi8> -> tensor<2x4xi8>
  %y = qnt.dequantize %q, %s zero_point %z <code = int, bits = 4, granularity = channel, axis = 1, zero_point = true>
      : tensor<2x4xi8>, tensor<4xf32>, tensor<4xi8> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// Blocks of 2 along a dimension of 6 are a dimension of their own.
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[BLOCK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: @blocks
// CHECK: tensor.expand_shape %arg0 {{\[\[}}0, 1], [2]] output_shape [3, 2, %{{.*}}] : tensor<6x?xi8> into tensor<3x2x?xi8>
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[BLOCK]], #[[ID]]]{{.*}} ins(%{{.*}}, %arg1 : tensor<3x2x?xi8>, tensor<3x?xf32>)
// CHECK: tensor.collapse_shape {{.*}} : tensor<3x2x?xf32> into tensor<6x?xf32>
func.func @blocks(%q: tensor<6x?xi8>, %s: tensor<3x?xf32>) -> tensor<6x?xf32> {
  %y = qnt.dequantize %q, %s <code = int, bits = 8, granularity = group, axis = 0, group_size = 2>
      : tensor<6x?xi8>, tensor<3x?xf32> -> tensor<6x?xf32>
  return %y : tensor<6x?xf32>
}

// -----

// Numbers of 16 bits are computed with in fp32.
// CHECK-LABEL: @half
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: arith.divf %{{.*}}, %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @half(%x: tensor<4xf16>, %s: tensor<f16>) -> tensor<4xf16> {
  %q = qnt.quantize %x, %s <code = int, bits = 8> {by_division} : tensor<4xf16>, tensor<f16> -> tensor<4xi8>
  %y = qnt.dequantize %q, %s <code = int, bits = 8> : tensor<4xi8>, tensor<f16> -> tensor<4xf16>
  return %y : tensor<4xf16>
}

// -----

// What a recipe put there multiplies by the reciprocal and has a kernel.
// CHECK-LABEL: @recipe
// CHECK: qnt.quantize
func.func @recipe(%x: tensor<4xf32>) -> tensor<4xi8> {
  %s = arith.constant dense<0.1> : tensor<f32>
  %q = qnt.quantize %x, %s <code = int, bits = 8> : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}
