// The inner loop of MXFP4 weights with fp32 activations, one row. AVX512 finds 16
// weights with a shift and a lookup, AVX2 with one lookup for each half and the sign.
// RUN: %python %S/assembly.py %s v3 vpermd | FileCheck %s --check-prefix=V3
// RUN: %python %S/assembly.py %s v4 vpermd | FileCheck %s --check-prefix=V4

// V3: 32 matches
// V3-NOT: vpmovzx
// V3-NOT: vpinsr
// V3-NOT: vgather
// V3: vpermd ymm
// V3: vfmadd
// V4: 32 matches, {{.*}} {{[0-4]}} spills
// V4-NOT: vpmovzx
// V4-NOT: vgather
// V4-NOT: vpand
// V4: vpsrld zmm
// V4: vpermd zmm
// V4: vfmadd
func.func @k(%x: memref<1x4096xf32>, %w: memref<256x512x64xi8>, %s: memref<256x128x16xi8>, %u: memref<1x1xf32>,
             %y: memref<1x4096xf32>) {
  kern.matmul "matmul.a16" ins(%x, %w, %s, %u : memref<1x4096xf32>, memref<256x512x64xi8>, memref<256x128x16xi8>, memref<1x1xf32>)
      outs(%y : memref<1x4096xf32>) {bits = 4 : i64, group_size = 32 : i64, code = "e2m1", scales = "e8m0"}
  return
}
