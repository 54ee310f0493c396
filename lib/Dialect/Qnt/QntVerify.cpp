//===- QntVerify.cpp - verifiers of qnt operations --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Each message says what was found and what was expected.

#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Formats/CodeSteps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnt;

static ShapedType shapedOf(Value value) {
  return cast<ShapedType>(value.getType());
}

static bool mayBeEqual(int64_t a, int64_t b) {
  return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b;
}

/// Both tensors have the same shape, as far as it is known.
static LogicalResult sameShape(Operation *op, Value a, Value b) {
  if (succeeded(verifyCompatibleShape(shapedOf(a), shapedOf(b))))
    return success();
  return op->emitOpError("has shapes that differ: ")
         << a.getType() << " and " << b.getType();
}

/// A zero point operand is there exactly when the scheme has zero points.
static LogicalResult zeroPointMatches(Operation *op, SchemeAttr scheme,
                                      Value zeroPoint) {
  if (scheme.getZeroPoint() == static_cast<bool>(zeroPoint))
    return success();
  return op->emitOpError(
      scheme.getZeroPoint() ? "has a scheme with zero points, but no zero point"
                            : "has a zero point, but a scheme without");
}

/// Zero points that are numbers belong to weights of products.
static LogicalResult refuseRealZeros(Operation *op, SchemeAttr scheme,
                                     StringRef who) {
  if (scheme.getZero() == ZeroKind::F16)
    return op->emitOpError("has zero points that are numbers, which only ")
           << who << " takes";
  return success();
}

LogicalResult QuantizeOp::verify() {
  if (getScheme().isNone() || getScheme().getDynamic())
    return emitOpError("expects a scheme with codes and given scales");
  if (failed(refuseRealZeros(*this, getScheme(), "the weight of a product")))
    return failure();
  if (failed(sameShape(*this, getInput(), getCodes())))
    return failure();
  if (getNarrow() && !getRounding())
    return emitOpError("has a narrow range without a rounding mode");
  if (getRounding() && getByDivision())
    return emitOpError("has a rounding mode and by_division");
  return zeroPointMatches(*this, getScheme(), getZeroPoint());
}

LogicalResult QuantizeDynamicOp::verify() {
  SchemeAttr scheme = getScheme();
  if (!scheme.getDynamic() || scheme.getGranularity() != Granularity::Token ||
      scheme.getCode() != CodeKind::Int ||
      (scheme.getBits() != 8 && scheme.getBits() != 4))
    return emitOpError(
        "expects int codes of 4 or 8 bits with dynamic scales, one a token");
  if (failed(zeroPointMatches(*this, scheme, getZeroPoints())))
    return failure();
  if (getZeroPoints() && failed(sameShape(*this, getScales(), getZeroPoints())))
    return failure();
  if (shapedOf(getScales()).getRank() + 1 != shapedOf(getInput()).getRank())
    return emitOpError("expects one scale for each row of ")
           << getInput().getType() << ", found " << getScales().getType();
  return sameShape(*this, getInput(), getCodes());
}

LogicalResult DequantizeOp::verify() {
  if (getScheme().isNone() || getScheme().getDynamic())
    return emitOpError("expects a scheme with codes and given scales");
  if (failed(refuseRealZeros(*this, getScheme(), "the weight of a product")))
    return failure();
  ArrayRef<int64_t> shape;
  if (auto packed = dyn_cast<PackedType>(getCodes().getType())) {
    if (packed.getScheme() != getScheme())
      return emitOpError("has codes of another scheme: ") << packed.getScheme();
    shape = packed.getShape();
  } else {
    shape = shapedOf(getCodes()).getShape();
  }
  if (failed(verifyCompatibleShape(shape, shapedOf(getResult()).getShape())))
    return emitOpError("has codes ")
           << getCodes().getType() << ", but the result "
           << getResult().getType();
  return zeroPointMatches(*this, getScheme(), getZeroPoint());
}

LogicalResult AssignOp::verify() {
  if (getScheme().isNone() && !getScheme().getReason())
    return emitOpError("keeps a value in floating point without a reason");
  return success();
}

/// The same assignment twice.
OpFoldResult AssignOp::fold(FoldAdaptor) {
  auto inner = getInput().getDefiningOp<AssignOp>();
  return inner && inner->getAttrDictionary() == (*this)->getAttrDictionary()
             ? getInput()
             : Value();
}

bool AssignOp::hasRemainder() {
  auto method = (*this)->getAttrOfType<StringAttr>(lowRankAttr);
  return method && method.getValue() == "r_sparse";
}

void AssignOp::dropRemainder() {
  if (!hasRemainder())
    return;
  (*this)->removeAttr(rankAttr);
  (*this)->removeAttr(lowRankAttr);
}

int64_t AssignOp::countOfModel() {
  nn::ParamOp param = TransformOp::paramOf(getInput());
  Type type = param ? param.getType() : getType();
  return cast<RankedTensorType>(type).getNumElements();
}

nn::ParamOp TransformOp::paramOf(Value value) {
  while (auto transform = value.getDefiningOp<TransformOp>())
    value = transform.getInput();
  return value.getDefiningOp<nn::ParamOp>();
}

TransformOp TransformOp::splitOf(Value value) {
  auto transform = value.getDefiningOp<TransformOp>();
  while (transform && transform.getKind() != TransformKind::Split)
    transform = transform.getInput().getDefiningOp<TransformOp>();
  return transform;
}

LogicalResult RotateOp::verify() {
  auto type = cast<RankedTensorType>(getInput().getType());
  auto block = static_cast<int64_t>(getBlock());
  if (type.getRank() == 0 || ShapedType::isDynamic(type.getShape().back()) ||
      block < 1 || type.getShape().back() % block != 0)
    return emitOpError(
               "expects rows of static size in blocks that divide them, "
               "found blocks of ")
           << block << " in " << type;
  return success();
}

LogicalResult ProjectOp::verify() {
  ShapedType input = shapedOf(getInput()), matrix = shapedOf(getMatrix()),
             result = shapedOf(getResult());
  if (input.getRank() < 1 || matrix.getRank() != 2 ||
      !mayBeEqual(input.getShape().back(), matrix.getDimSize(1)))
    return emitOpError("multiplies rows of ") << input << " by " << matrix;
  if (result.getRank() != input.getRank() ||
      !mayBeEqual(result.getShape().back(), matrix.getDimSize(0)))
    return emitOpError("gives rows of ")
           << matrix.getDimSize(0) << " numbers, but the result is " << result;
  return success();
}

LogicalResult ThresholdOp::verify() {
  ShapedType above = shapedOf(getAbove());
  if (above.getRank() != 1 || above.getDimSize(0) != 1 ||
      !above.getElementType().isF32())
    return emitOpError("expects one fp32 number to compare with, found ")
           << above;
  ShapedType input = shapedOf(getInput());
  bool isHalf =
      input.getElementType().isF16() || input.getElementType().isBF16();
  if (input.getRank() == 0 || isHalf)
    return emitOpError("expects rows of fp32 numbers, found ") << input;
  return success();
}

LogicalResult TakeChannelsOp::verify() {
  ShapedType input = shapedOf(getInput()), result = shapedOf(getResult());
  if (input.getRank() == 0 || ShapedType::isDynamic(input.getShape().back()) ||
      result.getRank() != input.getRank() ||
      input.getElementType() != result.getElementType())
    return emitOpError("expects rows of static size, found ")
           << input << " and " << result;
  int64_t count = shapedOf(getChannels()).getDimSize(0) +
                  (getAppend() ? input.getShape().back() : 0);
  if (result.getShape().back() != count)
    return emitOpError("gives rows of ")
           << count << " channels, but the result is " << result;
  return success();
}

/// What comes in `by`, and with which attributes.
static LogicalResult verifyBy(TransformOp op, int64_t size) {
  bool isScale = op.getKind() == TransformKind::Scale;
  if (op.takesChannels() !=
      (op.getBy() && shapedOf(op.getBy()).getElementType().isInteger(32)))
    return op.emitOpError("expects channels exactly for take and split");
  if (!op.takesChannels() && isScale != static_cast<bool>(op.getBy()))
    return op.emitOpError("expects numbers to scale by exactly for scale");
  if (isScale && (shapedOf(op.getBy()).getRank() != 1 ||
                  shapedOf(op.getBy()).getDimSize(0) != size))
    return op.emitOpError("expects ")
           << size << " numbers to scale by, found " << op.getBy().getType();
  bool isSplit = op.getKind() == TransformKind::Split;
  SchemeAttr scheme = op.getScheme().value_or(SchemeAttr());
  if (isSplit != static_cast<bool>(scheme))
    return op.emitOpError("expects a scheme exactly for split");
  if (isSplit && scheme.getCode() != CodeKind::UInt)
    return op.emitOpError("splits channels for codes that are whole numbers, "
                          "found ")
           << scheme;
  return success();
}

LogicalResult TransformOp::verify() {
  auto type = cast<RankedTensorType>(getInput().getType());
  auto axis = static_cast<int64_t>(getAxis()),
       block = static_cast<int64_t>(getBlock());
  if (axis < 0 || axis >= type.getRank())
    return emitOpError("expects an axis of ") << type << ", found " << axis;
  int64_t size = type.getDimSize(axis);
  if (!type.hasStaticShape())
    return emitOpError("expects a constant of static size, found ") << type;
  bool isHadamard = getKind() == TransformKind::Hadamard;
  if (isHadamard ? block < 1 || size % block != 0 : block != 0)
    return emitOpError("expects blocks that divide ")
           << size << " elements exactly for hadamard, found blocks of "
           << block;
  if (failed(verifyBy(*this, size)))
    return failure();
  if (getKind() == TransformKind::Center && getInverse())
    return emitOpError("has no inverse: a mean that is gone stays gone");
  if (takesChannels() && getInverse())
    return emitOpError("has no inverse");
  RankedTensorType wanted =
      takesChannels()
          ? typeAfter(type, getKind(), axis, shapedOf(getBy()).getDimSize(0))
          : type;
  if (getType() != wanted)
    return emitOpError("gives ")
           << wanted << ", but the result is " << getType();
  return success();
}

RankedTensorType TransformOp::typeAfter(RankedTensorType type,
                                        TransformKind kind, int64_t axis,
                                        int64_t channels) {
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = channels + (kind == TransformKind::Split ? shape[axis] : 0);
  return type.clone(shape);
}

/// A transform and its inverse; taking the mean away twice.
OpFoldResult TransformOp::fold(FoldAdaptor) {
  auto inner = getInput().getDefiningOp<TransformOp>();
  bool isSame = inner && inner.getKind() == getKind() &&
                inner.getAxis() == getAxis() &&
                inner.getBlock() == getBlock() &&
                inner.getSeed() == getSeed() && inner.getBy() == getBy();
  if (!isSame)
    return {};
  if (getKind() == TransformKind::Center)
    return getInput();
  return inner.getInverse() != getInverse() ? inner.getInput() : Value();
}

LogicalResult ObserveOp::verify() {
  if (static_cast<int64_t>(getId()) < 0)
    return emitOpError("expects a non-negative id, found ")
           << static_cast<int64_t>(getId());
  return success();
}

/// The scales of a weight of planes are `[W, N, G]`, a set for each width.
static LogicalResult verifyPlaneScales(Operation *op, PackedType weight,
                                       Value scale, StringRef what,
                                       int64_t groups) {
  int64_t widths = weight.getScheme().widths().size(),
          rows = weight.getShape()[0];
  ShapedType type = shapedOf(scale);
  bool isFloat = type.getElementType().isF32();
  int64_t expected[] = {widths, rows, groups};
  if (isFloat && succeeded(verifyCompatibleShape(type.getShape(), expected)))
    return success();
  return op->emitOpError("expects ")
         << what << " of " << widths << "x" << rows << "x" << groups
         << "xf32 for " << widths << " widths of planes, found " << type;
}

/// The scales of a packed `[N, K]` weight are `[N, G]`, of the scheme's type;
/// those of 8 bits have a unit.
static LogicalResult verifyScales(Operation *op, PackedType weight, Value scale,
                                  Value unit) {
  if (weight.getShape().size() != 2)
    return op->emitOpError("expects a packed matrix, found ") << weight;
  int64_t rows = weight.getShape()[0];
  int64_t groups = weight.getScheme().groupCount(weight.getShape()[1]);
  if (unit && weight.getScheme().getCode() == CodeKind::Planes)
    return op->emitOpError("has a unit of scales, which planes do not");
  if (weight.getScheme().getCode() == CodeKind::Planes)
    return verifyPlaneScales(op, weight, scale, "scales", groups);
  ShapedType type = shapedOf(scale);
  if (type.getRank() != 2 || !mayBeEqual(type.getDimSize(0), rows) ||
      !mayBeEqual(type.getDimSize(1), groups))
    return op->emitOpError("expects scales of ")
           << rows << "x" << groups << ", found " << type;
  ScaleKind kind = weight.getScheme().getScale();
  Type element = type.getElementType();
  bool isE8M0 = isa<Float8E8M0FNUType>(element),
       isE4M3 = isa<Float8E4M3FNType>(element);
  if ((kind == ScaleKind::E8M0) != isE8M0 ||
      (kind == ScaleKind::E4M3) != isE4M3)
    return op->emitOpError("has ") << stringifyScaleKind(kind)
                                   << " scales, but a tensor of " << element;
  if ((isE8M0 || isE4M3) != static_cast<bool>(unit))
    return op->emitOpError("expects a unit exactly with scales of 8 bits");
  if (unit && shapedOf(unit).getShape() != ArrayRef<int64_t>{1, 1})
    return op->emitOpError("expects one unit of all scales, 1x1, found ")
           << unit.getType();
  return success();
}

/// Codes of other kinds than these are no steps.
static LogicalResult verifySteps(Operation *op, PackedType weight) {
  CodeKind kind = weight.getScheme().getCode();
  if (kind == CodeKind::UInt || kind == CodeKind::Int ||
      kind == CodeKind::Planes || weight.getScheme().hasSigns() ||
      lookupCodeSteps(stringifyCodeKind(kind)))
    return success();
  return op->emitOpError("has ")
         << stringifyCodeKind(kind) << " codes, which no product takes";
}

/// The low-rank branch of a product with rows of N results.
static LogicalResult verifyBranch(MatMulOp op) {
  if (static_cast<bool>(op.getProjected()) != static_cast<bool>(op.getUp()))
    return op.emitOpError("expects both halves of a low-rank branch or none");
  if (!op.getUp())
    return success();
  ShapedType rows = shapedOf(op.getProjected()), up = shapedOf(op.getUp());
  if (up.getRank() != 2 || rows.getRank() != shapedOf(op.getLhs()).getRank() ||
      !mayBeEqual(rows.getShape().back(), up.getDimSize(0)) ||
      !mayBeEqual(up.getDimSize(1), op.getWeight().getType().getShape()[0]))
    return op.emitOpError("expects a low-rank branch of [..., R] and [R, ")
           << op.getWeight().getType().getShape()[0] << "], found " << rows
           << " and " << up;
  return success();
}

/// Zero points are there and of the kind that the scheme says; numbers are one
/// a group.
static LogicalResult verifyZeros(Operation *op, PackedType weight, Value zero) {
  SchemeAttr scheme = weight.getScheme();
  if (failed(zeroPointMatches(op, scheme, zero)) || !zero)
    return failure(scheme.getZeroPoint() != static_cast<bool>(zero));
  if (scheme.hasRealZeros() != getElementTypeOrSelf(zero).isF32())
    return op->emitOpError("expects zero points that are numbers exactly for "
                           "binary and codebook codes and with zero = f16, "
                           "found ")
           << zero.getType();
  ShapedType type = shapedOf(zero);
  int64_t rows = weight.getShape()[0],
          groups = scheme.groupCount(weight.getShape()[1]);
  if (scheme.hasRealZeros() &&
      (type.getRank() != 2 || !mayBeEqual(type.getDimSize(0), rows) ||
       !mayBeEqual(type.getDimSize(1), groups)))
    return op->emitOpError("expects zero points of ")
           << rows << "x" << groups << ", found " << type;
  return success();
}

/// The codebook of a weight of signs.
static LogicalResult verifySigns(MatMulOp op) {
  PackedType weight = op.getWeight().getType();
  bool hasCodebook = weight.getScheme().getCode() == CodeKind::Codebook;
  if (hasCodebook != static_cast<bool>(op.getCodebook()))
    return op.emitOpError("expects a codebook exactly for codebook codes");
  if (!hasCodebook)
    return success();
  ShapedType codebook = shapedOf(op.getCodebook());
  if (codebook.getRank() != 1 || !codebook.getElementType().isInteger(16) ||
      codebook.getDimSize(0) != weight.getScheme().getCodebookSize())
    return op.emitOpError("expects a codebook of ")
           << weight.getScheme().getCodebookSize()
           << " patterns of type i16, found " << codebook;
  if (op.getLhsScale())
    return op.emitOpError("has int8 codes, which no weight with a codebook is "
                          "multiplied by");
  return success();
}

/// Weights of signs and of planes have products, nothing else.
static LogicalResult refuseSigns(Operation *op, PackedType weight) {
  if (weight.getScheme().getCode() == CodeKind::Planes)
    return op->emitOpError("has a weight of planes, which only qnt.matmul "
                           "takes: ")
           << weight;
  if (weight.getScheme().hasSigns())
    return op->emitOpError("has a weight of signs, which only qnt.matmul "
                           "takes: ")
           << weight;
  return success();
}

LogicalResult MatMulOp::verify() {
  PackedType weight = getWeight().getType();
  if (failed(verifySteps(*this, weight)) ||
      failed(verifyScales(*this, weight, getScale(), getScaleUnit())) ||
      failed(verifyZeros(*this, weight, getZeroPoint())) ||
      failed(verifySigns(*this)))
    return failure();
  ShapedType lhs = shapedOf(getLhs()), result = shapedOf(getResult());
  if (lhs.getRank() < 1 ||
      !mayBeEqual(lhs.getShape().back(), weight.getShape()[1]))
    return emitOpError("multiplies ")
           << lhs << " by a weight of " << weight.getShape()[1] << " columns";
  if (result.getRank() != lhs.getRank() ||
      !mayBeEqual(result.getShape().back(), weight.getShape()[0]))
    return emitOpError("has ") << weight.getShape()[0]
                               << " output channels, but the result " << result;
  if (lhs.getElementType().isInteger() != static_cast<bool>(getLhsScale()))
    return emitOpError(
        "expects a scale of the left operand exactly when it holds codes");
  if (static_cast<bool>(getLhsZeroPoint()) !=
      static_cast<bool>(getWeightSums()))
    return emitOpError("expects sums of the weight exactly when the left "
                       "operand has a zero point");
  if (getWeightSums() && weight.getScheme().getCode() == CodeKind::Planes &&
      failed(verifyPlaneScales(*this, weight, getWeightSums(),
                               "sums of the weight", 1)))
    return failure();
  return verifyBranch(*this);
}

LogicalResult EmbeddingOp::verify() {
  PackedType weight = getWeight().getType();
  if (failed(verifySteps(*this, weight)) ||
      failed(refuseSigns(*this, weight)) ||
      failed(verifyScales(*this, weight, getScale(), getScaleUnit())) ||
      failed(verifyZeros(*this, weight, getZeroPoint())))
    return failure();
  ShapedType ids = shapedOf(getIds()), result = shapedOf(getResult());
  if (!ids.getElementType().isInteger())
    return emitOpError("expects integer ids, found ") << ids;
  if (result.getRank() != ids.getRank() + 1 ||
      !mayBeEqual(result.getShape().back(), weight.getShape()[1]))
    return emitOpError("gives rows of ")
           << weight.getShape()[1] << " columns, but the result is " << result;
  return success();
}

LogicalResult ConvOp::verify() {
  PackedType weight = getWeight().getType();
  CodeKind kind = weight.getScheme().getCode();
  if (kind != CodeKind::UInt && kind != CodeKind::Int)
    return emitOpError("has ") << stringifyCodeKind(kind)
                               << " codes, which only matrix products take";
  if (failed(verifyScales(*this, weight, getScale(), Value())) ||
      failed(refuseRealZeros(*this, weight.getScheme(), "a matrix product")) ||
      failed(zeroPointMatches(*this, weight.getScheme(), getZeroPoint())))
    return failure();
  if (getKernel().size() != 2 || getStrides().size() != 2 ||
      getPads().size() != 4 || getDilations().size() != 2)
    return emitOpError(
        "expects 2 kernel sizes, 2 strides, 2 dilations and 4 pads");
  ShapedType input = shapedOf(getInput());
  if (input.getRank() != 4)
    return emitOpError("expects an input of rank 4, found ") << input;
  if (input.getElementType().isInteger() != static_cast<bool>(getInputScale()))
    return emitOpError(
        "expects a scale of the input exactly when it holds codes");
  if (static_cast<int64_t>(getGroups()) < 1)
    return emitOpError("expects a positive number of groups, found ")
           << static_cast<int64_t>(getGroups());
  int64_t taps = getKernel()[0] * getKernel()[1] *
                 (input.getDimSize(3) / int64_t(getGroups()));
  if (!input.isDynamicDim(3) && taps != weight.getShape()[1])
    return emitOpError("expects a filter of ")
           << taps << " columns, found " << weight.getShape()[1];
  return success();
}
