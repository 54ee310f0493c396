//===- Payload.cpp - elementwise operations on feature axes -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A body of additions, and of multiplications by what is the same for all
// features, is linear in the features: it commutes with every matrix that
// mixes them.

#include "Payload.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

FeatureForm quantc::formOfOperand(AffineMap map, unsigned feature) {
  if (!map.isFunctionOfDim(feature))
    return FeatureForm::Shared;
  ArrayRef<AffineExpr> results = map.getResults();
  bool isLast = results.back() == getAffineDimExpr(feature, map.getContext());
  bool isOnce = llvm::none_of(results.drop_back(), [&](AffineExpr expr) {
    return expr.isFunctionOfDim(feature);
  });
  return isLast && isOnce ? FeatureForm::Linear : FeatureForm::Other;
}

namespace {
/// The forms of the values of one body.
class Body {
public:
  Body(linalg::GenericOp generic, unsigned feature) : feature(feature) {
    for (OpOperand &operand : generic->getOpOperands())
      forms[generic.getMatchingBlockArgument(&operand)] =
          formOfOperand(generic.getMatchingIndexingMap(&operand), feature);
    for (Operation &op : generic.getBlock()->without_terminator())
      for (Value result : op.getResults())
        forms[result] = formOf(&op);
  }

  /// What is not of the body is one number.
  FeatureForm of(Value value) const {
    auto found = forms.find(value);
    return found == forms.end() ? FeatureForm::Shared : found->second;
  }
  std::string reason; ///< the first step that is not linear

private:
  FeatureForm formOf(Operation *op) {
    if (auto index = dyn_cast<linalg::IndexOp>(op))
      return index.getDim() == feature ? other(op) : FeatureForm::Shared;
    bool allShared = llvm::all_of(op->getOperands(), [&](Value value) {
      return of(value) == FeatureForm::Shared;
    });
    if (allShared)
      return FeatureForm::Shared;
    auto is = [&](unsigned i, FeatureForm form) {
      return of(op->getOperand(i)) == form;
    };
    constexpr auto linear = FeatureForm::Linear, shared = FeatureForm::Shared;
    bool isLinear =
        TypeSwitch<Operation *, bool>(op)
            .Case<arith::AddFOp, arith::SubFOp>(
                [&](auto) { return is(0, linear) && is(1, linear); })
            .Case([&](arith::MulFOp) {
              return (is(0, linear) && is(1, shared)) ||
                     (is(0, shared) && is(1, linear));
            })
            .Case([&](arith::DivFOp) { return is(0, linear) && is(1, shared); })
            .Case<arith::NegFOp, arith::ExtFOp, arith::TruncFOp>(
                [&](auto) { return is(0, linear); })
            .Case([&](arith::SelectOp) {
              return is(0, shared) && is(1, linear) && is(2, linear);
            })
            .Default([](Operation *) { return false; });
    return isLinear ? linear : other(op);
  }

  FeatureForm other(Operation *op) {
    if (reason.empty())
      reason = isa<arith::MulFOp, arith::DivFOp>(op)
                   ? "multiplies each feature by a number of its own"
               : isa<arith::AddFOp, arith::SubFOp>(op)
                   ? "adds one number to all features"
                   : ("computes " + op->getName().getStringRef() +
                      " of each feature")
                         .str();
    return FeatureForm::Other;
  }

  unsigned feature;
  llvm::DenseMap<Value, FeatureForm> forms;
};
} // namespace

PayloadForm quantc::classifyPayload(linalg::GenericOp generic) {
  PayloadForm result;
  auto fail = [&](StringRef reason) {
    result.form = FeatureForm::Other;
    result.reason = reason.str();
    for (OpOperand &operand : generic->getOpOperands())
      result.other.push_back(&operand);
    return result;
  };
  if (generic.getNumResults() != 1 ||
      generic.getNumParallelLoops() != generic.getNumLoops())
    return fail("is no elementwise operation of one result");
  AffineMap map = generic.getMatchingIndexingMap(generic.getDpsInitOperand(0));
  if (!map.isIdentity() || map.getNumResults() == 0)
    return fail("writes its elements in another order");
  unsigned feature = map.getNumResults() - 1;
  Body body(generic, feature);
  result.form = body.of(generic.getBlock()->getTerminator()->getOperand(0));
  result.reason = body.reason;
  if (result.form != FeatureForm::Other)
    result.reason.clear();
  for (OpOperand &operand : generic->getOpOperands()) {
    Value argument = generic.getMatchingBlockArgument(&operand);
    if (argument.use_empty())
      continue;
    FeatureForm form = body.of(argument);
    if (form == FeatureForm::Other && result.reason.empty()) {
      result.form = FeatureForm::Other;
      result.reason = "reads features in another order";
    }
    if (form != FeatureForm::Shared)
      (form == FeatureForm::Linear ? result.linear : result.other)
          .push_back(&operand);
  }
  if (result.form == FeatureForm::Other) {
    llvm::append_range(result.other, result.linear);
    result.linear.clear();
  }
  return result;
}
