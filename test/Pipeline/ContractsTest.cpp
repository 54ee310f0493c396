//===- ContractsTest.cpp - what holds after the later phases ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The contract checks of Transform, Assign, Quantize, Fuse, Select and Lower
// refuse what their phase should have removed. That of Normalize is tested
// beside its passes.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Dialect/Qnt/DataReader.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Emit/Link.h"
#include "quantc/Fuse/Passes.h"
#include "quantc/Lower/Passes.h"
#include "quantc/Quantize/Passes.h"
#include "quantc/Select/Passes.h"
#include "quantc/Transform/Passes.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {
/// What `check` says about a module; empty when it is content.
std::string complaint(LogicalResult (*check)(ModuleOp), llvm::StringRef text) {
  MLIRContext context;
  context.loadDialect<func::FuncDialect, LLVM::LLVMDialect, nn::NNDialect,
                      qnt::QntDialect, kern::KernDialect>();
  std::string said;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    said += diagnostic.str();
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return "parse error: " + said;
  bool holds = succeeded(check(*module));
  EXPECT_EQ(holds, said.empty());
  return said;
}

TEST(Contracts, TransformChangesParametersOnly) {
  EXPECT_EQ(complaint(checkTransformed, R"(
    func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %0 = qnt.transform center %x {axis = 1 : i64} : tensor<4x8xf32>
      return %0 : tensor<4x8xf32>
    })"),
            "transforms a value that is no parameter");
}

constexpr llvm::StringLiteral transformed = R"(
    nn.data @w {file = "w", offset = 0 : i64} : tensor<4x8xf32>
    func.func @main() -> tensor<4x8xf32> {
      %w = nn.param @w : tensor<4x8xf32>
      %0 = qnt.transform center %w {axis = 1 : i64} : tensor<4x8xf32>
      return %0 : tensor<4x8xf32>
    })";

TEST(Contracts, QuantizeAppliesTransforms) {
  EXPECT_EQ(complaint(checkTransformed, transformed), "");
  EXPECT_EQ(complaint(checkQuantized, transformed),
            "is a transform that was not applied");
}

TEST(Contracts, AssignGivesEveryConstantWeightAScheme) {
  EXPECT_EQ(complaint(checkAssigned, R"(
    nn.data @w {file = "w", offset = 0 : i64} : tensor<4x8xf32>
    func.func @main(%x: tensor<2x4xf32>) -> tensor<2x8xf32> {
      %w = nn.param @w : tensor<4x8xf32>
      %0 = nn.matmul %x, %w : tensor<2x4xf32>, tensor<4x8xf32> -> tensor<2x8xf32>
      return %0 : tensor<2x8xf32>
    })"),
            "has a constant weight without a scheme");
}

constexpr llvm::StringLiteral staticScheme = R"(
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = qnt.assign %x <code = int, bits = 8, zero_point = true> : tensor<4xf32>
      return %0 : tensor<4xf32>
    })";

TEST(StaticRanges, EverySchemeNeedsOne) {
  auto setNone = [](ModuleOp module) { return setStaticRanges(module, {}); };
  EXPECT_EQ(complaint(setNone, staticScheme),
            "has a static scheme, but calibration found no range for it");
}

TEST(StaticRanges, MustBeFinite) {
  auto setInfinite = [](ModuleOp module) {
    return setStaticRanges(module, {StaticRange{0, INFINITY}});
  };
  EXPECT_EQ(complaint(setInfinite, staticScheme),
            "has activations that are not finite in the calibration data");
}

TEST(DataReader, RefusesATypeWithoutASize) {
  MLIRContext context;
  context.loadDialect<nn::NNDialect>();
  auto module = parseSourceString<ModuleOp>(
      "nn.data @w {file = \"w\", offset = 0 : i64} : tensor<?xf32>", &context);
  ASSERT_TRUE(module);
  auto bytes = qnt::DataReader().bytes(*module->getOps<nn::DataOp>().begin());
  ASSERT_FALSE(static_cast<bool>(bytes));
  EXPECT_EQ(llvm::toString(bytes.takeError()),
            "constant 'w' has a type without a fixed size");
}

TEST(Link, NamesThePlaceThatCannotBeWritten) {
  llvm::SmallVector<llvm::SmallString<0>> objects(1);
  std::string text =
      llvm::toString(linkLibrary(objects, "/nonexistent-folder/model.so"));
  EXPECT_NE(text.find("cannot write beside '/nonexistent-folder/model.so'"),
            std::string::npos)
      << text;
}

TEST(Contracts, QuantizeLeavesNoSchemeUnapplied) {
  EXPECT_EQ(complaint(checkQuantized, R"(
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = qnt.assign %x <code = int, bits = 8> : tensor<4xf32>
      return %0 : tensor<4xf32>
    })"),
            "has the scheme #qnt.scheme<code = int, bits = 8>, which was not "
            "applied");
}

TEST(Contracts, FuseLeavesPackedWeightsToProducts) {
  constexpr llvm::StringLiteral text = R"(
    nn.data @w {file = "w", offset = 0 : i64}
        : !qnt.packed<16x48, <code = uint, bits = 4, granularity = channel>, <panel16k4>>
    func.func @main(%s: tensor<16x1xf32>) -> tensor<16x48xf32> {
      %w = nn.param @w : !qnt.packed<16x48, <code = uint, bits = 4, granularity = channel>, <panel16k4>>
      %0 = qnt.dequantize %w, %s <code = uint, bits = 4, granularity = channel>
          : !qnt.packed<16x48, <code = uint, bits = 4, granularity = channel>, <panel16k4>>,
            tensor<16x1xf32> -> tensor<16x48xf32>
      return %0 : tensor<16x48xf32>
    })";
  EXPECT_EQ(complaint(checkFused, text),
            "takes the packed weight @w but is no product or embedding");
}

TEST(Contracts, SelectLeavesNoOperationOfNN) {
  constexpr llvm::StringLiteral text = R"(
    nn.data @unused {value = dense<1.0> : tensor<2xf32>} : tensor<2xf32>
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = nn.activation relu %x : tensor<4xf32>
      return %0 : tensor<4xf32>
    })";
  EXPECT_EQ(complaint(checkSelected, text),
            "no kernel was selected for this operation");
}

TEST(Contracts, SelectNamesKernelsOfTheTable) {
  constexpr llvm::StringLiteral text = R"(
    func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
      %0 = kern.softmax "softmax.f64" ins(%x : tensor<4xf32>) outs(%y : tensor<4xf32>) -> tensor<4xf32>
      return %0 : tensor<4xf32>
    })";
  EXPECT_EQ(complaint(checkSelected, text),
            "names kernel \"softmax.f64\", which the table of kernels does not "
            "have");
}

TEST(Contracts, LowerLeavesLLVMOnly) {
  EXPECT_EQ(complaint(checkLowered, "llvm.func @f() { llvm.return }"), "");
  EXPECT_EQ(complaint(checkLowered, "func.func @f() { return }"),
            "was not lowered to the LLVM dialect");
}
} // namespace
