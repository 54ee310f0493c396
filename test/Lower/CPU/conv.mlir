// RUN: quant-opt %s --lower-cpu-kernels=level=v3 --canonicalize --cse | FileCheck %s
// RUN: %python %S/conv.py conv.f32
// RUN: %python %S/conv.py conv.a16
// RUN: %python %S/conv.py conv.a8

// What the pixels of a work item read is gathered, zeros outside of the image;
// then it is a product with 144 columns.
// CHECK-LABEL: @f32
// CHECK: scf.parallel
// CHECK: %[[ROWS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<96x144xf32>
// CHECK: arith.cmpi ult
// CHECK: vector.store %{{.*}}, %[[ROWS]]
// CHECK: math.fma
// CHECK: arith.maximumf
// CHECK-NOT: kern.
func.func private @f32(%x: memref<1x32x32x16xf32>, %w: memref<1x144x16xf32>, %y: memref<1x32x32x16xf32>) {
  kern.conv "conv.f32" ins(%x, %w : memref<1x32x32x16xf32>, memref<1x144x16xf32>) outs(%y : memref<1x32x32x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>,
       strides = array<i64: 1, 1>, activation = "relu"}
  return
}

// A pointwise convolution reads the image itself.
// CHECK-LABEL: @pointwise
// CHECK: memref.collapse_shape %{{.*}} {{\[}}[0, 1, 2], [3]] : memref<1x32x32x16xf32>
// CHECK-NOT: memref.alloca
// CHECK: return
func.func private @pointwise(%x: memref<1x32x32x16xf32>, %w: memref<1x16x16xf32>, %y: memref<1x32x32x16xf32>) {
  kern.conv "conv.f32" ins(%x, %w : memref<1x32x32x16xf32>, memref<1x16x16xf32>) outs(%y : memref<1x32x32x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
  return
}

// Outside of the image stands the code of zero. A zero point of the input costs
// a product with a row of ones.
// CHECK-LABEL: @a8
// CHECK-DAG: arith.constant dense<-5> : vector<64xi8>
// CHECK-DAG: arith.constant dense<1> : vector<64xi8>
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// CHECK-NOT: kern.
func.func private @a8(%x: memref<1x32x32x64xi8>, %w: memref<1x144x64xi8>, %s: memref<1x1x16xf32>, %y: memref<1x32x32x16xf32>) {
  kern.conv "conv.a8" ins(%x, %w, %s : memref<1x32x32x64xi8>, memref<1x144x64xi8>, memref<1x1x16xf32>) outs(%y : memref<1x32x32x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>,
       strides = array<i64: 1, 1>, bits = 8 : i64, input_scale = 1.0e-01 : f32, input_zero_point = -5 : i64}
  return
}

// With numbers and codes a panel is decoded once for all rows of the block.
// CHECK-LABEL: @a16
// CHECK: %[[ROWS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<96x144xf32>
// CHECK: arith.andi %{{.*}} : vector<16xi32>
// CHECK: math.fma
// CHECK-NOT: kern.
func.func private @a16(%x: memref<1x32x32x16xf32>, %w: memref<1x18x64xi8>, %s: memref<1x1x16xf32>, %y: memref<1x32x32x16xf32>) {
  kern.conv "conv.a16" ins(%x, %w, %s : memref<1x32x32x16xf32>, memref<1x18x64xi8>, memref<1x1x16xf32>) outs(%y : memref<1x32x32x16xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>,
       strides = array<i64: 1, 1>, bits = 4 : i64}
  return
}
