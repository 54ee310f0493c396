//===- Passes.td - passes of the phase Assign --------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every quantizable operand gets a scheme. No number changes.

#ifndef QUANTC_ASSIGN_PASSES_TD
#define QUANTC_ASSIGN_PASSES_TD

include "mlir/Pass/PassBase.td"

def AssignRecipe : Pass<"assign-recipe", "::mlir::ModuleOp"> {
  let summary = "gives each product the schemes that the recipe asks for";
  let description = [{
    Looks at every product with a constant weight, asks the recipe what becomes
    of it, and says so with `qnt.assign` on the weight and on the activation. A
    product that stays in floating point gets the scheme `none` with the reason.
    A rule of the recipe that no product matches is an error.

    A product whose weight the model has as codes keeps them, with `method =
    "model"`, and its activation keeps its static codes, as far as kernels read
    them. Otherwise it gets the scheme `none`, with the reason, and runs on the
    numbers that the codes stand for. A rule by name or operator can skip such a
    product; one that asks for other codes is an error. Rules for the first and
    the last layer do not mean it.

    Example (`quant-opt --assign-recipe=recipe=w8a16`):

    ```mlir
    %w = nn.param @w : tensor<576x192xf32>
    %y = nn.matmul %x, %w : tensor<1x?x576xf32>, tensor<576x192xf32> -> tensor<1x?x192xf32>
    // becomes
    %a = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn"}
        : tensor<576x192xf32>
    %y = nn.matmul %x, %a : ...
    ```
  }];
  let options = [Option<"recipe", "recipe", "std::string", "\"float\"",
                        "name of a preset, or path of a recipe">];
  let statistics = [Statistic<"assigned", "num-assigned", "Products that will be quantized">,
                    Statistic<"kept", "num-from-model", "Products that keep the codes of the model">,
                    Statistic<"left", "num-float", "Products that stay in floating point">];
  let dependentDialects = ["::quantc::qnt::QntDialect"];
}

def AssignSparsity : Pass<"assign-sparsity", "::mlir::ModuleOp"> {
  let summary = "says which products leave out inputs that are small";
  let description = [{
    Every matrix product that the recipe's `sparsity` means, and that a kernel
    can compute with columns left out, gets the share of its inputs that are to
    be zero in the attribute `qnt.sparsity`; one that must stay dense gets the
    reason in `qnt.dense`. Runs behind `assign-recipe`. Inputs that a rotation
    has spread evenly stay dense: of a Gaussian, small numbers carry too much.
    The thresholds come from samples, later.

    Example (`quant-opt --assign-sparsity=recipe=teal.yaml`, `sparsity: {target:
    0.4}`):

    ```mlir
    %y = nn.matmul %x, %a : ...
    // becomes
    %y = nn.matmul %x, %a {qnt.sparsity = 4.000000e-01 : f64} : ...
    ```
  }];
  let options = [Option<"recipe", "recipe", "std::string", "\"float\"",
                        "name of a preset, or path of a recipe">];
  let statistics = [Statistic<"sparse", "num-sparse", "Products that get a sparsity">,
                    Statistic<"dense", "num-dense", "Products that must stay dense">];
  let dependentDialects = ["::quantc::qnt::QntDialect"];
}

def AssignBudget : Pass<"assign-budget", "::mlir::ModuleOp"> {
  let summary = "chooses the bits of layers under a budget";
  let description = [{
    Every product whose weight has a scheme has candidates in the attribute
    `qnt.candidates`: numbers of bits with the bytes that they take and the error
    that they make. One is chosen for each, so that the bytes of all stay within
    the budget and the sum of the errors is least: a multiple-choice knapsack,
    solved to the optimum (HAWQ-v3, arXiv 2011.10680, section 3.4). Products that
    share a weight get the same bits.

    A candidate with a `format` has a `scheme` and a `method` of its own, which the
    weight gets, and the format is left in `qnt.format`, for reports.

    A candidate may leave out a share of the inputs, `sparsity`. With
    `bytes-per-token`, `bytes` are those that one row reads, and the share that was
    chosen is left in `qnt.sparsity`, for `assign-sparsity`.

    Example (`quant-opt --assign-budget=bits-per-weight=4`):

    ```mlir
    %a = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 1> : tensor<64x64xf32>
    %y = nn.matmul %x, %a {qnt.candidates = [{bits = 2 : i64, bytes = 1024 : i64, error = 0.5 : f64},
        {bits = 4 : i64, bytes = 2048 : i64, error = 0.1 : f64} ] } : ...
    // becomes
    %a = qnt.assign %w <code = uint, bits = 4, granularity = channel, axis = 1> : tensor<64x64xf32>
    %y = nn.matmul %x, %a : ...
    ```
  }];
  let options = [Option<"bytes", "bytes", "int64_t", "-1",
                        "bytes that the weights of all these products may take; -1: bits-per-weight counts">,
                 Option<"bitsPerWeight", "bits-per-weight", "double", "4",
                        "the same as bits for each weight, scales and padding included">,
                 Option<"bytesPerToken", "bytes-per-token", "int64_t", "-1",
                        "bytes of these weights that one row may read; candidates then may leave out inputs">];
  let statistics = [Statistic<"chosen", "num-chosen", "Products that got their bits">];
  let dependentDialects = ["::quantc::qnt::QntDialect"];
}

def AssignObservers : Pass<"assign-observers", "::mlir::ModuleOp"> {
  let summary = "puts observers where static ranges are needed";
  let description = [{
    Each activation that has a static scheme without a scale is observed, and
    every scheme is dropped, so that the model runs in floating point; only the
    layers that came quantized with the model keep theirs. The
    observer's number is the position of the product among those with a static
    scheme.

    Example:

    ```mlir
    %a = qnt.assign %x <code = int, bits = 8, zero_point = true> : tensor<1x8x8x16xf32>
    // becomes
    %a = qnt.observe %x {id = 0 : i64} : tensor<1x8x8x16xf32>
    ```
  }];
  let statistics = [Statistic<"observers", "num-observers", "Observers placed">];
  let dependentDialects = ["::quantc::qnt::QntDialect"];
}

#endif // QUANTC_ASSIGN_PASSES_TD
