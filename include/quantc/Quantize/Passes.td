//===- Passes.td - passes of the phase Quantize ------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From schemes to packed constants: the only phase that changes numbers.

#ifndef QUANTC_QUANTIZE_PASSES_TD
#define QUANTC_QUANTIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def QuantizeWeights : Pass<"quantize-weights", "::mlir::ModuleOp"> {
  let summary = "turns assigned products into products of codes";
  let description = [{
    A product whose weight has a scheme becomes `qnt.matmul` or `qnt.conv`: the
    method named by `qnt.assign` quantizes the weight, one weight at a time, and
    its codes, scales and zero points are written to the work file and become
    `nn.data`. An activation with a dynamic scheme is quantized by
    `qnt.quantize_dynamic`, one with a static scheme by `qnt.quantize` with the
    scale and zero point that `qnt.assign` carries. Codes that a model already had
    in blocks, as MatMulNBits has them, are brought into panels unchanged. So are
    those that a `qnt.dequantize` of a quantized model gives to a product
    (`method = "model"`); where no product takes the codes, the constant becomes
    the numbers that they stand for.

    A weight with `qnt.transform` is read, transformed in fp64 and rounded to fp32
    once before its method sees it; a constant that stays in floating point is
    written that way.

    A product keeps, for reports, the signal to noise ratio of its weight in
    decibels as `qnt.weight_sqnr`, the cosine between the weight and what its codes
    stand for as `qnt.weight_cosine`, and the share of weights beyond the range of
    their codes as `qnt.weight_saturated`.

    With `sizes-only` everything gets its type and its place, but no method runs and
    no file is written: what follows can be planned, not executed.

    Example:

    ```mlir
    %w = nn.param @w : tensor<576x192xf32>
    %a = qnt.assign %w <code = uint, bits = 4, granularity = group, group_size = 64,
        zero_point = true> {method = "rtn"} : tensor<576x192xf32>
    %y = nn.matmul %x, %a : tensor<1x?x576xf32>, tensor<576x192xf32> -> tensor<1x?x192xf32>
    // becomes
    %c = nn.param @w.codes : !qnt.packed<192x576, ...>
    %y = qnt.matmul %x weight %c, %s zero_point %z : ...
    ```
  }];
  let options = [Option<"workFile", "work-file", "std::string", "",
                        "File that codes, scales and zero points are written to">,
                 Option<"sizesOnly", "sizes-only", "bool", "false",
                        "Name the work file without writing numbers to it">];
  let statistics = [Statistic<"weights", "num-weights", "Weights quantized">,
                    Statistic<"kept", "num-groups-kept", "Groups that stayed at round-to-nearest">,
                    Statistic<"transformed", "num-transformed", "Constants written in another basis">,
                    Statistic<"dequantized", "num-dequantized", "Constants that became numbers again">];
  let dependentDialects = ["::quantc::qnt::QntDialect", "::mlir::arith::ArithDialect"];
}

#endif // QUANTC_QUANTIZE_PASSES_TD
