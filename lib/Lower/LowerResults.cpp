//===- LowerResults.cpp - results become destinations -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Works on tensors: buffers come afterwards.

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Lower/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERRESULTS
#include "quantc/Lower/Passes.h.inc"
} // namespace quantc

namespace {
struct LowerResults : quantc::impl::LowerResultsBase<LowerResults> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      if (function.isPrivate() || function.isExternal())
        continue;
      func::FuncOp shapes = cloneForSizes(function);
      if (failed(reduceToSizes(shapes)))
        return signalPassFailure();
      addDestinations(function);
      protectInputs(function);
      ++entries;
    }
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
    for (Value result : exit->getOperands())
      for (int64_t i = 0;
           i < cast<RankedTensorType>(result.getType()).getRank(); ++i)
        sizes.push_back(
            b.createOrFold<tensor::DimOp>(exit->getLoc(), result, i));
    exit->setOperands(sizes);
    SmallVector<Type> types(sizes.size(), b.getIndexType());
    shapes.setType(b.getFunctionType(shapes.getArgumentTypes(), types));
    shapes.removeResAttrsAttr();
    return shapes;
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
        return user->emitError(
            "the size of a result depends on the values of an input");
      dim.replaceAllUsesWith(sizes[*dim.getConstantIndex()]);
      dim.erase();
    }
    return success();
  }

  void addDestinations(func::FuncOp function) {
    Operation *exit = function.getBody().front().getTerminator();
    OpBuilder b(exit);
    for (auto [i, result] : llvm::enumerate(exit->getOperands())) {
      auto type = cast<RankedTensorType>(result.getType());
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
