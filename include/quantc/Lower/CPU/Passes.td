//===- Passes.td - passes that generate CPU kernels --------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass that turns kernel operations on buffers into loops.

#ifndef QUANTC_LOWER_CPU_PASSES_TD
#define QUANTC_LOWER_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerCPUKernels : Pass<"lower-cpu-kernels", "::mlir::ModuleOp"> {
  let summary = "Replace kernel operations on buffers by loops over vectors";
  let description = [{
    Replaces every operation that has a line in `lib/Lower/CPU/Emitters.def` by
    `scf.parallel` over its work items and loops over `vector` operations. The
    operands are memrefs; nothing is allocated but small static scratch on the
    stack. The code is portable except for integer products, whose instructions
    depend on `level`; results are the same for every level, bit for bit. For
    `level=device` products whose threads work together become `gpu.launch`.

    Example (`quant-opt --lower-cpu-kernels=level=v3`):

    ```mlir
    func.func private @k(%x: memref<8xi8>, %y: memref<8xf32>) {
      kern.dequantize "dequantize.tensor" ins(%x : memref<8xi8>) outs(%y : memref<8xf32>)
          {scale = 5.0e-01 : f32, zero_point = 0 : i64}
      return
    }
    ```
  }];
  let options = [Option<"level", "level", "std::string", "\"generic\"",
      "Instruction set: generic, v3 (x86-64-v3), v4 (x86-64-v4 with VNNI) or device (a GPU)">];
  let statistics = [Statistic<"numKernels", "num-kernels", "Number of kernel operations replaced by loops">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
      "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
      "::mlir::vector::VectorDialect", "::mlir::LLVM::LLVMDialect", "::mlir::gpu::GPUDialect",
      "::mlir::NVVM::NVVMDialect"];
}

def LowerSingleItems : Pass<"lower-single-items"> {
  let summary = "Run a parallel region that has one work item on the calling thread";
  let description = [{
    Gives every `omp.parallel` that consists of one loop the condition that the
    loop has more than one iteration. Kernels deal out work in items that are worth
    a thread each, so one item means little work: waking the other threads would
    take longer, on a busy machine a hundred times.

    Example:

    ```mlir
    omp.parallel {             // becomes: omp.parallel if(%many)
      omp.wsloop {
        omp.loop_nest (%i) : index = (%c0) to (%count) step (%c1) {
    ```
  }];
  let statistics = [Statistic<"numConditions", "num-conditions", "Number of parallel regions that got a condition">];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif // QUANTC_LOWER_CPU_PASSES_TD
