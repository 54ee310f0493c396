// RUN: quant-opt %s --lower-cpu-kernels=level=device --canonicalize --cse | FileCheck %s

// Few rows: a warp has four slots, of which two take the groups of a panel; a
// lane has two channels. Sums of groups and scales meet in shared memory, a
// thread a channel adds them. From 4 rows on as many share what is decoded. Many
// rows: 32 columns of weights and rows in shared memory, eight rows of four
// channels a thread.
// CHECK-LABEL: @matmul
// CHECK: %[[ROWS:.*]] = memref.dim %arg0
// CHECK: %[[FEW:.*]] = arith.cmpi slt, %[[ROWS]], %c64
// CHECK: scf.if %[[FEW]] {
// CHECK: %[[LEAST:.*]] = arith.cmpi slt, %[[ROWS]], %c4
// CHECK: scf.if %[[LEAST]] {
// CHECK: gpu.launch {{.*}} threads({{.*}} = %c32{{[,_ ]}}{{.*}}workgroup(%[[SUMS:.*]] : memref<2x1x16xf32, #gpu.address_space<workgroup>>, %[[SCALES:.*]] : memref<2x16xf32
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
// CHECK: gpu.launch {{.*}} threads({{.*}} = %c32{{[,_ ]}}{{.*}}workgroup(%{{.*}} : memref<2x4x16xf32
// CHECK-COUNT-2: vector.load %arg1
// CHECK-COUNT-64: math.fma {{.*}} : vector<2xf32>
// CHECK: gpu.terminator
// CHECK: } else {
// CHECK: gpu.launch {{.*}}workgroup(%[[W:.*]] : memref<32x16xf32, #gpu.address_space<workgroup>>, %[[X:.*]] : memref<32x260xf32
// CHECK: gpu.barrier
// CHECK: vector.store {{.*}}, %[[W]]
// CHECK: memref.store {{.*}}, %[[X]]
// CHECK: gpu.barrier
// CHECK: vector.load %[[W]]{{.*}} {alignment = 16 : i64}
// CHECK-COUNT-2: vector.load %[[X]]{{.*}} {alignment = 16 : i64}
// CHECK-COUNT-8: math.fma {{.*}} : vector<4xf32>
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

// A block a row, which it keeps: four elements a thread, then each warp sums in
// 16 lanes, and threads scale four elements each.
// CHECK-LABEL: @rows
// CHECK: gpu.launch blocks({{.*}} = %c5, {{.*}}) threads({{.*}} = %c256, {{.*}}workgroup(%[[ROW:.*]] : memref<24xf32, #gpu.address_space<workgroup>>)
// CHECK: vector.load %arg0{{.*}} {alignment = 16 : i64} : memref<5x24xf32>, vector<4xf32>
// CHECK: vector.store {{.*}}, %[[ROW]]
// CHECK: gpu.barrier
// CHECK: memref.load %[[ROW]]
// CHECK: math.fma
// CHECK-COUNT-4: gpu.shuffle xor
// CHECK: math.sqrt
// CHECK: vector.load %[[ROW]]
// CHECK: vector.store {{.*}}, %arg2{{.*}} {alignment = 16 : i64} : memref<5x24xf32>, vector<4xf32>
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

// A thread an element of a sum, of a copied row of a table, and a pair of a rope.
// CHECK-LABEL: @elements
// CHECK: scf.parallel (%{{.*}}) = (%c0) to (%c120) step (%c1)
// CHECK: memref.load
// CHECK: arith.addf {{.*}} : f32
// CHECK: scf.parallel (%{{.*}}) = (%c0) to (%c120) step (%c1)
// CHECK: scf.parallel (%{{.*}}) = (%c0) to (%c60) step (%c1)
func.func private @elements(%x: memref<1x5x24xf32>, %t: memref<9x24xf32>, %ids: memref<1x5xi64>, %a: memref<5x12xf32>,
                            %y: memref<1x5x24xf32>) {
  linalg.add ins(%x, %y : memref<1x5x24xf32>, memref<1x5x24xf32>) outs(%y : memref<1x5x24xf32>)
  kern.embedding "embedding" ins(%ids, %t : memref<1x5xi64>, memref<9x24xf32>) outs(%y : memref<1x5x24xf32>)
  kern.rope "rope.f32" ins(%x, %a, %a : memref<1x5x24xf32>, memref<5x12xf32>, memref<5x12xf32>) outs(%y : memref<1x5x24xf32>)
  return
}

// Attention: a block a head and query, which shares 64 keys between updates of
// the maximum; of many queries, a block for 16, with 48 keys or values in shared
// memory.
// CHECK-LABEL: @heads
// CHECK: scf.if
// CHECK: gpu.launch {{.*}} threads({{.*}} = %c256, {{.*}}workgroup(%[[SCORES:.*]] : memref<64xf32, #gpu.address_space<workgroup>>, %[[WEIGHTS:.*]] : memref<64xf32
// CHECK-COUNT-16: gpu.shuffle xor
// CHECK: memref.store {{.*}}, %[[SCORES]]
// CHECK: gpu.barrier
// CHECK: memref.load %[[SCORES]]
// CHECK: memref.store {{.*}}, %[[WEIGHTS]]
// CHECK: gpu.barrier
// CHECK: memref.load %[[WEIGHTS]]
// CHECK: } else {
// CHECK: gpu.launch {{.*}}workgroup(%[[ROWS:.*]] : memref<48x68xf32, #gpu.address_space<workgroup>>, %{{.*}} : memref<16x68xf32{{.*}} : memref<48x16xf32{{.*}} : memref<8x16xf32
// CHECK-COUNT-4: gpu.barrier
// CHECK: vector.load %[[ROWS]]{{.*}} {alignment = 16 : i64}
func.func private @heads(%q: memref<1x9x?x64xf32>, %k: memref<1x3x?x64xf32>, %v: memref<1x3x?x64xf32>,
                         %y: memref<1x9x?x64xf32>) {
  kern.attention "attention.f32" ins(%q, %k, %v : memref<1x9x?x64xf32>, memref<1x3x?x64xf32>, memref<1x3x?x64xf32>)
      outs(%y : memref<1x9x?x64xf32>) {causal, scale = 1.25e-01 : f32}
  return
}

// Signs times signs: a block of four warps for a row and 64 channels, whose lanes
// count and whose halves meet; from eight rows on a warp for 16 rows and 64 channels,
// whose tensor cores count.
// CHECK-LABEL: @signs
// CHECK: %[[M:.*]] = memref.dim
// CHECK: arith.cmpi slt, %[[M]], %c8
// CHECK: gpu.launch {{.*}} threads({{.*}} = %c128,
// CHECK: math.ctpop {{.*}} : i64
// CHECK-COUNT-1: gpu.shuffle xor
// CHECK: } else {
// CHECK: gpu.launch {{.*}} threads({{.*}} = %c128,
// CHECK-COUNT-14: nvvm.mma.sync {{.*}}b1Op = #nvvm.mma_b1op<and_popc>, {{.*}} #nvvm.shape<m = 16, n = 8, k = 256>
// CHECK-NOT: gpu.shuffle
// CHECK: gpu.terminator
func.func private @signs(%x: memref<?x4xi64>, %w: memref<5x4x16xi64>, %s: memref<5x1x16xf32>, %y: memref<?x80xf32>) {
  kern.binary_matmul "binary_matmul.b1" ins(%x, %w, %s : memref<?x4xi64>, memref<5x4x16xi64>, memref<5x1x16xf32>)
      outs(%y : memref<?x80xf32>) {columns = 256 : i64, input_scale = 1.0 : f32}
  return
}
