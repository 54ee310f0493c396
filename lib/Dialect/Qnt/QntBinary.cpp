//===- QntBinary.cpp - products of signs ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Verifiers and result sizes of qnt.pack_signs, qnt.binary_matmul and
// qnt.binary_conv.

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Formats/SignWords.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnt;

using Shapes = ReifiedRankedShapedTypeDims;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Result sizes are those of the first operand but for the last, which the
/// type has.
static LogicalResult reify(OpBuilder &b, Operation *op, Shapes &shapes) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, op->getLoc(), op->getOperand(0));
  sizes.back() = b.getIndexAttr(typeOf(op->getResult(0)).getShape().back());
  shapes.push_back(std::move(sizes));
  return success();
}

LogicalResult PackSignsOp::verify() {
  RankedTensorType input = typeOf(getInput()), words = typeOf(getWords());
  if (input.getRank() < 1 || ShapedType::isDynamic(input.getShape().back()))
    return emitOpError("expects rows of static size, found ") << input;
  if (!input.getElementType().isF32() && !input.getElementType().isInteger(8))
    return emitOpError("expects fp32 numbers or codes in bytes, found ")
           << input;
  int64_t expected = signWords(input.getShape().back());
  if (failed(verifyCompatibleShape(input.getShape().drop_back(),
                                   words.getShape().drop_back())) ||
      words.getShape().back() != expected)
    return emitOpError("expects ") << expected << " words for each row of "
                                   << input << ", found " << words;
  return success();
}

LogicalResult PackSignsOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return reify(b, *this, shapes);
}

/// What both products have in common. `taps` is the number that the weight has.
template <typename Op>
static LogicalResult verifyProduct(Op op, Value input, Value inputScale,
                                   int64_t taps) {
  PackedType weight = op.getWeight().getType();
  if (weight.getLayout().getKind() != LayoutKind::Panel16B64)
    return op.emitOpError("expects a weight in panel16b64, found ") << weight;
  int64_t rows = weight.getShape()[0], columns = weight.getShape()[2];
  if (weight.getShape()[1] != taps)
    return op.emitOpError("expects a weight of ")
           << taps << " taps, found " << weight;
  if (typeOf(input).getShape().back() != signWords(columns))
    return op.emitOpError("expects ")
           << signWords(columns) << " words for " << columns
           << " columns, found " << input.getType();
  bool hasNumbers = typeOf(op.getResult()).getElementType().isF32();
  if (hasNumbers != static_cast<bool>(op.getScale()) ||
      hasNumbers != static_cast<bool>(inputScale) ||
      hasNumbers == static_cast<bool>(op.getThresholds()))
    return op.emitOpError(
        "expects scales for a result of numbers, thresholds for one of words");
  if (op.getBias() && !hasNumbers)
    return op.emitOpError("has a bias, but a result of words");
  int64_t last = hasNumbers ? rows : signWords(rows);
  if (typeOf(op.getResult()).getShape().back() != last)
    return op.emitOpError("has ")
           << rows << " output channels, but the result " << op.getType();
  Value perChannel = hasNumbers ? op.getScale() : op.getThresholds();
  if (typeOf(perChannel).getShape() !=
      ArrayRef<int64_t>({rows, hasNumbers ? 1 : 2}))
    return op.emitOpError("expects ")
           << (hasNumbers ? "scales" : "thresholds") << " of " << rows << "x"
           << (hasNumbers ? 1 : 2) << ", found " << perChannel.getType();
  return success();
}

LogicalResult BinaryMatMulOp::verify() {
  return verifyProduct(*this, getLhs(), getLhsScale(), 1);
}

LogicalResult BinaryMatMulOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return reify(b, *this, shapes);
}

LogicalResult BinaryConvOp::verify() {
  if (getKernel().size() != 2 || getStrides().size() != 2 ||
      getPads().size() != 4 || getDilations().size() != 2)
    return emitOpError(
        "expects 2 kernel sizes, 2 strides, 2 dilations and 4 pads");
  if (typeOf(getInput()).getRank() != 4)
    return emitOpError("expects an input of rank 4, found ")
           << getInput().getType();
  return verifyProduct(*this, getInput(), getInputScale(),
                       getKernel()[0] * getKernel()[1]);
}

LogicalResult BinaryConvOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, getLoc(), getInput());
  RankedTensorType type = typeOf(getResult());
  for (int64_t i : {0, 1}) {
    if (!type.isDynamicDim(i + 1)) {
      sizes[i + 1] = b.getIndexAttr(type.getDimSize(i + 1));
      continue;
    }
    AffineExpr size = b.getAffineSymbolExpr(0);
    int64_t extent = getDilations()[i] * (getKernel()[i] - 1) + 1;
    AffineExpr count = (size + (getPads()[i] + getPads()[i + 2] - extent))
                           .floorDiv(getStrides()[i]) +
                       1;
    sizes[i + 1] = affine::makeComposedFoldedAffineApply(b, getLoc(), count,
                                                         {sizes[i + 1]});
  }
  sizes[3] = b.getIndexAttr(type.getDimSize(3));
  shapes.push_back(std::move(sizes));
  return success();
}
