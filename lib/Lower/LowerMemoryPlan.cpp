//===- LowerMemoryPlan.cpp - puts every buffer into one arena -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Rewrites allocations and constants as views. Which buffers share memory is
// decided in BufferLives.cpp.

#include "BufferLives.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Lower/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERMEMORYPLAN
#include "quantc/Lower/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// Buffers start on cache lines.
static constexpr int64_t alignment = 64;

namespace {
/// Builds size arithmetic again at another place. What a size of a function
/// argument is there, `leaf` says.
class SizeRebuilder {
public:
  using Leaf = llvm::function_ref<Value(BlockArgument, int64_t dim)>;
  SizeRebuilder(OpBuilder &b, Leaf leaf) : b(b), leaf(leaf) {}

  /// `value` at the insertion point, or null when it depends on data.
  Value rebuild(Value value) {
    if (Value done = known.lookupOrNull(value))
      return done;
    Value result = rebuildNew(value);
    if (result)
      known.map(value, result);
    return result;
  }

private:
  Value rebuildNew(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return leaf(argument, -1);
    Operation *op = value.getDefiningOp();
    if (auto dim = dyn_cast<memref::DimOp>(op))
      return rebuildDim(dim);
    if (!isPure(op) || op->getNumRegions() != 0)
      return {};
    for (Value operand : op->getOperands())
      if (!rebuild(operand))
        return {};
    return b.clone(*op, known)
        ->getResult(cast<OpResult>(value).getResultNumber());
  }

  Value rebuildDim(memref::DimOp dim) {
    std::optional<int64_t> index = dim.getConstantIndex();
    if (!index)
      return {};
    if (auto argument = dyn_cast<BlockArgument>(dim.getSource()))
      return leaf(argument, *index);
    if (auto alloc = dim.getSource().getDefiningOp<memref::AllocOp>()) {
      MemRefType type = alloc.getType();
      if (type.isDynamicDim(*index))
        return rebuild(
            alloc.getDynamicSizes()[type.getDynamicDimIndex(*index)]);
    }
    return {};
  }

  OpBuilder &b;
  Leaf leaf;
  IRMapping known;
};

/// Bytes of an allocation, rounded up to the alignment.
Value byteSize(OpBuilder &b, memref::AllocOp alloc, SizeRebuilder &sizes) {
  MemRefType type = alloc.getType();
  int64_t fixed = type.getElementType().isIndex()
                      ? 8
                      : std::max<int64_t>(1, type.getElementTypeBitWidth() / 8);
  for (int64_t size : type.getShape())
    fixed *= ShapedType::isDynamic(size) ? 1 : size;
  SmallVector<OpFoldResult> factors;
  AffineExpr bytes = b.getAffineConstantExpr(fixed);
  Value product;
  for (Value size : alloc.getDynamicSizes()) {
    Value factor = sizes.rebuild(size);
    if (!factor)
      return {};
    product = product
                  ? arith::MulIOp::create(b, alloc.getLoc(), product, factor)
                        .getResult()
                  : factor;
  }
  AffineExpr count =
      product ? b.getAffineSymbolExpr(0) : b.getAffineConstantExpr(1);
  AffineExpr rounded = (bytes * count).ceilDiv(alignment) * alignment;
  if (product)
    factors.push_back(product);
  OpFoldResult result = affine::makeComposedFoldedAffineApply(b, alloc.getLoc(),
                                                              rounded, factors);
  return getValueOrCreateConstantIndexOp(b, alloc.getLoc(), result);
}

/// Offsets of all slots and, last, the size of the arena; empty, with a
/// diagnostic, when a size depends on data.
SmallVector<Value> layOut(OpBuilder &b, ArrayRef<BufferLife> lives,
                          unsigned slotCount, SizeRebuilder &sizes,
                          Location loc) {
  SmallVector<Value> slots(slotCount);
  for (const BufferLife &life : lives) {
    Value bytes = byteSize(b, life.alloc, sizes);
    if (!bytes) {
      mlir::emitError(life.alloc->getLoc(),
                      "the size of a buffer depends on the values of an input");
      return {};
    }
    Value &slot = slots[life.slot];
    slot =
        slot ? arith::MaxSIOp::create(b, loc, slot, bytes).getResult() : bytes;
  }
  SmallVector<Value> offsets = {arith::ConstantIndexOp::create(b, loc, 0)};
  for (Value slot : slots)
    offsets.push_back(arith::AddIOp::create(b, loc, offsets.back(), slot));
  return offsets;
}

struct LowerMemoryPlan : quantc::impl::LowerMemoryPlanBase<LowerMemoryPlan> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (!function.isPrivate() && !function.isExternal() &&
          !function->hasAttr("kern.arguments") && failed(plan(function)))
        return signalPassFailure();
  }

  LogicalResult plan(func::FuncOp function) {
    SmallVector<BufferLife> lives = findBufferLives(function);
    unsigned slotCount = assignSlots(lives);
    if (failed(reportSize(function, lives, slotCount)))
      return failure();
    OpBuilder b = OpBuilder::atBlockBegin(&function.getBody().front());
    auto leaf = [&](BlockArgument argument, int64_t dim) -> Value {
      if (dim < 0)
        return argument;
      return b.createOrFold<memref::DimOp>(function.getLoc(), argument, dim);
    };
    SizeRebuilder sizes(b, leaf);
    SmallVector<Value> offsets =
        layOut(b, lives, slotCount, sizes, function.getLoc());
    if (offsets.empty())
      return failure();
    Type bytes = MemRefType::get({ShapedType::kDynamic}, b.getI8Type());
    (void)function.insertArguments({0, 0}, {bytes, bytes}, {{}, {}},
                                   {function.getLoc(), function.getLoc()});
    placeBuffers(lives, offsets, function.getArgument(0));
    placeConstants(function, function.getArgument(1));
    describeArguments(function);
    buffers += lives.size();
    slots += slotCount;
    return success();
  }

  void placeBuffers(ArrayRef<BufferLife> lives, ArrayRef<Value> offsets,
                    Value arena) {
    for (BufferLife life : lives) {
      OpBuilder b(life.alloc);
      auto view = memref::ViewOp::create(
          b, life.alloc.getLoc(), life.alloc.getType(), arena,
          offsets[life.slot], life.alloc.getDynamicSizes());
      life.alloc.replaceAllUsesWith(view.getResult());
      life.alloc.erase();
    }
  }

  void placeConstants(func::FuncOp function, Value weights) {
    for (auto constant : llvm::make_early_inc_range(
             function.getBody().getOps<kern::ConstantOp>())) {
      OpBuilder b(constant);
      Value offset = arith::ConstantIndexOp::create(b, constant.getLoc(),
                                                    constant.getOffset());
      auto view = memref::ViewOp::create(
          b, constant.getLoc(),
          cast<MemRefType>(constant.getResult().getType()), weights, offset,
          ValueRange());
      constant.replaceAllUsesWith(view.getResult());
      constant.erase();
    }
  }

  /// Notes the role and the shape of each argument, which the calling
  /// convention of buffers hides later.
  void describeArguments(func::FuncOp function) {
    Builder b(&getContext());
    SmallVector<Attribute> notes;
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
      auto buffer = dyn_cast<MemRefType>(type);
      StringRef role = i == 0                                  ? "arena"
                       : i == 1                                ? "weights"
                       : !buffer                               ? "length"
                       : function.getArgAttr(i, "kern.output") ? "output"
                                                               : "input";
      ArrayRef<int64_t> shape =
          buffer ? buffer.getShape() : ArrayRef<int64_t>();
      notes.push_back(b.getDictionaryAttr(
          {b.getNamedAttr("role", b.getStringAttr(role)),
           b.getNamedAttr("shape", b.getDenseI64ArrayAttr(shape))}));
    }
    function->setAttr("kern.arguments", b.getArrayAttr(notes));
  }

  /// Appends the size of the arena to the results of the entry's sizes.
  LogicalResult reportSize(func::FuncOp function, ArrayRef<BufferLife> lives,
                           unsigned slotCount) {
    auto shapes = getOperation().lookupSymbol<func::FuncOp>(
        (function.getName() + "_shapes").str());
    if (!shapes)
      return function.emitError("has no function of its sizes");
    Operation *exit = shapes.getBody().front().getTerminator();
    SmallVector<Value> inputs(shapes.getArguments()),
        outputs(exit->getOperands());
    llvm::DenseMap<Value, ArrayRef<Value>> known;
    ArrayRef<Value> in = inputs, out = outputs;
    for (BlockArgument argument : function.getArguments()) {
      auto type = dyn_cast<MemRefType>(argument.getType());
      int64_t count = type ? type.getRank() : 1;
      ArrayRef<Value> &source =
          function.getArgAttr(argument.getArgNumber(), "kern.output") ? out
                                                                      : in;
      known[argument] = source.take_front(count);
      source = source.drop_front(count);
    }
    OpBuilder b(exit);
    auto leaf = [&](BlockArgument argument, int64_t dim) -> Value {
      return known.lookup(argument)[std::max<int64_t>(dim, 0)];
    };
    SizeRebuilder sizes(b, leaf);
    SmallVector<Value> offsets =
        layOut(b, lives, slotCount, sizes, function.getLoc());
    if (offsets.empty())
      return failure();
    outputs.push_back(offsets.back());
    exit->setOperands(outputs);
    SmallVector<Type> types(outputs.size(), b.getIndexType());
    shapes.setType(b.getFunctionType(shapes.getArgumentTypes(), types));
    return success();
  }
};
} // namespace
