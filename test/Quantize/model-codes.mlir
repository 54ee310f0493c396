// Codes, scales and zero points of a quantized model reach the kernels unchanged.
// RUN: rm -f %t.work && quant-opt %s --quantize-weights=work-file=%t.work | FileCheck %s
// RUN: %python -c "import sys; print(open(sys.argv[1], 'rb').read().hex())" %t.work | FileCheck %s --check-prefix=BYTES

// [K, N] = [3, 2] int8 with a scale a column: rows of the packed weight are the
// columns 1 3 -1 and -2 4 127; with 128 added 81 83 7f and 7e 84 ff.
nn.data @w {value = dense<[[1, -2], [3, 4], [-1, 127]]> : tensor<3x2xi8>} : tensor<3x2xi8>
nn.data @s {value = dense<[0.5, 0.1]> : tensor<2xf32>} : tensor<2xf32>
// uint4 codes with zero points in blocks of 8 along K = 16 stay as they are.
nn.data @u {value = dense<[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]]> : tensor<1x16xi8>} : tensor<1x16xi8>
nn.data @su {value = dense<[[2.0, 4.0]]> : tensor<1x2xf32>} : tensor<1x2xf32>
nn.data @zu {value = dense<[[3, 15]]> : tensor<1x2xi8>} : tensor<1x2xi8>
// A filter of int4 codes: 8 more.
nn.data @f {value = dense<[[[[-8, 7, 0, 1]]]]> : tensor<1x1x1x4xi8>} : tensor<1x1x1x4xi8>

// BYTES: 81837f807e84ff80{{(80)+}}0000003fcdcccc3d
// Sums of the columns: 3 * 0.5 and 129 * 0.1.
// BYTES-SAME: 0000c03f67664e41
// Two lines of 8 inputs, input 4 + i in the high half of byte i; the scales 2
// and 4, the zero points 3 and 15.
// BYTES-SAME: 40516273{{(00)+}}c8d9eafb{{(00)+}}0000004000008040030f
// BYTES-SAME: 808f8889{{(88)+}}0000803e
// 1, -2, 3, 4, -1, 127 times 0.5 and 0.1, the products in fp32; 0.5 and -0.5.
// BYTES-SAME: 0000003fcdcc4cbe0000c03fcdcccc3e000000bf33334b41
// BYTES-SAME: 0000003f000000bf{{$}}
// CHECK-LABEL: @matmul
func.func @matmul(%q: tensor<?x3xi8>, %x: tensor<?x16xf32>) -> (tensor<?x2xf32>, tensor<?x1xf32>) {
  %sx = arith.constant dense<0.25> : tensor<f32>
  %zx = arith.constant dense<-3> : tensor<i8>
  %w = nn.param @w : tensor<3x2xi8>
  %s = nn.param @s : tensor<2xf32>
  %a = qnt.dequantize %q, %sx zero_point %zx <code = int, bits = 8, zero_point = true> : tensor<?x3xi8>, tensor<f32>, tensor<i8> -> tensor<?x3xf32>
  %b = qnt.dequantize %w, %s <code = int, bits = 8, granularity = channel, axis = 1> : tensor<3x2xi8>, tensor<2xf32> -> tensor<3x2xf32>
  %a1 = qnt.assign %a <code = int, bits = 8, zero_point = true> {method = "model"} : tensor<?x3xf32>
  %b1 = qnt.assign %b <code = uint, bits = 8, granularity = channel> {method = "model"} : tensor<3x2xf32>
  // CHECK-DAG: %[[C:.*]] = nn.param @w.codes : !qnt.packed<2x3, <code = uint, bits = 8, granularity = channel, axis = 1>, <panel16k4>>
  // CHECK-DAG: %[[S:.*]] = nn.param @w.scales : tensor<2x1xf32>
  // CHECK-DAG: %[[SUMS:.*]] = nn.param @w.sums : tensor<2x1xf32>
  // CHECK: qnt.matmul %arg0 scale %{{.*}} offset %{{.*}} weight %[[C]], %[[S]] sums %[[SUMS]]
  %0 = nn.matmul %a1, %b1 : tensor<?x3xf32>, tensor<3x2xf32> -> tensor<?x2xf32>
  %u = nn.param @u : tensor<1x16xi8>
  %su = nn.param @su : tensor<1x2xf32>
  %zu = nn.param @zu : tensor<1x2xi8>
  %c = qnt.dequantize %u, %su zero_point %zu <code = uint, bits = 4, granularity = group, axis = 1, group_size = 8, zero_point = true>
      : tensor<1x16xi8>, tensor<1x2xf32>, tensor<1x2xi8> -> tensor<1x16xf32>
  %c1 = qnt.assign %c <code = uint, bits = 4, granularity = group, axis = 1, group_size = 8, zero_point = true> {method = "model"} : tensor<1x16xf32>
  // CHECK: qnt.matmul %arg1 weight %{{.*}}, %{{.*}} zero_point
  %1 = nn.matmul %x, %c1 transpose_rhs : tensor<?x16xf32>, tensor<1x16xf32> -> tensor<?x1xf32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: @conv
func.func @conv(%q: tensor<1x5x5x4xi8>) -> tensor<1x5x5x1xf32> {
  %s = arith.constant dense<0.25> : tensor<f32>
  %f = nn.param @f : tensor<1x1x1x4xi8>
  %a = qnt.dequantize %q, %s <code = int, bits = 8> : tensor<1x5x5x4xi8>, tensor<f32> -> tensor<1x5x5x4xf32>
  %b = qnt.dequantize %f, %s <code = int, bits = 4> : tensor<1x1x1x4xi8>, tensor<f32> -> tensor<1x1x1x4xf32>
  %a1 = qnt.assign %a <code = int, bits = 8> {method = "model"} : tensor<1x5x5x4xf32>
  %b1 = qnt.assign %b <code = uint, bits = 4, granularity = channel> {method = "model"} : tensor<1x1x1x4xf32>
  // CHECK: qnt.conv %arg0 scale %{{.*}} weight %{{.*}}, %{{.*}} {{.*}}kernel = array<i64: 1, 1>
  %0 = nn.conv %a1, %b1 {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x5x5x4xf32>, tensor<1x1x1x4xf32> -> tensor<1x5x5x1xf32>
  return %0 : tensor<1x5x5x1xf32>
}

nn.data @e {value = dense<[56, -72]> : tensor<2xi8>} : tensor<2xi8>

// Constants that no product takes become numbers; a float code is decoded (e4m3:
// 1 and -1).
// CHECK-LABEL: @numbers
func.func @numbers(%t: tensor<f32>) -> (tensor<3x2xf32>, tensor<2xf32>, tensor<3x2xf32>) {
  %h = arith.constant dense<0.5> : tensor<f32>
  %w = nn.param @w : tensor<3x2xi8>
  %s = nn.param @s : tensor<2xf32>
  // CHECK-DAG: %[[A:.*]] = nn.param @w.numbers : tensor<3x2xf32>
  %a = qnt.dequantize %w, %s <code = int, bits = 8, granularity = channel, axis = 1> : tensor<3x2xi8>, tensor<2xf32> -> tensor<3x2xf32>
  %e = nn.param @e : tensor<2xi8>
  // CHECK-DAG: %[[B:.*]] = nn.param @e.numbers : tensor<2xf32>
  %b = qnt.dequantize %e, %h <code = e4m3, bits = 8> : tensor<2xi8>, tensor<f32> -> tensor<2xf32>
  // CHECK-DAG: %[[C:.*]] = qnt.dequantize %{{.*}}, %arg0
  %c = qnt.dequantize %w, %t <code = int, bits = 8> : tensor<3x2xi8>, tensor<f32> -> tensor<3x2xf32>
  // CHECK: return %[[A]], %[[B]], %[[C]]
  return %a, %b, %c : tensor<3x2xf32>, tensor<2xf32>, tensor<3x2xf32>
}
