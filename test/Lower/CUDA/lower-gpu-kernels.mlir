// RUN: quant-opt %s --split-input-file --lower-gpu-kernels=block-size=32 --verify-diagnostics | FileCheck %s

// What sizes need is on both sides.
// CHECK: gpu.container_module
// CHECK-LABEL: func.func private @fill
// CHECK: %[[N:.*]] = memref.dim %arg0
// CHECK-NOT: scf.parallel
// CHECK: %[[BLOCKS:.*]] = arith.ceildivui %[[N]]
// CHECK: gpu.launch_func @kernels::@fill blocks in (%[[BLOCKS]], %{{.*}}, %{{.*}}) threads in (%c32
// CHECK-SAME: args(%arg0 : memref<?xf32>)
// CHECK: gpu.module @kernels
// CHECK: gpu.func @fill(%[[Y:.*]]: memref<?xf32>) kernel attributes {known_block_size = array<i32: 32, 1, 1>}
// Scratch of a thread has a fixed place.
// CHECK-NEXT: memref.alloca() : memref<4xf32>
// CHECK: %[[BLOCK:.*]] = gpu.block_id
// CHECK: %[[SIZE:.*]] = gpu.block_dim
// CHECK: %[[THREAD:.*]] = gpu.thread_id
// CHECK: %[[FIRST:.*]] = arith.muli %[[BLOCK]], %[[SIZE]]
// CHECK: %[[ITEM:.*]] = arith.addi %[[FIRST]], %[[THREAD]]
// CHECK: %[[COUNT:.*]] = memref.dim %[[Y]]
// CHECK: %[[PRESENT:.*]] = arith.cmpi ult, %[[ITEM]], %[[COUNT]]
// CHECK: scf.if %[[PRESENT]]
// CHECK: memref.store %{{.*}}, %[[Y]][%[[ITEM]]]
// CHECK: gpu.return
func.func private @fill(%y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = arith.constant 1.0 : f32
  %n = memref.dim %y, %c0 : memref<?xf32>
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    %s = memref.alloca() : memref<4xf32>
    memref.store %v, %s[%c0] : memref<4xf32>
    %x = memref.load %s[%c0] : memref<4xf32>
    memref.store %x, %y[%i] : memref<?xf32>
  }
  return
}
func.func @main(%y: memref<?xf32>) {
  call @fill(%y) : (memref<?xf32>) -> ()
  call @fill(%y) : (memref<?xf32>) -> ()
  return
}

// -----

// No loop: one thread. What the runtime offers is known to the kernels too.
// CHECK-LABEL: func.func private @once
// CHECK-NOT: memref.store
// CHECK: gpu.launch_func @kernels::@once
// CHECK: gpu.module @kernels
// CHECK: func.func private @qc_rt_report(i32, i64)
// CHECK: gpu.func @once
// CHECK: scf.if
// CHECK: memref.store
// CHECK: call @qc_rt_report
func.func private @qc_rt_report(i32, i64)
func.func private @once(%y: memref<1xf32>) {
  %c0 = arith.constant 0 : index
  %code = arith.constant 1 : i32
  %id = arith.constant 7 : i64
  %v = arith.constant 1.0 : f32
  memref.store %v, %y[%c0] : memref<1xf32>
  call @qc_rt_report(%code, %id) : (i32, i64) -> ()
  return
}
func.func @main(%y: memref<1xf32>) {
  call @once(%y) : (memref<1xf32>) -> ()
  return
}

// -----

// A kernel for each loop; the host decides which is launched.
// CHECK-LABEL: func.func private @choice
// CHECK: scf.if
// CHECK: gpu.launch_func @kernels::@choice blocks
// CHECK: else
// CHECK: gpu.launch_func @kernels::@choice_1 blocks
// CHECK: gpu.func @choice(
// CHECK: %[[V:.*]] = arith.constant 1.0
// CHECK: memref.store %[[V]],
// CHECK-NOT: memref.store
// CHECK: gpu.func @choice_1(
// CHECK: %[[W:.*]] = arith.constant 2.0
// CHECK-NOT: memref.store
// CHECK: else
// CHECK: memref.store %[[W]],
// CHECK-NOT: memref.store
func.func private @choice(%y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = arith.constant 1.0 : f32
  %w = arith.constant 2.0 : f32
  %n = memref.dim %y, %c0 : memref<?xf32>
  %one = arith.cmpi eq, %n, %c1 : index
  scf.if %one {
    scf.parallel (%i) = (%c0) to (%n) step (%c1) {
      memref.store %v, %y[%i] : memref<?xf32>
    }
  } else {
    scf.parallel (%i) = (%c0) to (%n) step (%c1) {
      memref.store %w, %y[%i] : memref<?xf32>
    }
  }
  return
}
func.func @main(%y: memref<?xf32>) {
  call @choice(%y) : (memref<?xf32>) -> ()
  return
}

// -----

func.func private @effect(%y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %v = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    memref.store %v, %y[%i] : memref<8xf32>
  }
  // expected-error@below {{has an effect outside of the work items: the kernel cannot run on a GPU}}
  memref.store %v, %y[%c0] : memref<8xf32>
  return
}
func.func @main(%y: memref<8xf32>) {
  call @effect(%y) : (memref<8xf32>) -> ()
  return
}

// -----

func.func private @repeated(%y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %v = arith.constant 1.0 : f32
  scf.for %j = %c0 to %c8 step %c1 {
    // expected-error@below {{is inside of 'scf.for': a GPU kernel cannot be launched there}}
    scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
      memref.store %v, %y[%i] : memref<8xf32>
    }
  }
  return
}
func.func @main(%y: memref<8xf32>) {
  call @repeated(%y) : (memref<8xf32>) -> ()
  return
}

// -----

func.func private @steps(%y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %v = arith.constant 1.0 : f32
  // expected-error@below {{is no loop over the work items of a GPU kernel, from 0 in steps of 1}}
  scf.parallel (%i) = (%c0) to (%c8) step (%c2) {
    memref.store %v, %y[%i] : memref<8xf32>
  }
  return
}
func.func @main(%y: memref<8xf32>) {
  call @steps(%y) : (memref<8xf32>) -> ()
  return
}

// -----

// A table that threads read goes with them.
// CHECK: gpu.module @kernels
// CHECK: memref.global "private" constant @table : memref<8xf32> = dense<2.0{{.*}}>
// CHECK: gpu.func @reads
// CHECK: memref.get_global @table
memref.global "private" constant @table : memref<8xf32> = dense<2.0>
func.func private @reads(%y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %t = memref.get_global @table : memref<8xf32>
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %t[%i] : memref<8xf32>
    memref.store %v, %y[%i] : memref<8xf32>
  }
  return
}
func.func @main(%y: memref<8xf32>) {
  call @reads(%y) : (memref<8xf32>) -> ()
  return
}

// -----

// A launch says itself what a block is, and what it shares.
// CHECK-LABEL: func.func private @together
// CHECK: gpu.launch_func @kernels::@together blocks in (%arg1, %c1{{.*}}, %c1{{.*}}) threads in (%c64{{.*}}, %c1{{.*}}, %c1{{.*}}) args(%arg0 : memref<?xf32>, %arg1 : index)
// CHECK: gpu.func @together(%[[Y:.*]]: memref<?xf32>, %{{.*}}: index) workgroup(%[[S:.*]] : memref<64xf32, #gpu.address_space<workgroup>>)
// CHECK-SAME: known_block_size = array<i32: 64, 1, 1>
// CHECK: %[[B:.*]] = gpu.block_id x
// CHECK: %[[T:.*]] = gpu.thread_id x
// CHECK: memref.store %{{.*}}, %[[S]][%[[T]]]
// CHECK: gpu.barrier
// CHECK: memref.store %{{.*}}, %[[Y]][%[[B]]]
// CHECK: gpu.return
func.func private @together(%y: memref<?xf32>, %n: index) {
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %n, %gy = %c1, %gz = %c1)
             threads(%tx, %ty, %tz) in (%sx = %c64, %sy = %c1, %sz = %c1)
             workgroup(%s : memref<64xf32, #gpu.address_space<workgroup>>) {
    %v = memref.load %y[%bx] : memref<?xf32>
    memref.store %v, %s[%tx] : memref<64xf32, #gpu.address_space<workgroup>>
    gpu.barrier
    %c0 = arith.constant 0 : index
    %w = memref.load %s[%c0] : memref<64xf32, #gpu.address_space<workgroup>>
    memref.store %w, %y[%bx] : memref<?xf32>
    gpu.terminator
  }
  return
}
func.func @entry(%y: memref<?xf32>, %n: index) {
  call @together(%y, %n) : (memref<?xf32>, index) -> ()
  return
}

// -----

func.func private @odd(%n: index) {
  %c1 = arith.constant 1 : index
  %c33 = arith.constant 33 : index
  // expected-error@below {{has no blocks of whole warps along x, at most 1024 threads each}}
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %n, %gy = %c1, %gz = %c1)
             threads(%tx, %ty, %tz) in (%sx = %c33, %sy = %c1, %sz = %c1) {
    gpu.terminator
  }
  return
}
func.func @entry(%n: index) {
  call @odd(%n) : (index) -> ()
  return
}

// -----

// The host asks for the precision and launches the kernel of that width; a thread knows
// what the host was told, and so has no branch.
// CHECK-LABEL: func.func private @widths
// CHECK: %[[BITS:.*]] = call @qc_rt_precision() : () -> i32
// CHECK: scf.if
// CHECK: gpu.launch_func @kernels::@widths blocks
// CHECK: } else {
// CHECK: gpu.launch_func @kernels::@widths_1 blocks
// CHECK: gpu.module @kernels
// CHECK-NOT: qc_rt_precision
// CHECK: gpu.func @widths(
// CHECK-NOT: qc_rt_precision
// CHECK: gpu.func @widths_1(
// CHECK-NOT: qc_rt_precision
func.func private @qc_rt_precision() -> i32
func.func private @widths(%y: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : i32
  %v = arith.constant 1.0 : f32
  %w = arith.constant 2.0 : f32
  %bits = call @qc_rt_precision() : () -> i32
  %all = arith.cmpi eq, %bits, %c8 : i32
  scf.if %all {
    scf.parallel (%i) = (%c0) to (%n) step (%c1) {
      memref.store %v, %y[%i] : memref<?xf32>
    }
  } else {
    scf.parallel (%i) = (%c0) to (%n) step (%c1) {
      memref.store %w, %y[%i] : memref<?xf32>
    }
  }
  return
}
func.func @main(%y: memref<?xf32>, %n: index) {
  call @widths(%y, %n) : (memref<?xf32>, index) -> ()
  return
}
