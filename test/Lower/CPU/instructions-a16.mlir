// The inner loop of 4-bit weights with fp32 activations, one row: codes are
// decoded in vector registers, 8 weights with four instructions and no conversion.
// RUN: %python %S/assembly.py %s v3 vaddps | FileCheck %s

// CHECK: 32 matches
// CHECK-NOT: vcvtdq2ps
// CHECK-NOT: vpmovzx
// CHECK-NOT: vpinsr
// CHECK-NOT: vpextr
// CHECK: vpand ymm
// CHECK: vpor ymm
// CHECK: vaddps ymm
// CHECK: vfmadd
func.func @k(%x: memref<1x4096xf32>, %w: memref<256x512x64xi8>, %s: memref<256x64x16xf32>, %y: memref<1x4096xf32>) {
  kern.matmul "matmul.a16" ins(%x, %w, %s : memref<1x4096xf32>, memref<256x512x64xi8>, memref<256x64x16xf32>)
      outs(%y : memref<1x4096xf32>) {bits = 4 : i64, group_size = 64 : i64}
  return
}
