//===- Products.cpp - kernels of matrix products and convolutions -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Chooses kernel and weight order for products with constant weights, and the
// quantizers around them.

#include "Selector.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static RankedTensorType panels(int64_t rows, int64_t columns, Type element,
                               int64_t width = 16) {
  return RankedTensorType::get({panelCount(rows), columns, width}, element);
}

/// `value` with dimensions of size one in front, `rank` dimensions in all.
static Value withRank(Operation *op, Value value, int64_t rank, Selector &s) {
  RankedTensorType type = typeOf(value);
  int64_t missing = rank - type.getRank();
  if (missing == 0)
    return value;
  SmallVector<ReassociationIndices> groups(type.getRank());
  for (int64_t d = 0; d < rank; ++d)
    groups[std::max<int64_t>(0, d - missing)].push_back(d);
  SmallVector<OpFoldResult> sizes(missing, s.rewriter.getIndexAttr(1));
  llvm::append_range(sizes,
                     tensor::getMixedSizes(s.rewriter, op->getLoc(), value));
  SmallVector<int64_t> shape(missing, 1);
  llvm::append_range(shape, type.getShape());
  return tensor::ExpandShapeOp::create(
      s.rewriter, op->getLoc(),
      RankedTensorType::get(shape, type.getElementType()), value, groups,
      sizes);
}

LogicalResult quantc::selectMatMul(nn::MatMulOp op, Selector &s) {
  nn::ParamOp weight = Selector::paramOf(op.getRhs());
  RankedTensorType type = typeOf(op.getRhs());
  if (!weight || type.getRank() != 2) {
    SmallVector<NamedAttribute> attributes;
    if (op.getTransposeRhs())
      attributes.push_back(s.attr("transpose_rhs", s.rewriter.getUnitAttr()));
    int64_t rank = typeOf(op.getResult()).getRank();
    s.replace<kern::BatchMatMulOp>(
        op, "batch_matmul.f32",
        {withRank(op, s.plain(op.getLhs()), rank, s),
         withRank(op, s.plain(op.getRhs()), rank, s)},
        attributes);
    return success();
  }
  bool isNK = op.getTransposeRhs();
  int64_t n = type.getDimSize(isNK ? 0 : 1), k = type.getDimSize(isNK ? 1 : 0);
  Value packed =
      s.weights.constant(s.rewriter, weight, isNK ? "panels_nk" : "panels_kn",
                         panels(n, k, type.getElementType()));
  s.replace<kern::MatMulOp>(op, "matmul.f32", {s.plain(op.getLhs()), packed});
  return success();
}

template <typename Op>
static SmallVector<NamedAttribute>
windowAttributes(Op op, ArrayRef<int64_t> kernel, Selector &s) {
  Builder &b = s.rewriter;
  return {s.attr("kernel_size", b.getDenseI64ArrayAttr(kernel)),
          s.attr("strides", op.getStridesAttr()),
          s.attr("pads", op.getPadsAttr()),
          s.attr("dilations", op.getDilationsAttr())};
}

/// Copies the activation that an earlier phase put on a product.
static void carryActivation(Operation *op,
                            SmallVector<NamedAttribute> &attributes,
                            Selector &s) {
  if (Attribute activation = op->getAttr("activation"))
    attributes.push_back(s.attr("activation", activation));
}

LogicalResult quantc::selectConv(nn::ConvOp op, Selector &s) {
  nn::ParamOp filter = Selector::paramOf(op.getFilter());
  if (!filter)
    return op.emitError(
        "has a filter that is computed; only constant filters have a kernel");
  if (op.getLayout() != nn::Layout::NHWC)
    return op.emitError("has layout nchw; kernels take nhwc");
  RankedTensorType type = typeOf(op.getFilter());
  int64_t outputs = type.getDimSize(0), perGroup = type.getDimSize(3);
  SmallVector<NamedAttribute> attributes =
      windowAttributes(op, type.getShape().slice(1, 2), s);
  SmallVector<Value> inputs = {s.plain(op.getInput())};
  bool isDepthwise = op.getGroups() != 1 && perGroup == 1 &&
                     outputs == int64_t(op.getGroups());
  int64_t groups = op.getGroups(), columns = type.getNumElements() / outputs;
  if (!isDepthwise && groups != 1) {
    auto stored = RankedTensorType::get(
        {groups, panelCount(outputs / groups), columns, 16},
        type.getElementType());
    inputs.push_back(
        s.weights.constant(s.rewriter, filter, "panels_gnk", stored));
    attributes.push_back(s.attr("groups", op.getGroupsAttr()));
  } else if (isDepthwise)
    inputs.push_back(s.weights.constant(
        s.rewriter, filter, "taps_c",
        RankedTensorType::get({type.getDimSize(1), type.getDimSize(2), outputs},
                              type.getElementType())));
  else
    inputs.push_back(
        s.weights.constant(s.rewriter, filter, "panels_nk",
                           panels(outputs, columns, type.getElementType())));
  if (op.getBias()) {
    inputs.push_back(s.plain(op.getBias()));
    attributes.push_back(s.attr("has_bias", s.rewriter.getUnitAttr()));
  }
  carryActivation(op, attributes, s);
  if (isDepthwise)
    s.replace<kern::DepthwiseConvOp>(op, "depthwise_conv.f32", inputs,
                                     attributes);
  else
    s.replace<kern::ConvOp>(op, "conv.f32", inputs, attributes);
  return success();
}

/// The packed weight as lines of 64 bytes; null, with a diagnostic, when no
/// kernel reads its layout.
static Value packedLines(Operation *op, Value weight, Selector &s) {
  auto type = cast<qnt::PackedType>(weight.getType());
  nn::ParamOp param = Selector::paramOf(weight);
  unsigned bits = type.getScheme().getBits();
  if (param && type.getLayout().getKind() == qnt::LayoutKind::Column64) {
    int64_t n = type.getShape()[0], k = type.getShape()[1];
    auto columns = RankedTensorType::get(
        {k, columnTiles(n), columnTileBytes(bits)}, s.rewriter.getI8Type());
    return s.weights.constant(s.rewriter, param, "rows", columns);
  }
  int64_t dim = type.getScheme().getCodebookDim();
  if (param && type.getLayout().getKind() == qnt::LayoutKind::Panel16Index)
    return s.weights.constant(
        s.rewriter, param, "rows",
        panels(type.getShape()[0], llvm::divideCeil(type.getShape()[1], dim),
               s.rewriter.getI8Type(), indexLineBytes(bits)));
  if (!param || type.getLayout().getKind() != qnt::LayoutKind::Panel16K4) {
    op->emitError("has a weight that is not in panel16k4 layout: ") << type;
    return {};
  }
  int64_t lines = llvm::divideCeil(type.getShape()[1], codeLineColumns(bits));
  return s.weights.constant(s.rewriter, param, "rows",
                            panels(type.getShape()[0], lines,
                                   s.rewriter.getI8Type(),
                                   codeLineBytes(bits)));
}

/// Values `[N, G]` in panels.
static Value groupPanels(Value value, Selector &s) {
  RankedTensorType type = typeOf(value);
  return s.weights.constant(
      s.rewriter, Selector::paramOf(value), "panels_ng",
      panels(type.getDimSize(0), type.getDimSize(1), type.getElementType()));
}

/// Numbers `[N, G]` in panels, as f16 if they are that.
static Value numberPanels(Value numbers, bool isHalf, Selector &s) {
  RankedTensorType type = typeOf(numbers);
  auto stored = [&](StringRef pack, Type element) {
    return s.weights.constant(
        s.rewriter, Selector::paramOf(numbers), pack,
        panels(type.getDimSize(0), type.getDimSize(1), element));
  };
  if (isHalf)
    return stored("panels_ng_f16", s.rewriter.getF16Type());
  bool isShort = type.getElementTypeBitWidth() == 8;
  return stored("panels_ng",
                isShort ? s.rewriter.getI8Type() : type.getElementType());
}

/// Scales `[N, G]` in panels, as few bits as hold them.
static Value scalePanels(Value scale, qnt::PackedType weight, Selector &s) {
  return numberPanels(scale,
                      weight.getScheme().getScale() == qnt::ScaleKind::F16, s);
}

/// Zero points `[N, G]` in panels: numbers as their scheme says, those of signs
/// as scales; codes in 4 bits where they have no more.
static Value zeroPanels(Value zeroPoint, qnt::PackedType weight, Selector &s) {
  if (weight.getScheme().getZero() == qnt::ZeroKind::F16)
    return numberPanels(zeroPoint, /*isHalf=*/true, s);
  if (weight.getScheme().hasSigns())
    return scalePanels(zeroPoint, weight, s);
  if (weight.getScheme().getBits() > 4)
    return groupPanels(zeroPoint, s);
  RankedTensorType type = typeOf(zeroPoint);
  return s.weights.constant(
      s.rewriter, Selector::paramOf(zeroPoint), "panels_ng_u4",
      panels(type.getDimSize(0), type.getDimSize(1), type.getElementType(), 8));
}

/// One value for each row of `lhs`: `value` itself, or its only element for all
/// of them.
static Value perRow(Operation *op, Value value, Value lhs, Selector &s) {
  RankedTensorType type = typeOf(value);
  if (type.getRank() != 0 || typeOf(lhs).getRank() == 1)
    return value;
  OpBuilder &b = s.rewriter;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, op->getLoc(), lhs);
  sizes.pop_back();
  Value rows =
      tensor::EmptyOp::create(b, op->getLoc(), sizes, type.getElementType());
  Value number = tensor::ExtractOp::create(b, op->getLoc(), value);
  return linalg::FillOp::create(b, op->getLoc(), number, rows).getResult(0);
}

/// What kernels must know of the codes and scales of a packed weight.
static void describeCodes(qnt::PackedType weight,
                          SmallVector<NamedAttribute> &attributes,
                          Selector &s) {
  qnt::SchemeAttr scheme = weight.getScheme();
  int64_t size =
      scheme.getGroupSize() ? scheme.getGroupSize() : weight.getShape()[1];
  attributes.push_back(
      s.attr("bits", s.rewriter.getI64IntegerAttr(scheme.getBits())));
  attributes.push_back(
      s.attr("group_size", s.rewriter.getI64IntegerAttr(size)));
  StringRef code = qnt::stringifyCodeKind(scheme.getCode()),
            scales = qnt::stringifyScaleKind(scheme.getScale());
  if (scheme.getCode() != qnt::CodeKind::UInt &&
      scheme.getCode() != qnt::CodeKind::Int)
    attributes.push_back(s.attr("code", s.rewriter.getStringAttr(code)));
  if (scheme.getScale() == qnt::ScaleKind::E8M0 ||
      scheme.getScale() == qnt::ScaleKind::E4M3)
    attributes.push_back(s.attr("scales", s.rewriter.getStringAttr(scales)));
  if (scheme.getWidths())
    attributes.push_back(s.attr("widths", scheme.getWidths()));
  if (scheme.getCodebookDim())
    attributes.push_back(s.attr(
        "codebook_dim", s.rewriter.getI64IntegerAttr(scheme.getCodebookDim())));
}

/// What the inputs of a product with a weight in columns are compared with, or
/// null. The kernel compares them itself, where there is one row.
static FailureOr<Value> takeThreshold(qnt::MatMulOp op, Selector &s) {
  if (op.getWeight().getType().getLayout().getKind() !=
      qnt::LayoutKind::Column64)
    return Value();
  auto threshold = op.getLhs().getDefiningOp<qnt::ThresholdOp>();
  if (!threshold || !Selector::paramOf(threshold.getAbove()))
    return op.emitError("has a weight in columns, but no constant threshold "
                        "for its inputs");
  Value input = threshold.getInput();
  if (!threshold.getOneRow())
    input = emitThreshold(threshold, s);
  s.rewriter.modifyOpInPlace(op, [&] { op.getLhsMutable().assign(input); });
  Value above = threshold.getAbove();
  if (threshold->use_empty())
    s.rewriter.eraseOp(threshold);
  return above;
}

static bool hasPlanes(qnt::MatMulOp op) {
  return op.getWeight().getType().getScheme().getCode() ==
         qnt::CodeKind::Planes;
}

/// The codes of a product and their scales, as the kernel takes them. Fails
/// with a diagnostic.
static LogicalResult takeCodes(qnt::MatMulOp op, Selector &s,
                               SmallVectorImpl<Value> &codes) {
  if (hasPlanes(op))
    return takePlanes(op, s, codes);
  Value lines = packedLines(op, op.getWeight(), s);
  if (!lines)
    return failure();
  auto isStored = [](Value value) {
    return !value || Selector::paramOf(value);
  };
  if (!isStored(op.getScale()) || !isStored(op.getScaleUnit()) ||
      !isStored(op.getZeroPoint()))
    return op.emitError("has scales or zero points that are computed");
  codes.append(
      {lines, scalePanels(op.getScale(), op.getWeight().getType(), s)});
  return success();
}

LogicalResult quantc::selectQuantizedMatMul(qnt::MatMulOp op, Selector &s) {
  SmallVector<Value> codes;
  if (failed(takeCodes(op, s, codes)))
    return failure();
  Builder &b = s.rewriter;
  auto threshold = takeThreshold(op, s);
  if (failed(threshold))
    return failure();
  SmallVector<Value> inputs = {op.getLhs()};
  SmallVector<NamedAttribute> attributes;
  describeCodes(op.getWeight().getType(), attributes, s);
  bool hasCodes = typeOf(op.getLhs()).getElementType().isInteger(8);
  if (hasCodes)
    inputs.push_back(perRow(op, op.getLhsScale(), op.getLhs(), s));
  if (op.getLhsZeroPoint()) {
    inputs.push_back(perRow(op, op.getLhsZeroPoint(), op.getLhs(), s));
    attributes.push_back(s.attr("has_row_zero_points", b.getUnitAttr()));
  }
  inputs.append(codes);
  if (op.getScaleUnit())
    inputs.push_back(s.rows(op.getScaleUnit()));
  if (op.getZeroPoint()) {
    inputs.push_back(
        zeroPanels(op.getZeroPoint(), op.getWeight().getType(), s));
    attributes.push_back(s.attr("has_zero_points", b.getUnitAttr()));
  }
  if (Value codebook = op.getCodebook()) {
    if (!Selector::paramOf(codebook))
      return op.emitError("has a codebook that is computed");
    auto words = RankedTensorType::get({1, typeOf(codebook).getDimSize(0) / 2},
                                       b.getI32Type());
    inputs.push_back(s.weights.constant(s.rewriter, Selector::paramOf(codebook),
                                        "rows", words));
  }
  if (Attribute bytes = op->getAttr("qnt.input_scale_bytes"))
    attributes.push_back(s.attr("input_scale_bytes", bytes));
  if (op.getWeightSums() && hasPlanes(op))
    takePlaneSums(op, s, inputs);
  else if (op.getWeightSums())
    inputs.push_back(groupPanels(op.getWeightSums(), s));
  if (*threshold)
    inputs.push_back(s.plain(*threshold));
  if (op.getUp()) {
    nn::ParamOp up = Selector::paramOf(op.getUp());
    if (!up)
      return op.emitOpError("has a low-rank branch that is computed");
    RankedTensorType type = typeOf(op.getUp());
    inputs.append(
        {op.getProjected(),
         s.weights.constant(s.rewriter, up, "panels_kn",
                            panels(type.getDimSize(1), type.getDimSize(0),
                                   type.getElementType()))});
    attributes.push_back(s.attr("has_branch", b.getUnitAttr()));
  }
  if (op.getBias()) {
    inputs.push_back(s.plain(op.getBias()));
    attributes.push_back(s.attr("has_bias", b.getUnitAttr()));
  }
  carryActivation(op, attributes, s);
  s.replace<kern::MatMulOp>(op,
                            hasCodes     ? "matmul.a8"
                            : *threshold ? "matmul.sparse"
                                         : "matmul.a16",
                            inputs, attributes);
  return success();
}

LogicalResult quantc::selectQuantizedEmbedding(qnt::EmbeddingOp op,
                                               Selector &s) {
  qnt::PackedType table = op.getWeight().getType();
  Value lines = packedLines(op, op.getWeight(), s);
  if (!lines)
    return failure();
  Builder &b = s.rewriter;
  SmallVector<NamedAttribute> attributes;
  describeCodes(table, attributes, s);
  attributes.push_back(
      s.attr("rows", b.getI64IntegerAttr(table.getShape()[0])));
  SmallVector<Value> inputs = {s.plain(op.getIds()), lines,
                               scalePanels(op.getScale(), table, s)};
  if (op.getScaleUnit())
    inputs.push_back(s.rows(op.getScaleUnit()));
  if (op.getZeroPoint()) {
    inputs.push_back(zeroPanels(op.getZeroPoint(), table, s));
    attributes.push_back(s.attr("has_zero_points", b.getUnitAttr()));
  }
  s.replace<kern::EmbeddingOp>(op, "embedding.codes", inputs, attributes);
  return success();
}

/// The number in a constant tensor of one element.
static std::optional<double> constantNumber(Value value) {
  if (!value)
    return 0.0;
  DenseElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)) ||
      elements.getNumElements() != 1)
    return std::nullopt;
  if (isa<FloatType>(elements.getElementType()))
    return (*elements.getValues<APFloat>().begin()).convertToDouble();
  return (*elements.getValues<APInt>().begin()).getSExtValue();
}

/// Scale and zero point of a whole tensor as attributes; fails, with a
/// diagnostic, when they are not known.
static LogicalResult tensorScale(Operation *op, Value scale, Value zeroPoint,
                                 StringRef prefix,
                                 SmallVector<NamedAttribute> &attributes,
                                 Selector &s) {
  std::optional<double> factor = constantNumber(scale),
                        offset = constantNumber(zeroPoint);
  if (!factor || !offset)
    return op->emitError("expects one constant scale and zero point");
  Builder &b = s.rewriter;
  attributes.push_back(
      s.attr((prefix + "scale").str(), b.getF32FloatAttr(*factor)));
  attributes.push_back(
      s.attr((prefix + "zero_point").str(), b.getI64IntegerAttr(*offset)));
  return success();
}

LogicalResult quantc::selectQuantizedConv(qnt::ConvOp op, Selector &s) {
  int64_t groups = op.getGroups();
  bool isDepthwise = groups != 1 &&
                     groups == typeOf(op.getInput()).getDimSize(3) &&
                     groups == op.getWeight().getType().getShape()[0];
  if (!isDepthwise && groups != 1)
    return op.emitError("has ")
           << groups
           << " groups; kernels take one, or one channel and filter a group";
  SmallVector<NamedAttribute> attributes =
      windowAttributes(op, op.getKernel(), s);
  bool hasCodes = typeOf(op.getInput()).getElementType().isInteger(8);
  if (hasCodes &&
      failed(tensorScale(op, op.getInputScale(), op.getInputZeroPoint(),
                         "input_", attributes, s)))
    return failure();
  Value lines = packedLines(op, op.getWeight(), s);
  if (!lines)
    return failure();
  describeCodes(op.getWeight().getType(), attributes, s);
  SmallVector<Value> inputs = {
      s.plain(op.getInput()), lines,
      scalePanels(op.getScale(), op.getWeight().getType(), s)};
  if (op.getZeroPoint()) {
    inputs.push_back(
        zeroPanels(op.getZeroPoint(), op.getWeight().getType(), s));
    attributes.push_back(s.attr("has_zero_points", s.rewriter.getUnitAttr()));
  }
  if (op.getBias()) {
    inputs.push_back(s.plain(op.getBias()));
    attributes.push_back(s.attr("has_bias", s.rewriter.getUnitAttr()));
  }
  carryActivation(op, attributes, s);
  if (isDepthwise)
    s.replace<kern::DepthwiseConvOp>(
        op, hasCodes ? "depthwise_conv.a8" : "depthwise_conv.a16", inputs,
        attributes);
  else
    s.replace<kern::ConvOp>(op, hasCodes ? "conv.a8" : "conv.a16", inputs,
                            attributes);
  return success();
}

LogicalResult quantc::selectQuantize(qnt::QuantizeOp op, Selector &s) {
  SmallVector<NamedAttribute> attributes;
  if (failed(
          tensorScale(op, op.getScale(), op.getZeroPoint(), "", attributes, s)))
    return failure();
  if (op.getScheme().getCode() == qnt::CodeKind::UInt)
    attributes.push_back(s.attr("is_unsigned", s.rewriter.getUnitAttr()));
  s.replace<kern::QuantizeOp>(op, "quantize.tensor", s.plain(op.getInput()),
                              attributes);
  return success();
}

/// One kernel rotates, or takes channels of, and quantizes a row that nothing
/// else reads; sizes are those of the input.
static bool isFusedWithQuantizer(Operation *op) {
  int64_t quantizers = 0;
  for (Operation *user : op->getUsers()) {
    if (isa<tensor::DimOp>(user))
      continue;
    if (!isa<qnt::QuantizeDynamicOp>(user))
      return false;
    ++quantizers;
  }
  return quantizers == 1;
}

LogicalResult quantc::selectQuantizeDynamic(qnt::QuantizeDynamicOp op,
                                            Selector &s) {
  SmallVector<NamedAttribute> attributes;
  if (op.getScheme().getBits() != 8)
    attributes.push_back(
        s.attr("bits", s.rewriter.getI64IntegerAttr(op.getScheme().getBits())));
  Operation *change = op.getInput().getDefiningOp();
  bool isFused = isa_and_present<qnt::RotateOp, qnt::TakeChannelsOp>(change) &&
                 isFusedWithQuantizer(change);
  if (!isFused) {
    s.replace<kern::QuantizeOp>(op, "quantize.token", s.plain(op.getInput()),
                                attributes);
    return success();
  }
  if (auto take = dyn_cast<qnt::TakeChannelsOp>(change)) {
    if (take.getAppend())
      attributes.push_back(s.attr("append", s.rewriter.getUnitAttr()));
    s.replace<kern::QuantizeOp>(
        op, "quantize.taken",
        {s.plain(take.getInput()), s.plain(take.getChannels())}, attributes);
    // Only its sizes are read.
    s.rewriter.replaceOp(take, take.getInput());
    return success();
  }
  auto rotate = cast<qnt::RotateOp>(change);
  attributes.append({s.attr("block", rotate.getBlockAttr()),
                     s.attr("seed", rotate.getSeedAttr())});
  s.replace<kern::QuantizeOp>(op, "quantize.rotated",
                              s.plain(rotate.getInput()), attributes);
  s.rewriter.replaceOp(rotate, rotate.getInput());
  return success();
}

LogicalResult quantc::selectProject(qnt::ProjectOp op, Selector &s) {
  s.replace<kern::ProjectOp>(op, "project.f16",
                             {s.plain(op.getInput()), s.plain(op.getMatrix())});
  return success();
}

LogicalResult quantc::selectRotate(qnt::RotateOp op, Selector &s) {
  if (isFusedWithQuantizer(op))
    return success();
  s.replace<kern::RotateOp>(
      op, "rotate.hadamard", s.plain(op.getInput()),
      {s.attr("block", op.getBlockAttr()), s.attr("seed", op.getSeedAttr())});
  return success();
}

LogicalResult quantc::selectTakeChannels(qnt::TakeChannelsOp op, Selector &s) {
  if (!Selector::paramOf(op.getChannels()))
    return op.emitError("takes channels that are computed");
  if (isFusedWithQuantizer(op))
    return success();
  SmallVector<NamedAttribute> attributes;
  if (op.getAppend())
    attributes.push_back(s.attr("append", s.rewriter.getUnitAttr()));
  s.replace<kern::TakeOp>(op, "take.channels",
                          {s.plain(op.getInput()), s.plain(op.getChannels())},
                          attributes);
  return success();
}

LogicalResult quantc::selectDequantize(qnt::DequantizeOp op, Selector &s) {
  SmallVector<NamedAttribute> attributes;
  if (isa<qnt::PackedType>(op.getCodes().getType()))
    return op.emitError("dequantizes a packed weight that no product takes");
  if (failed(
          tensorScale(op, op.getScale(), op.getZeroPoint(), "", attributes, s)))
    return failure();
  if (op.getScheme().getCode() == qnt::CodeKind::UInt)
    attributes.push_back(s.attr("is_unsigned", s.rewriter.getUnitAttr()));
  s.replace<kern::DequantizeOp>(op, "dequantize.tensor", s.plain(op.getCodes()),
                                attributes);
  return success();
}
