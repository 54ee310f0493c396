// RUN: quant-opt %s --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/conv.py depthwise_conv.f32

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
