// RUN: rm -f %t.work && quant-opt %s --quantize-weights=work-file=%t.work | FileCheck %s
// RUN: %python -c "import sys; print(open(sys.argv[1], 'rb').read().hex())" %t.work | FileCheck %s --check-prefix=BYTES

// MXFP4: the largest weight is 6.9, so the scale is 2^0 (127), and the weights become
// 0 -0.5 1 2 -3 4 4 6, codes 0 9 2 4 13 6 6 7. A step is worth half of a number.
nn.data @w {value = dense<[[0.1], [-0.6], [1.2], [2.5], [-3.1], [4.2], [5.0], [6.9]]> : tensor<8x1xf32>} : tensor<8x1xf32>
// CHECK-DAG: nn.data @w.codes {{.*}} : !qnt.packed<1x8, <code = e2m1, bits = 4, granularity = group, axis = 1, group_size = 32, scale = e8m0>, <panel16k4>>
// CHECK-DAG: nn.data @w.scales {file = "{{.*}}.work", offset = 64 : i64} : tensor<1x1xf8E8M0FNU>
// CHECK-DAG: nn.data @u.scales {{.*}} : tensor<1x1xf32>
// CHECK-DAG: nn.data @w.unit {file = "{{.*}}.work", offset = 65 : i64} : tensor<1x1xf32>
// BYTES: d0696274{{0+}}7f0000003f
// CHECK-LABEL: @mxfp4
func.func @mxfp4(%x: tensor<?x8xf32>) -> tensor<?x1xf32> {
  %w = nn.param @w : tensor<8x1xf32>
  %a = qnt.assign %w <code = e2m1, bits = 4, granularity = group, axis = 0, group_size = 32, scale = e8m0> {method = "rtn"} : tensor<8x1xf32>
  // CHECK: qnt.matmul %{{.*}} weight %{{.*}}, %{{.*}} unit %{{.*}} {qnt.weight_cosine
  %0 = nn.matmul %x, %a : tensor<?x8xf32>, tensor<8x1xf32> -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}

// Odd: the largest weight, 3, is 3 steps of 1; codes 2 1 2 3 0 0 3 2, whose steps add
// up to 2.
nn.data @u {value = dense<[[0.0], [-0.1], [1.9], [2.1], [-2.1], [-3.0], [3.0], [0.1]]> : tensor<8x1xf32>} : tensor<8x1xf32>
// BYTES-SAME: 02010e0b{{0+}}0000803f00000040
// CHECK-LABEL: @odd
func.func @odd(%x: tensor<?x8xf32>) -> tensor<?x1xf32> {
  %w = nn.param @u : tensor<8x1xf32>
  %a = qnt.assign %w <code = odd, bits = 2, granularity = channel, axis = 0> {method = "rtn"} : tensor<8x1xf32>
  %b = qnt.assign %x <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true> : tensor<?x8xf32>
  // CHECK: qnt.matmul %{{.*}} scale %{{.*}} offset %{{.*}} weight %{{.*}}, %{{.*}} sums %{{.*}} {qnt.weight_cosine
  %0 = nn.matmul %b, %a : tensor<?x8xf32>, tensor<8x1xf32> -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}
