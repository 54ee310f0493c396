// RUN: quant-opt %s --split-input-file --verify-diagnostics --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/rope.py

// Half of 64 is two vectors; each pair costs two products and two fma.
// CHECK-LABEL: @halves
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c16
// CHECK-COUNT-4: vector.load
// CHECK: arith.mulf
// CHECK: arith.negf
// CHECK: math.fma
// CHECK: arith.mulf
// CHECK: math.fma
// CHECK-COUNT-2: vector.store
func.func @halves(%x: memref<1x9x?x64xf32>, %c: memref<?x32xf32>, %s: memref<?x32xf32>, %y: memref<1x9x?x64xf32>) {
  kern.rope "rope.f32" ins(%x, %c, %s : memref<1x9x?x64xf32>, memref<?x32xf32>, memref<?x32xf32>)
      outs(%y : memref<1x9x?x64xf32>)
  return
}

// CHECK-LABEL: @neighbours
// CHECK: vector.deinterleave %{{.*}} : vector<32xf32> -> vector<16xf32>
// CHECK: vector.interleave %{{.*}} : vector<16xf32> -> vector<32xf32>
func.func @neighbours(%x: memref<1x9x?x64xf32>, %c: memref<?x32xf32>, %s: memref<?x32xf32>, %y: memref<1x9x?x64xf32>) {
  kern.rope "rope.f32" ins(%x, %c, %s : memref<1x9x?x64xf32>, memref<?x32xf32>, memref<?x32xf32>)
      outs(%y : memref<1x9x?x64xf32>) {interleaved}
  return
}

// -----

func.func @flat(%x: memref<?x64xf32>, %c: memref<?x32xf32>, %s: memref<?x32xf32>, %y: memref<?x64xf32>) {
  // expected-error@+1 {{needs an input [B, H, T, D] and angles [T, D/2] or [B, T, D/2]}}
  kern.rope "rope.f32" ins(%x, %c, %s : memref<?x64xf32>, memref<?x32xf32>, memref<?x32xf32>) outs(%y : memref<?x64xf32>)
  return
}
