//===- MemoryReport.cpp - working memory for the report ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Folds the sizes function of each entry for sizes that are numbers. The
// function itself is made by the phase Lower.

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Pipeline/LayerReport.h"

using namespace mlir;
using namespace quantc;

/// The sizes of all inputs, one after the other, and the length of the caches.
static SmallVector<int64_t> smallestSizes(const EntrySignature &entry) {
  SmallVector<int64_t> sizes;
  for (const TensorSignature &input : entry.inputs)
    for (int64_t size : input.dims)
      sizes.push_back(size < 0 ? 1 : size);
  if (entry.isStateful)
    sizes.push_back(0);
  return sizes;
}

/// "N = 1, S = 1", each name once.
static std::string describeSizes(const EntrySignature &entry) {
  std::vector<std::string> parts;
  for (const TensorSignature &input : entry.inputs)
    for (auto [size, name] : llvm::zip(input.dims, input.dimNames)) {
      std::string part = (name.empty() ? "?" : name) + " = 1";
      if (size < 0 && !input.isState && !llvm::is_contained(parts, part))
        parts.push_back(part);
    }
  if (entry.isStateful)
    parts.push_back("empty caches");
  return llvm::join(parts, ", ");
}

/// What `shapes` returns last for these sizes: the bytes of the arena. Nothing
/// when it refuses them.
static std::optional<int64_t> foldArena(func::FuncOp shapes,
                                        ArrayRef<int64_t> sizes) {
  if (shapes.getNumArguments() != sizes.size())
    return std::nullopt;
  OwningOpRef<ModuleOp> scratch = ModuleOp::create(shapes.getLoc());
  auto copy = cast<func::FuncOp>(shapes->clone());
  scratch->push_back(copy);
  OpBuilder b = OpBuilder::atBlockBegin(&copy.getBody().front());
  for (auto [argument, size] : llvm::zip_equal(copy.getArguments(), sizes))
    argument.replaceAllUsesWith(
        arith::ConstantIndexOp::create(b, shapes.getLoc(), size));
  PassManager pm(shapes.getContext());
  pm.addPass(createCanonicalizerPass());
  if (failed(pm.run(*scratch)))
    return std::nullopt;
  OperandRange results = copy.getBody().front().getTerminator()->getOperands();
  std::optional<int64_t> check =
      getConstantIntValue(results.drop_back().back());
  return check == 0 ? getConstantIntValue(results.back()) : std::nullopt;
}

void quantc::describeMemory(ModuleOp module, const ModelSignature &signature,
                            CompileReport &report) {
  for (const EntrySignature &entry : signature.entries) {
    auto shapes = module.lookupSymbol<func::FuncOp>(entry.name + "_shapes");
    if (!shapes)
      continue;
    if (auto bytes = foldArena(shapes, smallestSizes(entry)))
      report.memory.push_back(
          {entry.name, describeSizes(entry), static_cast<uint64_t>(*bytes)});
  }
}
