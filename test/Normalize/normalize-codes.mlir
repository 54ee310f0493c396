// RUN: %quant-opt --normalize-codes --canonicalize --cse --split-input-file %s | FileCheck %s

// Scales of whole tensors become numbers, also from a tensor of one element;
// uint8 codes with the zero point 130 become int8 codes with 2.
nn.data @s {value = dense<5.000000e-01> : tensor<f32>} : tensor<f32>
nn.data @z {value = dense<-126> : tensor<1xi8>} : tensor<1xi8>
// CHECK-LABEL: func @center
// CHECK-DAG: %[[S:.*]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK-DAG: %[[Z:.*]] = arith.constant dense<2> : tensor<i8>
// CHECK: %[[Q:.*]] = qnt.quantize %arg0, %[[S]] zero_point %[[Z]] <code = int, bits = 8, zero_point = true> {by_division}
// CHECK: qnt.dequantize %[[Q]], %[[S]] zero_point %[[Z]] <code = int, bits = 8, zero_point = true>
func.func @center(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = nn.param @s : tensor<f32>
  %v = nn.param @z : tensor<1xi8>
  %z = tensor.collapse_shape %v [] : tensor<1xi8> into tensor<i8>
  %q = qnt.quantize %x, %s zero_point %z <code = uint, bits = 8, zero_point = true> {by_division}
      : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  %y = qnt.dequantize %q, %s zero_point %z <code = uint, bits = 8, zero_point = true>
      : tensor<4xi8>, tensor<f32>, tensor<i8> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Without a zero point 0 is the lowest code: -128.
// CHECK-LABEL: func @center_without_zero_point
// CHECK: %[[Z:.*]] = arith.constant dense<-128> : tensor<i8>
// CHECK: qnt.quantize {{.*}} zero_point %[[Z]] <code = int, bits = 8, zero_point = true>
// CHECK: qnt.dequantize {{.*}} zero_point %[[Z]] <code = int, bits = 8, zero_point = true>
func.func @center_without_zero_point(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %q = qnt.quantize %x, %s <code = uint, bits = 8> {by_division} : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  %y = qnt.dequantize %q, %s <code = uint, bits = 8> : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Codes that the caller sees stay as they are, and so do those whose zero point is
// computed.
// CHECK-LABEL: func @visible
// CHECK: qnt.quantize {{.*}} <code = uint, bits = 8>
// CHECK: qnt.dequantize {{.*}} <code = uint, bits = 8, zero_point = true>
func.func @visible(%x: tensor<4xf32>, %z: tensor<i8>) -> (tensor<4xi8>, tensor<4xf32>) {
  %s = arith.constant dense<0.5> : tensor<f32>
  %q = qnt.quantize %x, %s <code = uint, bits = 8> {by_division} : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  %y = qnt.dequantize %q, %s zero_point %z <code = uint, bits = 8, zero_point = true> : tensor<4xi8>, tensor<f32>, tensor<i8> -> tensor<4xf32>
  return %q, %y : tensor<4xi8>, tensor<4xf32>
}

// -----

// The same scale before and behind a movement: codes move.
// CHECK-LABEL: func @move
// CHECK-NOT: qnt.
// CHECK: linalg.transpose ins(%arg0 : tensor<2x6xi8>)
// CHECK: tensor.expand_shape {{.*}} : tensor<6x2xi8> into tensor<6x2x1xi8>
// CHECK: tensor.extract_slice {{.*}} : tensor<6x2x1xi8> to tensor<3x2x1xi8>
// CHECK: tensor.collapse_shape {{.*}} : tensor<3x2x1xi8> into tensor<6x1xi8>
// CHECK-NOT: qnt.
func.func @move(%q: tensor<2x6xi8>) -> tensor<6x1xi8> {
  %s = arith.constant dense<0.1> : tensor<f32>
  %x = qnt.dequantize %q, %s <code = int, bits = 8> : tensor<2x6xi8>, tensor<f32> -> tensor<2x6xf32>
  %e = tensor.empty() : tensor<6x2xf32>
  %t = linalg.transpose ins(%x : tensor<2x6xf32>) outs(%e : tensor<6x2xf32>) permutation = [1, 0]
  %y = tensor.expand_shape %t [[0], [1, 2]] output_shape [6, 2, 1] : tensor<6x2xf32> into tensor<6x2x1xf32>
  %v = tensor.extract_slice %y[0, 0, 0] [3, 2, 1] [1, 1, 1] : tensor<6x2x1xf32> to tensor<3x2x1xf32>
  %c = tensor.collapse_shape %v [[0, 1], [2]] : tensor<3x2x1xf32> into tensor<6x1xf32>
  %r = qnt.quantize %c, %s <code = int, bits = 8> {by_division} : tensor<6x1xf32>, tensor<f32> -> tensor<6x1xi8>
  return %r : tensor<6x1xi8>
}

// -----

// Another scale, another zero point, a scale that could underflow: numbers move.
// CHECK-LABEL: func @other
// CHECK-COUNT-3: qnt.quantize
func.func @other(%q: tensor<4xi8>) -> (tensor<4xi8>, tensor<4xi8>, tensor<4xi8>) {
  %s = arith.constant dense<0.1> : tensor<f32>
  %t = arith.constant dense<0.2> : tensor<f32>
  %u = arith.constant dense<1.0e-40> : tensor<f32>
  %z = arith.constant dense<3> : tensor<i8>
  %x = qnt.dequantize %q, %s <code = int, bits = 8> : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  %a = qnt.quantize %x, %t <code = int, bits = 8> {by_division} : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  %b = qnt.quantize %x, %s zero_point %z <code = int, bits = 8, zero_point = true> {by_division} : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  %y = qnt.dequantize %q, %u <code = int, bits = 8> : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  %c = qnt.quantize %y, %u <code = int, bits = 8> {by_division} : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %a, %b, %c : tensor<4xi8>, tensor<4xi8>, tensor<4xi8>
}

// -----

// Codes of 4 bits take a byte each; signed ones keep their sign.
// CHECK-DAG: nn.data @w{{.*}} {value = dense<[-8, 7, -1]> : tensor<3xi8>} : tensor<3xi8>
// CHECK-DAG: nn.data @u{{.*}} {value = dense<[8, 7, 15]> : tensor<3xi8>} : tensor<3xi8>
nn.data @w {value = dense<[-8, 7, -1]> : tensor<3xi4>} : tensor<3xi4>
nn.data @u {value = dense<[-8, 7, -1]> : tensor<3xi4>} : tensor<3xi4>
// CHECK-LABEL: func @narrow
// CHECK: qnt.quantize {{.*}} <code = uint, bits = 4> {by_division} : tensor<3xf32>, tensor<f32> -> tensor<3xi8>
// CHECK: qnt.dequantize {{.*}} <code = uint, bits = 4> : tensor<3xi8>
func.func @narrow(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %s = arith.constant dense<0.5> : tensor<f32>
  %w = nn.param @w : tensor<3xi4>
  %a = qnt.dequantize %w, %s <code = int, bits = 4> : tensor<3xi4>, tensor<f32> -> tensor<3xf32>
  %u = nn.param @u : tensor<3xi4>
  %b = qnt.dequantize %u, %s <code = uint, bits = 4> : tensor<3xi4>, tensor<f32> -> tensor<3xf32>
  %q = qnt.quantize %x, %s <code = uint, bits = 4> {by_division} : tensor<3xf32>, tensor<f32> -> tensor<3xi4>
  %c = qnt.dequantize %q, %s <code = uint, bits = 4> : tensor<3xi4>, tensor<f32> -> tensor<3xf32>
  return %a, %b, %c : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// -----

// uint8 codes that come from outside become int8 by their highest bit; the codes of
// a quantize that the caller sees too.
// CHECK-LABEL: func @input
// CHECK-DAG: %[[TOP:.*]] = arith.constant -128 : i8
// CHECK-DAG: %[[Z:.*]] = arith.constant dense<-28> : tensor<i8>
// CHECK: %[[C:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<?x4xi8>)
// CHECK: arith.xori %{{.*}}, %[[TOP]]
// CHECK: qnt.dequantize %[[C]], %{{.*}} zero_point %[[Z]] <code = int, bits = 8, zero_point = true>
// CHECK: %[[Q:.*]] = qnt.quantize {{.*}} <code = uint, bits = 8, zero_point = true>
// CHECK: linalg.generic {{.*}} ins(%[[Q]] : tensor<?x4xi8>)
func.func @input(%q: tensor<?x4xi8>) -> (tensor<?x4xf32>, tensor<?x4xi8>, tensor<?x4xf32>) {
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<100> : tensor<i8>
  %x = qnt.dequantize %q, %s zero_point %z <code = uint, bits = 8, zero_point = true> : tensor<?x4xi8>, tensor<f32>, tensor<i8> -> tensor<?x4xf32>
  %y = nn.activation relu %x : tensor<?x4xf32>
  %r = qnt.quantize %y, %s zero_point %z <code = uint, bits = 8, zero_point = true> {by_division} : tensor<?x4xf32>, tensor<f32>, tensor<i8> -> tensor<?x4xi8>
  %v = qnt.dequantize %r, %s zero_point %z <code = uint, bits = 8, zero_point = true> : tensor<?x4xi8>, tensor<f32>, tensor<i8> -> tensor<?x4xf32>
  return %x, %r, %v : tensor<?x4xf32>, tensor<?x4xi8>, tensor<?x4xf32>
}
