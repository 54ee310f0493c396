// RUN: quant-opt %s --split-input-file --lower-gpu-device --verify-diagnostics | FileCheck %s --check-prefixes=CHECK,DOT
// RUN: quant-opt %s --split-input-file --lower-gpu-device=byte-mma=true --verify-diagnostics | FileCheck %s --check-prefixes=CHECK,MMA

// CHECK-NOT: @main
// CHECK-NOT: gpu
// CHECK: memref.global "private" constant @table : memref<2xf32>
// CHECK: func.func private @qc_rt_report(i32, i64)
// CHECK: func.func @fill(%[[Y:.*]]: memref<?xf32>)
// CHECK: %[[CTA:.*]] = nvvm.read.ptx.sreg.ctaid.x : i32
// CHECK: %[[BLOCK:.*]] = arith.index_castui %[[CTA]] : i32 to index
// CHECK: %[[NTID:.*]] = nvvm.read.ptx.sreg.ntid.x : i32
// CHECK: %[[SIZE:.*]] = arith.index_castui %[[NTID]]
// CHECK: %[[TID:.*]] = nvvm.read.ptx.sreg.tid.x : i32
// CHECK: %[[THREAD:.*]] = arith.index_castui %[[TID]]
// CHECK: %[[FIRST:.*]] = arith.muli %[[BLOCK]], %[[SIZE]]
// CHECK: arith.addi %[[FIRST]], %[[THREAD]]
// CHECK: memref.store
// CHECK: call @qc_rt_report
module attributes {gpu.container_module} {
  func.func private @launches(%y: memref<?xf32>, %n: index) {
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    gpu.launch_func @kernels::@fill blocks in (%n, %c1, %c1)
        threads in (%c32, %c1, %c1) args(%y : memref<?xf32>)
    return
  }
  func.func @main(%y: memref<?xf32>, %n: index) {
    call @launches(%y, %n) : (memref<?xf32>, index) -> ()
    return
  }
  gpu.module @kernels {
    memref.global "private" constant @table : memref<2xf32> = dense<[1.0, 2.0]>
    func.func private @qc_rt_report(i32, i64)
    gpu.func @fill(%y: memref<?xf32>) kernel attributes {known_block_size = array<i32: 32, 1, 1>} {
      %b = gpu.block_id x
      %n = gpu.block_dim x
      %t = gpu.thread_id x
      %first = arith.muli %b, %n : index
      %i = arith.addi %first, %t : index
      %v = arith.constant 1.0 : f32
      %code = arith.constant 1 : i32
      %id = arith.constant 7 : i64
      memref.store %v, %y[%i] : memref<?xf32>
      func.call @qc_rt_report(%code, %id) : (i32, i64) -> ()
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  gpu.module @kernels {
    gpu.func @wide(%y: memref<?xf32>) kernel {
      // expected-error@below {{has no register of a thread}}
      %b = gpu.block_id y
      %v = arith.constant 1.0 : f32
      memref.store %v, %y[%b] : memref<?xf32>
      gpu.return
    }
  }
}

// -----

// Threads that work together: NVVM's barrier, shuffle, shared memory; a product
// of a warp stays one, or lanes exchange words and multiply four bytes at a time.
// CHECK: memref.global "private" @shared_together_0 : memref<32xi32, 3 : i32> = uninitialized {alignment = 16 : i64}
// CHECK: func.func @together(%[[Y:.*]]: memref<?xi32>)
// CHECK: %[[S:.*]] = memref.get_global @shared_together_0
// CHECK: %[[TID:.*]] = nvvm.read.ptx.sreg.tid.x : i32
// CHECK: arith.remui %[[TID]], %c32
// CHECK: memref.store %{{.*}}, %[[S]]
// CHECK: nvvm.barrier0
// CHECK: nvvm.shfl.sync bfly %c-1{{.*}}, %{{.*}}, %{{.*}}, %c31{{.*}} : i32 -> i32
// MMA: nvvm.mma.sync
// MMA-NOT: nvvm.shfl.sync
// DOT-NOT: nvvm.mma.sync
// DOT: nvvm.shfl.sync idx
// DOT: nvvm.dot.accumulate.4way
module attributes {gpu.container_module} {
  gpu.module @kernels {
    gpu.func @together(%y: memref<?xi32>) workgroup(%s: memref<32xi32, #gpu.address_space<workgroup>>) kernel {
      %c0 = arith.constant 0 : index
      %one = arith.constant 1 : i32
      %w = arith.constant 32 : i32
      %lane = gpu.lane_id
      memref.store %one, %s[%lane] : memref<32xi32, #gpu.address_space<workgroup>>
      gpu.barrier
      %v = memref.load %s[%c0] : memref<32xi32, #gpu.address_space<workgroup>>
      %a, %valid = gpu.shuffle xor %v, %one, %w : i32
      %r = nvvm.mma.sync A[%a, %a, %a, %a] B[%v, %v] C[%one, %one, %one, %one] {intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>, layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, multiplicandAPtxType = #nvvm.mma_type<u8>, multiplicandBPtxType = #nvvm.mma_type<s8>, shape = #nvvm.shape<m = 16, n = 8, k = 32>} : (i32, i32, i32) -> !llvm.struct<(i32, i32, i32, i32)>
      %x = llvm.extractvalue %r[2] : !llvm.struct<(i32, i32, i32, i32)>
      memref.store %x, %y[%lane] : memref<?xi32>
      gpu.return
    }
  }
}

// -----

// The same of bits.
// CHECK: func.func @bits
// MMA: nvvm.mma.sync
// MMA-NOT: nvvm.shfl.sync
// DOT-NOT: nvvm.mma.sync
// DOT: nvvm.shfl.sync idx
// DOT: arith.andi
// DOT: math.ctpop
module attributes {gpu.container_module} {
  gpu.module @kernels {
    gpu.func @bits(%y: memref<?xi32>) kernel {
      %one = arith.constant 1 : i32
      %lane = gpu.lane_id
      %r = nvvm.mma.sync A[%one, %one, %one, %one] B[%one, %one] C[%one, %one, %one, %one] {b1Op = #nvvm.mma_b1op<and_popc>, layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, multiplicandAPtxType = #nvvm.mma_type<b1>, multiplicandBPtxType = #nvvm.mma_type<b1>, shape = #nvvm.shape<m = 16, n = 8, k = 256>} : (i32, i32, i32) -> !llvm.struct<(i32, i32, i32, i32)>
      %x = llvm.extractvalue %r[2] : !llvm.struct<(i32, i32, i32, i32)>
      memref.store %x, %y[%lane] : memref<?xi32>
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  gpu.module @kernels {
    gpu.func @down(%y: memref<?xi32>) kernel {
      %c0 = arith.constant 0 : index
      %one = arith.constant 1 : i32
      %w = arith.constant 32 : i32
      // expected-error@below {{is no xor or idx of 32 lanes, without 'valid'}}
      %a, %valid = gpu.shuffle down %one, %one, %w : i32
      memref.store %a, %y[%c0] : memref<?xi32>
      gpu.return
    }
  }
}
