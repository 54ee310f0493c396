// RUN: quant-opt %s --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/conv.py depthwise_conv.f32
// RUN: %python %S/conv.py depthwise_conv.a16
// RUN: %python %S/conv.py depthwise_conv.a8

// Inside of the image nine taps without a test, at the border each with one.
// CHECK-LABEL: @taps
// CHECK: scf.parallel
// CHECK: scf.if
// CHECK-COUNT-9: math.fma
// CHECK: } else {
// CHECK-COUNT-9: scf.if
// CHECK-NOT: kern.
func.func private @taps(%x: memref<1x100x10x64xf32>, %w: memref<3x3x64xf32>, %y: memref<1x100x10x64xf32>) {
  kern.depthwise_conv "depthwise_conv.f32" ins(%x, %w : memref<1x100x10x64xf32>, memref<3x3x64xf32>) outs(%y : memref<1x100x10x64xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
  return
}

// A work item decodes the nine codes of each channel once. Taps outside of the
// image add nothing, as codes of zero would.
// CHECK-LABEL: @codes
// CHECK: scf.parallel
// CHECK: %[[TAPS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<9x32xi16>
// CHECK: scf.for
// CHECK: vector.store %{{.*}}, %[[TAPS]]
// CHECK: scf.if
// CHECK-COUNT-9: arith.muli %{{.*}} : vector<16xi32>
// CHECK: math.fma
// CHECK: } else {
// CHECK-NOT: kern.
func.func private @codes(%x: memref<4x100x10x32xi8>, %w: memref<2x3x64xi8>, %s: memref<2x1x16xf32>, %y: memref<4x100x10x32xf32>) {
  kern.depthwise_conv "depthwise_conv.a8" ins(%x, %w, %s : memref<4x100x10x32xi8>, memref<2x3x64xi8>, memref<2x1x16xf32>)
      outs(%y : memref<4x100x10x32xf32>)
      {bits = 8 : i64, dilations = array<i64: 1, 1>, input_scale = 1.0e-01 : f32, input_zero_point = -5 : i64,
       kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
  return
}
