//===- ContractTest.cpp - what holds after Normalize -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The contract check refuses each form that the phase should have removed.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace {
/// What the check says about a module; empty when it is content.
std::string complaint(llvm::StringRef text) {
  MLIRContext context;
  context.loadDialect<func::FuncDialect, linalg::LinalgDialect,
                      tensor::TensorDialect, quantc::nn::NNDialect>();
  std::string said;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    said += diagnostic.str();
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return "parse error: " + said;
  bool isNormal = succeeded(quantc::checkNormalized(*module));
  EXPECT_EQ(isNormal, said.empty());
  return said;
}

TEST(NormalizeContract, AcceptsUsedConstants) {
  EXPECT_EQ(complaint(R"(
    nn.data @w {value = dense<1.0> : tensor<2xf32>} : tensor<2xf32>
    func.func @main() -> tensor<2xf32> {
      %0 = nn.param @w : tensor<2xf32>
      return %0 : tensor<2xf32>
    })"),
            "");
}

TEST(NormalizeContract, RefusesUnusedConstants) {
  EXPECT_EQ(
      complaint(
          "nn.data @w {value = dense<1.0> : tensor<2xf32>} : tensor<2xf32>"),
      "is a constant that nothing uses");
}

TEST(NormalizeContract, RefusesChannelsInFront) {
  EXPECT_EQ(complaint(R"(
    func.func @main(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32> {
      %0 = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>,
          layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
          : tensor<1x1x4x4xf32> -> tensor<1x1x2x2xf32>
      return %0 : tensor<1x1x2x2xf32>
    })"),
            "has images with channels in front");
}

TEST(NormalizeContract, RefusesMarkedBatchNorms) {
  EXPECT_EQ(complaint(R"(
    func.func @main(%x: tensor<4xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
      %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>)
          attrs = {nn.batch_norm = 1.0e-05 : f32} {
      ^bb0(%a: f32, %b: f32):
        linalg.yield %a : f32
      } -> tensor<4xf32>
      return %0 : tensor<4xf32>
    })"),
            "is a batch norm that was not folded");
}

TEST(NormalizeContract, RefusesSoftmaxAlongOuterDimensions) {
  EXPECT_EQ(complaint(R"(
    func.func @main(%x: tensor<4x5xf32>) -> tensor<4x5xf32> {
      %0 = nn.softmax %x {axis = 0 : i64} : tensor<4x5xf32> -> tensor<4x5xf32>
      return %0 : tensor<4x5xf32>
    })"),
            "is a softmax along another than the last dimension");
}

TEST(NormalizeContract, RefusesShapesFromData) {
  EXPECT_EQ(complaint(R"(
    func.func @main(%x: tensor<4xf32>, %s: tensor<2xi64>) -> tensor<?x?xf32> {
      %0 = tensor.reshape %x(%s) : (tensor<4xf32>, tensor<2xi64>) -> tensor<?x?xf32>
      return %0 : tensor<?x?xf32>
    })"),
            "has a shape that is computed from data");
}

TEST(NormalizeContract, RefusesResultsWithoutRank) {
  EXPECT_EQ(complaint(R"(
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = tensor.cast %x : tensor<4xf32> to tensor<*xf32>
      %1 = tensor.cast %0 : tensor<*xf32> to tensor<4xf32>
      return %1 : tensor<4xf32>
    })"),
            "has a result without a rank");
}
} // namespace
