//===- QuantizeConstants.cpp - codes of constants ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See QuantizeConstants.h. The codes are those that the operation would give
// when the program runs.

#include "QuantizeConstants.h"
#include "Constants.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Dialect/Qnt/ConstantCodes.h"
#include "quantc/Dialect/Qnt/Rounding.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::normalize;

/// The fp32 numbers of a constant; nullopt if it is none.
static std::optional<std::vector<float>> floatsOf(Value value) {
  if (auto param = value.getDefiningOp<nn::ParamOp>())
    return readFloats(param);
  DenseElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)) ||
      !elements.getElementType().isF32())
    return std::nullopt;
  auto numbers = elements.getValues<float>();
  return std::vector<float>(numbers.begin(), numbers.end());
}

/// The zero points of a constant of bytes; nullopt if it is none.
static std::optional<std::vector<int64_t>> zerosOf(Value value, bool isSigned) {
  std::vector<int64_t> zeros;
  auto add = [&](uint8_t byte) {
    zeros.push_back(isSigned ? int64_t(int8_t(byte)) : int64_t(byte));
  };
  if (!getElementTypeOrSelf(value.getType()).isInteger(8))
    return std::nullopt;
  if (auto param = value.getDefiningOp<nn::ParamOp>()) {
    std::optional<std::vector<char>> bytes = readConstant(param);
    if (!bytes)
      return std::nullopt;
    for (char byte : *bytes)
      add(static_cast<uint8_t>(byte));
    return zeros;
  }
  DenseElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)))
    return std::nullopt;
  for (const APInt &code : elements.getValues<APInt>())
    add(static_cast<uint8_t>(code.getZExtValue()));
  return zeros;
}

namespace {
/// quantize(constant)  =>  its codes.
struct QuantizeConstant : OpRewritePattern<qnt::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnt::QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto param = op.getInput().getDefiningOp<nn::ParamOp>();
    qnt::SchemeAttr scheme = op.getScheme();
    if (!param || !qnt::ModelQuantizer::handles(op) ||
        scheme.getGranularity() == qnt::Granularity::Group ||
        !getElementTypeOrSelf(op.getCodes().getType()).isInteger(8))
      return rewriter.notifyMatchFailure(op, "quantizes no constant to bytes");
    std::optional<std::vector<float>> x = floatsOf(param.getResult()),
                                      scales = floatsOf(op.getScale());
    if (!x || !scales)
      return rewriter.notifyMatchFailure(op, "has numbers that are not fp32 or "
                                             "a scale that is computed");
    std::vector<int64_t> zeros(scales->size(), 0);
    if (op.getZeroPoint()) {
      auto known = zerosOf(op.getZeroPoint(), scheme.isSigned());
      if (!known || known->size() != scales->size())
        return rewriter.notifyMatchFailure(op, "has computed zero points");
      zeros = std::move(*known);
    }
    auto type = cast<RankedTensorType>(op.getCodes().getType());
    if (!type.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "has a result of unknown size");
    qnt::ConstantCodes places;
    places.scheme = scheme;
    llvm::append_range(places.shape, type.getShape());
    qnt::ModelQuantizer quantizer(op);
    std::vector<char> codes(x->size());
    for (size_t i = 0; i < codes.size(); ++i) {
      int64_t at = places.scaleOf(i);
      codes[i] = static_cast<char>(
          quantizer.codeOf((*x)[i], (*scales)[at], zeros[at]));
    }
    rewriter.replaceOp(
        op, addConstant(rewriter, param, "_codes", type, codes).getResult());
    return success();
  }
};
} // namespace

void quantc::normalize::populateQuantizeConstantPatterns(
    RewritePatternSet &patterns) {
  patterns.add<QuantizeConstant>(patterns.getContext());
}
