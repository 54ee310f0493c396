//===- Passes.td - passes of the phase Lower ---------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From kernels on tensors to functions over one arena. The code of the kernels
// themselves is generated in Lower/CPU.

#ifndef QUANTC_LOWER_PASSES_TD
#define QUANTC_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerResults : Pass<"lower-results", "::mlir::ModuleOp"> {
  let summary = "results become destinations, their sizes a function of their own";
  let description = [{
    Each entry takes one buffer for every result. Beside an entry `@f` a function
    `@f_shapes` is made: it takes every size of every input and gives every size
    of every output, so that a caller can allocate (results of type index are
    sizes, too, and no outputs), and a last number: 0 when
    `@f` can run with these sizes, else the number, from 1 on, of the line of
    the attribute `kern.size_checks` that says which operation cannot. So no
    operation reads or writes outside its operands.

    Example:

    ```mlir
    func.func @main(%x: tensor<1x?xf32>) -> tensor<1x?xf32>
    // becomes
    func.func @main(%x: tensor<1x?xf32>, %out: memref<1x?xf32>)
    func.func @main_shapes(%d0: index, %d1: index) -> (index, index, index)
    ```
  }];
  let statistics = [Statistic<"entries", "num-entries", "Entries changed">];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect"];
}

def LowerTransposes : Pass<"lower-transposes", "::mlir::ModuleOp"> {
  let summary = "views in place of transposed copies";
  let description = [{
    Where a copy with its dimensions in another order, but the last, is read by
    `kern.rope` alone, that reads a view of the source; what `kern.attention`
    writes to be copied it writes through a view of the copy. So heads are taken
    out of rows, and put into them, without a kernel of its own.

    Example:

    ```mlir
    linalg.transpose ins(%a : memref<1x?x9x64xf32>) outs(%b : memref<1x9x?x64xf32>) permutation = [0, 2, 1, 3]
    kern.rope "rope.f32" ins(%b, %cos, %sin : ...) outs(%c : ...)
    // becomes
    %view = memref.transpose %a (b, t, h, d) -> (b, h, t, d) : ...
    kern.rope "rope.f32" ins(%view, %cos, %sin : ...) outs(%c : ...)
    ```
  }];
  let statistics = [Statistic<"numTransposes", "num-transposes", "Copies left out">];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def LowerMemoryPlan : Pass<"lower-memory-plan", "::mlir::ModuleOp"> {
  let summary = "puts every buffer into one arena";
  let description = [{
    Each allocation of an entry becomes a view of an arena that the caller owns.
    Buffers whose lives do not overlap share a slot; a slot is as large as its
    largest buffer. Weights become views of the stored bytes. The entry gets two
    leading arguments, arena and weights; `@f_shapes` gets one more result, the
    size of the arena in bytes.

    Example:

    ```mlir
    %0 = memref.alloc(%n) : memref<1x?x576xf32>
    // becomes
    %0 = memref.view %arena[%offset][%n] : memref<?xi8> to memref<1x?x576xf32>
    ```
  }];
  let statistics = [Statistic<"buffers", "num-buffers", "Buffers placed">,
                    Statistic<"slots", "num-slots", "Slots of the arena">];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def LowerOutline : Pass<"lower-outline", "::mlir::ModuleOp"> {
  let summary = "one function for each kernel";
  let description = [{
    Each operation that runs code moves into a function of its own, which takes
    the operands. Operations that differ only in their operands share one
    function, so that a model of many equal layers is compiled once.

    Example:

    ```mlir
    kern.softmax "softmax.f32" ins(%a : memref<1x10xf32>) outs(%b : memref<1x10xf32>)
    // becomes
    call @kernel_softmax_0(%a, %b) : (memref<1x10xf32>, memref<1x10xf32>) -> ()
    ```
  }];
  let statistics = [Statistic<"calls", "num-calls", "Operations outlined">,
                    Statistic<"functions", "num-functions", "Functions made">];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect"];
}

def LowerEntryPoints : Pass<"lower-entry-points", "::mlir::ModuleOp"> {
  let summary = "the C functions that the runtime calls";
  let description = [{
    Wraps each entry of the lowered module into the functions of
    `quantc-c/program.h`: `qc_<entry>_<level>_shapes` and
    `qc_<entry>_<level>_run`, which unpack arrays of sizes and pointers. All
    other functions become internal.

    Example:

    ```mlir
    llvm.func @qc_main_v3_run(%ctx: !llvm.ptr, %arena: !llvm.ptr, %weights: !llvm.ptr,
        %inputs: !llvm.ptr, %outputs: !llvm.ptr, %in_dims: !llvm.ptr, %out_dims: !llvm.ptr) -> i32
    ```
  }];
  let options = [Option<"level", "level", "std::string", "\"generic\"",
                        "name of the instruction-set level, part of the symbols">];
  let statistics = [Statistic<"entries", "num-entries", "Entries wrapped">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // QUANTC_LOWER_PASSES_TD
