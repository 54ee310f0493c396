// RUN: quant-opt %s --lower-cpu-kernels=level=device --canonicalize --cse | FileCheck %s

// Few rows: a warp has four slots, of which two take the groups of a panel; a
// lane has two channels. Sums of groups and scales meet in shared memory, a
// thread a channel adds them. Many rows: 32 columns of weights and rows in shared
// memory, four rows and channels a thread.
// CHECK-LABEL: @matmul
// CHECK: %[[ROWS:.*]] = memref.dim %arg0
// CHECK: %[[FEW:.*]] = arith.cmpi slt, %[[ROWS]], %c16
// CHECK: scf.if %[[FEW]] {
// CHECK: gpu.launch {{.*}} threads({{.*}} = %c32{{[,_ ]}}{{.*}}workgroup(%[[SUMS:.*]] : memref<2x16xf32, #gpu.address_space<workgroup>>, %[[SCALES:.*]] : memref<2x16xf32
// CHECK-NOT: sitofp
// CHECK: vector.load %arg1{{.*}} {alignment = 8 : i64} : memref<3x8x64xi8>, vector<8xi8>
// CHECK: vector.load %arg0{{.*}} {alignment = 16 : i64} : memref<?x64xf32>, vector<4xf32>
// CHECK: math.fma {{.*}} : vector<2xf32>
// CHECK: vector.store {{.*}}, %[[SUMS]]{{.*}} {alignment = 8 : i64}
// CHECK: vector.load %arg2{{.*}} {alignment = 8 : i64} : memref<3x2x16xf32>, vector<2xf32>
// CHECK: vector.store {{.*}}, %[[SCALES]]
// CHECK: gpu.barrier
// CHECK: math.fma {{.*}} : f32
// CHECK: gpu.terminator
// CHECK: } else {
// CHECK: gpu.launch {{.*}}workgroup(%[[W:.*]] : memref<32x16xf32, #gpu.address_space<workgroup>>, %[[X:.*]] : memref<32x132xf32
// CHECK: gpu.barrier
// CHECK: vector.store {{.*}}, %[[W]]
// CHECK: memref.store {{.*}}, %[[X]]
// CHECK: gpu.barrier
// CHECK: vector.load %[[W]]{{.*}} {alignment = 16 : i64}
// CHECK: vector.load %[[X]]{{.*}} {alignment = 16 : i64}
// CHECK-COUNT-4: math.fma {{.*}} : vector<4xf32>
// CHECK: gpu.terminator
func.func private @matmul(%x: memref<?x64xf32>, %w: memref<3x8x64xi8>, %s: memref<3x2x16xf32>,
                          %y: memref<?x48xf32>) {
  kern.matmul "matmul.a16" ins(%x, %w, %s : memref<?x64xf32>, memref<3x8x64xi8>, memref<3x2x16xf32>)
      outs(%y : memref<?x48xf32>) {bits = 4 : i64, group_size = 32 : i64}
  return
}

// 16 elements a work item.
// CHECK-LABEL: @codes
// CHECK: scf.parallel (%{{.*}}) = (%c0) to (%c63) step (%c1)
func.func private @codes(%x: memref<1000xi8>, %y: memref<1000xf32>) {
  kern.dequantize "dequantize.tensor" ins(%x : memref<1000xi8>) outs(%y : memref<1000xf32>)
      {scale = 5.0e-01 : f32, zero_point = 0 : i64}
  return
}

// A row a work item.
// CHECK-LABEL: @rows
// CHECK: scf.parallel (%{{.*}}) = (%c0) to (%c5) step (%c1)
func.func private @rows(%x: memref<5x24xf32>, %s: memref<24xf32>, %y: memref<5x24xf32>) {
  kern.norm "norm.rms" ins(%x, %s : memref<5x24xf32>, memref<24xf32>) outs(%y : memref<5x24xf32>)
      {epsilon = 1.0e-05 : f32}
  return
}

// One to three rows: a block of 8 warps for a row and a panel, whose lanes share
// the columns of a group; integers meet in shared memory, 16 threads add them in
// fp32. Up to 127 rows: the same for 16 rows and a panel, by tensor cores; the
// sums of the codes are a product with ones. More: a warp of a block of 4 for 16
// rows and two panels.
// CHECK-LABEL: @together
// CHECK: %[[M:.*]] = memref.dim %arg0
// CHECK: %[[FEW:.*]] = arith.cmpi slt, %[[M]], %c128
// CHECK: scf.if %[[FEW]] {
// CHECK: %[[LEAST:.*]] = arith.cmpi slt, %[[M]], %c4
// CHECK: scf.if %[[LEAST]] {
// CHECK: gpu.launch blocks({{.*}}) threads({{.*}} = %c256, {{.*}}) workgroup(%[[SUMS:.*]] : memref<16x1x16xi32, #gpu.address_space<workgroup>>)
// CHECK: gpu.subgroup_id
// CHECK: gpu.lane_id
// CHECK: vector.load %arg2{{.*}} {alignment = 8 : i64} : memref<2x64x64xi8>, vector<8xi8>
// CHECK: vector.load %arg0{{.*}} {alignment = 8 : i64} : memref<?x512xi8>, vector<8xi8>
// CHECK-COUNT-6: nvvm.dot.accumulate.4way
// CHECK-COUNT-6: gpu.shuffle xor
// CHECK: memref.store {{.*}}, %[[SUMS]]
// CHECK: gpu.barrier
// CHECK: memref.load %[[SUMS]]
// CHECK: math.fma
// CHECK: gpu.terminator
// CHECK: } else {
// CHECK: gpu.launch blocks({{.*}}) threads({{.*}} = %c256, {{.*}}) workgroup(%[[SUMS:.*]] : memref<16x16x16xi32, #gpu.address_space<workgroup>>)
// CHECK-COUNT-4: nvvm.mma.sync {{.*}} #nvvm.shape<m = 16, n = 8, k = 32>
// CHECK-NOT: nvvm.mma.sync
// CHECK: memref.store {{.*}}, %[[SUMS]]
// CHECK: gpu.barrier
// CHECK: memref.load %[[SUMS]]
// CHECK: math.fma
// CHECK: gpu.terminator
// CHECK: } else {
// CHECK: gpu.launch blocks({{.*}}) threads({{.*}} = %c128, {{.*}})
// CHECK-NOT: gpu.barrier
// CHECK-COUNT-6: nvvm.mma.sync {{.*}} #nvvm.shape<m = 16, n = 8, k = 32>
// CHECK: math.fma
// CHECK: gpu.terminator
func.func private @together(%x: memref<?x512xi8>, %sx: memref<?xf32>, %w: memref<2x64x64xi8>, %s: memref<2x16x16xf16>,
                            %y: memref<?x32xf32>) {
  kern.matmul "matmul.a8" ins(%x, %sx, %w, %s : memref<?x512xi8>, memref<?xf32>, memref<2x64x64xi8>, memref<2x16x16xf16>)
      outs(%y : memref<?x32xf32>) {bits = 4 : i64, group_size = 32 : i64}
  return
}
