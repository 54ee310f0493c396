//===- Passes.td - passes of the phase Select --------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From what is computed to which code runs.

#ifndef QUANTC_SELECT_PASSES_TD
#define QUANTC_SELECT_PASSES_TD

include "mlir/Pass/PassBase.td"

def SelectDecodeEntry : Pass<"select-decode-entry", "::mlir::ModuleOp"> {
  let summary = "adds an entry that keeps its key/value caches as state";
  let description = [{
    When every cache that `@main` takes is extended by one `nn.kv_append` and
    returned, a second entry `@decode` is made. Its cache arguments are buffers
    of a given capacity, its last argument is the number of positions that are
    filled, its last result how many a call appends, and the append writes in
    place. `@main` stays as it is.

    Example:

    ```mlir
    func.func @main(%x: tensor<1x2x?x4xf32>, %past: tensor<1x2x?x4xf32>) -> tensor<1x2x?x4xf32> {
      %0 = nn.kv_append %past, %x {axis = 2 : i64} : ...
      return %0 : tensor<1x2x?x4xf32>
    }
    // gives, beside it:
    func.func @decode(%x: tensor<1x2x?x4xf32>, %state: tensor<1x2x?x4xf32> {kern.state_axis = 2 : i64},
                      %length: index) -> index {
      %0 = tensor.insert_slice %x into %state[0, 0, %length, 0] ...
      %1 = tensor.extract_slice %0[0, 0, 0, 0] ...
    ```
  }];
  let statistics = [Statistic<"states", "num-states", "Caches that became state">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def SelectKernels : Pass<"select-kernels", "::mlir::ModuleOp"> {
  let summary = "replaces nn and qnt operations by kernels";
  let description = [{
    Each operation becomes one `kern` operation that names an entry of the
    kernel table, and each weight that it takes becomes a `kern.weight` in the
    order of that kernel. An operation that no kernel covers is an error that
    names the model's node.

    Example:

    ```mlir
    %w = nn.param @w : tensor<576x192xf32>
    %y = nn.matmul %x, %w : tensor<1x?x576xf32>, tensor<576x192xf32> -> tensor<1x?x192xf32>
    // becomes
    %w = kern.constant "w.panels_kn" at 0 : tensor<12x576x16xf32>
    %y = kern.matmul "matmul.f32" ins(%x, %w : ...) outs(%o : tensor<1x?x192xf32>) -> tensor<1x?x192xf32>
    ```
  }];
  let statistics = [Statistic<"kernels", "num-kernels", "Kernels selected">,
                    Statistic<"weightBytes", "weight-bytes", "Bytes of stored weights">];
  let dependentDialects = ["::quantc::kern::KernDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

#endif // QUANTC_SELECT_PASSES_TD
