//===- Elementwise.cpp - linalg operations and copies -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates linalg operations on buffers (linalg.generic, fill, transpose, ...)
// and memref.copy. The loops are those of ElementNest; the body is built here
// by cloning the operation's region onto scalars or vectors, with the functions
// of MathFunctions.h.

#include "ElementNest.h"
#include "Emitters.h"
#include "MathFunctions.h"
#include "MathHalf.h"

using namespace mlir;
using namespace quantc;
using Values = KernelBuilder::Values;

namespace {
/// The region of a linalg operation as the body of a nest.
class RegionBody {
public:
  RegionBody(KernelBuilder &b, Block &block) : b(b), block(block) {}

  bool usesLoops() const {
    return block.walk([](linalg::IndexOp) { return WalkResult::interrupt(); })
        .wasInterrupted();
  }

  bool canBeOnVectors() const {
    return llvm::all_of(block.without_terminator(), [](Operation &op) {
      // The unused lanes of a partial vector hold 0, which integers cannot be
      // divided by.
      bool divides =
          isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
              arith::CeilDivSIOp, arith::CeilDivUIOp, arith::FloorDivSIOp>(op);
      return isa<arith::ConstantOp>(op) ||
             (OpTrait::hasElementwiseMappableTraits(&op) &&
              op.getNumResults() == 1 && !divides);
    });
  }

  FailureOr<Values> emit(ValueRange arguments, ValueRange loops,
                         int64_t lanes) {
    IRMapping map;
    map.map(block.getArguments(), arguments);
    for (Operation &op : block.without_terminator())
      if (failed(emitOp(op, map, loops, lanes)))
        return failure();
    Values results;
    for (Value value : block.getTerminator()->getOperands())
      results.push_back(map.lookupOrDefault(value));
    return results;
  }

private:
  LogicalResult emitOp(Operation &op, IRMapping &map, ValueRange loops,
                       int64_t lanes) {
    if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      map.map(index.getResult(), loops[index.getDim()]);
      return success();
    }
    if (worksOnHalves(op))
      return emitOnHalves(op, map, lanes);
    if (needsMathExpansion(&op)) {
      FailureOr<Value> result = emitMath(op, operandsOf(op, map, lanes));
      if (failed(result))
        return failure();
      map.map(op.getResult(0), *result);
      return success();
    }
    if (lanes)
      return emitOnVectors(op, map, lanes);
    Operation *copy = b.clone(op, map);
    SmallVector<Operation *> nested;
    copy->walk([&](Operation *inner) {
      if (inner != copy && needsMathExpansion(inner))
        nested.push_back(inner);
    });
    for (Operation *inner : nested) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(inner);
      FailureOr<Value> result = emitMath(*inner, inner->getOperands());
      if (failed(result))
        return failure();
      inner->getResult(0).replaceAllUsesWith(*result);
      inner->erase();
    }
    return success();
  }

  LogicalResult emitOnVectors(Operation &op, IRMapping &map, int64_t lanes) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      auto type = b.vecType(constant.getType(), lanes);
      auto splat = SplatElementsAttr::get(type, Attribute(constant.getValue()));
      map.map(constant.getResult(), b.create<arith::ConstantOp>(splat));
      return success();
    }
    Type type = b.vecType(op.getResult(0).getType(), lanes);
    map.map(op.getResult(0), build(op, operandsOf(op, map, lanes), type));
    return success();
  }

  Values operandsOf(Operation &op, IRMapping &map, int64_t lanes) {
    Values operands;
    for (Value operand : op.getOperands()) {
      Value value = map.lookupOrDefault(operand);
      bool widen = lanes && !isa<VectorType>(value.getType());
      operands.push_back(widen ? b.splat(value, lanes) : value);
    }
    return operands;
  }

  FailureOr<Value> emitMath(Operation &op, Values operands) {
    Type element = getElementTypeOrSelf(operands[0]);
    if (element.isF32() || element.isSignlessInteger())
      return emitMathOp(b, &op, operands);
    op.emitOpError("is not supported on the CPU for ") << element;
    return failure();
  }

  /// f16 and bf16 are stored, but computed with as f32; each operation rounds.
  static bool worksOnHalves(Operation &op) {
    return op.getNumRegions() == 0 &&
           OpTrait::hasElementwiseMappableTraits(&op) &&
           (llvm::any_of(op.getOperandTypes(), isHalf) ||
            llvm::any_of(op.getResultTypes(), isHalf)) &&
           !isa<arith::BitcastOp, arith::SelectOp>(op);
  }

  LogicalResult emitOnHalves(Operation &op, IRMapping &map, int64_t lanes) {
    Values operands = operandsOf(op, map, lanes);
    for (Value &operand : operands)
      if (isHalf(operand.getType()))
        operand = emitFromHalf(b, operand);
    Type wanted = op.getResult(0).getType();
    FailureOr<Value> result = operands[0];
    // A conversion to or from f32 is done once the operand is f32.
    if (needsMathExpansion(&op)) {
      result = emitMath(op, operands);
    } else if (!isa<arith::ExtFOp, arith::TruncFOp>(op)) {
      Type element = isHalf(wanted) ? Type(b.getF32Type()) : wanted;
      Type type = lanes ? Type(b.vecType(element, lanes)) : element;
      result = build(op, operands, type);
    }
    if (failed(result))
      return failure();
    bool isWide = getElementTypeOrSelf(*result).isF32();
    if (isa<arith::ExtFOp, arith::TruncFOp>(op) && (!isWide || wanted.isF64()))
      return op.emitOpError("is not supported on the CPU");
    map.map(op.getResult(0),
            isHalf(wanted) ? emitToHalf(b, *result, wanted) : *result);
    return success();
  }

  Value build(Operation &op, ValueRange operands, Type type) {
    OperationState state(b.getLoc(), op.getName(), operands, type,
                         op.getAttrs());
    state.propertiesAttr = op.getPropertiesAsAttribute();
    return static_cast<OpBuilder &>(b).create(state)->getResult(0);
  }

  KernelBuilder &b;
  Block &block;
};
} // namespace

/// The size of each loop, from a memref that has it as a dimension; the
/// verifier of linalg operations makes sure that there is one.
static Values loopSizes(KernelBuilder &b, linalg::LinalgOp op) {
  Values sizes(op.getNumLoops());
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [dimension, expr] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop)
        continue;
      Value size = b.dim(operand.get(), dimension);
      Value &known = sizes[loop.getPosition()];
      if (!known || KernelBuilder::constantOf(size))
        known = size;
    }
  }
  return sizes;
}

LogicalResult quantc::emitLinalg(KernelBuilder &b, linalg::LinalgOp op) {
  Block &block = *op.getBlock();
  RegionBody region(b, block);
  ElementNest nest;
  nest.sizes = loopSizes(b, op);
  nest.usesLoops = region.usesLoops();
  nest.onVectors = region.canBeOnVectors();
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    if (kind != utils::IteratorType::parallel)
      nest.reductions.push_back(loop);
  // The region has an argument for each operand; what it does not use is not
  // read.
  SmallVector<unsigned> read;
  for (OpOperand &operand : op->getOpOperands()) {
    ElementNest::Access access{operand.get(),
                               op.getMatchingIndexingMap(&operand)};
    unsigned argument = operand.getOperandNumber();
    if (op.isDpsInit(&operand))
      nest.outputs.push_back(access);
    if (!block.getArgument(argument).use_empty()) {
      nest.inputs.push_back(access);
      read.push_back(argument);
    }
  }
  return nest.emit(b, [&](Values inputs, Values loops, int64_t lanes) {
    Values arguments(block.getNumArguments());
    for (auto [argument, value] : llvm::zip(read, inputs))
      arguments[argument] = value;
    // An output that is not read still needs a value to be mapped.
    for (Value &argument : arguments)
      argument = argument ? argument : inputs.empty() ? b.idx(0) : inputs[0];
    return region.emit(arguments, loops, lanes);
  });
}

LogicalResult quantc::emitCopy(KernelBuilder &b, memref::CopyOp op) {
  auto type = dyn_cast<MemRefType>(op.getTarget().getType());
  auto source = dyn_cast<MemRefType>(op.getSource().getType());
  if (!source || !type)
    return op.emitOpError("needs buffers of known rank");
  ElementNest nest;
  for (int64_t d = 0; d < type.getRank(); ++d)
    nest.sizes.push_back(
        b.dim(source.isDynamicDim(d) ? op.getTarget() : op.getSource(), d));
  AffineMap identity = b.getMultiDimIdentityMap(type.getRank());
  nest.inputs.push_back({op.getSource(), identity});
  nest.outputs.push_back({op.getTarget(), identity});
  return nest.emit(b, [](Values inputs, Values, int64_t) { return inputs; });
}
