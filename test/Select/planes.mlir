// RUN: quant-opt %s --select-kernels | FileCheck %s

!w = !qnt.packed<20x40, <code = planes, bits = 8, granularity = group, axis = 1, group_size = 32, scale = f16, widths = [8, 2]>, <panel16planes>>
nn.data @w {file = "w", offset = 0 : i64} : !w
nn.data @s {file = "w", offset = 1536 : i64} : tensor<2x20x2xf32>
nn.data @u {file = "w", offset = 1856 : i64} : tensor<2x20x1xf32>

// Two panels of three lines of 16 columns: planes of 384, 384 and 768 bytes, then two
// sets of scales of 128 bytes.
// CHECK-DAG: kern.weight @w.rows from @w pack "rows" at [[W:[0-9]+]] : tensor<1536xi8>
// CHECK-DAG: kern.weight @s.panels_ng_f16 from @s pack "panels_ng_f16" at {{[0-9]+}} : tensor<2x2x2x16xf16>
// CHECK-DAG: kern.weight @u.panels_ng from @u pack "panels_ng" at {{[0-9]+}} : tensor<2x2x1x16xf32>
// CHECK-LABEL: @planes
// CHECK: kern.constant "w.rows" at 0 : tensor<2x3x64xi8>
// CHECK: kern.constant "w.rows" at 384 : tensor<2x3x64xi8>
// CHECK: kern.constant "w.rows" at 768 : tensor<2x6x64xi8>
// CHECK: kern.constant "s.panels_ng_f16" at 1536 : tensor<2x2x16xf16>
// CHECK: kern.constant "s.panels_ng_f16" at 1664 : tensor<2x2x16xf16>
// CHECK: kern.constant "u.panels_ng" at 1792 : tensor<2x1x16xf32>
// CHECK: kern.constant "u.panels_ng" at 1920 : tensor<2x1x16xf32>
// CHECK: kern.matmul "matmul.a8" ins(
// CHECK-SAME: {bits = 8 : i64, code = "planes", group_size = 32 : i64, has_row_zero_points, widths = array<i64: 8, 2>}
func.func @planes(%x: tensor<2x40xi8>, %r: tensor<2xf32>, %o: tensor<2xi8>) -> tensor<2x20xf32> {
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<2x20x2xf32>
  %u = nn.param @u : tensor<2x20x1xf32>
  %0 = qnt.matmul %x scale %r offset %o weight %w, %s sums %u : (tensor<2x40xi8>, tensor<2xf32>, tensor<2xi8>, !w, tensor<2x20x2xf32>,
      tensor<2x20x1xf32>) -> tensor<2x20xf32>
  return %0 : tensor<2x20xf32>
}
