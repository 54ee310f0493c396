// RUN: quant-opt %s --split-input-file --verify-diagnostics --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/norm.py

// One pass for the squares, one for the result; 576 is a whole number of vectors,
// so there is no partial one.
// CHECK-LABEL: @rms
// CHECK: scf.parallel
// CHECK: scf.for
// CHECK: %[[SUM:.*]] = scf.for %{{.*}} = %c0 to %c576 step %c16 iter_args(%{{.*}}) -> (vector<16xf32>)
// CHECK: math.fma
// CHECK-COUNT-4: vector.extract_strided_slice
// CHECK: math.sqrt
// CHECK: scf.for %{{.*}} = %c0 to %c576 step %c16
// CHECK-NOT: maskedstore
// CHECK: return
func.func @rms(%x: memref<1x?x576xf32>, %g: memref<576xf32>, %y: memref<1x?x576xf32>) {
  kern.norm "norm.rms" ins(%x, %g : memref<1x?x576xf32>, memref<576xf32>)
      outs(%y : memref<1x?x576xf32>) {epsilon = 1.0e-05 : f32}
  return
}

// Lanes behind the end of a row must not count in the variance.
// CHECK-LABEL: @layer
// CHECK: vector.maskedload
// CHECK: arith.subf
// CHECK: arith.select
// CHECK: vector.maskedstore
func.func @layer(%x: memref<4x37xf32>, %g: memref<37xf32>, %b: memref<37xf32>, %y: memref<4x37xf32>) {
  kern.norm "norm.layer" ins(%x, %g, %b : memref<4x37xf32>, memref<37xf32>, memref<37xf32>)
      outs(%y : memref<4x37xf32>) {epsilon = 1.0e-12 : f32, has_beta}
  return
}

// -----

func.func @no_epsilon(%x: memref<4x37xf32>, %g: memref<37xf32>, %y: memref<4x37xf32>) {
  // expected-error@+1 {{needs the attribute 'epsilon'}}
  kern.norm "norm.rms" ins(%x, %g : memref<4x37xf32>, memref<37xf32>) outs(%y : memref<4x37xf32>)
  return
}

// -----

func.func @half(%x: memref<4x37xf16>, %g: memref<37xf32>, %y: memref<4x37xf16>) {
  // expected-error@+1 {{has operand #0 of type 'memref<4x37xf16>'; the CPU kernel needs f32 in contiguous rows}}
  kern.norm "norm.rms" ins(%x, %g : memref<4x37xf16>, memref<37xf32>) outs(%y : memref<4x37xf16>) {epsilon = 1.0e-05 : f32}
  return
}

// -----

func.func @unknown(%x: memref<4x37xf32>, %g: memref<37xf32>, %y: memref<4x37xf32>) {
  // expected-error@+1 {{names kernel 'norm.batch', which the CPU has no code for}}
  kern.norm "norm.batch" ins(%x, %g : memref<4x37xf32>, memref<37xf32>) outs(%y : memref<4x37xf32>) {epsilon = 1.0e-05 : f32}
  return
}
