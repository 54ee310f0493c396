//===- ModelSchemes.cpp - layers that came quantized ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ModelSchemes.h. Codes are stored unsigned: that changes no value.

#include "ModelSchemes.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc;

bool quantc::isDepthwise(nn::ConvOp conv) {
  auto filter = cast<RankedTensorType>(conv.getFilter().getType());
  return filter.getDimSize(3) == 1 &&
         filter.getDimSize(0) == int64_t(conv.getGroups());
}

static qnt::SchemeAttr scheme(MLIRContext *context, qnt::CodeKind kind,
                              unsigned bits, qnt::Granularity granularity,
                              int64_t axis, int64_t groupSize, bool hasZeros) {
  return qnt::SchemeAttr::get(context, kind, bits, granularity, axis, groupSize,
                              hasZeros, qnt::ZeroKind::Code,
                              qnt::ScaleKind::F32, 0, 0, false, {});
}

static bool isNumber(Value value) {
  DenseElementsAttr elements;
  return !value || (matchPattern(value, m_Constant(&elements)) &&
                    elements.getNumElements() == 1);
}

static bool isZero(Value value) {
  DenseElementsAttr elements;
  return !value || (matchPattern(value, m_Constant(&elements)) &&
                    llvm::all_of(elements.getValues<APInt>(),
                                 [](const APInt &code) { return code == 0; }));
}

static bool isBinary(qnt::DequantizeOp op) {
  return op && op.getScheme().getCode() == qnt::CodeKind::Binary;
}

/// True for signs that are packed into words: binary codes with one scale,
/// which is known, in rows of known length.
static bool hasPackedSigns(Value activation) {
  auto dequantize = activation.getDefiningOp<qnt::DequantizeOp>();
  auto type = cast<RankedTensorType>(activation.getType());
  return isBinary(dequantize) && type.getElementType().isF32() &&
         dequantize.getScheme().getGranularity() == qnt::Granularity::Tensor &&
         isNumber(dequantize.getScale()) &&
         !ShapedType::isDynamic(type.getShape().back());
}

static qnt::SchemeAttr
binaryScheme(MLIRContext *context, qnt::Granularity granularity, int64_t axis) {
  return scheme(context, qnt::CodeKind::Binary, 1, granularity, axis, 0, false);
}

/// The static scheme of an activation; null, with the reason, when kernels
/// cannot read its codes.
static qnt::SchemeAttr activationScheme(Value activation, std::string &reason) {
  auto dequantize = activation.getDefiningOp<qnt::DequantizeOp>();
  if (!dequantize) {
    reason = "its activation is not quantized";
    return {};
  }
  qnt::SchemeAttr from = dequantize.getScheme();
  Type element = getElementTypeOrSelf(dequantize.getCodes().getType());
  // In a byte, unsigned codes of fewer bits are int8 codes as well.
  bool isByte = (from.getCode() == qnt::CodeKind::Int && from.getBits() <= 8) ||
                (from.getCode() == qnt::CodeKind::UInt && from.getBits() < 8);
  if (!isByte || from.getGranularity() != qnt::Granularity::Tensor ||
      !element.isInteger(8)) {
    reason = "its activation has other codes than int8 with one scale for all";
    return {};
  }
  if (!isNumber(dequantize.getScale()) ||
      !isNumber(dequantize.getZeroPoint())) {
    reason = "its activation has a scale that is computed";
    return {};
  }
  return scheme(activation.getContext(), qnt::CodeKind::Int, 8,
                qnt::Granularity::Tensor, 0, 0,
                !isZero(dequantize.getZeroPoint()));
}

/// Bits that kernels of integer codes read the weight in: signs are the codes 1
/// and 3 of 2 bits, around the zero point 2.
static unsigned storedBits(qnt::DequantizeOp weight) {
  return isBinary(weight) ? 2 : weight.getScheme().getBits();
}

static bool hasZeroPoints(qnt::DequantizeOp weight,
                          const qnt::ConstantCodes &codes) {
  return !isBinary(weight) && !codes.isSymmetric();
}

/// Why kernels cannot read the codes of a weight `[N, K]`, or nothing.
/// `channels` and `reduction` are its dimensions; a filter has no one dimension
/// that is summed over (-1).
static std::string findObstacle(qnt::DequantizeOp weight, int64_t channels,
                                int64_t reduction) {
  qnt::SchemeAttr from = weight.getScheme();
  bool isInteger = from.getCode() == qnt::CodeKind::Int ||
                   from.getCode() == qnt::CodeKind::UInt;
  unsigned bits = storedBits(weight);
  if (!(isInteger || isBinary(weight)) || (bits != 2 && bits != 4 && bits != 8))
    return "no kernel reads weights of " + std::to_string(bits) + "-bit " +
           qnt::stringifyCodeKind(from.getCode()).str() + " codes";
  if (!weight.getResult().getType().getElementType().isF32())
    return "kernels take weights that stand for fp32 numbers only";
  switch (from.getGranularity()) {
  case qnt::Granularity::Tensor:
    return "";
  case qnt::Granularity::Channel:
    return from.getAxis() == channels
               ? ""
               : "its scales lie along another dimension than its output "
                 "channels";
  default:
    break;
  }
  if (from.getAxis() != reduction)
    return "its blocks lie along another dimension than the one summed over";
  int64_t size = weight.getResult().getType().getDimSize(reduction);
  if (from.getGroupSize() < size && from.getGroupSize() % (32 / bits) != 0)
    return "blocks of " + std::to_string(from.getGroupSize()) +
           " are no multiple of " + std::to_string(32 / bits);
  return "";
}

static llvm::Expected<ModelSchemes>
chooseConv(nn::ConvOp conv, qnt::DequantizeOp weight, qnt::DataReader &reader) {
  ModelSchemes result;
  result.reason = findObstacle(weight, 0, -1);
  if (result.reason.empty() && conv.getGroups() != 1 && !isDepthwise(conv))
    result.reason = "grouped convolutions have no integer kernel";
  if (!result.reason.empty())
    return result;
  MLIRContext *context = conv.getContext();
  if (isBinary(weight) && conv.getGroups() == 1 &&
      weight.getResult().getType().getNumElements() > 0 &&
      hasPackedSigns(conv.getInput())) {
    result.weight = binaryScheme(context, qnt::Granularity::Channel, 0);
    result.activation = binaryScheme(context, qnt::Granularity::Tensor, 0);
    return result;
  }
  auto codes = qnt::readConstantCodes(weight, reader, /*withCodes=*/false);
  if (!codes)
    return codes.takeError();
  result.weight =
      scheme(context, qnt::CodeKind::UInt, storedBits(weight),
             qnt::Granularity::Channel, 0, 0, hasZeroPoints(weight, *codes));
  result.activation = activationScheme(conv.getInput(), result.reason);
  return result;
}

static llvm::Expected<ModelSchemes> chooseMatMul(nn::MatMulOp matmul,
                                                 qnt::DequantizeOp weight,
                                                 qnt::DataReader &reader) {
  ModelSchemes result;
  int64_t rank = weight.getResult().getType().getRank();
  if (rank != 2) {
    result.reason =
        "weights of rank " + std::to_string(rank) + " have no kernel for codes";
    return result;
  }
  int64_t reduction = matmul.getTransposeRhs() ? 1 : 0;
  result.reason = findObstacle(weight, 1 - reduction, reduction);
  if (!result.reason.empty())
    return result;
  MLIRContext *context = matmul.getContext();
  if (isBinary(weight) && weight.getResult().getType().getNumElements() > 0 &&
      hasPackedSigns(matmul.getLhs())) {
    result.weight =
        binaryScheme(context, qnt::Granularity::Channel, 1 - reduction);
    result.activation = binaryScheme(context, qnt::Granularity::Tensor, 0);
    return result;
  }
  auto codes = qnt::readConstantCodes(weight, reader, /*withCodes=*/false);
  if (!codes)
    return codes.takeError();
  qnt::SchemeAttr from = weight.getScheme();
  int64_t size = weight.getResult().getType().getDimSize(reduction);
  bool hasGroups = from.getGranularity() == qnt::Granularity::Group &&
                   from.getGroupSize() < size;
  result.weight =
      scheme(context, qnt::CodeKind::UInt, storedBits(weight),
             hasGroups ? qnt::Granularity::Group : qnt::Granularity::Channel,
             reduction, hasGroups ? from.getGroupSize() : 0,
             hasZeroPoints(weight, *codes));
  result.activation = activationScheme(matmul.getLhs(), result.reason);
  return result;
}

llvm::Expected<ModelSchemes>
quantc::chooseModelSchemes(Operation *product, qnt::DequantizeOp weight,
                           qnt::DataReader &reader) {
  if (!qnt::isConstant(weight)) {
    ModelSchemes result;
    result.reason = "its weight has a scale that is computed";
    return result;
  }
  if (auto conv = dyn_cast<nn::ConvOp>(product))
    return chooseConv(conv, weight, reader);
  return chooseMatMul(cast<nn::MatMulOp>(product), weight, reader);
}
