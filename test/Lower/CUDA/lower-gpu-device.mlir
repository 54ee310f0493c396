// RUN: quant-opt %s --split-input-file --lower-gpu-device --verify-diagnostics | FileCheck %s

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
