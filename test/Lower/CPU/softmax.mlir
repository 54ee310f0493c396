// RUN: quant-opt %s --split-input-file --verify-diagnostics --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/softmax.py

// Ten numbers: one partial vector a pass; lanes behind the end are -inf for the
// maximum and zero for the sum. Few rows run on the calling thread.
// CHECK-LABEL: @softmax
// CHECK-NOT: scf.parallel
// CHECK: arith.select %{{.*}}, %{{.*}}, %[[LOWEST:.*]] : vector<16xi1>, vector<16xf32>
// CHECK: arith.cmpf olt
// CHECK: vector.maskedstore
// CHECK: arith.select
// CHECK: arith.divf
// CHECK: vector.maskedstore
// CHECK: return
func.func @softmax(%x: memref<1x10xf32>, %y: memref<1x10xf32>) {
  kern.softmax "softmax.f32" ins(%x : memref<1x10xf32>) outs(%y : memref<1x10xf32>)
  return
}

// -----

func.func @columns(%x: memref<4x4xf32, strided<[1, 4]>>, %y: memref<4x4xf32>) {
  // expected-error@+1 {{the CPU kernel needs f32 in contiguous rows}}
  kern.softmax "softmax.f32" ins(%x : memref<4x4xf32, strided<[1, 4]>>) outs(%y : memref<4x4xf32>)
  return
}
