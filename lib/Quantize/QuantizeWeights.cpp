//===- QuantizeWeights.cpp - products of numbers to products of codes -----===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs methods on weights and rewrites their products. How a method chooses
// codes is in Methods; how codes are packed is in Formats.

#include "BranchPlan.h"
#include "ModelWeights.h"
#include "PackedWeight.h"
#include "QuantizeSigns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"
#include "quantc/Formats/ColumnLayout.h"
#include "quantc/Formats/PanelLayout.h"
#include "quantc/Methods/Method.h"
#include "quantc/Quantize/Passes.h"
#include "quantc/Quantize/WeightMatrix.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_QUANTIZEWEIGHTS
#include "quantc/Quantize/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
/// Leaves the error of its weight at a product, for reports.
void noteError(Operation *product, const PackedWeight &weight) {
  if (weight.error)
    quantc::noteError(product, *weight.error, weight.planeSqnr);
}

class Quantizer {
public:
  Quantizer(ModuleOp module, StringRef workFile, bool sizesOnly)
      : symbols(module), data(module, workFile, sizesOnly), branches(data),
        rewriter(module.getContext()) {}

  /// Rewrites one product; `kept` counts groups that a method left alone.
  llvm::Error quantize(nn::MatMulOp op);
  llvm::Error quantize(nn::ConvOp op);
  /// Lets an embedding read the codes of the product that shares its table,
  /// which was quantized before.
  llvm::Error tie(nn::EmbeddingOp op);
  /// Brings codes that the model already had from blocks into panels.
  llvm::Error repack(qnt::MatMulOp op);
  /// Replaces constant codes that no product takes by their numbers.
  llvm::Error dequantize(qnt::DequantizeOp op);
  /// Replaces a parameter with transforms by its numbers.
  llvm::Error write(qnt::TransformOp op);
  /// Gives low-rank branches the ranks that their bytes allow.
  void shareBytes(int64_t bytes) { branches.share(bytes); }
  int64_t weights = 0, kept = 0, dequantized = 0, transformed = 0;

private:
  /// `withSums`: also what a row of ones would give, for activations that have
  /// a zero point.
  llvm::Expected<PackedWeight>
  pack(qnt::AssignOp assign, int64_t n, int64_t k, bool isTransposed,
       bool withSums, qnt::LayoutKind layout = qnt::LayoutKind::Panel16K4);
  /// The same without numbers.
  llvm::Expected<PackedWeight> packSizes(nn::ParamOp param,
                                         qnt::AssignOp assign, int64_t n,
                                         int64_t k, bool withSums,
                                         qnt::LayoutKind layout);
  llvm::Expected<PackedWeight> packModel(qnt::AssignOp assign, int64_t n,
                                         int64_t k, bool isTransposed,
                                         bool withSums, qnt::LayoutKind layout);
  /// `weights` are what the matrix was chosen for; empty where nothing needs
  /// them.
  llvm::Expected<PackedWeight> store(nn::ParamOp param, qnt::AssignOp assign,
                                     MatrixRef weights,
                                     const QuantizedMatrix &matrix,
                                     bool withSums, qnt::LayoutKind layout);
  /// The scales of `store`, of the type `groups` unless they have 8 bits.
  llvm::Error storeScales(nn::ParamOp param, const QuantizedMatrix &matrix,
                          RankedTensorType groups, PackedWeight &packed);
  /// The activation as codes with a scale, or itself when it stays float.
  void quantizeActivation(Value &value, Value &scale, Value &zeroPoint,
                          nn::ParamOp columnScales = {});
  Value scalar(Location loc, Attribute value, Type element);

  /// A use of `param` where the rewriter stands.
  Value useOf(nn::ParamOp param) {
    return param ? rewriter.clone(*param)->getResult(0) : Value();
  }

  SymbolTable symbols;
  QuantizedData data;
  BranchPlan branches;
  /// Weights of products whose rows are output channels, by parameter.
  llvm::DenseMap<Attribute, PackedWeight> rowWeights;
  IRRewriter rewriter;
  qnt::DataReader reader;
};

qnt::AssignOp codesAssigned(Value value) {
  auto assign = value.getDefiningOp<qnt::AssignOp>();
  return assign && !assign.getScheme().isNone() ? assign : qnt::AssignOp();
}

/// `value` without an assignment that keeps it in floating point.
Value skipAssign(Value value) {
  auto assign = value.getDefiningOp<qnt::AssignOp>();
  return assign ? assign.getInput() : value;
}
} // namespace

Value Quantizer::scalar(Location loc, Attribute value, Type element) {
  auto type = RankedTensorType::get({}, element);
  return arith::ConstantOp::create(rewriter, loc,
                                   DenseElementsAttr::get(type, value));
}

void Quantizer::quantizeActivation(Value &value, Value &scale, Value &zeroPoint,
                                   nn::ParamOp columnScales) {
  qnt::AssignOp assign = codesAssigned(value);
  Location loc = value.getLoc();
  if (!assign) {
    value = scaleColumns(rewriter, skipAssign(value), columnScales);
    return;
  }
  auto type = cast<RankedTensorType>(value.getType());
  Type codes = type.clone(rewriter.getI8Type());
  if (assign.isFromModel()) {
    auto model = assign.getInput().getDefiningOp<qnt::DequantizeOp>();
    value = model.getCodes();
    scale = model.getScale();
    if (assign.getScheme().getZeroPoint())
      zeroPoint = model.getZeroPoint();
    return;
  }
  if (assign.getScheme().getDynamic()) {
    Type rows = RankedTensorType::get(type.getShape().drop_back(),
                                      type.getElementType());
    Type zeros = assign.getScheme().getZeroPoint()
                     ? cast<RankedTensorType>(rows).clone(rewriter.getI8Type())
                     : Type();
    Value input = scaleColumns(rewriter, assign.getInput(), columnScales);
    auto op = qnt::QuantizeDynamicOp::create(rewriter, loc, codes, rows, zeros,
                                             input, assign.getScheme());
    value = op.getCodes();
    scale = op.getScales();
    zeroPoint = op.getZeroPoints();
    return;
  }
  scale = scalar(loc, assign->getAttr("qnt.scale"), type.getElementType());
  if (assign.getScheme().getZeroPoint())
    zeroPoint =
        scalar(loc, assign->getAttr("qnt.zero_point"), rewriter.getI8Type());
  value = qnt::QuantizeOp::create(
      rewriter, loc, codes, assign.getInput(), scale, zeroPoint,
      assign.getScheme(), UnitAttr(), qnt::RoundingModeAttr(), UnitAttr());
}

llvm::Error Quantizer::storeScales(nn::ParamOp param,
                                   const QuantizedMatrix &matrix,
                                   RankedTensorType groups,
                                   PackedWeight &packed) {
  std::string name = param.getName().str();
  bool isShort = matrix.scaleType == ScaleType::E8M0 ||
                 matrix.scaleType == ScaleType::E4M3;
  MLIRContext *context = param.getContext();
  Type element = matrix.scaleType == ScaleType::E8M0
                     ? Type(Float8E8M0FNUType::get(context))
                     : Type(Float8E4M3FNType::get(context));
  auto scales =
      isShort ? data.add(rewriter, param.getLoc(), name + ".scales",
                         groups.clone(element), asBytes(matrix.storedScales()))
              : data.add(rewriter, param.getLoc(), name + ".scales", groups,
                         asBytes(matrix.scales));
  if (!scales)
    return scales.takeError();
  packed.scales = *scales;
  if (!isShort)
    return llvm::Error::success();
  auto unit = data.add(rewriter, param.getLoc(), name + ".unit",
                       RankedTensorType::get({1, 1}, rewriter.getF32Type()),
                       asBytes(std::vector<float>{matrix.scaleUnit}));
  if (!unit)
    return unit.takeError();
  packed.unit = *unit;
  return llvm::Error::success();
}

/// The codes of a matrix in the order that a kernel reads.
static std::vector<uint8_t> packCodes(const QuantizedMatrix &matrix,
                                      qnt::LayoutKind kind) {
  uint8_t padding = matrix.symmetric && !matrix.steps
                        ? uint8_t(1u << (matrix.bits - 1))
                        : uint8_t(0);
  bool isColumns = kind == qnt::LayoutKind::Column64;
  std::vector<uint8_t> packed(
      isColumns ? column64Bytes(matrix.rows, matrix.cols, matrix.bits)
                : panel16K4Bytes(matrix.rows, matrix.cols, matrix.bits));
  auto *pack = isColumns ? packColumn64 : packPanel16K4;
  pack(matrix.storedCodes(), matrix.rows, matrix.cols, matrix.bits, padding,
       packed);
  return packed;
}

llvm::Expected<PackedWeight>
Quantizer::store(nn::ParamOp param, qnt::AssignOp assign, MatrixRef weights,
                 const QuantizedMatrix &matrix, bool withSums,
                 qnt::LayoutKind kind) {
  qnt::SchemeAttr from = assign.getScheme();
  if (from.getCode() == qnt::CodeKind::Planes)
    return storePlanes(data, rewriter, param, from, weights, matrix, withSums);
  std::vector<uint8_t> lines = packCodes(matrix, kind);
  MLIRContext *context = param.getContext();
  auto scheme = qnt::SchemeAttr::get(
      context, matrix.steps ? from.getCode() : qnt::CodeKind::UInt,
      from.getBits(), from.getGranularity(),
      /*axis=*/1, from.getGroupSize(), from.getZeroPoint(), from.getZero(),
      from.getScale(), 0, 0, false, {});
  auto layout = qnt::PackLayoutAttr::get(context, kind);
  auto type =
      qnt::PackedType::get(context, {matrix.rows, matrix.cols}, scheme, layout);
  auto groups = RankedTensorType::get({matrix.rows, matrix.groups},
                                      rewriter.getF32Type());
  std::string name = param.getName().str();
  PackedWeight packed;
  auto codes = data.add(rewriter, param.getLoc(), name + ".codes", type, lines);
  if (!codes)
    return codes.takeError();
  packed.codes = *codes;
  if (llvm::Error error = storeScales(param, matrix, groups, packed))
    return std::move(error);
  if (from.getZeroPoint()) {
    bool isReal = !matrix.realZeros.empty();
    auto zeros = data.add(rewriter, param.getLoc(), name + ".zero_points",
                          isReal ? groups : groups.clone(rewriter.getI8Type()),
                          isReal ? asBytes(matrix.realZeros)
                                 : asBytes(matrix.zeroPoints));
    if (!zeros)
      return zeros.takeError();
    packed.zeroPoints = *zeros;
  }
  if (withSums) {
    auto sums =
        data.add(rewriter, param.getLoc(), name + ".sums",
                 RankedTensorType::get({matrix.rows, 1}, rewriter.getF32Type()),
                 asBytes(matrix.rowSums()));
    if (!sums)
      return sums.takeError();
    packed.sums = *sums;
  }
  return packed;
}

llvm::Expected<PackedWeight>
Quantizer::packSizes(nn::ParamOp param, qnt::AssignOp assign, int64_t n,
                     int64_t k, bool withSums, qnt::LayoutKind layout) {
  QuantizedMatrix sizes(n, k, groupSchemeOf(assign.getScheme()));
  auto packed = store(param, assign, {{}, n, k}, sizes, withSums, layout);
  if (!packed)
    return packed;
  auto branch = branches.write(rewriter, param, assign, {{}, n, k}, sizes);
  if (!branch)
    return branch.takeError();
  packed->branch = *branch;
  return packed;
}

llvm::Expected<PackedWeight> Quantizer::pack(qnt::AssignOp assign, int64_t n,
                                             int64_t k, bool isTransposed,
                                             bool withSums,
                                             qnt::LayoutKind layout) {
  if (assign.isFromModel())
    return packModel(assign, n, k, isTransposed, withSums, layout);
  nn::ParamOp param = qnt::TransformOp::paramOf(assign.getInput());
  StringRef methodName = assign.getMethod().value_or("rtn");
  if (!param)
    return makeError(ErrorKind::Internal,
                     "only a parameter can be a quantized weight");
  auto method = requireMethod(methodName);
  if (!method)
    return method.takeError();
  qnt::SchemeAttr scheme = assign.getScheme();
  llvm::Error refused = scheme.hasSigns()
                            ? (*method)->check(binarySchemeOf(scheme))
                            : (*method)->check(groupSchemeOf(scheme));
  if (refused)
    return makeError(ErrorKind::Usage, "weight '{0}': {1}", param.getName(),
                     llvm::toString(std::move(refused)));
  if (data.isSizesOnly() && assign.getScheme().hasSigns()) {
    BinaryMatrix signs(n, k, binarySchemeOf(assign.getScheme()));
    // The only kind of method whose result has another size.
    if ((*method)->gives == BinaryGives::ColumnScales)
      signs.columnScales.resize(k);
    return storeSigns(data, rewriter, param, assign.getScheme(), signs,
                      withSums);
  }
  if (data.isSizesOnly())
    return packSizes(param, assign, n, k, withSums, layout);
  auto matrix = readWeightMatrix(assign, n, k, isTransposed, reader);
  if (!matrix)
    return matrix.takeError();
  auto chosen = chooseCodes(assign, **method, {*matrix, n, k});
  if (!chosen)
    return makeError(ErrorKind::BadModel, "weight '{0}': {1}", param.getName(),
                     llvm::toString(chosen.takeError()));
  ++weights;
  if (auto *signs = std::get_if<BinaryMatrix>(&*chosen)) {
    kept += signs->groupsKeptAtRtn;
    auto packed =
        storeSigns(data, rewriter, param, assign.getScheme(), *signs, withSums);
    if (packed)
      packed->error = WeightError::of(*matrix, signs->reconstruct());
    return packed;
  }
  const auto &quantized = std::get<QuantizedMatrix>(*chosen);
  kept += quantized.groupsKeptAtRtn;
  auto packed =
      store(param, assign, {*matrix, n, k}, quantized, withSums, layout);
  if (!packed)
    return packed;
  packed->error = WeightError::of({*matrix, n, k}, quantized);
  auto branch =
      branches.write(rewriter, param, assign, {*matrix, n, k}, quantized);
  if (!branch)
    return branch.takeError();
  packed->branch = *branch;
  return packed;
}

llvm::Expected<PackedWeight>
Quantizer::packModel(qnt::AssignOp assign, int64_t n, int64_t k,
                     bool isTransposed, bool withSums, qnt::LayoutKind layout) {
  auto weight = assign.getInput().getDefiningOp<qnt::DequantizeOp>();
  if (!weight || !qnt::isConstant(weight))
    return makeError(ErrorKind::Internal,
                     "only constant codes can be a model's own weight");
  auto matrix =
      readModelMatrix(weight, assign.getScheme(), reader, n, k, isTransposed);
  if (!matrix)
    return matrix.takeError();
  ++weights;
  return store(weight.getCodes().getDefiningOp<nn::ParamOp>(), assign,
               {{}, n, k}, *matrix, withSums, layout);
}

llvm::Error Quantizer::dequantize(qnt::DequantizeOp op) {
  if (!qnt::isConstant(op) ||
      !op.getResult().getType().getElementType().isF32())
    return llvm::Error::success();
  auto param = op.getCodes().getDefiningOp<nn::ParamOp>();
  auto codes = qnt::readConstantCodes(op, reader);
  if (!codes)
    return codes.takeError();
  std::vector<float> numbers = codes->dequantize();
  rewriter.setInsertionPoint(op);
  auto constant =
      data.add(rewriter, op.getLoc(), param.getName().str() + ".numbers",
               op.getResult().getType(), asBytes(numbers));
  if (!constant)
    return constant.takeError();
  rewriter.replaceOp(op, constant->getResult());
  ++dequantized;
  return llvm::Error::success();
}

llvm::Error Quantizer::write(qnt::TransformOp op) {
  // Of a chain only the end is there to be used.
  bool isInner = llvm::all_of(op->getUsers(), [](Operation *user) {
    return isa<qnt::TransformOp>(user);
  });
  nn::ParamOp param = qnt::TransformOp::paramOf(op.getResult());
  if (isInner || !param)
    return llvm::Error::success();
  std::vector<float> numbers;
  if (!data.isSizesOnly()) {
    auto rounded = qnt::readRounded(op.getResult(), reader);
    if (!rounded)
      return rounded.takeError();
    numbers = std::move(*rounded);
  }
  rewriter.setInsertionPointAfter(op);
  auto constant =
      data.add(rewriter, op.getLoc(), param.getName().str() + ".transformed",
               op.getType(), asBytes(numbers));
  if (!constant)
    return constant.takeError();
  rewriter.replaceUsesWithIf(
      op.getResult(), constant->getResult(),
      [](OpOperand &use) { return !isa<qnt::TransformOp>(use.getOwner()); });
  ++transformed;
  return llvm::Error::success();
}

llvm::Error Quantizer::quantize(nn::MatMulOp op) {
  rewriter.setInsertionPoint(op);
  qnt::AssignOp assign = codesAssigned(op.getRhs());
  if (isBinary(assign))
    return ++weights, quantizeSigns(op, assign, data, reader, rewriter);
  if (!assign) {
    rewriter.modifyOpInPlace(op, [&] {
      op.getLhsMutable().assign(skipAssign(op.getLhs()));
      op.getRhsMutable().assign(skipAssign(op.getRhs()));
    });
    return llvm::Error::success();
  }
  auto type = cast<RankedTensorType>(op.getRhs().getType());
  bool isNK = op.getTransposeRhs();
  qnt::AssignOp activation = codesAssigned(op.getLhs());
  bool hasZeroPoint = activation && activation.getScheme().getZeroPoint();
  // Inputs that are left out leave out columns of the weight.
  auto threshold = skipAssign(op.getLhs()).getDefiningOp<qnt::ThresholdOp>();
  bool isSparse = threshold != nullptr;
  auto packed =
      pack(assign, type.getDimSize(isNK ? 0 : 1), type.getDimSize(isNK ? 1 : 0),
           !isNK, hasZeroPoint,
           isSparse ? qnt::LayoutKind::Column64 : qnt::LayoutKind::Panel16K4);
  if (!packed)
    return packed.takeError();
  if (auto param = assign.getInput().getDefiningOp<nn::ParamOp>();
      param && isNK && !isSparse)
    rowWeights.try_emplace(param.getNameAttr(), *packed);
  Value lhs = op.getLhs(), scale, zeroPoint, projected;
  if (packed->branch.down)
    projected = BranchPlan::project(rewriter, assign, skipAssign(lhs),
                                    packed->branch.down);
  quantizeActivation(lhs, scale, zeroPoint, packed->columnScales);
  auto product = rewriter.replaceOpWithNewOp<qnt::MatMulOp>(
      op, op.getType(), lhs, scale, zeroPoint, packed->codes.getResult(),
      packed->scales.getResult(), resultOf(packed->unit),
      resultOf(packed->zeroPoints), resultOf(packed->sums),
      resultOf(packed->codebook), projected, resultOf(packed->branch.up),
      Value());
  noteError(product, *packed);
  if (packed->columnScales)
    product->setAttr("qnt.input_scale_bytes",
                     rewriter.getI64IntegerAttr(type.getDimSize(isNK ? 1 : 0) *
                                                sizeof(float)));
  return llvm::Error::success();
}

llvm::Error Quantizer::quantize(nn::ConvOp op) {
  rewriter.setInsertionPoint(op);
  qnt::AssignOp assign = codesAssigned(op.getFilter());
  if (isBinary(assign))
    return ++weights, quantizeSigns(op, assign, data, reader, rewriter);
  if (!assign) {
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(skipAssign(op.getInput()));
      op.getFilterMutable().assign(skipAssign(op.getFilter()));
    });
    return llvm::Error::success();
  }
  auto type = cast<RankedTensorType>(op.getFilter().getType());
  auto packed = pack(assign, type.getDimSize(0),
                     type.getNumElements() / type.getDimSize(0), false, false);
  if (!packed)
    return packed.takeError();
  Value input = op.getInput(), scale, zeroPoint;
  quantizeActivation(input, scale, zeroPoint);
  auto kernel = rewriter.getDenseI64ArrayAttr(type.getShape().slice(1, 2));
  auto product = rewriter.replaceOpWithNewOp<qnt::ConvOp>(
      op, op.getType(), input, scale, zeroPoint, packed->codes.getResult(),
      packed->scales.getResult(), resultOf(packed->zeroPoints), op.getBias(),
      kernel, op.getStridesAttr(), op.getPadsAttr(), op.getDilationsAttr(),
      op.getGroupsAttr());
  noteError(product, *packed);
  return llvm::Error::success();
}

llvm::Error Quantizer::tie(nn::EmbeddingOp op) {
  qnt::AssignOp assign = codesAssigned(op.getTable());
  if (!assign)
    return llvm::Error::success();
  auto param = assign.getInput().getDefiningOp<nn::ParamOp>();
  auto found = param ? rowWeights.find(param.getNameAttr()) : rowWeights.end();
  if (found == rowWeights.end())
    return makeError(ErrorKind::Internal,
                     "no product shares the table of an embedding with codes");
  const PackedWeight &packed = found->second;
  rewriter.setInsertionPoint(op);
  rewriter.replaceOpWithNewOp<qnt::EmbeddingOp>(
      op, op.getType(), op.getIds(), useOf(packed.codes), useOf(packed.scales),
      useOf(packed.unit), useOf(packed.zeroPoints));
  return llvm::Error::success();
}

llvm::Error Quantizer::repack(qnt::MatMulOp op) {
  qnt::PackedType type = op.getWeight().getType();
  auto param = op.getWeight().getDefiningOp<nn::ParamOp>();
  bool isWhole =
      8 % type.getScheme().getBits() == 0; // no code lies in two bytes
  if (!param || !isWhole ||
      type.getLayout().getKind() != qnt::LayoutKind::Blocks)
    return llvm::Error::success();
  auto bytes = reader.bytes(symbols.lookup<nn::DataOp>(param.getName()));
  if (!bytes)
    return bytes.takeError();
  int64_t n = type.getShape()[0], k = type.getShape()[1];
  unsigned bits = type.getScheme().getBits();
  std::vector<uint8_t> lines(panel16K4Bytes(n, k, bits));
  uint8_t zero =
      type.getScheme().getZeroPoint() ? 0 : uint8_t(1u << (bits - 1));
  packPanel16K4(unpackBlocks(*bytes, type), n, k, bits, zero, lines);
  auto layout =
      qnt::PackLayoutAttr::get(op.getContext(), qnt::LayoutKind::Panel16K4);
  auto panels = qnt::PackedType::get(op.getContext(), type.getShape(),
                                     type.getScheme(), layout);
  rewriter.setInsertionPoint(op);
  auto codes = data.add(rewriter, param.getLoc(),
                        param.getName().str() + ".codes", panels, lines);
  if (!codes)
    return codes.takeError();
  rewriter.modifyOpInPlace(
      op, [&] { op.getWeightMutable().assign(codes->getResult()); });
  return llvm::Error::success();
}

namespace {
struct QuantizeWeights : quantc::impl::QuantizeWeightsBase<QuantizeWeights> {
  using Base::Base;

  void runOnOperation() override {
    Quantizer quantizer(getOperation(), workFile, sizesOnly);
    SmallVector<Operation *> products;
    getOperation().walk([&](Operation *op) {
      if (isa<nn::MatMulOp, nn::ConvOp, qnt::MatMulOp>(op))
        products.push_back(op);
    });
    getOperation().walk([&](nn::EmbeddingOp op) { products.push_back(op); });
    if (failed(rewrite(products, quantizer)))
      return signalPassFailure();
    if (auto bytes = getOperation()->getAttrOfType<IntegerAttr>(
            qnt::AssignOp::lowRankBytesAttr))
      quantizer.shareBytes(bytes.getInt());
    // Schemes, and what only they used, are gone before what is left is looked
    // at.
    SmallVector<Operation *> left;
    getOperation().walk([](qnt::AssignOp op) {
      if (op->use_empty())
        op->erase();
    });
    getOperation().walk([&](qnt::DequantizeOp op) {
      if (op->use_empty())
        op->erase();
      else
        left.push_back(op);
    });
    eraseUnusedTransforms();
    getOperation().walk([&](qnt::TransformOp op) { left.push_back(op); });
    if (failed(rewrite(left, quantizer)))
      return signalPassFailure();
    eraseUnusedTransforms();
    weights += quantizer.weights;
    transformed += quantizer.transformed;
    kept += quantizer.kept;
    dequantized += quantizer.dequantized;
  }

  void eraseUnusedTransforms() {
    SmallVector<qnt::TransformOp> all;
    getOperation().walk([&](qnt::TransformOp op) { all.push_back(op); });
    for (qnt::TransformOp op : llvm::reverse(all))
      if (op->use_empty())
        op->erase();
  }

  LogicalResult rewrite(ArrayRef<Operation *> ops, Quantizer &quantizer) {
    for (Operation *op : ops) {
      Location loc = op->getLoc();
      llvm::Error error =
          TypeSwitch<Operation *, llvm::Error>(op)
              .Case<nn::MatMulOp, nn::ConvOp>(
                  [&](auto product) { return quantizer.quantize(product); })
              .Case<qnt::MatMulOp>(
                  [&](auto product) { return quantizer.repack(product); })
              .Case<nn::EmbeddingOp>(
                  [&](auto embedding) { return quantizer.tie(embedding); })
              .Case<qnt::DequantizeOp>(
                  [&](auto left) { return quantizer.dequantize(left); })
              .Case<qnt::TransformOp>(
                  [&](auto left) { return quantizer.write(left); });
      if (!error)
        continue;
      return emitError(loc) << llvm::toString(std::move(error));
    }
    return success();
  }
};
} // namespace
