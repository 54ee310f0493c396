// RUN: quant-opt %s --lower-cpu-kernels=level=v3 --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,V3
// RUN: quant-opt %s --lower-cpu-kernels=level=v4 --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,V4
// RUN: quant-opt %s --lower-cpu-kernels=level=generic --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,GENERIC
// RUN: %python %S/matmul.py matmul.a8

// Exact sums of a group, minus zero point times sum of the activations, then
// one fma with the group's scale.
// CHECK-LABEL: @w4
// V3: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
// V3: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// V4: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// GENERIC-NOT: llvm.call_intrinsic
// GENERIC: arith.muli {{.*}} : vector<16xi32>
// CHECK: %[[PRODUCT:.*]] = arith.muli {{.*}} : vector<16xi32>
// CHECK: %[[EXACT:.*]] = arith.subi {{.*}} : vector<16xi32>
// CHECK: %[[SUM:.*]] = arith.sitofp
// CHECK: math.fma
// CHECK-NOT: kern.
func.func private @w4(%x: memref<1x64xi8>, %sx: memref<1xf32>, %w: memref<8x8x64xi8>, %s: memref<8x2x16xf32>,
                      %z: memref<8x2x16xi8>, %y: memref<1x128xf32>) {
  kern.matmul "matmul.a8" ins(%x, %sx, %w, %s, %z : memref<1x64xi8>, memref<1xf32>, memref<8x8x64xi8>, memref<8x2x16xf32>, memref<8x2x16xi8>)
      outs(%y : memref<1x128xf32>) {bits = 4 : i64, group_size = 32 : i64, has_zero_points}
  return
}

// Zero points of rows correct the sum of all groups by the weight's sum, before
// the scale of the row.
// CHECK-LABEL: @row_zeros
// CHECK: %[[ZERO:.*]] = arith.sitofp {{.*}} : i32 to f32
// CHECK: %[[MINUS:.*]] = arith.negf %[[ZERO]]
// CHECK: math.fma
// CHECK: arith.mulf
func.func private @row_zeros(%x: memref<1x64xi8>, %sx: memref<1xf32>, %zx: memref<1xi8>, %w: memref<1x8x64xi8>, %s: memref<1x2x16xf32>,
                             %sums: memref<1x1x16xf32>, %y: memref<1x16xf32>) {
  kern.matmul "matmul.a8" ins(%x, %sx, %zx, %w, %s, %sums : memref<1x64xi8>, memref<1xf32>, memref<1xi8>, memref<1x8x64xi8>, memref<1x2x16xf32>, memref<1x1x16xf32>)
      outs(%y : memref<1x16xf32>) {bits = 4 : i64, group_size = 32 : i64, has_row_zero_points}
  return
}

// Two products of 8-bit weights could overflow int16: no vpmaddubsw for them
// but to sum activations, whose other factor is 1.
// CHECK-LABEL: @w8
// V3: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%[[ONES:.*]], %{{.*}})
// V3: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%[[ONES]], %{{.*}})
// V3-NOT: pmadd.ub.sw
// V3: arith.shrui {{.*}} : vector<16xi16>
// V3: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
func.func private @w8(%x: memref<1x64xi8>, %sx: memref<1xf32>, %w: memref<8x16x64xi8>, %s: memref<8x1x16xf32>,
                      %y: memref<1x128xf32>) {
  kern.matmul "matmul.a8" ins(%x, %sx, %w, %s : memref<1x64xi8>, memref<1xf32>, memref<8x16x64xi8>, memref<8x1x16xf32>)
      outs(%y : memref<1x128xf32>) {bits = 8 : i64, group_size = 64 : i64}
  return
}
