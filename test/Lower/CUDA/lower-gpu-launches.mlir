// RUN: quant-opt %s --split-input-file --lower-gpu-launches --verify-diagnostics | FileCheck %s

// A buffer is its address twice, offset, sizes and strides; a size is a word.
// CHECK-DAG: llvm.mlir.global internal constant @name_of_fill("fill\00")
// CHECK-DAG: func.func private @qc_rt_launch(!llvm.ptr, i64, i64, !llvm.ptr, i64)
// CHECK: func.func @main(%[[Y:.*]]: memref<2x?xf32, strided<[?, 1], offset: 3>>, %[[N:.*]]: index)
// CHECK: %[[BASE:.*]], %[[OFFSET:.*]], %[[SIZES:.*]]:2, %[[STRIDES:.*]]:2 = memref.extract_strided_metadata %[[Y]]
// CHECK: %[[ADDRESS:.*]] = memref.extract_aligned_pointer_as_index %[[BASE]]
// CHECK: %[[COUNT:.*]] = arith.constant 8 : index
// CHECK: %[[WORDS:.*]] = memref.alloca() : memref<8xi64>
// CHECK: %[[W0:.*]] = arith.index_cast %[[ADDRESS]] : index to i64
// CHECK: memref.store %[[W0]], %[[WORDS]][%c0
// CHECK: %[[W2:.*]] = arith.index_cast %[[OFFSET]] : index to i64
// CHECK: memref.store %[[W2]], %[[WORDS]][%c2
// CHECK: %[[W3:.*]] = arith.index_cast %[[SIZES]]#0
// CHECK: %[[W5:.*]] = arith.index_cast %[[STRIDES]]#0
// CHECK: %[[W7:.*]] = arith.index_cast %[[N]]
// CHECK: memref.store %[[W7]], %[[WORDS]][%c7
// CHECK: llvm.mlir.addressof @name_of_fill
// CHECK: call @qc_rt_launch
// CHECK-NOT: gpu
module attributes {gpu.container_module} {
  func.func @main(%y: memref<2x?xf32, strided<[?, 1], offset: 3>>, %n: index) {
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    gpu.launch_func @kernels::@fill blocks in (%n, %c1, %c1)
        threads in (%c32, %c1, %c1) args(%y : memref<2x?xf32, strided<[?, 1], offset: 3>>, %n : index)
    return
  }
  gpu.module @kernels {
    gpu.func @fill(%y: memref<2x?xf32, strided<[?, 1], offset: 3>>, %n: index) kernel attributes {known_block_size = array<i32: 32, 1, 1>} {
      gpu.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main(%x: f32) {
    %c1 = arith.constant 1 : index
    // expected-error@below {{passes a value of type 'f32'; expected buffers and sizes}}
    gpu.launch_func @kernels::@scale blocks in (%c1, %c1, %c1)
        threads in (%c1, %c1, %c1) args(%x : f32)
    return
  }
  gpu.module @kernels {
    gpu.func @scale(%x: f32) kernel attributes {known_block_size = array<i32: 1, 1, 1>} {
      gpu.return
    }
  }
}
