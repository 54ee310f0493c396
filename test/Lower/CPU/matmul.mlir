// RUN: quant-opt %s --lower-cpu-kernels=level=v3 --canonicalize --cse | FileCheck %s
// RUN: %python %S/matmul.py matmul.f32

// Six rows times one panel of sixteen channels; fewer rows go one by one with
// three panels at a time.
// CHECK-LABEL: @f32
// CHECK: scf.parallel
// CHECK: scf.if
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: math.fma
// CHECK: vector.store
// CHECK: } else {
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>) {
// CHECK: memref.prefetch
// CHECK-NOT: kern.
func.func private @f32(%x: memref<2x?x64xf32>, %w: memref<3x64x16xf32>, %y: memref<2x?x48xf32>) {
  kern.matmul "matmul.f32" ins(%x, %w : memref<2x?x64xf32>, memref<3x64x16xf32>) outs(%y : memref<2x?x48xf32>)
  return
}

// One row has no loop over tiles of rows.
// CHECK-LABEL: @decode
// CHECK-NOT: scf.if
// CHECK: return
func.func private @decode(%x: memref<1x64xf32>, %w: memref<3x64x16xf32>, %y: memref<1x48xf32>) {
  kern.matmul "matmul.f32" ins(%x, %w : memref<1x64xf32>, memref<3x64x16xf32>) outs(%y : memref<1x48xf32>)
  return
}
