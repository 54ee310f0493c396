//===- Passes.td - passes of the phase Fuse ----------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From operations to groups that become one kernel.

#ifndef QUANTC_FUSE_PASSES_TD
#define QUANTC_FUSE_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseProducts : Pass<"fuse-products", "::mlir::func::FuncOp"> {
  let summary = "puts an activation into the product before it";
  let description = [{
    A relu whose operand is a convolution or a packed product with no other use
    becomes the attribute `activation` of that product, so that it is applied
    before the result is stored. A bias that is added to a packed matrix product
    becomes its operand.

    Example:

    ```mlir
    %0 = nn.conv %x, %w ... : ... -> tensor<1x8x8x16xf32>
    %1 = nn.activation relu %0 : tensor<1x8x8x16xf32>
    // becomes
    %1 = nn.conv %x, %w {activation = "relu", ...} : ... -> tensor<1x8x8x16xf32>
    ```
  }];
  let statistics = [Statistic<"fused", "num-fused", "Operations put into a product">];
}

def FuseThresholds : Pass<"fuse-thresholds", "::mlir::ModuleOp"> {
  let summary = "decides the signs of a binary product by thresholds";
  let description = [{
    Where only the signs of a function of a binary product are used, and the
    function takes constants of each channel, the product gives the signs
    itself: for every sum that can occur, the function is computed here in fp32,
    operation by operation as the program would. The sums whose result is not
    negative are an interval (negative factors turn it round, factors of zero
    make it all or nothing); its ends are the thresholds. Functions for which it
    is no interval stay as they are.

    Example:

    ```mlir
    %y = qnt.binary_matmul %x scale %s weight %w scales %sw : (...) -> tensor<1x64xf32>
    %n = linalg.generic ... ins(%y, %factor, %shift) { arith.mulf, arith.addf }
    %z = qnt.pack_signs %n : tensor<1x64xf32> -> tensor<1x1xi64>
    // becomes
    %z = qnt.binary_matmul %x weight %w thresholds %t : (...) -> tensor<1x1xi64>
    ```
  }];
  let statistics = [Statistic<"folded", "num-folded", "Products that give signs">];
  let dependentDialects = ["::quantc::qnt::QntDialect", "::quantc::nn::NNDialect"];
}

def FuseQuantizers : Pass<"fuse-quantizers", "::mlir::func::FuncOp"> {
  let summary = "spells out the quantizers that a model came with";
  let description = [{
    `qnt.quantize by_division` and `qnt.dequantize` that no product has taken
    become elementwise operations with the formula of `qnt`, one rounding after
    the other, so that they join the elementwise operations around them. Scales
    and zero points may be computed; blocks must divide their dimension.

    Example:

    ```mlir
    %y = qnt.dequantize %q, %s zero_point %z <code = int, bits = 8, zero_point = true>
        : tensor<8xi8>, tensor<f32>, tensor<i8> -> tensor<8xf32>
    // becomes
    %y = linalg.generic ... ins(%q : tensor<8xi8>) { arith.extsi, arith.subi, arith.sitofp, arith.mulf }
    ```
  }];
  let statistics = [Statistic<"expanded", "num-expanded", "Quantizers spelled out">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FuseElementwise : Pass<"fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "joins elementwise operations into one loop nest";
  let description = [{
    Activation functions become their formulas, and elementwise operations with
    one user are computed where they are used, so that no intermediate result
    is stored.

    Example:

    ```mlir
    %0 = nn.activation silu %gate : tensor<1x?x1536xf32>
    %1 = linalg.generic ... ins(%0, %up) ... { arith.mulf }
    // becomes one linalg.generic over %gate and %up
    ```
  }];
  let statistics = [Statistic<"expanded", "num-expanded", "Activation functions expanded">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

#endif // QUANTC_FUSE_PASSES_TD
