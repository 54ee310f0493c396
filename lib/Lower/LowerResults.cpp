//===- LowerResults.cpp - results become destinations -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Works on tensors: buffers come afterwards.

#include "SizeChecks.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Lower/Passes.h"

using namespace mlir;
using namespace quantc;

namespace quantc {
#define GEN_PASS_DEF_LOWERRESULTS
#include "quantc/Lower/Passes.h.inc"
} // namespace quantc

namespace {
struct LowerResults : quantc::impl::LowerResultsBase<LowerResults> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      if (function.isPrivate() || function.isExternal() || hasSizes(function))
        continue;
      func::FuncOp shapes = cloneForSizes(function);
      SmallVector<SizeCheck> checks = returnChecks(shapes);
      if (failed(reduceToSizes(shapes)))
        return signalPassFailure();
      joinChecks(shapes, checks);
      addDestinations(function);
      protectInputs(function);
      ++entries;
    }
  }

  bool hasSizes(func::FuncOp function) {
    return getOperation().lookupSymbol((function.getName() + "_shapes").str());
  }

  /// A copy of `function` that returns every size of every result.
  func::FuncOp cloneForSizes(func::FuncOp function) {
    func::FuncOp shapes = function.clone();
    shapes.setName((function.getName() + "_shapes").str());
    SymbolTable(getOperation())
        .insert(shapes, std::next(function->getIterator()));
    Operation *exit = shapes.getBody().front().getTerminator();
    OpBuilder b(exit);
    SmallVector<Value> sizes;
    for (Value result : exit->getOperands()) {
      if (result.getType().isIndex()) {
        sizes.push_back(result);
        continue;
      }
      for (int64_t i = 0;
           i < cast<RankedTensorType>(result.getType()).getRank(); ++i)
        sizes.push_back(
            b.createOrFold<tensor::DimOp>(exit->getLoc(), result, i));
    }
    shapes.removeResAttrsAttr();
    setResults(shapes, sizes);
    return shapes;
  }

  /// Makes the conditions on sizes further results of `shapes`.
  SmallVector<SizeCheck> returnChecks(func::FuncOp shapes) {
    SmallVector<SizeCheck> checks = createSizeChecks(shapes);
    Operation *exit = shapes.getBody().front().getTerminator();
    SmallVector<Value> results(exit->getOperands());
    for (const SizeCheck &check : checks)
      results.push_back(check.holds);
    setResults(shapes, results);
    return checks;
  }

  /// Turns the conditions, which end the results of `shapes`, into one number:
  /// 0 when all hold, else the number, from 1 on, of the first that does not.
  /// The texts of those that do not hold for all sizes become an attribute.
  void joinChecks(func::FuncOp shapes, ArrayRef<SizeCheck> checks) {
    Operation *exit = shapes.getBody().front().getTerminator();
    OpBuilder b(exit);
    SmallVector<Value> results(exit->getOperands().drop_back(checks.size()));
    llvm::SetVector<Value> conditions;
    SmallVector<StringRef> texts;
    for (auto [check, holds] :
         llvm::zip_equal(checks, exit->getOperands().take_back(checks.size())))
      if (!matchPattern(Value(holds), m_One()) && conditions.insert(holds))
        texts.push_back(check.text);
    Location loc = exit->getLoc();
    Value status = arith::ConstantIndexOp::create(b, loc, 0);
    for (int64_t i = texts.size(); i-- > 0;) {
      Value number = arith::ConstantIndexOp::create(b, loc, i + 1);
      status = arith::SelectOp::create(b, loc, conditions[i], status, number);
    }
    results.push_back(status);
    setResults(shapes, results);
    shapes->setAttr(kSizeChecks, b.getStrArrayAttr(texts));
  }

  void setResults(func::FuncOp shapes, ArrayRef<Value> results) {
    Operation *exit = shapes.getBody().front().getTerminator();
    exit->setOperands(results);
    shapes.setType(FunctionType::get(&getContext(), shapes.getArgumentTypes(),
                                     TypeRange(ValueRange(results))));
  }

  /// Drops all computation from `shapes` and gives it sizes as arguments.
  LogicalResult reduceToSizes(func::FuncOp shapes) {
    OpPassManager pipeline(func::FuncOp::getOperationName());
    pipeline.addPass(memref::createResolveRankedShapeTypeResultDimsPass());
    pipeline.addPass(createCanonicalizerPass());
    pipeline.addPass(createCSEPass());
    pipeline.addPass(createCanonicalizerPass());
    if (failed(runPipeline(pipeline, shapes)))
      return failure();
    Block &body = shapes.getBody().front();
    OpBuilder b = OpBuilder::atBlockBegin(&body);
    unsigned count = body.getNumArguments();
    for (unsigned i = 0; i < count; ++i)
      if (failed(replaceArgument(body, body.getArgument(i), b)))
        return failure();
    body.eraseArguments(0, count);
    SmallVector<Type> inputs(body.getArgumentTypes());
    shapes.removeArgAttrsAttr();
    shapes.setType(b.getFunctionType(inputs, shapes.getResultTypes()));
    shapes.setPrivate();
    return success();
  }

  /// Appends one index argument for each size of `argument` and uses those.
  LogicalResult replaceArgument(Block &body, BlockArgument argument,
                                OpBuilder &b) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type) { // a length
      argument.replaceAllUsesWith(
          body.addArgument(argument.getType(), argument.getLoc()));
      return success();
    }
    SmallVector<Value> sizes;
    for (int64_t i = 0; i < type.getRank(); ++i)
      sizes.push_back(body.addArgument(b.getIndexType(), argument.getLoc()));
    for (Operation *user : llvm::make_early_inc_range(argument.getUsers())) {
      auto dim = dyn_cast<tensor::DimOp>(user);
      if (!dim || !dim.getConstantIndex())
        return user->emitError("a size depends on the values of an input");
      dim.replaceAllUsesWith(sizes[*dim.getConstantIndex()]);
      dim.erase();
    }
    return success();
  }

  void addDestinations(func::FuncOp function) {
    Operation *exit = function.getBody().front().getTerminator();
    OpBuilder b(exit);
    for (auto [i, result] : llvm::enumerate(exit->getOperands())) {
      auto type = dyn_cast<RankedTensorType>(result.getType());
      if (!type) // a size, which only the sizes give
        continue;
      auto buffer = MemRefType::get(type.getShape(), type.getElementType());
      unsigned position = function.getNumArguments();
      auto attributes = function.getResultAttrDict(i);
      (void)function.insertArgument(position, buffer, attributes,
                                    exit->getLoc());
      function.setArgAttr(position, "kern.output", b.getUnitAttr());
      auto store = bufferization::MaterializeInDestinationOp::create(
          b, exit->getLoc(), TypeRange{}, result,
          function.getArgument(position));
      store.setRestrict(true);
      store.setWritable(true);
    }
    exit->setOperands({});
    function.removeResAttrsAttr();
    function.setType(b.getFunctionType(function.getArgumentTypes(), {}));
  }

  /// Only state may be written.
  void protectInputs(func::FuncOp function) {
    Builder b(&getContext());
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      if (isa<TensorType>(type))
        function.setArgAttr(
            i, bufferization::BufferizationDialect::kWritableAttrName,
            b.getBoolAttr(!!function.getArgAttr(i, "kern.state_axis")));
  }
};
} // namespace
