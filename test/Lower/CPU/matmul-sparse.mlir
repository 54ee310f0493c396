// RUN: quant-opt %s --lower-cpu-kernels=level=v4 --canonicalize --cse | FileCheck %s
// RUN: quant-opt %s --lower-cpu-kernels=level=device --canonicalize --cse | FileCheck %s --check-prefix=DEVICE
// RUN: %python %S/matmul.py matmul.sparse

// One row: the inputs above the threshold are listed without a branch, 16 at a time,
// then their columns are added, four at a time and two tiles of 64 channels side by
// side, while later ones and the scales of the next group are fetched.
// CHECK-LABEL: @decode
// CHECK: %[[LIST:.*]] = memref.alloca() {alignment = 64 : i64} : memref<100xi32>
// CHECK: math.absf %{{.*}} : vector<16xf32>
// CHECK: arith.cmpf ugt
// CHECK: llvm.call_intrinsic "llvm.experimental.vector.compress"
// CHECK: vector.store %{{.*}}, %[[LIST]][
// CHECK: math.ctpop
// CHECK-NOT: scf.if
// CHECK: %[[AHEAD:.*]] = arith.addi %{{.*}}, %c32
// CHECK: memref.load %[[LIST]][%[[AHEAD]]]
// CHECK-COUNT-4: memref.prefetch
// CHECK: vector.load %{{.*}} : memref<64x2x32xi8>, vector<32xi8>
// CHECK: arith.extui %{{.*}} : vector<16xi16> to vector<16xi32>
// CHECK-COUNT-8: math.fma %{{.*}} : vector<16xf32>
// CHECK-NOT: kern.
// A thread of a GPU passes over columns.
// DEVICE-LABEL: @decode
// DEVICE-NOT: memref.alloca
// DEVICE: arith.cmpf ugt
// DEVICE: scf.if
func.func private @decode(%x: memref<1x64xf32>, %w: memref<64x2x32xi8>, %s: memref<8x1x16xf32>, %t: memref<1xf32>,
                          %y: memref<1x128xf32>) {
  kern.matmul "matmul.sparse" ins(%x, %w, %s, %t : memref<1x64xf32>, memref<64x2x32xi8>, memref<8x1x16xf32>, memref<1xf32>)
      outs(%y : memref<1x128xf32>) {bits = 4 : i64, group_size = 64 : i64}
  return
}

// Several rows: whether there is one is asked once, and then nothing is compared.
// CHECK-LABEL: @both
// CHECK: scf.if
// CHECK: arith.cmpf ugt
// CHECK: } else {
// CHECK-NOT: arith.cmpf
// CHECK: return
func.func private @both(%x: memref<?x64xf32>, %w: memref<64x2x32xi8>, %s: memref<8x1x16xf32>, %t: memref<1xf32>,
                        %y: memref<?x128xf32>) {
  kern.matmul "matmul.sparse" ins(%x, %w, %s, %t : memref<?x64xf32>, memref<64x2x32xi8>, memref<8x1x16xf32>, memref<1xf32>)
      outs(%y : memref<?x128xf32>) {bits = 4 : i64, group_size = 64 : i64}
  return
}
