//===- AssignRecipe.cpp - schemes from the recipe -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Turns what the recipe says of a layer into schemes, as far as there are
// kernels. Which layers a rule means is the business of Recipe.

#include "ModelSchemes.h"
#include "mlir/IR/PatternMatch.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Assign/WeightSchemes.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Recipe/GivenRecipe.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_ASSIGNRECIPE
#include "quantc/Assign/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
/// A product with a constant weight.
struct Product {
  Operation *op;
  OpOperand *activation, *weight;
  std::string name;
  StringRef kind;    ///< operator, as recipes name it
  int64_t reduction; ///< dimension of the weight that is summed over
  /// What the weight is dequantized by when the model came quantized; or null.
  qnt::DequantizeOp model;
};

/// What dequantizes a constant; null for other values.
qnt::DequantizeOp modelWeight(Value weight) {
  auto dequantize = weight.getDefiningOp<qnt::DequantizeOp>();
  bool isConstant =
      dequantize && dequantize.getCodes().getDefiningOp<nn::ParamOp>();
  return isConstant ? dequantize : qnt::DequantizeOp();
}

SmallVector<Product> findProducts(ModuleOp module) {
  SmallVector<Product> products;
  module.walk([&](Operation *op) {
    if (!isa<nn::MatMulOp, nn::ConvOp>(op))
      return;
    qnt::DequantizeOp model = modelWeight(op->getOperand(1));
    if (!model && !qnt::TransformOp::paramOf(op->getOperand(1)))
      return;
    auto matmul = dyn_cast<nn::MatMulOp>(op);
    products.push_back({op, &op->getOpOperand(0), &op->getOpOperand(1),
                        nodeOf(op), matmul ? "MatMul" : "Conv",
                        matmul && !matmul.getTransposeRhs() ? 0 : 1, model});
  });
  return products;
}

qnt::SchemeAttr noScheme(MLIRContext *context, StringRef reason) {
  return qnt::SchemeAttr::get(context, qnt::CodeKind::None, 0,
                              qnt::Granularity::Tensor, 0, 0, false,
                              qnt::ZeroKind::Code, qnt::ScaleKind::F32, 0, 0,
                              false, StringAttr::get(context, reason), {});
}

qnt::SchemeAttr activationScheme(MLIRContext *context,
                                 const ActivationChoice &choice) {
  bool isDynamic = choice.kind == ActivationChoice::DynamicToken;
  if (choice.kind == ActivationChoice::Float)
    return noScheme(context, "the recipe keeps activations in floating point");
  return qnt::SchemeAttr::get(
      context, qnt::CodeKind::Int, choice.bits,
      isDynamic ? qnt::Granularity::Token : qnt::Granularity::Tensor, 0, 0,
      !isDynamic || !choice.symmetric, qnt::ZeroKind::Code, qnt::ScaleKind::F32,
      0, 0, isDynamic, {});
}

void assign(OpOperand &operand, qnt::SchemeAttr scheme, StringRef method) {
  OpBuilder b(operand.getOwner());
  StringAttr name = method.empty() ? StringAttr() : b.getStringAttr(method);
  operand.set(qnt::AssignOp::create(b, operand.getOwner()->getLoc(),
                                    operand.get().getType(), operand.get(),
                                    scheme, name));
}

/// The weight of a product whose rows are its output channels, when it gets
/// codes and is a parameter as it is stored.
qnt::AssignOp rowWeight(const Product &product) {
  auto matmul = dyn_cast<nn::MatMulOp>(product.op);
  auto weight = product.weight->get().getDefiningOp<qnt::AssignOp>();
  bool isRows = matmul && matmul.getTransposeRhs() && weight &&
                !weight.getScheme().isNone() && !weight.isFromModel() &&
                weight.getInput().getDefiningOp<nn::ParamOp>();
  return isRows ? weight : qnt::AssignOp();
}

struct AssignRecipe : quantc::impl::AssignRecipeBase<AssignRecipe> {
  using Base::Base;
  explicit AssignRecipe(const Recipe &given) : given(&given) {}

  void runOnOperation() override {
    std::optional<Recipe> loaded;
    const Recipe *found = findRecipe(getOperation(), given, recipe, loaded);
    if (!found)
      return signalPassFailure();
    const Recipe &asked = *found;
    SmallVector<Product> products = findProducts(getOperation());
    std::vector<std::string> names, kinds;
    for (const Product &product : products) {
      names.push_back(product.name);
      kinds.push_back(product.kind.str());
    }
    for (auto [i, product] : llvm::enumerate(products)) {
      if (!product.model) {
        if (failed(apply(product, asked.resolve(product.name, product.kind, i,
                                                products.size()))))
          return signalPassFailure();
        continue;
      }
      // Presets have rules for the first and last layer; what came quantized is
      // none of them. Rules by name and operator are the user's.
      if (failed(keep(product, asked.resolve(product.name, product.kind,
                                             /*index=*/1, /*count=*/3))))
        return signalPassFailure();
    }
    if (llvm::Error error = asked.checkRulesMatched(names, kinds)) {
      getOperation().emitError() << llvm::toString(std::move(error));
      return signalPassFailure();
    }
    limitBranches(asked.lowRankBudget());
    if (asked.tiesEmbeddings() && failed(tieEmbeddings(products)))
      signalPassFailure();
  }

  /// Gives embeddings the scheme of the product that shares their table.
  LogicalResult tieEmbeddings(ArrayRef<Product> products) {
    llvm::DenseMap<Attribute, qnt::AssignOp> weights;
    for (const Product &product : products)
      if (qnt::AssignOp weight = rowWeight(product))
        weights.try_emplace(
            weight.getInput().getDefiningOp<nn::ParamOp>().getNameAttr(),
            weight);
    bool isAny = false;
    getOperation().walk([&](nn::EmbeddingOp op) {
      auto table = op.getTable().getDefiningOp<nn::ParamOp>();
      qnt::AssignOp weight =
          table ? weights.lookup(table.getNameAttr()) : qnt::AssignOp();
      if (!weight || weight.getScheme().hasSigns())
        return;
      assign(op.getTableMutable(), weight.getScheme(),
             weight.getMethod().value_or(""));
      isAny = true;
    });
    if (isAny)
      return success();
    return getOperation().emitError(
        "the recipe says 'tied_embeddings', but the table of no embedding is, "
        "in the same order and without transforms, the weight of a product "
        "that is quantized to integers");
  }

  /// Activations that no kernel multiplies signs by. Staying in floating point
  /// is not what was asked for.
  static LogicalResult checkActivations(const Product &product,
                                        const ResolvedLayer &layer) {
    std::string obstacle =
        findSignActivationObstacle(layer.weights, layer.activations.kind);
    if (obstacle.empty() || !isa<nn::MatMulOp>(product.op))
      return success();
    return product.op->emitError("has ") << obstacle;
  }

  LogicalResult apply(const Product &product, const ResolvedLayer &layer) {
    if (failed(checkActivations(product, layer)))
      return failure();
    MLIRContext *context = &getContext();
    std::string obstacle =
        !layer.weights.quantized
            ? (layer.reason.empty() ? "the recipe keeps it in floating point"
                                    : layer.reason)
            : findObstacle(product.op, layer.weights, layer.activations);
    if (!obstacle.empty()) {
      assign(*product.weight, noScheme(context, obstacle), "");
      assign(*product.activation, noScheme(context, obstacle), "");
      ++left;
      return success();
    }
    assign(*product.weight,
           weightScheme(context, layer.weights, product.reduction),
           layer.method);
    assign(*product.activation, activationScheme(context, layer.activations),
           "");
    addBranch(product, layer.lowRank);
    ++assigned;
    return success();
  }

  /// Asks for a low-rank branch beside the codes of a matrix product.
  void addBranch(const Product &product, const LowRankChoice &choice) {
    auto type = dyn_cast<RankedTensorType>(product.weight->get().getType());
    if (!isa<nn::MatMulOp>(product.op) || choice.rank == 0)
      return;
    int64_t rank =
        std::min({choice.rank, type.getDimSize(0), type.getDimSize(1)});
    auto weight = product.weight->get().getDefiningOp<qnt::AssignOp>();
    Builder b(&getContext());
    weight->setAttr(qnt::AssignOp::rankAttr, b.getI64IntegerAttr(rank));
    weight->setAttr(qnt::AssignOp::lowRankAttr, b.getStringAttr(choice.method));
  }

  /// Leaves at the module how many bytes all branches may take.
  void limitBranches(const LowRankBudget &budget) {
    if (!budget.isAny())
      return;
    int64_t weights = 0;
    getOperation().walk([&](qnt::AssignOp op) {
      if (op->hasAttr(qnt::AssignOp::rankAttr))
        weights += op.countOfModel();
    });
    int64_t bytes =
        budget.bytes
            ? *budget.bytes
            : int64_t(*budget.bitsPerWeight / 8 * static_cast<double>(weights));
    getOperation()->setAttr(qnt::AssignOp::lowRankBytesAttr,
                            Builder(&getContext()).getI64IntegerAttr(bytes));
  }

  /// A layer that came quantized keeps its codes, unless a rule skips it.
  LogicalResult keep(const Product &product, const ResolvedLayer &layer) {
    MLIRContext *context = &getContext();
    bool isSkipped = layer.ruleIndex >= 0 && !layer.weights.quantized;
    if (layer.ruleIndex >= 0 && !isSkipped)
      return product.op->emitError("came quantized with the model, but rule ")
             << layer.ruleIndex + 1
             << " of the recipe asks for other codes; a rule can only skip it";
    ModelSchemes schemes;
    if (isSkipped) {
      schemes.reason = layer.reason;
    } else {
      auto chosen = chooseModelSchemes(product.op, product.model, reader);
      if (!chosen)
        return product.op->emitError(llvm::toString(chosen.takeError()));
      schemes = std::move(*chosen);
    }
    // Codes of a product that does not take them are numbers to it.
    std::string reason = schemes.reason;
    if (!schemes.weight)
      reason = "codes from model, computed as numbers: " + reason;
    qnt::SchemeAttr none = noScheme(context, reason);
    StringRef method = qnt::AssignOp::modelMethod;
    assign(*product.weight, schemes.weight ? schemes.weight : none,
           schemes.weight ? method : "");
    assign(*product.activation, schemes.activation ? schemes.activation : none,
           schemes.activation ? method : "");
    ++(schemes.weight ? kept : left);
    return success();
  }

  const Recipe *given = nullptr;
  qnt::DataReader reader;
};
} // namespace

std::unique_ptr<Pass> quantc::createAssignRecipe(const Recipe &recipe) {
  return std::make_unique<AssignRecipe>(recipe);
}
