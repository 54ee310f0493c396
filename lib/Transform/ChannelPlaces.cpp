//===- ChannelPlaces.cpp - inputs whose channels may be chosen --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From a product back to the constants that its channels come from. What a
// rotation may not pass, activation functions and products of features, a
// choice of channels may; a sum over channels it may not.

#include "quantc/Transform/ChannelPlaces.h"
#include "Constants.h"
#include "Payload.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Target/CodeLines.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace quantc;

static bool isConstant(Value value) {
  return qnt::TransformOp::paramOf(value) != nullptr;
}

//===-- products
//-----------------------------------------------------------===//

/// True for what the phase Assign counts as a layer.
static bool isLayer(Operation *op) {
  if (!isa<nn::MatMulOp, nn::ConvOp>(op))
    return false;
  auto codes = op->getOperand(1).getDefiningOp<qnt::DequantizeOp>();
  return isConstant(op->getOperand(1)) ||
         (codes && codes.getCodes().getDefiningOp<nn::ParamOp>());
}

/// Why the weight of a layer that is quantized does not get integers, groups of
/// them in whole lines, as a matrix; empty when it does.
static std::string whyNotMeant(Operation *op, const WeightChoice &weights) {
  auto product = dyn_cast<nn::MatMulOp>(op);
  if (!product)
    return "is a convolution";
  if (!isConstant(product.getRhs()))
    return "came quantized with the model";
  if (cast<RankedTensorType>(product.getRhs().getType()).getRank() != 2)
    return "has a weight that is no matrix";
  if (weights.code != "uint")
    return "has " + weights.code + " weights, whose codes do not add up";
  if (!hasCodeKernels(weights.bits) ||
      weights.groupSize % codeLineColumns(weights.bits) != 0)
    return "has codes that no kernel takes";
  return "";
}

//===-- back to the constants
//----------------------------------------------===//

namespace {
class Search {
public:
  explicit Search(ChannelPlace &place) : place(place) {}

  /// Fills in the constants, or what forbids to use them.
  void run() {
    visit(place.value);
    for (const ChannelPlace::Reader &reader : place.readers)
      known.insert(reader.product());
    for (Operation *op : llvm::ArrayRef(place.between))
      checkReaders(op);
    if (place.isInWeights())
      return;
    place.between.clear();
    place.writers.clear();
  }

private:
  void refuse(const Twine &reason) {
    if (place.obstacle.empty())
      place.obstacle = reason.str();
  }

  void checkReaders(Operation *op) {
    for (Operation *user : op->getUsers())
      if (!known.contains(user) && !isa<tensor::DimOp>(user))
        refuse("'" + nodeOf(user) + "' reads '" + nodeOf(op) + "', too");
  }

  bool hasChannels(Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    return type.getRank() > 0 && type.getShape().back() == place.channels;
  }

  void visit(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return refuse("its channels are an input of the model");
    if (!known.insert(op).second)
      return;
    place.between.push_back(op);
    if (auto matmul = dyn_cast<nn::MatMulOp>(op))
      return visitProduct(matmul);
    if (auto activation = dyn_cast<nn::ActivationOp>(op))
      return visit(activation.getInput());
    if (auto generic = dyn_cast<linalg::GenericOp>(op))
      return visitElementwise(generic);
    if (isa<nn::RmsNormOp, nn::LayerNormOp>(op))
      return refuse("'" + nodeOf(op) + "' is a norm of all channels");
    refuse("'" + nodeOf(op) + "' (" + op->getName().getStringRef() +
           ") gives its channels, which no constant chooses");
  }

  void visitProduct(nn::MatMulOp product) {
    auto type = cast<RankedTensorType>(product.getRhs().getType());
    if (!isConstant(product.getRhs()) || type.getRank() != 2)
      return refuse("'" + nodeOf(product) + "' multiplies computed values");
    place.writers.push_back(
        {&product.getRhsMutable(), product.getTransposeRhs() ? 0 : 1});
  }

  void visitElementwise(linalg::GenericOp op) {
    std::string reason = whyNotByChannel(op);
    if (!reason.empty())
      return refuse("'" + nodeOf(op) + "' " + reason);
    unsigned channel = op.getNumLoops() - 1;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(operand);
      if (!map.isFunctionOfDim(channel))
        continue;
      if (!isConstant(operand->get())) {
        visit(operand->get());
        continue;
      }
      int64_t last =
          cast<RankedTensorType>(operand->get().getType()).getRank() - 1;
      place.writers.push_back({operand, last});
    }
  }

  std::string whyNotByChannel(linalg::GenericOp op) {
    if (op.getNumResults() != 1 ||
        op.getNumParallelLoops() != op.getNumLoops() ||
        !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() ||
        !op.getDpsInitOperand(0)->get().getDefiningOp<tensor::EmptyOp>())
      return "is no elementwise operation of one result";
    unsigned channel = op.getNumLoops() - 1;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(operand);
      if (formOfOperand(map, channel) == FeatureForm::Other ||
          (map.isFunctionOfDim(channel) && !hasChannels(operand->get())))
        return "reads channels in another order";
    }
    bool knowsChannel = llvm::any_of(
        op.getBlock()->getOps<linalg::IndexOp>(),
        [&](linalg::IndexOp index) { return index.getDim() == channel; });
    return knowsChannel ? "treats channels by their number" : "";
  }

  ChannelPlace &place;
  llvm::SmallPtrSet<Operation *, 8> known;
};
} // namespace

std::vector<ChannelPlace> quantc::findChannelPlaces(ModuleOp module,
                                                    const Recipe &recipe,
                                                    LeaveOut leaveOut) {
  SmallVector<Operation *> layers;
  module.walk([&](Operation *op) {
    if (isLayer(op))
      layers.push_back(op);
  });
  llvm::MapVector<Value, ChannelPlace> places;
  for (auto [i, op] : llvm::enumerate(layers)) {
    ResolvedLayer layer =
        recipe.resolve(nodeOf(op), isa<nn::MatMulOp>(op) ? "MatMul" : "Conv",
                       int64_t(i), int64_t(layers.size()));
    if (!layer.weights.quantized)
      continue;
    std::string reason = whyNotMeant(op, layer.weights);
    if (!reason.empty()) {
      if (leaveOut)
        leaveOut(op, reason);
      continue;
    }
    auto product = cast<nn::MatMulOp>(op);
    int64_t axis = product.getTransposeRhs() ? 1 : 0;
    ChannelPlace &place = places[product.getLhs()];
    place.value = product.getLhs();
    place.channels =
        cast<RankedTensorType>(product.getRhs().getType()).getDimSize(axis);
    place.readers.push_back({{&product.getRhsMutable(), axis}, layer});
  }
  std::vector<ChannelPlace> found;
  for (auto &[value, place] : places) {
    Search(place).run();
    found.push_back(std::move(place));
  }
  return found;
}

//===-- rewriting
//----------------------------------------------------------===//

static Operation *earliest(ArrayRef<Operation *> ops) {
  Operation *first = ops.front();
  for (Operation *op : ops)
    if (op->isBeforeInBlock(first))
      first = op;
  return first;
}

/// Channels, i32, as a constant in front of `op`.
static Value makeChannels(SymbolTable &symbols, Operation *op,
                          const Twine &name, ArrayRef<int64_t> channels) {
  OpBuilder b(op);
  SmallVector<int32_t> numbers(channels);
  auto type = RankedTensorType::get({int64_t(numbers.size())}, b.getI32Type());
  return makeConstant(symbols, b, op->getLoc(), name.str(),
                      DenseElementsAttr::get(type, ArrayRef(numbers)));
}

static RankedTensorType withChannels(Value value, int64_t channels) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = channels;
  return type.clone(shape);
}

/// Lets the constants of `place` give the channels `all`.
static void takeInWeights(const ChannelPlace &place, ArrayRef<int64_t> all,
                          SymbolTable &symbols) {
  SmallVector<Operation *> owners;
  for (const ConstantAxis &writer : place.writers)
    owners.push_back(writer.operand->getOwner());
  Operation *first = earliest(owners);
  Value by = makeChannels(symbols, first, nodeOf(first) + ".channels", all);
  for (const ConstantAxis &writer : place.writers) {
    Value weight = writer.operand->get();
    OpBuilder b(writer.operand->getOwner());
    auto type = qnt::TransformOp::typeAfter(
        cast<RankedTensorType>(weight.getType()), qnt::TransformKind::Take,
        writer.axis, int64_t(all.size()));
    writer.operand->set(qnt::TransformOp::create(
        b, weight.getLoc(), type, qnt::TransformKind::Take, weight, by,
        writer.axis,
        /*block=*/0, /*seed=*/0, /*inverse=*/false, qnt::SchemeAttr()));
  }
  for (Operation *op : place.between) {
    Value result = op->getResult(0);
    auto type = withChannels(result, int64_t(all.size()));
    if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
      OpOperand *init = generic.getDpsInitOperand(0);
      auto empty = init->get().getDefiningOp<tensor::EmptyOp>();
      OpBuilder b(op);
      init->set(tensor::EmptyOp::create(b, op->getLoc(), type,
                                        empty.getDynamicSizes()));
    }
    result.setType(type);
  }
}

Value quantc::takeChannels(const ChannelPlace &place,
                           ArrayRef<int64_t> channels, bool append,
                           SymbolTable &symbols) {
  SmallVector<Operation *> products;
  for (const ChannelPlace::Reader &reader : place.readers)
    products.push_back(reader.product());
  Operation *first = earliest(products);
  Value constant =
      makeChannels(symbols, first, nodeOf(first) + ".channels", channels);
  if (place.isInWeights()) {
    SmallVector<int64_t> all;
    for (int64_t i = 0; append && i < place.channels; ++i)
      all.push_back(i);
    llvm::append_range(all, channels);
    takeInWeights(place, all, symbols);
    return constant;
  }
  OpBuilder b(first);
  int64_t width = int64_t(channels.size()) + (append ? place.channels : 0);
  Value result = qnt::TakeChannelsOp::create(b, first->getLoc(),
                                             withChannels(place.value, width),
                                             place.value, constant, append);
  for (Operation *product : products)
    cast<nn::MatMulOp>(product).getLhsMutable().assign(result);
  return constant;
}

std::vector<double> quantc::inputNormsOf(const ChannelPlace &place) {
  for (const ChannelPlace::Reader &reader : place.readers)
    if (auto norms =
            reader.product()->getAttrOfType<DenseF32ArrayAttr>(inputNormsName))
      return std::vector<double>(norms.asArrayRef().begin(),
                                 norms.asArrayRef().end());
  return {};
}
