//===- TransformSplitChannels.cpp - large channels in two halves -*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// x_m w_m = x_m w1 + x_m w2: what a product reads has the channel twice, its
// weight has halves of it. What halves are is in quantc/Methods/ChannelSplit.h.

#include "mlir/IR/SymbolTable.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Recipe/GivenRecipe.h"
#include "quantc/Transform/ChannelPlaces.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_TRANSFORMSPLITCHANNELS
#include "quantc/Transform/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// Columns that kernels take at a time.
static constexpr int64_t kTile = 32;

/// Raises `largest` to the largest magnitudes that a weight has in each
/// channel.
static llvm::Error raise(std::vector<double> &largest,
                         const ConstantAxis &weight, qnt::DataReader &data) {
  Value value = weight.operand->get();
  auto numbers = qnt::readNumbers(value, data);
  if (!numbers)
    return numbers.takeError();
  auto type = cast<RankedTensorType>(value.getType());
  int64_t cols = type.getDimSize(1);
  for (auto [i, number] : llvm::enumerate(*numbers)) {
    double &most =
        largest[weight.axis == 0 ? int64_t(i) / cols : int64_t(i) % cols];
    most = std::max(most, std::fabs(number));
  }
  return llvm::Error::success();
}

/// How many of `channels` channels to split: at least `ratio` of them, and as
/// many more as make the number of all a multiple of `multiple`. Nothing when
/// there are not that many.
static std::optional<int64_t> splitCount(int64_t channels, double ratio,
                                         int64_t multiple) {
  auto asked = int64_t(std::ceil(ratio * double(channels)));
  int64_t count = int64_t(llvm::alignTo(channels + asked, multiple)) - channels;
  return count <= channels ? std::optional(count) : std::nullopt;
}

/// The `count` channels with the largest product of their largest weight and
/// the norm of their inputs, where norms are known. Largest first, so that the
/// second halves, which make up groups of their own, lie beside those of like
/// size; of equal ones the first.
static std::vector<int64_t> largestChannels(ArrayRef<double> largest,
                                            ArrayRef<double> norms,
                                            int64_t count) {
  std::vector<int64_t> order(largest.size());
  std::iota(order.begin(), order.end(), 0);
  auto sizeOf = [&](int64_t channel) {
    return largest[channel] * (norms.empty() ? 1.0 : norms[channel]);
  };
  llvm::stable_sort(
      order, [&](int64_t a, int64_t b) { return sizeOf(a) > sizeOf(b); });
  order.resize(count);
  return order;
}

static qnt::SchemeAttr schemeOf(MLIRContext *context,
                                const WeightChoice &choice, int64_t axis) {
  return qnt::SchemeAttr::get(
      context, qnt::CodeKind::UInt, choice.bits,
      choice.groupSize ? qnt::Granularity::Group : qnt::Granularity::Channel,
      axis, choice.groupSize, !choice.symmetric,
      choice.realZeros ? qnt::ZeroKind::F16 : qnt::ZeroKind::Code,
      *qnt::symbolizeScaleKind(choice.scale), 0, 0, false, {});
}

namespace {
struct TransformSplitChannels
    : quantc::impl::TransformSplitChannelsBase<TransformSplitChannels> {
  using Base::Base;
  TransformSplitChannels(const Recipe &given, bool sizesOnly) : given(&given) {
    this->sizesOnly = sizesOnly;
  }

  void runOnOperation() override {
    std::optional<Recipe> loaded;
    const Recipe *asked = findRecipe(getOperation(), given, recipe, loaded);
    if (!asked)
      return signalPassFailure();
    SymbolTable symbols(getOperation());
    Builder b(&getContext());
    auto leaveOut = [&](Operation *product, StringRef reason) {
      product->setAttr(unsplitName, b.getStringAttr(reason));
    };
    for (const ChannelPlace &place :
         findChannelPlaces(getOperation(), *asked, leaveOut)) {
      bool isDone =
          llvm::any_of(place.readers, [](const ChannelPlace::Reader &reader) {
            return qnt::TransformOp::splitOf(reader.weight.operand->get());
          });
      if (isDone)
        continue;
      if (failed(split(place, asked->transforms().splitRatio, symbols)))
        return signalPassFailure();
    }
  }

private:
  LogicalResult split(const ChannelPlace &place, double ratio,
                      SymbolTable &symbols) {
    int64_t multiple = kTile;
    for (const ChannelPlace::Reader &reader : place.readers)
      multiple = std::lcm(multiple,
                          std::max<int64_t>(reader.layer.weights.groupSize, 1));
    std::optional<int64_t> count = splitCount(place.channels, ratio, multiple);
    Builder b(&getContext());
    for (const ChannelPlace::Reader &reader : place.readers) {
      std::string reason = place.obstacle;
      if (!count)
        reason = "has " + std::to_string(place.channels) +
                 " inputs, too few to add channels up to a multiple of " +
                 std::to_string(multiple);
      reader.product()->setAttr(count ? splitName : unsplitName,
                                b.getStringAttr(reason));
    }
    refused += !count;
    if (!count)
      return success();
    Operation *first = place.readers.front().product();
    auto channels = choose(place, *count);
    if (!channels)
      return first->emitError(llvm::toString(channels.takeError()));
    Value by = takeChannels(place, *channels, /*append=*/true, symbols);
    for (const ChannelPlace::Reader &reader : place.readers)
      splitWeights(reader, by);
    ++places;
    inWeights += place.isInWeights();
    return success();
  }

  llvm::Expected<std::vector<int64_t>> choose(const ChannelPlace &place,
                                              int64_t count) {
    std::vector<double> largest(place.channels, 0.0);
    if (!sizesOnly)
      for (const ChannelPlace::Reader &reader : place.readers)
        if (llvm::Error error = raise(largest, reader.weight, data))
          return std::move(error);
    std::vector<double> norms = inputNormsOf(place);
    if (!norms.empty() && int64_t(norms.size()) != place.channels)
      return llvm::createStringError("has norms of %zu inputs, expected %lld",
                                     norms.size(),
                                     static_cast<long long>(place.channels));
    return largestChannels(largest, norms, count);
  }

  void splitWeights(const ChannelPlace::Reader &reader, Value by) {
    OpOperand *weight = reader.weight.operand;
    Value input = weight->get();
    OpBuilder b(reader.product());
    auto type = qnt::TransformOp::typeAfter(
        cast<RankedTensorType>(input.getType()), qnt::TransformKind::Split,
        reader.weight.axis, cast<RankedTensorType>(by.getType()).getDimSize(0));
    weight->set(qnt::TransformOp::create(
        b, input.getLoc(), type, qnt::TransformKind::Split, input, by,
        reader.weight.axis, /*block=*/0, /*seed=*/0, /*inverse=*/false,
        schemeOf(&getContext(), reader.layer.weights, reader.weight.axis)));
    ++weights;
  }

  const Recipe *given = nullptr;
  qnt::DataReader data;
};
} // namespace

std::unique_ptr<Pass> quantc::createTransformSplitChannels(const Recipe &recipe,
                                                           bool sizesOnly) {
  return std::make_unique<TransformSplitChannels>(recipe, sizesOnly);
}
