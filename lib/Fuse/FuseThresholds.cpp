//===- FuseThresholds.cpp - signs of products by thresholds -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// binary product, function of a channel, pack_signs  =>  binary product with
// thresholds. A closed formula in another precision could differ for the sums
// next to a threshold, so every sum is tried.

#include "ChannelFunction.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Fuse/Passes.h"
#include <limits>

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_FUSETHRESHOLDS
#include "quantc/Fuse/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::fuse;

namespace {
constexpr int32_t always = std::numeric_limits<int32_t>::max(),
                  lowest = std::numeric_limits<int32_t>::min();

/// The constants by which a product makes numbers of its sums.
struct ProductNumbers {
  std::vector<float> scales, bias; // no bias: empty
  float common;

  float of(int64_t dot, int64_t channel) const {
    float scaled = static_cast<float>(dot) * scales[channel];
    float y = scaled * common;
    return bias.empty() ? y : y + bias[channel];
  }
};

/// First and last but one of the sums -limit .. limit with a positive sign;
/// nullopt when they are no interval.
std::optional<std::pair<int32_t, int32_t>> intervalOf(ArrayRef<float> results,
                                                      int64_t limit) {
  auto isPositive = [](float x) { return x >= 0; };
  const float *first = llvm::find_if(results, isPositive);
  if (first == results.end())
    return std::pair(0, 0);
  const float *end = std::find_if_not(first, results.end(), isPositive);
  if (std::any_of(end, results.end(), isPositive))
    return std::nullopt;
  int64_t begin = first - results.begin(), behind = end - results.begin();
  // Sums do not lie outside, so an open end says the same and more plainly.
  return std::pair(first == results.begin() ? lowest : int32_t(begin - limit),
                   end == results.end() ? always : int32_t(behind - limit));
}

struct FuseThresholds : quantc::impl::FuseThresholdsBase<FuseThresholds> {
  void runOnOperation() override {
    SmallVector<qnt::PackSignsOp> found;
    getOperation().walk([&](qnt::PackSignsOp op) { found.push_back(op); });
    for (qnt::PackSignsOp op : found) {
      auto function = ChannelFunction::behind(op.getInput(), reader);
      if (!function)
        continue;
      bool isFolded =
          isa<qnt::BinaryMatMulOp>(function->product())
              ? fold(op, cast<qnt::BinaryMatMulOp>(function->product()),
                     *function)
              : fold(op, cast<qnt::BinaryConvOp>(function->product()),
                     *function);
      folded += isFolded;
    }
  }

  static Value inputScaleOf(qnt::BinaryMatMulOp op) { return op.getLhsScale(); }
  static Value inputScaleOf(qnt::BinaryConvOp op) { return op.getInputScale(); }

  template <typename Op> std::optional<ProductNumbers> numbersOf(Op op) {
    DenseFPElementsAttr common;
    auto scales = floatsOf(op.getScale(), reader);
    if (!scales || !matchPattern(inputScaleOf(op), m_Constant(&common)))
      return std::nullopt;
    ProductNumbers numbers{*scales, {}, *common.getValues<float>().begin()};
    if (op.getBias()) {
      auto bias = floatsOf(op.getBias(), reader);
      if (!bias)
        return std::nullopt;
      numbers.bias = std::move(*bias);
    }
    return numbers;
  }

  template <typename Op>
  bool fold(qnt::PackSignsOp signs, Op product,
            const ChannelFunction &function) {
    if (!product.getScale())
      return false;
    std::optional<ProductNumbers> numbers = numbersOf(product);
    if (!numbers)
      return false;
    ArrayRef<int64_t> shape = product.getWeight().getType().getShape();
    int64_t rows = shape[0], limit = shape[1] * shape[2];
    SmallVector<int32_t> thresholds;
    std::vector<float> sums(2 * limit + 1);
    for (int64_t channel = 0; channel < rows; ++channel) {
      for (int64_t dot = -limit; dot <= limit; ++dot)
        sums[dot + limit] = numbers->of(dot, channel);
      auto interval = intervalOf(function.evaluate(channel, sums), limit);
      if (!interval)
        return false;
      thresholds.append({interval->first, interval->second});
    }
    replace(signs, product, thresholds);
    return true;
  }

  /// A parameter with the thresholds, used before `product`.
  Value addThresholds(IRRewriter &rewriter, Operation *product,
                      StringRef weight, ArrayRef<int32_t> thresholds) {
    auto type = RankedTensorType::get({int64_t(thresholds.size() / 2), 2},
                                      rewriter.getI32Type());
    OpBuilder top = OpBuilder::atBlockBegin(getOperation().getBody());
    auto data = nn::DataOp::create(
        top, product->getLoc(), (weight + ".thresholds").str(), type,
        StringAttr(), IntegerAttr(), DenseElementsAttr::get(type, thresholds));
    SymbolTable(getOperation()).insert(data, getOperation().getBody()->begin());
    return nn::ParamOp::create(rewriter, product->getLoc(), type,
                               data.getSymName());
  }

  void replace(qnt::PackSignsOp signs, qnt::BinaryMatMulOp product,
               ArrayRef<int32_t> thresholds) {
    IRRewriter rewriter(product);
    auto weight = product.getWeight().getDefiningOp<nn::ParamOp>();
    Value limits =
        addThresholds(rewriter, product, weight.getName(), thresholds);
    Value words = qnt::BinaryMatMulOp::create(
        rewriter, product.getLoc(), signs.getType(), product.getLhs(), Value(),
        product.getWeight(), Value(), limits, Value());
    rewriter.replaceOp(signs, words);
  }

  void replace(qnt::PackSignsOp signs, qnt::BinaryConvOp product,
               ArrayRef<int32_t> thresholds) {
    IRRewriter rewriter(product);
    auto weight = product.getWeight().getDefiningOp<nn::ParamOp>();
    Value limits =
        addThresholds(rewriter, product, weight.getName(), thresholds);
    Value words = qnt::BinaryConvOp::create(
        rewriter, product.getLoc(), signs.getType(), product.getInput(),
        Value(), product.getWeight(), Value(), limits, Value(),
        product.getKernelAttr(), product.getStridesAttr(),
        product.getPadsAttr(), product.getDilationsAttr());
    rewriter.replaceOp(signs, words);
  }

  qnt::DataReader reader;
};
} // namespace
