// RUN: rm -f %t.work && quant-opt %s --quantize-weights=work-file=%t.work | FileCheck %s
// RUN: %python -c "import sys; print(open(sys.argv[1], 'rb').read().hex())" %t.work | FileCheck %s --check-prefix=BYTES
// RUN: rm -f %t.sizes && quant-opt %s "--quantize-weights=work-file=%t.sizes sizes-only" | FileCheck %s --check-prefix=SIZES

// The scale of 8 bits is 1: codes ff a8 88 11, whose two bits are 3 2 2 0, the next two
// 3 2 0 1, the last four f 8 8 1. The other scales are least squares of steps 7 2 0 -7
// and 11 3 3 -13: 1730 / 102 = 4187afb0 and 2952 / 308 = 411959c4.
nn.data @w {value = dense<[[119.0], [32.0], [0.0], [-119.0]]> : tensor<4x1xf32>} : tensor<4x1xf32>
// CHECK-DAG: nn.data @w.codes {{.*}} : !qnt.packed<1x4, <code = planes, bits = 8, granularity = channel, axis = 1, widths = [8, 4, 2]>, <panel16planes>>
// CHECK-DAG: nn.data @w.scales {file = "{{.*}}.work", offset = 256 : i64} : tensor<3x1x1xf32>
// CHECK-DAG: nn.data @w.sums {file = "{{.*}}.work", offset = 268 : i64} : tensor<3x1x1xf32>
// SIZES-DAG: nn.data @w.scales {{.*}} : tensor<3x1x1xf32>
// BYTES: abaaaaa8
// BYTES-SAME: 03020001
// BYTES-SAME: 0f080801
// BYTES-SAME: 0000803fb0af8741c4591941
// CHECK-LABEL: @planes
func.func @planes(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  %w = nn.param @w : tensor<4x1xf32>
  %a = qnt.assign %w <code = planes, bits = 8, granularity = channel, widths = [8, 4, 2]> {method = "rtn"} : tensor<4x1xf32>
  %b = qnt.assign %x <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true> : tensor<?x4xf32>
  // CHECK: qnt.matmul %{{.*}} weight %{{.*}}, %{{.*}} sums %{{.*}} {qnt.plane_sqnr = array<f64: 0x7FF0000000000000, {{.*}}, {{.*}}>
  %0 = nn.matmul %b, %a : tensor<?x4xf32>, tensor<4x1xf32> -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}
