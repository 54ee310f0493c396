//===- ChannelFunction.cpp - elementwise chains as functions ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ChannelFunction.h.

#include "ChannelFunction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::fuse;

std::optional<std::vector<float>>
quantc::fuse::floatsOf(Value value, qnt::DataReader &reader) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isF32())
    return std::nullopt;
  if (auto param = value.getDefiningOp<nn::ParamOp>()) {
    auto data = SymbolTable::lookupNearestSymbolFrom<nn::DataOp>(
        param, param.getNameAttr());
    if (!data)
      return std::nullopt;
    auto bytes = reader.bytes(data);
    if (!bytes) {
      llvm::consumeError(bytes.takeError());
      return std::nullopt;
    }
    std::vector<float> numbers(bytes->size() / sizeof(float));
    std::memcpy(numbers.data(), bytes->data(), bytes->size());
    return numbers;
  }
  DenseElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)))
    return std::nullopt;
  auto numbers = elements.getValues<float>();
  return std::vector<float>(numbers.begin(), numbers.end());
}

/// True when nothing but one operation uses `value`, apart from questions for
/// its size.
static bool hasOneReader(Value value) {
  return llvm::count_if(value.getUses(), [](OpOperand &use) {
           return !isa<tensor::DimOp>(use.getOwner());
         }) == 1;
}

/// One dimension follows the last loop, which is that of the channels; all
/// others have one element.
static bool isAlongChannels(AffineMap map) {
  AffineExpr last = getAffineDimExpr(map.getNumDims() - 1, map.getContext());
  AffineExpr zero = getAffineConstantExpr(0, map.getContext());
  return llvm::count(map.getResults(), last) == 1 &&
         llvm::count(map.getResults(), zero) == map.getNumResults() - 1;
}

std::optional<ChannelFunction::Link>
ChannelFunction::readLink(linalg::GenericOp op, qnt::DataReader &reader) {
  if (op->getNumResults() != 1 ||
      op.getNumLoops() != op.getNumParallelLoops() || op.hasIndexSemantics() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return std::nullopt;
  Link link;
  link.op = op;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    Value argument = op.getMatchingBlockArgument(operand);
    if (auto numbers = floatsOf(operand->get(), reader)) {
      if (numbers->size() != 1 && !isAlongChannels(map))
        return std::nullopt;
      link.constants[argument] = {std::move(*numbers)};
      continue;
    }
    if (link.argument != ~0u || !map.isIdentity())
      return std::nullopt;
    link.argument = operand->getOperandNumber();
  }
  for (Operation &inner : op.getBlock()->without_terminator())
    for (Value operand : inner.getOperands()) {
      FloatAttr number;
      if (matchPattern(operand, m_Constant(&number)) &&
          number.getType().isF32())
        link.constants[operand] = {{number.getValue().convertToFloat()}};
    }
  return link.argument == ~0u ? std::nullopt : std::optional(link);
}

namespace {
/// Values of the body for all numbers at once; booleans are 0 and 1.
using Column = std::vector<float>;

struct BodyEvaluator {
  size_t count = 0;
  llvm::DenseMap<Value, Column> known;

  template <typename F> Column map(Operation &op, F f) {
    const Column &x = known[op.getOperand(0)];
    Column result(count);
    for (size_t i = 0; i < count; ++i)
      result[i] = f(x[i]);
    return result;
  }
  template <typename F> Column zip(Operation &op, F f) {
    const Column x = known[op.getOperand(0)], &y = known[op.getOperand(1)];
    Column result(count);
    for (size_t i = 0; i < count; ++i)
      result[i] = f(x[i], y[i]);
    return result;
  }

  /// Null for an operation that is not known.
  std::optional<Column> compute(Operation &op);
};
} // namespace

static float larger(float x, float y) {
  return std::isnan(x) || std::isnan(y) ? NAN : std::max(x, y);
}

std::optional<Column> BodyEvaluator::compute(Operation &op) {
  return llvm::TypeSwitch<Operation *, std::optional<Column>>(&op)
      .Case([&](arith::AddFOp) { return zip(op, std::plus<float>()); })
      .Case([&](arith::SubFOp) { return zip(op, std::minus<float>()); })
      .Case([&](arith::MulFOp) { return zip(op, std::multiplies<float>()); })
      .Case([&](arith::DivFOp) { return zip(op, std::divides<float>()); })
      .Case([&](arith::NegFOp) { return map(op, std::negate<float>()); })
      .Case([&](arith::MaximumFOp) { return zip(op, larger); })
      .Case([&](arith::MinimumFOp) {
        return zip(op, [](float x, float y) { return -larger(-x, -y); });
      })
      .Case([&](arith::CmpFOp compare) {
        return zip(op, [&](float x, float y) -> float {
          return arith::applyCmpPredicate(compare.getPredicate(), APFloat(x),
                                          APFloat(y));
        });
      })
      .Case([&](arith::SelectOp) {
        const Column &condition = known[op.getOperand(0)];
        const Column &x = known[op.getOperand(1)], &y = known[op.getOperand(2)];
        Column result(count);
        for (size_t i = 0; i < count; ++i)
          result[i] = condition[i] != 0 ? x[i] : y[i];
        return std::optional(result);
      })
      .Default([](Operation *) { return std::nullopt; });
}

bool ChannelFunction::canEvaluate() const {
  return llvm::all_of(links, [](const Link &link) {
    return llvm::all_of(
        const_cast<linalg::GenericOp &>(link.op)
            .getBlock()
            ->without_terminator(),
        [](Operation &op) {
          return isa<arith::ConstantOp, arith::AddFOp, arith::SubFOp,
                     arith::MulFOp, arith::DivFOp, arith::NegFOp,
                     arith::MaximumFOp, arith::MinimumFOp, arith::CmpFOp,
                     arith::SelectOp>(op);
        });
  });
}

std::optional<ChannelFunction>
ChannelFunction::behind(Value value, qnt::DataReader &reader) {
  ChannelFunction function;
  while (hasOneReader(value)) {
    Operation *op = value.getDefiningOp();
    if (isa_and_present<qnt::BinaryMatMulOp, qnt::BinaryConvOp>(op)) {
      function.source = op;
      return function.canEvaluate() ? std::optional(function) : std::nullopt;
    }
    auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
    std::optional<Link> link =
        generic ? readLink(generic, reader) : std::nullopt;
    if (!link)
      return std::nullopt;
    value = generic->getOperand(link->argument);
    function.links.push_back(std::move(*link));
  }
  return std::nullopt;
}

std::vector<float> ChannelFunction::evaluate(int64_t channel,
                                             std::vector<float> numbers) const {
  for (const Link &link : llvm::reverse(links)) {
    Block &body = *const_cast<linalg::GenericOp &>(link.op).getBlock();
    BodyEvaluator evaluator;
    evaluator.count = numbers.size();
    for (const auto &[value, constant] : link.constants)
      evaluator.known[value] = Column(numbers.size(), constant.of(channel));
    evaluator.known[body.getArgument(link.argument)] = std::move(numbers);
    for (Operation &op : body.without_terminator()) {
      if (isa<arith::ConstantOp>(op))
        continue;
      std::optional<Column> result = evaluator.compute(op);
      assert(result && "canEvaluate() has looked");
      evaluator.known[op.getResult(0)] = std::move(*result);
    }
    numbers = evaluator.known[body.getTerminator()->getOperand(0)];
  }
  return numbers;
}
