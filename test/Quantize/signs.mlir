// RUN: rm -f %t.work && quant-opt %s --quantize-weights=work-file=%t.work | FileCheck %s
// RUN: %python -c "import sys; print(open(sys.argv[1], 'rb').read()[:144].hex())" %t.work | FileCheck %s --check-prefix=BYTES
// RUN: rm -f %t.none && quant-opt %s --quantize-weights="work-file=%t.none sizes-only" | FileCheck %s

// Row .9 -.1 .4 -.6: mean .15, signs + - + -, scale .5 and zero point -.3.
nn.data @w {value = dense<[[0.9], [-0.1], [0.4], [-0.6]]> : tensor<4x1xf32>} : tensor<4x1xf32>
// One line: bit 0 of bytes 0 and 2. Then .5 = 3f000000 and -.3 = be999a.. in fp32.
// BYTES: 01000100{{(00)+}}0000003f{{..}}9999be
// CHECK-DAG: nn.data @v.codes {{.*}} : !qnt.packed<3x7, <code = codebook, bits = 4, granularity = channel, axis = 1, codebook_size = 16, codebook_dim = 4>, <panel16index>>
// CHECK-DAG: nn.data @v.codebook {{.*}} : tensor<16xi16>
// CHECK-DAG: nn.data @w.codes {{.*}} : !qnt.packed<1x4, <code = binary, bits = 1, granularity = channel, axis = 1, zero_point = true>, <panel16k4>>
// CHECK-DAG: nn.data @w.zero_points {{.*}} : tensor<1x1xf32>
// CHECK-LABEL: @zero_points
func.func @zero_points(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  %w = nn.param @w : tensor<4x1xf32>
  %a = qnt.assign %w <code = binary, bits = 1, granularity = channel, zero_point = true> {method = "arb"} : tensor<4x1xf32>
  // CHECK-DAG: %[[C:.*]] = nn.param @w.codes
  // CHECK-DAG: %[[Z:.*]] = nn.param @w.zero_points : tensor<1x1xf32>
  // CHECK: qnt.matmul %{{.*}} weight %[[C]], %{{.*}} zero_point %[[Z]]
  %0 = nn.matmul %x, %a : tensor<?x4xf32>, tensor<4x1xf32> -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}

// Column scales are multiplied into what the product reads.
nn.data @u {value = dense<[[1.0, -2.0], [-4.0, 8.0]]> : tensor<2x2xf32>} : tensor<2x2xf32>
// CHECK-LABEL: @columns
func.func @columns(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = nn.param @u : tensor<2x2xf32>
  %a = qnt.assign %w <code = binary, bits = 1, granularity = channel> {method = "arb_rc"} : tensor<2x2xf32>
  // CHECK-DAG: %[[CS:.*]] = nn.param @u.column_scales : tensor<2xf32>
  // CHECK: %[[SCALED:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[CS]] : tensor<?x2xf32>, tensor<2xf32>)
  // CHECK: arith.mulf
  // CHECK: qnt.matmul %[[SCALED]] weight {{.*}}qnt.input_scale_bytes = 8
  %0 = nn.matmul %x, %a : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// With int8 activations what is quantized is already scaled.
// CHECK-LABEL: @dynamic
func.func @dynamic(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = nn.param @u : tensor<2x2xf32>
  %a = qnt.assign %w <code = binary, bits = 1, granularity = channel> {method = "arb_rc"} : tensor<2x2xf32>
  %b = qnt.assign %x <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true> : tensor<?x2xf32>
  // CHECK: %[[SCALED:.*]] = linalg.generic
  // CHECK: qnt.quantize_dynamic %[[SCALED]]
  // CHECK: qnt.matmul {{.*}} sums %
  %0 = nn.matmul %b, %a : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

nn.data @v {value = dense<1.0> : tensor<3x7xf32>} : tensor<3x7xf32>
// CHECK-LABEL: @codebook
func.func @codebook(%x: tensor<?x7xf32>) -> tensor<?x3xf32> {
  %w = nn.param @v : tensor<3x7xf32>
  %a = qnt.assign %w <code = codebook, bits = 4, granularity = channel, axis = 1, codebook_size = 16, codebook_dim = 4> {method = "btc"} : tensor<3x7xf32>
  // CHECK-DAG: %[[BOOK:.*]] = nn.param @v.codebook
  // CHECK: qnt.matmul %{{.*}} weight %{{.*}}, %{{.*}} codebook %[[BOOK]]
  %0 = nn.matmul %x, %a {transpose_rhs} : tensor<?x7xf32>, tensor<3x7xf32> -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}
