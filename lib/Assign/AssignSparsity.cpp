//===- AssignSparsity.cpp - inputs that are left out ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Decides which products leave out small inputs (TEAL, arXiv 2408.14690), and
// takes the thresholds that samples gave. How many inputs a layer leaves out is
// the business of Recipe.

#include "mlir/IR/SymbolTable.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Recipe/GivenRecipe.h"
#include "quantc/Target/CodeLines.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_ASSIGNSPARSITY
#include "quantc/Assign/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// `value` behind what says its scheme.
static Value skipAssign(Value value) {
  auto assign = value.getDefiningOp<qnt::AssignOp>();
  return assign ? assign.getInput() : value;
}

/// True when a rotation has spread the inputs of `product` evenly: in the
/// weights of the product, or when the model runs.
static bool hasRotatedInputs(nn::MatMulOp product) {
  Value weight = skipAssign(product.getRhs());
  auto axis = product.getTransposeRhs() ? 1 : 0;
  while (auto transform = weight.getDefiningOp<qnt::TransformOp>()) {
    if (transform.getKind() == qnt::TransformKind::Hadamard &&
        static_cast<int64_t>(transform.getAxis()) == axis)
      return true;
    weight = transform.getInput();
  }
  return skipAssign(product.getLhs()).getDefiningOp<qnt::RotateOp>() != nullptr;
}

/// Parameters whose codes embeddings read.
static llvm::DenseSet<Attribute> tablesWithCodes(ModuleOp module) {
  llvm::DenseSet<Attribute> tables;
  module.walk([&](nn::EmbeddingOp op) {
    auto assign = op.getTable().getDefiningOp<qnt::AssignOp>();
    auto param =
        assign ? assign.getInput().getDefiningOp<nn::ParamOp>() : nn::ParamOp();
    if (param && !assign.getScheme().isNone())
      tables.insert(param.getNameAttr());
  });
  return tables;
}

/// Why `product` cannot leave out inputs; empty when it can.
static std::string findObstacle(nn::MatMulOp product,
                                const llvm::DenseSet<Attribute> &tables) {
  auto weight = product.getRhs().getDefiningOp<qnt::AssignOp>();
  if (weight.getScheme().isNone())
    return "weights in floating point have no kernel that leaves out inputs";
  unsigned bits = weight.getScheme().getBits();
  if (weight.getScheme().getCode() != qnt::CodeKind::UInt)
    return (qnt::stringifyCodeKind(weight.getScheme().getCode()) +
            " codes are not stored in columns")
        .str();
  qnt::ScaleKind scale = weight.getScheme().getScale();
  if (scale != qnt::ScaleKind::F32 && scale != qnt::ScaleKind::F16)
    return "weights with scales of 8 bits are not stored in columns";
  if (!hasColumnLayout(bits))
    return std::to_string(bits) + "-bit weights are not stored in columns";
  auto activation = product.getLhs().getDefiningOp<qnt::AssignOp>();
  if (activation && !activation.getScheme().isNone())
    return "its inputs are codes; only float inputs are left out";
  if (hasRotatedInputs(product))
    return "its inputs are rotated: their small numbers carry too much";
  auto param = weight.getInput().getDefiningOp<nn::ParamOp>();
  if (param && tables.contains(param.getNameAttr()))
    return "an embedding reads its weights, row by row";
  return "";
}

namespace {
struct AssignSparsity : quantc::impl::AssignSparsityBase<AssignSparsity> {
  using Base::Base;
  explicit AssignSparsity(const Recipe &given) : given(&given) {}

  void runOnOperation() override {
    std::optional<Recipe> loaded;
    const Recipe *found = findRecipe(getOperation(), given, recipe, loaded);
    if (!found)
      return signalPassFailure();
    const Recipe &asked = *found;
    SmallVector<Operation *> products; // as assign-recipe counts them
    getOperation().walk([&](Operation *op) {
      if (isa<nn::MatMulOp, nn::ConvOp>(op) &&
          op->getOperand(1).getDefiningOp<qnt::AssignOp>())
        products.push_back(op);
    });
    llvm::DenseSet<Attribute> tables = tablesWithCodes(getOperation());
    Builder b(&getContext());
    for (auto [i, op] : llvm::enumerate(products)) {
      auto product = dyn_cast<nn::MatMulOp>(op);
      if (!product)
        continue;
      double share =
          asked.resolve(nodeOf(op), "MatMul", i, products.size()).sparsity;
      // What a budget chose counts.
      if (auto chosen = op->getAttrOfType<FloatAttr>(sparsityName))
        share = chosen.getValueAsDouble();
      op->removeAttr(sparsityName);
      std::string obstacle = share == 0 ? "" : findObstacle(product, tables);
      if (share == 0 || !obstacle.empty())
        product.getRhs().getDefiningOp<qnt::AssignOp>().dropRemainder();
      if (share == 0)
        continue;
      if (obstacle.empty())
        op->setAttr(sparsityName, b.getF64FloatAttr(share));
      else
        op->setAttr(denseName, b.getStringAttr(obstacle));
      ++(obstacle.empty() ? sparse : dense);
    }
  }

  const Recipe *given = nullptr;
};
} // namespace

std::unique_ptr<Pass> quantc::createAssignSparsity(const Recipe &recipe) {
  return std::make_unique<AssignSparsity>(recipe);
}

SmallVector<nn::MatMulOp> quantc::findSparseProducts(ModuleOp module) {
  SmallVector<nn::MatMulOp> products;
  module.walk([&](nn::MatMulOp op) {
    if (op->hasAttr(sparsityName))
      products.push_back(op);
  });
  return products;
}

void quantc::setThresholds(ModuleOp module, ArrayRef<float> thresholds,
                           bool oneRow) {
  SymbolTable symbols(module);
  SmallVector<nn::MatMulOp> products = findSparseProducts(module);
  for (auto [product, tau] : llvm::zip_equal(products, thresholds)) {
    OpBuilder b(product), top(module.getContext());
    Location loc = product.getLoc();
    auto type = RankedTensorType::get({1}, b.getF32Type());
    auto value = DenseElementsAttr::get(type, ArrayRef<float>(tau));
    auto data = nn::DataOp::create(top, loc, nodeOf(product) + ".threshold",
                                   type, StringAttr(), IntegerAttr(), value);
    symbols.insert(data, module.getBody()->begin());
    auto above = nn::ParamOp::create(b, loc, type, data.getSymName());
    auto assign = product.getLhs().getDefiningOp<qnt::AssignOp>();
    // Numbers first, then what becomes of them.
    OpOperand &operand =
        assign ? assign.getInputMutable() : product.getLhsMutable();
    if (assign) {
      above->moveBefore(assign);
      b.setInsertionPoint(assign);
    }
    operand.set(qnt::ThresholdOp::create(b, loc, operand.get().getType(),
                                         operand.get(), above, oneRow));
    product->removeAttr(sparsityName);
  }
}
