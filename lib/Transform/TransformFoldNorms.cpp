//===- TransformFoldNorms.cpp - norms without numbers of their own -*- C++ -*-//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// gamma, beta and mean move into the constants around a norm. Whether they can
// is found in Norms.cpp.

#include "Constants.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Transform/FeatureAxes.h"
#include "quantc/Transform/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_TRANSFORMFOLDNORMS
#include "quantc/Transform/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
class NormFolder {
public:
  explicit NormFolder(ModuleOp module) : symbols(module) {}

  /// False, with a diagnostic, when a weight cannot be read.
  LogicalResult fold(func::FuncOp function);
  int64_t gammas = 0, betas = 0, means = 0;

private:
  LogicalResult foldBeta(nn::LayerNormOp norm);
  LogicalResult addBias(nn::MatMulOp reader, ArrayRef<double> beta);
  void foldGamma(Operation *norm);
  void removeMean(const FeatureClass &stream);
  SymbolTable symbols;
  qnt::DataReader reader;
};
} // namespace

/// weight^T beta, or weight beta for a weight [N, K]: what beta adds to each
/// output.
static std::vector<float> biasOf(nn::MatMulOp reader, ArrayRef<double> weight,
                                 ArrayRef<double> beta) {
  bool isNK = reader.getTransposeRhs();
  int64_t depth = beta.size(), outputs = weight.size() / depth;
  std::vector<double> sums(outputs);
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t n = 0; n < outputs; ++n)
      sums[n] += beta[k] * weight[isNK ? n * depth + k : k * outputs + n];
  return std::vector<float>(sums.begin(), sums.end());
}

LogicalResult NormFolder::addBias(nn::MatMulOp matmul, ArrayRef<double> beta) {
  auto weight = qnt::readNumbers(matmul.getRhs(), reader);
  if (!weight)
    return matmul.emitError(llvm::toString(weight.takeError()));
  OpBuilder b(matmul->getContext());
  b.setInsertionPointAfter(matmul);
  Location loc = matmul.getLoc();
  auto type = cast<RankedTensorType>(matmul.getType());
  std::vector<float> numbers = biasOf(matmul, *weight, beta);
  auto biasType =
      RankedTensorType::get({int64_t(numbers.size())}, b.getF32Type());
  StringRef name = qnt::TransformOp::paramOf(matmul.getRhs()).getName();
  Value bias =
      makeConstant(symbols, b, loc, (name + ".beta").str(),
                   DenseElementsAttr::get(biasType, ArrayRef(numbers)));
  Value empty = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, matmul.getResult()),
      type.getElementType());
  unsigned rank = type.getRank();
  AffineMap all = b.getMultiDimIdentityMap(rank),
            last = AffineMap::get(rank, 0, b.getAffineDimExpr(rank - 1));
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  auto sum = linalg::GenericOp::create(
      b, loc, type, ValueRange{matmul.getResult(), bias}, empty,
      ArrayRef{all, last, all}, loops,
      [](OpBuilder &inner, Location at, ValueRange arguments) {
        Value added =
            arith::AddFOp::create(inner, at, arguments[0], arguments[1]);
        linalg::YieldOp::create(inner, at, added);
      });
  matmul.getResult().replaceUsesWithIf(sum.getResult(0), [&](OpOperand &use) {
    return use.getOwner() != sum && !isa<tensor::DimOp>(use.getOwner());
  });
  return success();
}

LogicalResult NormFolder::foldBeta(nn::LayerNormOp norm) {
  if (!norm.getBeta() || !whyNotFoldable(norm).empty())
    return success();
  auto beta = qnt::readNumbers(norm.getBeta(), reader);
  if (!beta)
    return norm.emitError(llvm::toString(beta.takeError()));
  for (Operation *user : llvm::to_vector(norm.getResult().getUsers()))
    if (failed(addBias(cast<nn::MatMulOp>(user), *beta)))
      return failure();
  norm.getBetaMutable().clear();
  ++betas;
  return success();
}

void NormFolder::foldGamma(Operation *norm) {
  Value gamma = norm->getOperand(1);
  bool hasBeta = norm->getNumOperands() > 2;
  if (hasBeta || !whyNotFoldable(norm).empty() ||
      isUniform(gamma, reader, /*one=*/true))
    return;
  for (OpOperand &use :
       llvm::make_early_inc_range(norm->getResult(0).getUses())) {
    auto matmul = cast<nn::MatMulOp>(use.getOwner());
    OpBuilder b(matmul);
    Value weight = matmul.getRhs();
    int64_t rank = cast<RankedTensorType>(weight.getType()).getRank();
    int64_t axis = matmul.getTransposeRhs() ? rank - 1 : rank - 2;
    matmul.getRhsMutable().assign(qnt::TransformOp::create(
        b, weight.getLoc(), weight.getType(), qnt::TransformKind::Scale, weight,
        gamma, axis, 0, 0, false, qnt::SchemeAttr()));
  }
  OpBuilder b(norm);
  auto type = cast<RankedTensorType>(gamma.getType());
  auto ones = DenseElementsAttr::get(type, b.getF32FloatAttr(1));
  StringRef name = qnt::TransformOp::paramOf(gamma).getName();
  norm->setOperand(1, makeConstant(symbols, b, gamma.getLoc(),
                                   (name + ".ones").str(), ones));
  ++gammas;
}

void NormFolder::removeMean(const FeatureClass &stream) {
  bool hasBeta = llvm::any_of(stream.norms, [](Operation *norm) {
    return cast<nn::LayerNormOp>(norm).getBeta() != nullptr;
  });
  if (hasBeta)
    return;
  for (const ConstantAxis &writer : stream.writers) {
    OpBuilder b(writer.operand->getOwner());
    Value weight = writer.operand->get();
    writer.operand->set(qnt::TransformOp::create(
        b, weight.getLoc(), weight.getType(), qnt::TransformKind::Center,
        weight, Value(), writer.axis, 0, 0, false, qnt::SchemeAttr()));
  }
  for (Operation *op : stream.norms) {
    auto norm = cast<nn::LayerNormOp>(op);
    OpBuilder b(norm);
    auto plain =
        nn::RmsNormOp::create(b, norm.getLoc(), norm.getType(), norm.getInput(),
                              norm.getGamma(), norm.getEpsilonAttr());
    norm.replaceAllUsesWith(plain.getResult());
    norm.erase();
    ++means;
  }
}

LogicalResult NormFolder::fold(func::FuncOp function) {
  // Beta goes with the weights as they are: gamma comes after it.
  WalkResult walked = function.walk([&](nn::LayerNormOp norm) {
    return failed(foldBeta(norm)) ? WalkResult::interrupt()
                                  : WalkResult::advance();
  });
  if (walked.wasInterrupted())
    return failure();
  function.walk([&](Operation *op) {
    if (isa<nn::RmsNormOp, nn::LayerNormOp>(op))
      foldGamma(op);
  });
  for (const FeatureClass &stream : findCenterableClasses(function))
    removeMean(stream);
  return success();
}

namespace {
struct TransformFoldNorms
    : quantc::impl::TransformFoldNormsBase<TransformFoldNorms> {
  void runOnOperation() override {
    NormFolder folder(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.getBody().hasOneBlock() && failed(folder.fold(function)))
        return signalPassFailure();
    gammas += folder.gammas;
    betas += folder.betas;
    means += folder.means;
  }
};
} // namespace
