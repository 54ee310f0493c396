// RUN: quant-opt %s --split-input-file --verify-diagnostics --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/pool.py

// What lies outside the image is not read.
// CHECK-LABEL: @max
// CHECK: arith.cmpi ult
// CHECK: arith.cmpi ult
// CHECK: scf.if
// CHECK: vector.load
// CHECK: arith.maximumf
// CHECK: vector.store
func.func @max(%x: memref<1x28x28x32xf32>, %y: memref<1x14x14x32xf32>) {
  kern.pool "pool.max" ins(%x : memref<1x28x28x32xf32>) outs(%y : memref<1x14x14x32xf32>)
      {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
  return
}

// -----

func.func @no_kernel(%x: memref<1x28x28x32xf32>, %y: memref<1x14x14x32xf32>) {
  // expected-error@+1 {{needs 'kernel_size', 'strides' and 'dilations' of two and 'pads' of four numbers}}
  kern.pool "pool.max" ins(%x : memref<1x28x28x32xf32>) outs(%y : memref<1x14x14x32xf32>) {strides = array<i64: 2, 2>}
  return
}

// -----

func.func @line(%x: memref<1x28x32xf32>, %y: memref<1x14x32xf32>) {
  // expected-error@+1 {{needs an image [N, H, W, C]}}
  kern.pool "pool.max" ins(%x : memref<1x28x32xf32>) outs(%y : memref<1x14x32xf32>) {strides = array<i64: 2, 2>}
  return
}
