//===- QuantizeSigns.cpp - products of signs -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See QuantizeSigns.h.

#include "QuantizeSigns.h"
#include "ModelWeights.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "quantc/Formats/SignWords.h"
#include "quantc/Support/Errors.h"

using namespace mlir;
using namespace quantc;

bool quantc::isBinary(qnt::AssignOp assign) {
  return assign && assign.isFromModel() &&
         assign.getScheme().getCode() == qnt::CodeKind::Binary;
}

namespace {
/// A packed filter and its scales.
struct PackedSigns {
  nn::ParamOp words, scales;
};

/// What packing needs.
struct Context {
  QuantizedData &data;
  qnt::DataReader &reader;
  IRRewriter &rewriter;

  /// A weight `[n, taps, k / taps]`; `k` signs an output channel.
  llvm::Expected<PackedSigns> pack(qnt::AssignOp assign, int64_t n, int64_t k,
                                   int64_t taps, bool isTransposed);
  /// The signs of an activation in words.
  qnt::PackSignsOp packActivation(qnt::AssignOp assign);
};
} // namespace

llvm::Expected<PackedSigns> Context::pack(qnt::AssignOp assign, int64_t n,
                                          int64_t k, int64_t taps,
                                          bool isTransposed) {
  auto weight = assign.getInput().getDefiningOp<qnt::DequantizeOp>();
  if (!weight || !qnt::isConstant(weight))
    return makeError(ErrorKind::Internal,
                     "only constant signs can be a model's own weight");
  auto signs = readModelSigns(weight, reader, n, k, isTransposed);
  if (!signs)
    return signs.takeError();
  std::vector<uint8_t> words(panel16B64Bytes(n, taps, k / taps));
  packPanel16B64(signs->codes, n, taps, k / taps, words);
  MLIRContext *context = assign.getContext();
  auto layout = qnt::PackLayoutAttr::get(context, qnt::LayoutKind::Panel16B64);
  auto scheme = qnt::SchemeAttr::get(
      context, qnt::CodeKind::Binary, 1, qnt::Granularity::Channel, /*axis=*/0,
      0, false, qnt::ZeroKind::Code, qnt::ScaleKind::F32, 0, 0, false, {});
  auto type =
      qnt::PackedType::get(context, {n, taps, k / taps}, scheme, layout);
  auto param = weight.getCodes().getDefiningOp<nn::ParamOp>();
  std::string name = param.getName().str();
  auto codes = data.add(rewriter, param.getLoc(), name + ".signs", type, words);
  if (!codes)
    return codes.takeError();
  auto perRow = RankedTensorType::get({n, 1}, rewriter.getF32Type());
  nn::ParamOp scales = data.addInline(
      rewriter, param.getLoc(), name + ".scales",
      DenseElementsAttr::get(perRow, ArrayRef<float>(signs->scales)));
  return PackedSigns{*codes, scales};
}

qnt::PackSignsOp Context::packActivation(qnt::AssignOp assign) {
  auto dequantize = assign.getInput().getDefiningOp<qnt::DequantizeOp>();
  Value source = dequantize.getCodes();
  // The sign of the number itself where it is at hand.
  auto quantize = source.getDefiningOp<qnt::QuantizeOp>();
  bool isNumber = quantize &&
                  quantize.getScheme().getCode() == qnt::CodeKind::Binary &&
                  getElementTypeOrSelf(quantize.getInput()).isF32();
  auto type = cast<RankedTensorType>(source.getType());
  if (isNumber) {
    source = quantize.getInput();
    if (source.getType() != type.clone(rewriter.getF32Type()))
      source = tensor::CastOp::create(
          rewriter, assign.getLoc(), type.clone(rewriter.getF32Type()), source);
  }
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = signWords(shape.back());
  return qnt::PackSignsOp::create(
      rewriter, assign.getLoc(),
      RankedTensorType::get(shape, rewriter.getI64Type()), source);
}

static Value scaleOf(qnt::AssignOp assign) {
  return assign.getInput().getDefiningOp<qnt::DequantizeOp>().getScale();
}

llvm::Error quantc::quantizeSigns(nn::MatMulOp op, qnt::AssignOp assign,
                                  QuantizedData &data, qnt::DataReader &reader,
                                  IRRewriter &rewriter) {
  Context context{data, reader, rewriter};
  auto type = cast<RankedTensorType>(op.getRhs().getType());
  bool isNK = op.getTransposeRhs();
  auto packed = context.pack(assign, type.getDimSize(isNK ? 0 : 1),
                             type.getDimSize(isNK ? 1 : 0), 1, !isNK);
  if (!packed)
    return packed.takeError();
  auto activation = op.getLhs().getDefiningOp<qnt::AssignOp>();
  Value words = context.packActivation(activation).getWords();
  rewriter.replaceOpWithNewOp<qnt::BinaryMatMulOp>(
      op, op.getType(), words, scaleOf(activation), packed->words.getResult(),
      packed->scales.getResult(), Value(), Value());
  return llvm::Error::success();
}

llvm::Error quantc::quantizeSigns(nn::ConvOp op, qnt::AssignOp assign,
                                  QuantizedData &data, qnt::DataReader &reader,
                                  IRRewriter &rewriter) {
  Context context{data, reader, rewriter};
  auto type = cast<RankedTensorType>(op.getFilter().getType());
  int64_t n = type.getDimSize(0);
  auto packed = context.pack(assign, n, type.getNumElements() / n,
                             type.getDimSize(1) * type.getDimSize(2), false);
  if (!packed)
    return packed.takeError();
  auto activation = op.getInput().getDefiningOp<qnt::AssignOp>();
  Value words = context.packActivation(activation).getWords();
  rewriter.replaceOpWithNewOp<qnt::BinaryConvOp>(
      op, op.getType(), words, scaleOf(activation), packed->words.getResult(),
      packed->scales.getResult(), Value(), op.getBias(),
      rewriter.getDenseI64ArrayAttr(type.getShape().slice(1, 2)),
      op.getStridesAttr(), op.getPadsAttr(), op.getDilationsAttr());
  return llvm::Error::success();
}
