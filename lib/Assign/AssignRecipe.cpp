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
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Target/CodeLines.h"

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

std::string nameOf(Operation *op) {
  auto name = dyn_cast<NameLoc>(op->getLoc());
  return name ? name.getName().str() : op->getName().getStringRef().str();
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
                        nameOf(op), matmul ? "MatMul" : "Conv",
                        matmul && !matmul.getTransposeRhs() ? 0 : 1, model});
  });
  return products;
}

/// Numbers in a filter of one channel.
int64_t tapsOf(nn::ConvOp conv) {
  auto filter = cast<RankedTensorType>(conv.getFilter().getType());
  return filter.getNumElements() / filter.getDimSize(0);
}

/// The same for weights of signs.
std::string findSignObstacle(const Product &product,
                             const WeightChoice &weights) {
  if (!isa<nn::MatMulOp>(product.op))
    return "binary and codebook weights have kernels for matrix products only";
  int64_t line = weights.codebookDim ? weights.codebookDim : codeLineColumns(1);
  if (weights.groupSize % line != 0)
    return "groups of " + std::to_string(weights.groupSize) +
           " are no multiple of " + std::to_string(line);
  return "";
}

/// Why no kernel computes `product` as the recipe asks, or nothing.
std::string findObstacle(const Product &product, const ResolvedLayer &layer) {
  auto conv = dyn_cast<nn::ConvOp>(product.op);
  int64_t rank =
      cast<RankedTensorType>(product.weight->get().getType()).getRank();
  if (!conv && rank != 2)
    return "weights of rank " + std::to_string(rank) +
           " have no kernel for codes";
  if (conv && conv.getGroups() != 1 && !isDepthwise(conv))
    return "grouped convolutions have no integer kernel";
  if (conv && layer.activations.kind == ActivationChoice::DynamicToken)
    return "convolutions have kernels for static or float activations only";
  unsigned bits = layer.weights.bits;
  if (layer.weights.hasSigns())
    return findSignObstacle(product, layer.weights);
  if (conv && layer.weights.code != "uint")
    return "convolutions have no kernel for " + layer.weights.code + " codes";
  if (conv && layer.weights.scale != "f32" && layer.weights.scale != "f16")
    return "convolutions have no kernel for " + layer.weights.scale + " scales";
  if (!hasCodeKernels(bits))
    return std::to_string(bits) + "-bit weights have no kernel";
  if (conv && conv.getGroups() != 1 && layer.weights.groupSize &&
      layer.weights.groupSize < tapsOf(conv))
    return "convolutions with one filter a channel take one scale a channel";
  // Groups are whole lines of the packed weight.
  int64_t line =
      layer.weights.hasPlanes() ? kPlaneLineInputs : codeLineColumns(bits);
  if (layer.weights.groupSize % line != 0)
    return "groups of " + std::to_string(layer.weights.groupSize) +
           " are no multiple of " + std::to_string(line);
  return "";
}

qnt::SchemeAttr noScheme(MLIRContext *context, StringRef reason) {
  return qnt::SchemeAttr::get(
      context, qnt::CodeKind::None, 0, qnt::Granularity::Tensor, 0, 0, false,
      qnt::ScaleKind::F32, 0, 0, false, StringAttr::get(context, reason));
}

qnt::SchemeAttr weightScheme(MLIRContext *context, const Product &product,
                             const WeightChoice &choice) {
  bool hasGroups = choice.groupSize > 0;
  DenseI64ArrayAttr widths;
  if (!choice.widths.empty())
    widths = DenseI64ArrayAttr::get(context, choice.widths);
  return qnt::SchemeAttr::get(
      context, *qnt::symbolizeCodeKind(choice.code), choice.bits,
      hasGroups ? qnt::Granularity::Group : qnt::Granularity::Channel,
      product.reduction, choice.groupSize, !choice.symmetric,
      *qnt::symbolizeScaleKind(choice.scale), choice.codebookSize,
      choice.codebookDim, false, {}, widths);
}

qnt::SchemeAttr activationScheme(MLIRContext *context,
                                 const ActivationChoice &choice) {
  bool isDynamic = choice.kind == ActivationChoice::DynamicToken;
  if (choice.kind == ActivationChoice::Float)
    return noScheme(context, "the recipe keeps activations in floating point");
  return qnt::SchemeAttr::get(context, qnt::CodeKind::Int, choice.bits,
                              isDynamic ? qnt::Granularity::Token
                                        : qnt::Granularity::Tensor,
                              0, 0, !isDynamic || !choice.symmetric,
                              qnt::ScaleKind::F32, 0, 0, isDynamic, {});
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
    if (!given) {
      auto read = Recipe::load(recipe);
      if (!read) {
        getOperation().emitError() << llvm::toString(read.takeError());
        return signalPassFailure();
      }
      loaded = std::move(*read);
    }
    const Recipe &asked = given ? *given : *loaded;
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
    ActivationChoice::Kind kind = layer.activations.kind;
    if (!layer.weights.hasSigns() || !isa<nn::MatMulOp>(product.op) ||
        kind == ActivationChoice::Float)
      return success();
    if (layer.weights.codebookDim > 0)
      return product.op->emitError("has codebook weights, which have kernels "
                                   "for float activations only");
    if (kind == ActivationChoice::StaticTensor)
      return product.op->emitError("has binary weights, which have kernels for "
                                   "float or dynamic activations only");
    return success();
  }

  LogicalResult apply(const Product &product, const ResolvedLayer &layer) {
    if (failed(checkActivations(product, layer)))
      return failure();
    MLIRContext *context = &getContext();
    std::string obstacle =
        !layer.weights.quantized
            ? (layer.reason.empty() ? "the recipe keeps it in floating point"
                                    : layer.reason)
            : findObstacle(product, layer);
    if (!obstacle.empty()) {
      assign(*product.weight, noScheme(context, obstacle), "");
      assign(*product.activation, noScheme(context, obstacle), "");
      ++left;
      return success();
    }
    assign(*product.weight, weightScheme(context, product, layer.weights),
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
        weights += cast<RankedTensorType>(op.getType()).getNumElements();
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
