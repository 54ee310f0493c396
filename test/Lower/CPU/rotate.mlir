// RUN: quant-opt %s --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/rotate.py

// Signs and the root of the size are one table, the core another, which kernels
// share.
// CHECK-DAG: memref.global "private" constant @hadamard_12 : memref<12x12xf32>
// CHECK-DAG: memref.global "private" constant @rotation_1536_1536_3 : memref<1536xf32>
// CHECK-DAG: memref.global "private" constant @rotation_96_48_3 : memref<96xf32>
// CHECK-DAG: memref.global "private" constant @rotation_64_64_3 : memref<64xf32>

// Butterflies up to 8 apart are shuffles of one vector, the others two vectors.
// CHECK-LABEL: @large(
// CHECK: memref.get_global @hadamard_12
// CHECK-COUNT-4: vector.shuffle
// CHECK: arith.subf {{.*}} : vector<16xf32>
// CHECK-NOT: kern.
func.func private @large(%x: memref<?x1536xf32>, %y: memref<?x1536xf32>) {
  kern.rotate "rotate.hadamard" ins(%x : memref<?x1536xf32>) outs(%y : memref<?x1536xf32>) {block = 1536 : i64, seed = 3 : i64}
  return
}

// CHECK-LABEL: @small(
// CHECK: memref.get_global @hadamard_12
// CHECK-COUNT-2: vector.shuffle
// CHECK-NOT: vector.shuffle
// CHECK: vector<4xf32>
func.func private @small(%x: memref<?x96xf32>, %y: memref<?x96xf32>) {
  kern.rotate "rotate.hadamard" ins(%x : memref<?x96xf32>) outs(%y : memref<?x96xf32>) {block = 48 : i64, seed = 3 : i64}
  return
}

// A row is rotated on the stack and never written.
// CHECK-LABEL: @fused(
// CHECK: memref.alloca() {{.*}} : memref<1x64xf32>
// CHECK: vector.shuffle
// CHECK: arith.trunci {{.*}} : vector<16xi32> to vector<16xi8>
func.func private @fused(%x: memref<?x64xf32>, %q: memref<?x64xi8>, %s: memref<?xf32>) {
  kern.quantize "quantize.rotated" ins(%x : memref<?x64xf32>) outs(%q, %s : memref<?x64xi8>, memref<?xf32>) {block = 64 : i64, seed = 3 : i64}
  return
}
