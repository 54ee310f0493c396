// RUN: quant-opt %s --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/take.py

// Numbers that follow the row are copied from places that are only known at run time.
// CHECK-LABEL: @appended(
// CHECK: scf.for {{.*}} = %c0{{.*}} to %c8
// CHECK: scf.for {{.*}} = %c0{{.*}} to %c3
// CHECK: %[[C:.*]] = memref.load %{{.*}} : memref<3xi32>
// CHECK: arith.index_cast %[[C]] : i32 to index
// CHECK-NOT: kern.
func.func private @appended(%x: memref<?x8xf32>, %c: memref<3xi32>, %y: memref<?x11xf32>) {
  kern.take "take.channels" ins(%x, %c : memref<?x8xf32>, memref<3xi32>) outs(%y : memref<?x11xf32>) {append}
  return
}

// A row is put together on the stack and never written.
// CHECK-LABEL: @fused(
// CHECK: memref.alloca() {{.*}} : memref<1x11xf32>
// CHECK: arith.trunci {{.*}} : vector<16xi32> to vector<16xi8>
func.func private @fused(%x: memref<?x8xf32>, %c: memref<3xi32>, %q: memref<?x11xi8>, %s: memref<?xf32>) {
  kern.quantize "quantize.taken" ins(%x, %c : memref<?x8xf32>, memref<3xi32>) outs(%q, %s : memref<?x11xi8>, memref<?xf32>) {append}
  return
}
