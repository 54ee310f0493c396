// RUN: quant-opt %s --split-input-file --verify-diagnostics --lower-cpu-kernels=level=v3 --canonicalize --cse | FileCheck %s
// RUN: quant-opt %s --split-input-file --verify-diagnostics --lower-cpu-kernels=level=v4 --canonicalize --cse | FileCheck %s --check-prefix=V4
// RUN: %python %S/attention.py

// A dynamic number of queries: both forms, chosen at run time. The second keeps
// six keys (twelve with 512-bit registers), then six columns of the values, in
// registers, each read as one element for 16 queries.
// CHECK-LABEL: @dynamic
// V4-LABEL: @dynamic
// CHECK: scf.if
// CHECK: scf.parallel
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<3x64xf32>
// CHECK: } else {
// CHECK: scf.parallel
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<64x16xf32>
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<48x16xf32>
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<64x16xf32>
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c1 iter_args({{(%[a-z0-9_]+ = %[a-z0-9_]+(, )?){6} *}})
// CHECK-NEXT: vector.load
// CHECK-NEXT: memref.load
// CHECK-NEXT: vector.broadcast
// CHECK-NEXT: math.fma
// CHECK: arith.cmpi sle
// CHECK: scf.for %{{.*}} = %c0 to %c60 step %c6
// V4: scf.for %{{.*}} = %c0 to %c60 step %c12
func.func @dynamic(%q: memref<1x9x?x64xf32>, %k: memref<1x3x?x64xf32, strided<[?, ?, 64, 1], offset: ?>>,
                   %v: memref<1x3x?x64xf32, strided<[?, ?, 64, 1], offset: ?>>, %y: memref<1x9x?x64xf32>) {
  kern.attention "attention.f32" ins(%q, %k, %v : memref<1x9x?x64xf32>,
      memref<1x3x?x64xf32, strided<[?, ?, 64, 1], offset: ?>>, memref<1x3x?x64xf32, strided<[?, ?, 64, 1], offset: ?>>)
      outs(%y : memref<1x9x?x64xf32>) {causal, scale = 1.250000e-01 : f32}
  return
}

// One query: no second form, no comparison for causality.
// CHECK-LABEL: @one
// CHECK-NOT: scf.if
// CHECK-NOT: memref<48x16xf32>
// CHECK-NOT: arith.cmpi sle
// CHECK: return
func.func @one(%q: memref<1x9x1x64xf32>, %k: memref<1x3x16x64xf32>, %v: memref<1x3x16x64xf32>, %y: memref<1x9x1x64xf32>) {
  kern.attention "attention.f32" ins(%q, %k, %v : memref<1x9x1x64xf32>, memref<1x3x16x64xf32>, memref<1x3x16x64xf32>)
      outs(%y : memref<1x9x1x64xf32>) {causal, scale = 1.250000e-01 : f32}
  return
}

// -----

func.func @unknown_width(%q: memref<1x9x?x?xf32>, %k: memref<1x3x?x?xf32>, %y: memref<1x9x?x?xf32>) {
  // expected-error@+1 {{needs [batch, heads, length, head size] with a known head size, found 'memref<1x9x?x?xf32>'}}
  kern.attention "attention.f32" ins(%q, %k, %k : memref<1x9x?x?xf32>, memref<1x3x?x?xf32>, memref<1x3x?x?xf32>)
      outs(%y : memref<1x9x?x?xf32>) {scale = 1.250000e-01 : f32}
  return
}

// -----

func.func @no_mask(%q: memref<1x9x?x8xf32>, %y: memref<1x9x?x8xf32>) {
  // expected-error@+1 {{needs 4 inputs, found 3}}
  kern.attention "attention.f32" ins(%q, %q, %q : memref<1x9x?x8xf32>, memref<1x9x?x8xf32>, memref<1x9x?x8xf32>)
      outs(%y : memref<1x9x?x8xf32>) {has_mask, scale = 1.250000e-01 : f32}
  return
}
