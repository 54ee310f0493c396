// The inner loop of 4-bit weights with int8 activations, one row: a line of 64
// bytes meets eight activations. No byte is widened or moved by itself.
// RUN: %python %S/assembly.py %s v3 vpmaddubsw | FileCheck %s --check-prefix=V3
// RUN: %python %S/assembly.py %s v4 vpdpbusd | FileCheck %s --check-prefix=V4

// V3-NOT: vpmovzx
// V3-NOT: vpinsr
// V3-NOT: vpextr
// V3: vpmaddubsw ymm
// V3: vpmaddwd ymm
// V4-NOT: vpmovzx
// V4-NOT: vpinsr
// V4-NOT: vpextr
// V4-NOT: Spill
// V4: vpbroadcastd zmm{{.*}}, dword ptr
// V4: vpdpbusd zmm
// V4-NOT: vpmovzx
func.func @k(%x: memref<1x4096xi8>, %sx: memref<1xf32>, %w: memref<256x512x64xi8>, %s: memref<256x64x16xf32>,
             %y: memref<1x4096xf32>) {
  kern.matmul "matmul.a8" ins(%x, %sx, %w, %s : memref<1x4096xi8>, memref<1xf32>, memref<256x512x64xi8>, memref<256x64x16xf32>)
      outs(%y : memref<1x4096xf32>) {bits = 4 : i64, group_size = 64 : i64}
  return
}
