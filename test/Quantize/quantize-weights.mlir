// RUN: rm -f %t.work && quant-opt %s --quantize-weights=work-file=%t.work | FileCheck %s
// RUN: %python -c "import sys; print(open(sys.argv[1], 'rb').read().hex())" %t.work | FileCheck %s --check-prefix=BYTES

// With sizes only, the same constants are named, but no number is written.
// RUN: rm -f %t.none && quant-opt %s --quantize-weights="work-file=%t.none sizes-only" | FileCheck %s --check-prefix=SIZES
// RUN: not ls %t.none
// SIZES-DAG: nn.data @w.codes {file = "{{.*}}.none", offset = 0 : i64} : !qnt.packed<2x3, <code = uint, bits = 4, granularity = channel, axis = 1>, <panel16k4>>
// SIZES-DAG: nn.data @w.scales {file = "{{.*}}.none", offset = 0 : i64} : tensor<2x1xf32>
// SIZES-DAG: nn.data @u.sums {file = "{{.*}}.none", offset = 0 : i64} : tensor<2x1xf32>
// SIZES: qnt.matmul

// Rows of the transposed weight [N, K] = [2, 3]: 7 -7 3 and 1 2 -3. Symmetric 4 bits
// with one scale a row: scale = 7 / 7, codes 15 1 11 (offset 8); scale = 3 / 7,
// codes rint(7/3 + 8) = 10, rint(14/3 + 8) = 13, 1.
nn.data @w {value = dense<[[7.0, 1.0], [-7.0, 2.0], [3.0, -3.0]]> : tensor<3x2xf32>} : tensor<3x2xf32>

// CHECK-DAG: nn.data @w.codes {file = "{{.*}}.work", offset = 0 : i64} : !qnt.packed<2x3, <code = uint, bits = 4, granularity = channel, axis = 1>, <panel16k4>>
// CHECK-DAG: nn.data @w.scales {file = "{{.*}}.work", offset = 64 : i64} : tensor<2x1xf32>
// CHECK-DAG: nn.data @u.sums {file = "{{.*}}.work", offset = 144 : i64} : tensor<2x1xf32>
// One line: channel 0 has inputs 0, 1, 2 in the low halves of bytes 0, 1, 2, channel 1
// in bytes 4, 5, 6; all else is the code of zero. Then the scales.
// BYTES: 8f818b888a8d8188{{(88)+}}0000803fb76ddb3e
// CHECK-LABEL: @dynamic
func.func @dynamic(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = nn.param @w : tensor<3x2xf32>
  %a = qnt.assign %w <code = int, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<3x2xf32>
  // CHECK-DAG: %[[C:.*]] = nn.param @w.codes
  // CHECK-DAG: %[[S:.*]] = nn.param @w.scales
  // CHECK-DAG: %[[Q:.*]], %[[SX:.*]] = qnt.quantize_dynamic %{{.*}} <code = int, bits = 8, granularity = token, dynamic = true>
  %b = qnt.assign %x <code = int, bits = 8, granularity = token, dynamic = true> : tensor<?x3xf32>
  // The error of the weight: 10 log10(121 / (2 * (1/7)^2)); no weight is clipped.
  // CHECK: qnt.matmul %[[Q]] scale %[[SX]] weight %[[C]], %[[S]] {qnt.weight_cosine = 0.999{{[0-9.]+}} : f64, qnt.weight_saturated = 0.0{{0+e\+00}} : f64, qnt.weight_sqnr = 34.7
  // CHECK-NOT: qnt.assign
  %0 = nn.matmul %b, %a : tensor<?x3xf32>, tensor<3x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// Activations with zero points need what a row of ones gives: the codes' sums,
// here (7 - 7 + 3) * 1 and 3/7 * (10 + 13 + 1 - 3 * 8) = 0.
// BYTES-SAME: 8f818b888a8d8188{{(88)+}}0000803fb76ddb3e0000404000000000
nn.data @u {value = dense<[[7.0, 1.0], [-7.0, 2.0], [3.0, -3.0]]> : tensor<3x2xf32>} : tensor<3x2xf32>
// CHECK-LABEL: @zero_points
func.func @zero_points(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = nn.param @u : tensor<3x2xf32>
  %a = qnt.assign %w <code = int, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<3x2xf32>
  // CHECK-DAG: %[[SUMS:.*]] = nn.param @u.sums
  // CHECK-DAG: %[[Q:.*]], %[[SX:.*]], %[[ZX:.*]] = qnt.quantize_dynamic %{{.*}} <{{.*}}zero_point = true, dynamic = true>
  %b = qnt.assign %x <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true> : tensor<?x3xf32>
  // CHECK: qnt.matmul %[[Q]] scale %[[SX]] offset %[[ZX]] weight %{{.*}}, %{{.*}} sums %[[SUMS]]
  %0 = nn.matmul %b, %a : tensor<?x3xf32>, tensor<3x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

nn.data @f {value = dense<1.0> : tensor<16x3x3x2xf32>} : tensor<16x3x3x2xf32>
// CHECK-LABEL: @static
func.func @static(%x: tensor<1x8x8x2xf32>) -> tensor<1x6x6x16xf32> {
  %w = nn.param @f : tensor<16x3x3x2xf32>
  %a = qnt.assign %w <code = int, bits = 8, granularity = channel> {method = "mse"} : tensor<16x3x3x2xf32>
  // CHECK-DAG: %[[SX:.*]] = arith.constant dense<2.500000e-01> : tensor<f32>
  // CHECK-DAG: %[[ZX:.*]] = arith.constant dense<5> : tensor<i8>
  // CHECK: %[[Q:.*]] = qnt.quantize %{{.*}}, %[[SX]] zero_point %[[ZX]]
  %b = qnt.assign %x <code = int, bits = 8, zero_point = true> {qnt.scale = 2.5e-01 : f32, qnt.zero_point = 5 : i8} : tensor<1x8x8x2xf32>
  // CHECK: qnt.conv %[[Q]] scale %[[SX]] offset %[[ZX]] weight %{{.*}}, %{{.*}} {{.*}}kernel = array<i64: 3, 3>
  %0 = nn.conv %b, %a {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x2xf32>, tensor<16x3x3x2xf32> -> tensor<1x6x6x16xf32>
  return %0 : tensor<1x6x6x16xf32>
}

// CHECK-LABEL: @float
func.func @float(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  // CHECK: nn.matmul
  // CHECK-NOT: qnt.assign
  %w = nn.param @w : tensor<3x2xf32>
  %a = qnt.assign %w <code = none, reason = "rule 1"> : tensor<3x2xf32>
  %0 = nn.matmul %x, %a : tensor<?x3xf32>, tensor<3x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
