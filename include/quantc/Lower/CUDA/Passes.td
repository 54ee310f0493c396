//===- Passes.td - passes that make GPU kernels ------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From loops over work items to grids of threads, on a GPU or simulated.

#ifndef QUANTC_LOWER_CUDA_PASSES_TD
#define QUANTC_LOWER_CUDA_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerGPUKernels : Pass<"lower-gpu-kernels", "::mlir::ModuleOp"> {
  let summary = "Make a GPU kernel of each kernel function";
  let description = [{
    Expects what `lower-cpu-kernels=level=device` leaves: functions, called by
    the entries, with `scf.parallel` loops over work items, perhaps inside of
    `scf.if`. Each loop becomes a `gpu.func` in which an item is one thread, and
    is launched where it stood. What computes sizes and conditions is on both
    sides; scratch belongs to the thread. A function without a loop becomes one
    thread. A `gpu.launch` says itself how many blocks of how many threads there
    are, since its threads work together: whole warps along x.

    A function with effects outside of these has no such form and is refused.

    Example:

    ```mlir
    func.func private @k(%y: memref<?xf32>) {
      %n = memref.dim %y, %c0 : memref<?xf32>
      scf.parallel (%i) = (%c0) to (%n) step (%c1) {
        memref.store %v, %y[%i] : memref<?xf32>
      }
      return
    }
    // becomes
    func.func private @k(%y: memref<?xf32>) {
      %n = memref.dim %y, %c0 : memref<?xf32>
      %blocks = arith.ceildivui %n, %c64 : index
      gpu.launch_func @kernels::@k blocks in (%blocks, %c1, %c1)
          threads in (%c64, %c1, %c1) args(%y : memref<?xf32>)
      return
    }
    ```
  }];
  let options = [Option<"blockSize", "block-size", "int64_t", "64", "Threads of a block">];
  let statistics = [Statistic<"numKernels", "num-kernels", "Number of GPU kernels made">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::scf::SCFDialect"];
}

def SimulateGPUGrid : Pass<"simulate-gpu-grid", "::mlir::ModuleOp"> {
  let summary = "Run the grids of GPU kernels as loops";
  let description = [{
    Replaces GPU kernels by functions that run the blocks as `scf.parallel` and
    the threads of a block as a loop, and launches by calls.

    Threads that work together run in lock step: between two barriers one warp
    after the other, between two operations of a warp (`gpu.shuffle`,
    `nvvm.mma.sync`) one lane after the other. Values that outlive such a piece
    stand in an array with an element for each thread. Shared memory is a buffer
    of the block, filled with something else in each order.

    With `order=backward` the last block, warp and lane come first: a result that
    depends on the order shows a race. A loop around a barrier ends like one: what
    is missing between two of its turns is not seen. What lies between two barriers must be
    reached by all threads of a block, an operation of a warp by all of its
    lanes; loops and branches for which that is not plain are refused.

    Example:

    ```mlir
    gpu.launch_func @kernels::@k blocks in (%n, %c1, %c1)
        threads in (%c64, %c1, %c1) args(%y : memref<?xf32>)
    // becomes
    func.call @simulated_k(%n, %y) : (index, memref<?xf32>) -> ()
    ```
  }];
  let options = [Option<"order", "order", "std::string", "\"forward\"",
                        "Order of blocks and threads: forward or backward">];
  let statistics = [Statistic<"numKernels", "num-kernels", "Number of GPU kernels made into loops">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def LowerGPUDevice : Pass<"lower-gpu-device", "::mlir::ModuleOp"> {
  let summary = "Keep the GPU kernels only, as functions";
  let description = [{
    Replaces the module by its kernels, as functions of their own that read the
    numbers of block and thread from registers, and by declarations of what they
    call. All of them are kernels. Barriers, shuffles and shared memory become
    those of NVVM; without `byte-mma` a product of a warp becomes shuffles and
    products of four bytes.

    Example:

    ```mlir
    gpu.func @k(%y: memref<?xf32>) kernel {
      %b = gpu.block_id x
    // becomes
    func.func @k(%y: memref<?xf32>) {
      %0 = nvvm.read.ptx.sreg.ctaid.x : i32
      %b = arith.index_castui %0 : i32 to index
    ```
  }];
  let options = [Option<"byteMma", "byte-mma", "bool", "false",
                        "Tensor cores multiply bytes by mma.sync.m16n8k32">];
  let statistics = [Statistic<"numKernels", "num-kernels", "Number of GPU kernels kept">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::vector::VectorDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::NVVM::NVVMDialect"];
}

def LowerGPULaunches : Pass<"lower-gpu-launches", "::mlir::ModuleOp"> {
  let summary = "Launch GPU kernels through the runtime, and leave the kernels out";
  let description = [{
    Replaces each launch by a call of `qc_rt_launch` with the kernel's name, the
    numbers of blocks and of threads in a block, and the arguments as 64-bit
    words: for a buffer its address twice, offset, sizes and strides.

    Example:

    ```mlir
    gpu.launch_func @kernels::@k blocks in (%n, %c1, %c1)
        threads in (%c64, %c1, %c1) args(%y : memref<?xf32>)
    // becomes
    %name = llvm.mlir.addressof @name_of_k : !llvm.ptr
    func.call @qc_rt_launch(%name, %blocks, %c64_i64, %words, %c5_i64)
        : (!llvm.ptr, i64, i64, !llvm.ptr, i64) -> ()
    ```
  }];
  let statistics = [Statistic<"numLaunches", "num-launches", "Number of launches made calls">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // QUANTC_LOWER_CUDA_PASSES_TD
