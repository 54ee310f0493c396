// RUN: quant-opt %s --split-input-file --verify-diagnostics --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/reduce.py

// The last dimension stays: lanes are elements of the result, nothing is combined
// across lanes.
// CHECK-LABEL: @image
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c16
// CHECK: scf.for
// CHECK: scf.for
// CHECK: vector.load
// CHECK: arith.addf
// CHECK-NOT: extract_strided_slice
// CHECK: vector.store
func.func @image(%x: memref<1x8x8x64xf32>, %y: memref<1x64xf32>) {
  kern.reduce "reduce.mean" ins(%x : memref<1x8x8x64xf32>) outs(%y : memref<1x64xf32>) {axes = array<i64: 1, 2>, keepdims = false}
  return
}

// The last dimension goes: lanes are combined in four steps.
// CHECK-LABEL: @rows
// CHECK: arith.maximumf
// CHECK-COUNT-8: vector.extract_strided_slice
// CHECK: memref.store
func.func @rows(%x: memref<?x48xf32>, %y: memref<?x1xf32>) {
  kern.reduce "reduce.max" ins(%x : memref<?x48xf32>) outs(%y : memref<?x1xf32>) {axes = array<i64: 1>, keepdims = true}
  return
}

// -----

func.func @median(%x: memref<?x48xf32>, %y: memref<?xf32>) {
  // expected-error@+1 {{names kernel 'reduce.median', which the CPU has no code for}}
  kern.reduce "reduce.median" ins(%x : memref<?x48xf32>) outs(%y : memref<?xf32>) {axes = array<i64: 1>}
  return
}

// -----

func.func @half(%x: memref<?x48xf16>, %y: memref<?xf16>) {
  // expected-error@+1 {{needs contiguous rows of f32, i32 or i64 (l2: f32), found 'memref<?x48xf16>' and 'memref<?xf16>'}}
  kern.reduce "reduce.sum" ins(%x : memref<?x48xf16>) outs(%y : memref<?xf16>) {axes = array<i64: 1>}
  return
}
