//===- SizeChecks.cpp - which sizes an entry can run with -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One rule for each kind of operation whose operands must fit each other.
// Destinations of kernels are made from the sizes of their inputs, so that only
// kernels with several dynamic inputs have a rule.

#include "SizeChecks.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

namespace {
/// Collects the conditions of one operation at a time.
class Checker {
public:
  explicit Checker(SmallVector<SizeCheck> &checks, MLIRContext *context)
      : checks(checks), b(context) {}

  void visit(Operation *op) {
    b.setInsertionPointAfter(op);
    loc = op->getLoc();
    llvm::TypeSwitch<Operation *>(op)
        .Case<tensor::ExtractSliceOp>([&](auto slice) {
          isInside(slice, slice.getSource(), "takes a slice beyond");
        })
        .Case<tensor::InsertSliceOp>([&](auto slice) {
          isInside(slice, slice.getDest(), "writes a slice beyond");
          haveSizes(slice.getSource(), slice.getMixedSizes());
        })
        .Case<tensor::CastOp>([&](auto cast) { keepsSizes(cast); })
        .Case<tensor::ExpandShapeOp>([&](auto op) { keepsElements(op); })
        .Case<tensor::EmptyOp>([&](auto empty) {
          for (Value size : empty.getDynamicSizes())
            isNotNegative(size);
        })
        .Case<linalg::LinalgOp>([&](auto op) { visitLoops(op); })
        .Case<kern::BatchMatMulOp>([&](auto op) { visitBatchMatMul(op); })
        .Case<kern::AttentionOp>([&](auto op) { visitAttention(op); })
        .Case<kern::RopeOp>([&](auto op) { visitRope(op); });
  }

private:
  void add(Value holds, const Twine &what) {
    auto name = dyn_cast<NameLoc>(loc);
    std::string node =
        name ? "'" + name.getName().str() + "' " : "an operation ";
    checks.push_back({holds, node + what.str()});
  }

  Value sizeOf(Value tensor, int64_t dim) {
    return b.createOrFold<tensor::DimOp>(loc, tensor, dim);
  }
  Value toValue(OpFoldResult value) {
    return getValueOrCreateConstantIndexOp(b, loc, value);
  }
  Value number(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return b.createOrFold<arith::CmpIOp>(loc, predicate, x, y);
  }

  void areEqual(Value x, Value y) {
    if (x != y)
      add(compare(arith::CmpIPredicate::eq, x, y),
          "has operands of different sizes");
  }

  /// The sizes of two dimensions are equal, or the first is one.
  void broadcasts(Value x, int64_t xDim, Value y, int64_t yDim) {
    if (cast<RankedTensorType>(x.getType()).getDimSize(xDim) != 1)
      areEqual(sizeOf(x, xDim), sizeOf(y, yDim));
  }

  void isNotNegative(OpFoldResult size) {
    if (auto value = dyn_cast<Value>(size))
      add(compare(arith::CmpIPredicate::sge, value, number(0)),
          "has a negative size");
  }

  void haveSizes(Value tensor, ArrayRef<OpFoldResult> sizes) {
    // Rank-reducing slices drop sizes of one only, which are static.
    auto type = cast<RankedTensorType>(tensor.getType());
    if (type.getRank() != int64_t(sizes.size()))
      return;
    for (auto [dim, size] : llvm::enumerate(sizes))
      if (type.isDynamicDim(dim) || isa<Value>(size))
        areEqual(sizeOf(tensor, dim), toValue(size));
  }

  /// offset + (size - 1) * stride is inside `whole` where size > 0.
  void isInside(OffsetSizeAndStrideOpInterface slice, Value whole,
                StringRef what) {
    auto type = cast<RankedTensorType>(whole.getType());
    SmallVector<OpFoldResult> offsets = slice.getMixedOffsets(),
                              sizes = slice.getMixedSizes(),
                              strides = slice.getMixedStrides();
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      isNotNegative(sizes[dim]);
      isNotNegative(offsets[dim]);
      // Full slices of a static dimension need no arithmetic.
      if (!type.isDynamicDim(dim) && getConstantIntValue(offsets[dim]) &&
          getConstantIntValue(sizes[dim]) && getConstantIntValue(strides[dim]))
        continue;
      endsInside(offsets[dim], sizes[dim], strides[dim], sizeOf(whole, dim),
                 what, dim);
    }
  }

  void endsInside(OpFoldResult offset, OpFoldResult size, OpFoldResult stride,
                  Value whole, StringRef what, int64_t dim) {
    Value steps = b.createOrFold<arith::SubIOp>(loc, toValue(size), number(1));
    Value last = b.createOrFold<arith::MulIOp>(loc, steps, toValue(stride));
    last = b.createOrFold<arith::AddIOp>(loc, last, toValue(offset));
    Value fits = compare(arith::CmpIPredicate::slt, last, whole);
    Value isEmpty = compare(arith::CmpIPredicate::eq, toValue(size), number(0));
    std::string text =
        (what + " dimension " + Twine(dim) + " of its operand").str();
    if (auto limit = getConstantIntValue(getAsOpFoldResult(whole)))
      text += ", which has " + std::to_string(*limit) + " elements";
    add(b.createOrFold<arith::OrIOp>(loc, fits, isEmpty), text);
  }

  /// A cast to a static size.
  void keepsSizes(tensor::CastOp op) {
    auto from = dyn_cast<RankedTensorType>(op.getSource().getType());
    auto to = dyn_cast<RankedTensorType>(op.getType());
    if (!from || !to)
      return;
    for (int64_t dim = 0; dim < to.getRank(); ++dim)
      if (from.isDynamicDim(dim) && !to.isDynamicDim(dim))
        add(compare(arith::CmpIPredicate::eq, sizeOf(op.getSource(), dim),
                    number(to.getDimSize(dim))),
            "needs " + Twine(to.getDimSize(dim)) +
                " elements along dimension " + Twine(dim));
  }

  /// The parts of a dimension multiply to it.
  void keepsElements(tensor::ExpandShapeOp op) {
    SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
    for (auto [dim, group] : llvm::enumerate(op.getReassociationIndices())) {
      if (!op.getSrcType().isDynamicDim(dim))
        continue;
      Value product = number(1);
      for (int64_t part : group)
        product =
            b.createOrFold<arith::MulIOp>(loc, product, toValue(sizes[part]));
      if (product != sizeOf(op.getSrc(), dim))
        add(compare(arith::CmpIPredicate::eq, product,
                    sizeOf(op.getSrc(), dim)),
            "cannot split dimension " + Twine(dim) + " of its operand");
    }
  }

  /// Dimensions that one loop walks have one size.
  void visitLoops(linalg::LinalgOp op) {
    SmallVector<Value> sizes(op.getNumLoops());
    for (OpOperand &operand : op->getOpOperands()) {
      auto type = dyn_cast<RankedTensorType>(operand.get().getType());
      if (!type)
        continue;
      AffineMap map = op.getMatchingIndexingMap(&operand);
      for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
        auto loop = dyn_cast<AffineDimExpr>(expr);
        if (!loop)
          continue;
        Value size = sizeOf(operand.get(), dim);
        Value &first = sizes[loop.getPosition()];
        if (!first)
          first = size;
        else if (!getConstantIntValue(first) || !getConstantIntValue(size))
          areEqual(first, size);
      }
    }
  }

  void visitBatchMatMul(kern::BatchMatMulOp op) {
    Value lhs = op.getInputs()[0], rhs = op.getInputs()[1],
          out = op.getInits()[0];
    int64_t rank = cast<RankedTensorType>(out.getType()).getRank();
    bool isTransposed = op->hasAttr("transpose_rhs");
    areEqual(sizeOf(lhs, rank - 1),
             sizeOf(rhs, isTransposed ? rank - 1 : rank - 2));
    for (int64_t dim = 0; dim < rank - 2; ++dim) {
      broadcasts(lhs, dim, out, dim);
      broadcasts(rhs, dim, out, dim);
    }
  }

  void visitAttention(kern::AttentionOp op) {
    Value q = op.getInputs()[0], k = op.getInputs()[1], v = op.getInputs()[2];
    areEqual(sizeOf(q, 0), sizeOf(k, 0));
    areEqual(sizeOf(k, 0), sizeOf(v, 0));
    areEqual(sizeOf(k, 2), sizeOf(v, 2));
    if (!op->hasAttr("has_mask"))
      return;
    Value mask = op.getInputs()[3];
    int64_t rank = cast<RankedTensorType>(mask.getType()).getRank();
    for (int64_t dim = 0; dim < rank; ++dim) {
      int64_t of = 4 - rank + dim;
      broadcasts(mask, dim, of == 3 ? k : q, of == 3 ? 2 : of);
    }
  }

  /// Angles are [T, D/2] or [B, T, D/2] for x [B, heads, T, D].
  void visitRope(kern::RopeOp op) {
    Value x = op.getInputs()[0];
    int64_t rank = cast<RankedTensorType>(x.getType()).getRank();
    for (Value angles : op.getInputs().drop_front()) {
      int64_t angleRank = cast<RankedTensorType>(angles.getType()).getRank();
      if (angleRank < 2)
        continue;
      areEqual(sizeOf(angles, angleRank - 2), sizeOf(x, rank - 2));
      if (angleRank == 3)
        broadcasts(angles, 0, x, 0);
    }
  }

  SmallVector<SizeCheck> &checks;
  OpBuilder b;
  Location loc = b.getUnknownLoc();
};
} // namespace

SmallVector<SizeCheck> quantc::createSizeChecks(func::FuncOp function) {
  SmallVector<SizeCheck> checks;
  Checker checker(checks, function.getContext());
  // The list of operations first: conditions are operations as well.
  SmallVector<Operation *> operations;
  for (Operation &op : function.getBody().front())
    operations.push_back(&op);
  for (Operation *op : operations)
    checker.visit(op);
  return checks;
}
