// RUN: quant-opt %s --split-input-file --simulate-gpu-grid --verify-diagnostics | FileCheck %s
// RUN: quant-opt %s --split-input-file --simulate-gpu-grid=order=backward --verify-diagnostics | FileCheck %s --check-prefix=BACK
// RUN: not quant-opt %s --split-input-file --simulate-gpu-grid=order=random 2>&1 | FileCheck %s --check-prefix=ORDER
// ORDER: unknown order 'random' of simulate-gpu-grid; expected forward or backward

// CHECK-LABEL: func.func @main
// CHECK: call @simulated_fill(%{{.*}}, %arg0) : (index, memref<?xf32>) -> ()
// CHECK-NOT: gpu.module
// CHECK: func.func private @simulated_fill(%[[BLOCKS:.*]]: index, %[[Y:.*]]: memref<?xf32>)
// CHECK: scf.parallel (%[[B:.*]]) = (%{{.*}}) to (%[[BLOCKS]])
// CHECK: %[[SIZE:.*]] = arith.constant 32 : index
// CHECK: memref.alloca
// CHECK: scf.for %[[T:.*]] = %{{.*}} to %[[SIZE]]
// CHECK: %[[FIRST:.*]] = arith.muli %[[B]], %[[SIZE]]
// CHECK: arith.addi %[[FIRST]], %[[T]]

// BACK: func.func private @simulated_fill(%[[BLOCKS:.*]]: index,
// BACK: scf.parallel (%[[B:.*]]) = (%{{.*}}) to (%[[BLOCKS]])
// BACK: %[[LASTB:.*]] = arith.subi %[[BLOCKS]], %
// BACK: %[[BLOCK:.*]] = arith.subi %[[LASTB]], %[[B]]
// BACK: scf.for %[[T:.*]] =
// BACK: %[[LASTT:.*]] = arith.subi %{{.*}}, %
// BACK: %[[THREAD:.*]] = arith.subi %[[LASTT]], %[[T]]
// BACK: %[[FIRST:.*]] = arith.muli %[[BLOCK]],
// BACK: arith.addi %[[FIRST]], %[[THREAD]]
module attributes {gpu.container_module} {
  func.func @main(%y: memref<?xf32>, %n: index) {
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    gpu.launch_func @kernels::@fill blocks in (%n, %c1, %c1)
        threads in (%c32, %c1, %c1) args(%y : memref<?xf32>)
    return
  }
  gpu.module @kernels {
    gpu.func @fill(%y: memref<?xf32>) kernel attributes {known_block_size = array<i32: 32, 1, 1>} {
      %s = memref.alloca() : memref<1xf32>
      %c0 = arith.constant 0 : index
      %b = gpu.block_id x
      %n = gpu.block_dim x
      %t = gpu.thread_id x
      %first = arith.muli %b, %n : index
      %i = arith.addi %first, %t : index
      %v = arith.constant 1.0 : f32
      memref.store %v, %s[%c0] : memref<1xf32>
      %x = memref.load %s[%c0] : memref<1xf32>
      memref.store %x, %y[%i] : memref<?xf32>
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index) {
    %c1 = arith.constant 1 : index
    gpu.launch_func @kernels::@unknown blocks in (%n, %c1, %c1) threads in (%c1, %c1, %c1)
    return
  }
  gpu.module @kernels {
    // expected-error@below {{has no known block size to simulate}}
    gpu.func @unknown() kernel {
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index, %is: i1) {
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    gpu.launch_func @kernels::@compares blocks in (%n, %c1, %c1) threads in (%c32, %c1, %c1) args(%is : i1)
    return
  }
  gpu.module @kernels {
    // expected-error@below {{takes a value of type 'i1', which no launch passes; expected buffers and sizes}}
    gpu.func @compares(%is: i1) kernel attributes {known_block_size = array<i32: 32, 1, 1>} {
      gpu.return
    }
  }
}
