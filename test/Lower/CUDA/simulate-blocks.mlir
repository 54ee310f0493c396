// RUN: quant-opt %s --split-input-file --simulate-gpu-grid --verify-diagnostics | FileCheck %s
// RUN: quant-opt %s --split-input-file --simulate-gpu-grid=order=backward --verify-diagnostics | FileCheck %s --check-prefix=BACK

// Threads that wait for each other: code between barriers runs for all warps
// and lanes, then the next. What outlives it has an array, shared memory a
// buffer, which holds something else in each order.
// CHECK-LABEL: func.func private @simulated_turn(
// CHECK-SAME: %[[BLOCKS:.*]]: index, %[[Y:.*]]: memref<?xi32>)
// CHECK: scf.parallel (%[[BLOCK:.*]]) =
// CHECK: %[[KEPT:.*]] = memref.alloca() {alignment = 64 : i64} : memref<64xi32>
// CHECK: %[[SHARED:.*]] = memref.alloca() {alignment = 64 : i64} : memref<64xi32>
// CHECK: %[[GARBAGE:.*]] = arith.constant 42 : i32
// CHECK: memref.store %[[GARBAGE]], %[[SHARED]]
// CHECK: scf.for %[[WARP:.*]] = %{{.*}} to %c2
// CHECK: scf.for %[[LANE:.*]] = %{{.*}} to %c32
// CHECK: %[[V:.*]] = memref.load %[[Y]]
// CHECK: memref.store %[[V]], %[[KEPT]]
// CHECK: memref.store %[[V]], %[[SHARED]]
// CHECK: scf.for
// CHECK: scf.for
// CHECK: memref.load %[[SHARED]]
// CHECK: memref.load %[[KEPT]]
// CHECK: arith.addi
// CHECK: memref.store %{{.*}}, %[[Y]]

// BACK-LABEL: func.func private @simulated_turn(
// BACK: arith.constant 85 : i32
// BACK: scf.for %[[WARP:.*]] = %{{.*}} to %c2
// BACK: arith.subi %c1{{.*}}, %[[WARP]]
// BACK: scf.for %[[LANE:.*]] = %{{.*}} to %c32
// BACK: arith.subi %c31{{.*}}, %[[LANE]]
module attributes {gpu.container_module} {
  func.func @main(%n: index, %y: memref<?xi32>) {
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    gpu.launch_func @kernels::@turn blocks in (%n, %c1, %c1) threads in (%c64, %c1, %c1) args(%y : memref<?xi32>)
    return
  }
  gpu.module @kernels {
    gpu.func @turn(%y: memref<?xi32>) workgroup(%s: memref<64xi32, #gpu.address_space<workgroup>>)
        kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
      %c63 = arith.constant 63 : index
      %t = gpu.thread_id x
      %v = memref.load %y[%t] : memref<?xi32>
      memref.store %v, %s[%t] : memref<64xi32, #gpu.address_space<workgroup>>
      gpu.barrier
      %other = arith.subi %c63, %t : index
      %w = memref.load %s[%other] : memref<64xi32, #gpu.address_space<workgroup>>
      %sum = arith.addi %v, %w : i32
      memref.store %sum, %y[%t] : memref<?xi32>
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index, %y: memref<?xi32>) {
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    gpu.launch_func @kernels::@diverges blocks in (%n, %c1, %c1) threads in (%c64, %c1, %c1) args(%y : memref<?xi32>)
    return
  }
  gpu.module @kernels {
    gpu.func @diverges(%y: memref<?xi32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
      %c0 = arith.constant 0 : index
      %t = gpu.thread_id x
      %is = arith.cmpi eq, %t, %c0 : index
      // expected-error@below {{holds threads that wait for each other, but is not plainly the same for all of a block}}
      scf.if %is {
        gpu.barrier
      }
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index, %y: memref<?xi32>) {
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    gpu.launch_func @kernels::@lanes blocks in (%n, %c1, %c1) threads in (%c64, %c1, %c1) args(%y : memref<?xi32>)
    return
  }
  gpu.module @kernels {
    gpu.func @lanes(%y: memref<?xi32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %one = arith.constant 1 : i32
      %w = arith.constant 32 : i32
      %lane = gpu.lane_id
      // expected-error@below {{holds threads that wait for each other, but is not plainly the same for all of a warp}}
      scf.for %i = %c0 to %lane step %c1 {
        %a, %v = gpu.shuffle xor %one, %one, %w : i32
        memref.store %a, %y[%i] : memref<?xi32>
      }
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index, %y: memref<?xi32>) {
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    gpu.launch_func @kernels::@while_loop blocks in (%n, %c1, %c1) threads in (%c64, %c1, %c1) args(%y : memref<?xi32>)
    return
  }
  gpu.module @kernels {
    gpu.func @while_loop(%y: memref<?xi32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
      %false = arith.constant false
      // expected-error@below {{holds threads that wait for each other, which is not simulated}}
      scf.while : () -> () {
        gpu.barrier
        scf.condition(%false)
      } do {
        scf.yield
      }
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index, %y: memref<?xi32>) {
    %c1 = arith.constant 1 : index
    %c48 = arith.constant 48 : index
    gpu.launch_func @kernels::@half_warp blocks in (%n, %c1, %c1) threads in (%c48, %c1, %c1) args(%y : memref<?xi32>)
    return
  }
  gpu.module @kernels {
    // expected-error@below {{has threads that work together, but a block is not made of whole warps}}
    gpu.func @half_warp(%y: memref<?xi32>) kernel attributes {known_block_size = array<i32: 48, 1, 1>} {
      gpu.barrier
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index, %y: memref<?xi32>) {
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    gpu.launch_func @kernels::@down blocks in (%n, %c1, %c1) threads in (%c64, %c1, %c1) args(%y : memref<?xi32>)
    return
  }
  gpu.module @kernels {
    gpu.func @down(%y: memref<?xi32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
      %c0 = arith.constant 0 : index
      %one = arith.constant 1 : i32
      %w = arith.constant 32 : i32
      // expected-error@below {{is not simulated; known are xor and idx of 32 lanes, without 'valid'}}
      %a, %v = gpu.shuffle down %one, %one, %w : i32
      memref.store %a, %y[%c0] : memref<?xi32>
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index, %y: memref<?xi32>) {
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    gpu.launch_func @kernels::@halves blocks in (%n, %c1, %c1) threads in (%c64, %c1, %c1) args(%y : memref<?xi32>)
    return
  }
  gpu.module @kernels {
    gpu.func @halves(%y: memref<?xi32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
      %c0 = arith.constant 0 : index
      %one = arith.constant 1 : i32
      // expected-error@below {{is not simulated; known are m16n8k32 of u8 and s8, wrapped, and m16n8k256 of b1, and_popc}}
      %r = nvvm.mma.sync A[%one, %one] B[%one] C[%one, %one, %one, %one] {intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>, layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, multiplicandAPtxType = #nvvm.mma_type<u8>, multiplicandBPtxType = #nvvm.mma_type<s8>, shape = #nvvm.shape<m = 16, n = 8, k = 16>} : (i32, i32, i32) -> !llvm.struct<(i32, i32, i32, i32)>
      %x = llvm.extractvalue %r[1] : !llvm.struct<(i32, i32, i32, i32)>
      memref.store %x, %y[%c0] : memref<?xi32>
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index, %y: memref<?xi32>) {
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    gpu.launch_func @kernels::@scratch blocks in (%n, %c1, %c1) threads in (%c64, %c1, %c1) args(%y : memref<?xi32>)
    return
  }
  gpu.module @kernels {
    gpu.func @scratch(%y: memref<?xi32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
      %c0 = arith.constant 0 : index
      // expected-error@below {{is memory of a thread, which is not simulated beside threads that wait for each other}}
      %m = memref.alloca() : memref<4xi32>
      gpu.barrier
      %v = memref.load %m[%c0] : memref<4xi32>
      memref.store %v, %y[%c0] : memref<?xi32>
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index) {
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    gpu.launch_func @kernels::@view blocks in (%n, %c1, %c1) threads in (%c32, %c1, %c1)
    return
  }
  gpu.module @kernels {
    gpu.func @view() workgroup(%s: memref<64xi32, #gpu.address_space<workgroup>>)
        kernel attributes {known_block_size = array<i32: 32, 1, 1>} {
      %c0 = arith.constant 0 : index
      %v = arith.constant 1 : i32
      // expected-error@below {{is a view of shared memory, which is not simulated}}
      %half = memref.subview %s[0] [32] [1] : memref<64xi32, #gpu.address_space<workgroup>> to memref<32xi32, strided<[1]>, #gpu.address_space<workgroup>>
      memref.store %v, %half[%c0] : memref<32xi32, strided<[1]>, #gpu.address_space<workgroup>>
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index) {
    %c1 = arith.constant 1 : index
    gpu.launch_func @kernels::@own blocks in (%n, %c1, %c1) threads in (%c1, %c1, %c1)
    return
  }
  gpu.module @kernels {
    // expected-error@below {{has private memory attributions, which are not simulated}}
    gpu.func @own() private(%s: memref<4xf32, #gpu.address_space<private>>) kernel attributes {known_block_size = array<i32: 1, 1, 1>} {
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%n: index) {
    %c1 = arith.constant 1 : index
    gpu.launch_func @kernels::@grid blocks in (%n, %c1, %c1) threads in (%c1, %c1, %c1)
    return
  }
  gpu.module @kernels {
    gpu.func @grid() kernel attributes {known_block_size = array<i32: 1, 1, 1>} {
      // expected-error@below {{is not simulated}}
      %y = gpu.block_id y
      gpu.return
    }
  }
}

// -----

// Nobody waits in the branch: it is copied as a whole, with who the thread is.
// CHECK-LABEL: @simulated_branch
// CHECK: scf.parallel (%[[BLOCK:.*]]) =
// CHECK: scf.for %[[WARP:.*]] =
// CHECK: scf.for %[[LANE:.*]] =
// CHECK: scf.if
// CHECK-NOT: gpu.
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[BLOCK]], %[[WARP]], %[[LANE]]]
module attributes {gpu.container_module} {
  func.func @host(%y: memref<?x2x32xf32>, %n: index) {
    %one = arith.constant 1 : index
    %threads = arith.constant 64 : index
    gpu.launch_func @kernels::@branch blocks in (%n, %one, %one) threads in (%threads, %one, %one)
        args(%y : memref<?x2x32xf32>)
    return
  }
  gpu.module @kernels {
    gpu.func @branch(%y: memref<?x2x32xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
      %c0 = arith.constant 0 : index
      %zero = arith.constant 0.0 : f32
      %n = memref.dim %y, %c0 : memref<?x2x32xf32>
      %some = arith.cmpi ugt, %n, %c0 : index
      scf.if %some {
        %b = gpu.block_id x
        %w = gpu.subgroup_id : index
        %l = gpu.lane_id
        memref.store %zero, %y[%b, %w, %l] : memref<?x2x32xf32>
      }
      gpu.return
    }
  }
}
