//===- Match.cpp - matching elementwise arithmetic -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How a position travels through generics and reshapes.

#include "Match.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::normalize;

/// Deeper products are no pattern of a model.
static constexpr unsigned maxProductDepth = 8;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Positions along dimensions of size one are 0, so that equal places look
/// equal.
static Term tensorTerm(Value tensor, AffineMap map) {
  SmallVector<AffineExpr> exprs(map.getResults());
  for (auto [i, size] : llvm::enumerate(typeOf(tensor).getShape()))
    if (size == 1)
      exprs[i] = getAffineConstantExpr(0, map.getContext());
  return {
      tensor, {}, AffineMap::get(map.getNumDims(), 0, exprs, map.getContext())};
}

Term quantc::normalize::elementOf(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return tensorTerm(tensor, AffineMap::getMultiDimIdentityMap(
                                type.getRank(), tensor.getContext()));
}

/// True for generics that compute each element of one result on its own.
static bool isElementwise(linalg::GenericOp op) {
  return op->getNumResults() == 1 &&
         op.getNumLoops() == op.getNumParallelLoops() &&
         op.getIndexingMapsArray().back().isIdentity() &&
         op.hasPureTensorSemantics() &&
         !op.payloadUsesValueFromOperand(op.getDpsInitOperand(0));
}

/// The yielded payload value when the term is a result of an elementwise
/// generic.
static std::optional<Term> yielded(const Term &term) {
  auto generic = term.value.getDefiningOp<linalg::GenericOp>();
  if (term.generic || !generic || !isElementwise(generic))
    return std::nullopt;
  auto yield = cast<linalg::YieldOp>(generic.getBody()->getTerminator());
  return Term{yield.getOperand(0), generic, term.map};
}

/// The element of an input when the term is an argument of a payload.
static std::optional<Term> inputOf(const Term &term) {
  auto argument = dyn_cast<BlockArgument>(term.value);
  linalg::GenericOp generic = term.generic;
  if (!generic || !argument || argument.getOwner() != generic.getBody())
    return std::nullopt;
  unsigned i = argument.getArgNumber();
  if (i >= generic.getInputs().size())
    return std::nullopt;
  Value input = generic.getInputs()[i];
  if (!isa<RankedTensorType>(input.getType()))
    return std::nullopt;
  return tensorTerm(input, generic.getIndexingMapsArray()[i].compose(term.map));
}

/// Where the element of a reshaped tensor was before; nullopt unless the
/// reshape only adds or drops dimensions of size one. `isExpanded` tells the
/// direction.
static std::optional<Term> beforeReshape(Value before,
                                         ArrayRef<ReassociationIndices> groups,
                                         ArrayRef<int64_t> wide,
                                         bool isExpanded, AffineMap map) {
  SmallVector<AffineExpr> exprs;
  AffineExpr zero = getAffineConstantExpr(0, map.getContext());
  for (auto [narrow, group] : llvm::enumerate(groups)) {
    AffineExpr kept = zero;
    unsigned large = 0;
    for (int64_t d : group) {
      bool isLarge = wide[d] != 1;
      large += isLarge;
      if (isExpanded && isLarge)
        kept = map.getResult(d);
      if (!isExpanded)
        exprs.push_back(isLarge ? map.getResult(narrow) : zero);
    }
    if (large > 1)
      return std::nullopt;
    if (isExpanded)
      exprs.push_back(kept);
  }
  if (!isExpanded && groups.empty())
    exprs.assign(wide.size(), zero);
  return tensorTerm(
      before, AffineMap::get(map.getNumDims(), 0, exprs, map.getContext()));
}

/// One step of `source` through an operation on tensors.
static std::optional<Term> beforeMove(const Term &term) {
  Operation *op = term.value.getDefiningOp();
  if (auto cast = dyn_cast_if_present<tensor::CastOp>(op))
    return isa<RankedTensorType>(cast.getSource().getType())
               ? std::optional(tensorTerm(cast.getSource(), term.map))
               : std::nullopt;
  if (auto expand = dyn_cast_if_present<tensor::ExpandShapeOp>(op))
    return beforeReshape(expand.getSrc(), expand.getReassociationIndices(),
                         expand.getResultType().getShape(), true, term.map);
  if (auto collapse = dyn_cast_if_present<tensor::CollapseShapeOp>(op))
    return beforeReshape(collapse.getSrc(), collapse.getReassociationIndices(),
                         collapse.getSrcType().getShape(), false, term.map);
  if (auto transpose = dyn_cast_if_present<linalg::TransposeOp>(op)) {
    SmallVector<AffineExpr> exprs(term.map.getNumResults());
    for (auto [to, from] : llvm::enumerate(transpose.getPermutation()))
      exprs[from] = term.map.getResult(to);
    return tensorTerm(
        transpose.getInput(),
        AffineMap::get(term.map.getNumDims(), 0, exprs, term.map.getContext()));
  }
  return std::nullopt;
}

Term quantc::normalize::source(Term term, std::optional<int64_t> rank) {
  while (true) {
    if (!term.generic && rank && typeOf(term.value).getRank() == *rank)
      return term;
    if (std::optional<Term> payload = yielded(term)) {
      std::optional<Term> input = inputOf(*payload);
      if (!input)
        return term; // a tensor that is computed
      term = *input;
    } else if (std::optional<Term> input = inputOf(term)) {
      term = *input;
    } else if (std::optional<Term> before =
                   term.generic ? std::nullopt : beforeMove(term)) {
      term = *before;
    } else {
      return term;
    }
  }
}

Operation *quantc::normalize::definition(Term &term) {
  Term at = source(term);
  if (std::optional<Term> payload = yielded(at))
    at = *payload;
  Operation *op = at.value.getDefiningOp();
  if (!at.generic || !op || op->getBlock() != at.generic.getBody())
    return nullptr;
  term = at;
  return op;
}

Term quantc::normalize::operand(const Term &payload, unsigned i) {
  Term term{payload.value.getDefiningOp()->getOperand(i), payload.generic,
            payload.map};
  if (std::optional<Term> input = inputOf(term))
    return *input;
  return term;
}

static std::optional<double> asNumber(Attribute attribute) {
  if (auto elements = dyn_cast_if_present<DenseElementsAttr>(attribute)) {
    if (elements.getNumElements() != 1)
      return std::nullopt;
    attribute = elements.getSplatValue<Attribute>();
  }
  if (auto number = dyn_cast_if_present<FloatAttr>(attribute))
    return number.getValueAsDouble();
  if (auto number = dyn_cast_if_present<IntegerAttr>(attribute))
    return static_cast<double>(number.getValue().getSExtValue());
  return std::nullopt;
}

std::optional<double> quantc::normalize::constantOf(Term term) {
  term = source(term);
  if (auto fill = term.value.getDefiningOp<linalg::FillOp>())
    term.value = fill.getInputs()[0];
  if (auto param = term.value.getDefiningOp<nn::ParamOp>()) {
    auto data = SymbolTable::lookupNearestSymbolFrom<nn::DataOp>(
        param, param.getNameAttr());
    return data && data.getValue() ? asNumber(*data.getValue()) : std::nullopt;
  }
  Attribute attribute;
  if (matchPattern(term.value, m_Constant(&attribute)))
    return asNumber(attribute);
  return std::nullopt;
}

bool quantc::normalize::isWhole(const Term &term, RankedTensorType type) {
  return !term.generic && term.value.getType() == type &&
         term == elementOf(term.value);
}

bool quantc::normalize::isVectorAlong(const Term &term, unsigned dim) {
  return !term.generic && term.map.getNumResults() == 1 &&
         term.map.getResult(0) == getAffineDimExpr(dim, term.map.getContext());
}

bool Product::takeFactor(const Term &term) {
  auto *found = llvm::find(factors, term);
  if (found == factors.end())
    return false;
  factors.erase(found);
  return true;
}

static void addFactors(Term term, const Term *stop, bool isInverse,
                       unsigned depth, Product &product) {
  Term x, y;
  bool isStop = stop && term == *stop,
       canDescend = !isStop && depth < maxProductDepth;
  if (std::optional<double> number = isStop ? std::nullopt : constantOf(term)) {
    product.number =
        isInverse ? product.number / *number : product.number * *number;
  } else if (canDescend && matchBinary<arith::MulFOp>(term, x, y)) {
    addFactors(x, stop, isInverse, depth + 1, product);
    addFactors(y, stop, isInverse, depth + 1, product);
  } else if (canDescend && matchBinary<arith::DivFOp>(term, x, y)) {
    addFactors(x, stop, isInverse, depth + 1, product);
    addFactors(y, stop, !isInverse, depth + 1, product);
  } else if (canDescend && matchUnary<arith::NegFOp>(term, x)) {
    product.number = -product.number;
    addFactors(x, stop, isInverse, depth + 1, product);
  } else {
    (isInverse ? product.divisors : product.factors).push_back(term);
  }
}

Product quantc::normalize::productOf(Term term, const Term *stop) {
  Product product;
  addFactors(term, stop, false, 0, product);
  return product;
}

std::optional<Reduction>
quantc::normalize::matchReduction(Term term, nn::ReduceKind kind) {
  term = source(term);
  auto reduce = term.value.getDefiningOp<nn::ReduceOp>();
  if (term.generic || !reduce || reduce.getKind() != kind ||
      reduce.getAxes().size() != 1)
    return std::nullopt;
  Value input = reduce.getInput();
  int64_t axis = reduce.getAxes()[0], rank = typeOf(input).getRank();
  if (term.map.getNumDims() != rank)
    return std::nullopt;
  Term own = elementOf(input);
  for (int64_t d = 0; d < rank; ++d) {
    if (d == axis)
      continue;
    int64_t at = d > axis && !reduce.getKeepdims() ? d - 1 : d;
    if (term.map.getResult(at) != own.map.getResult(d))
      return std::nullopt;
  }
  return Reduction{input, axis};
}

bool quantc::normalize::isClose(double a, double b) {
  return std::abs(a - b) <= 1e-6 * std::max(std::abs(a), std::abs(b));
}
