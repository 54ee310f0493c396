//===- FeatureAxes.cpp - which axes may be rotated --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One rule for each operation. An operation without a rule forbids to rotate
// what it reads and what it gives.

#include "quantc/Transform/FeatureAxes.h"
#include "Payload.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

namespace {
/// The features of `value`; 0 when it has none that could be mixed.
int64_t featuresOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || type.getRank() == 0 || !isa<FloatType>(type.getElementType()) ||
      type.isDynamicDim(type.getRank() - 1))
    return 0;
  int64_t size = type.getShape().back();
  return size > 1 ? size : 0;
}

int64_t lastAxis(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank() - 1;
}

bool isConstant(Value value) {
  return qnt::TransformOp::paramOf(value) != nullptr;
}

/// True for the past of a cache that is only extended and handed out: what it
/// holds is the model's own business.
bool isCache(BlockArgument argument) {
  bool hasAppend = false;
  for (Operation *user : argument.getUsers()) {
    if (isa<tensor::DimOp>(user))
      continue;
    auto append = dyn_cast<nn::KVAppendOp>(user);
    if (!append || append.getPast() != argument)
      return false;
    hasAppend = true;
  }
  return hasAppend;
}

bool isCacheResult(Value value) {
  auto append = value.getDefiningOp<nn::KVAppendOp>();
  auto past =
      append ? dyn_cast<BlockArgument>(append.getPast()) : BlockArgument();
  return past && isCache(past);
}

class Analysis {
public:
  explicit Analysis(NormRule norm) : normRule(norm) {}

  void run(func::FuncOp function);
  std::vector<FeatureClass> classes();

private:
  struct Node {
    unsigned parent;
    FeatureClass info;
    unsigned obstacleOrder = ~0u;
  };

  unsigned find(unsigned i) {
    while (nodes[i].parent != i)
      i = nodes[i].parent = nodes[nodes[i].parent].parent;
    return i;
  }
  unsigned node(Value value);
  void unite(Value a, Value b, Operation *op);
  /// `whole` has several axes of `part` behind each other.
  void uniteBlocks(Value whole, Value part, Operation *op);
  void merge(unsigned a, unsigned b);
  void forbid(Value value, Operation *op, const Twine &reason);
  /// `operand` and `value` have the same features; a constant is rotated where
  /// it is used.
  void connect(OpOperand &operand, Value value);
  void write(Value value, OpOperand &constant, int64_t axis);
  void read(Value value, OpOperand &constant, int64_t axis);

  void visit(Operation *op);
  void visitGeneric(linalg::GenericOp op);
  void visitMatMul(nn::MatMulOp op);
  void visitConv(nn::ConvOp op);
  void visitNorm(Operation *op);
  void visitAttention(nn::AttentionOp op);
  void visitAppend(nn::KVAppendOp op);
  void visitReshape(Operation *op, Value wide, Value narrow,
                    ArrayRef<ReassociationIndices> groups);
  void visitSlice(tensor::ExtractSliceOp op);
  void visitReturn(Operation *op);
  void forbidAll(Operation *op, const Twine &reason);

  NormRule normRule;
  std::vector<Node> nodes;
  llvm::DenseMap<Value, unsigned> known;
  unsigned order = 0; ///< of the operation that is looked at
};
} // namespace

unsigned Analysis::node(Value value) {
  auto [entry, isNew] = known.try_emplace(value, nodes.size());
  if (isNew) {
    Node fresh{static_cast<unsigned>(nodes.size()), {}, ~0u};
    fresh.info.size = fresh.info.block = featuresOf(value);
    fresh.info.values.push_back(value);
    nodes.push_back(std::move(fresh));
  }
  return find(entry->second);
}

void Analysis::merge(unsigned a, unsigned b) {
  a = find(a), b = find(b);
  if (a == b)
    return;
  if (a > b) // classes keep the order in which they begin
    std::swap(a, b);
  nodes[b].parent = a;
  FeatureClass &into = nodes[a].info, &from = nodes[b].info;
  into.size = std::max(into.size, from.size);
  into.block = std::min(into.block, from.block);
  into.holdsCache |= from.holdsCache;
  llvm::append_range(into.values, from.values);
  llvm::append_range(into.writers, from.writers);
  llvm::append_range(into.readers, from.readers);
  llvm::append_range(into.norms, from.norms);
  if (nodes[b].obstacleOrder < nodes[a].obstacleOrder) {
    nodes[a].obstacleOrder = nodes[b].obstacleOrder;
    into.obstacle = from.obstacle;
    into.reason = from.reason;
  }
}

void Analysis::unite(Value a, Value b, Operation *op) {
  if (featuresOf(a) && featuresOf(a) == featuresOf(b))
    return merge(node(a), node(b));
  for (Value value : {a, b})
    forbid(value, op, "changes the number of features");
}

void Analysis::uniteBlocks(Value whole, Value part, Operation *op) {
  if (featuresOf(whole) && featuresOf(part))
    return merge(node(whole), node(part));
  for (Value value : {whole, part})
    forbid(value, op, "takes features apart");
}

void Analysis::forbid(Value value, Operation *op, const Twine &reason) {
  if (!featuresOf(value) || isConstant(value) ||
      value.getDefiningOp<tensor::EmptyOp>())
    return;
  Node &root = nodes[node(value)];
  if (order >= root.obstacleOrder)
    return;
  root.obstacleOrder = order;
  root.info.obstacle = op;
  root.info.reason = reason.str();
}

void Analysis::forbidAll(Operation *op, const Twine &reason) {
  for (Value result : op->getResults())
    forbid(result, op, reason);
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      forbid(operand, op, reason);
  });
}

void Analysis::connect(OpOperand &operand, Value value) {
  if (isConstant(operand.get()))
    return write(value, operand, lastAxis(operand.get()));
  unite(operand.get(), value, operand.getOwner());
}

void Analysis::write(Value value, OpOperand &constant, int64_t axis) {
  if (featuresOf(value))
    nodes[node(value)].info.writers.push_back({&constant, axis});
}

void Analysis::read(Value value, OpOperand &constant, int64_t axis) {
  if (featuresOf(value) && !isConstant(value))
    nodes[node(value)].info.readers.push_back({&constant, axis});
}

//===-- rules ------------------------------------------------------------===//

void Analysis::visitGeneric(linalg::GenericOp op) {
  PayloadForm payload = classifyPayload(op);
  std::string reason = payload.form == FeatureForm::Shared
                           ? "gives all features the same value"
                           : payload.reason;
  bool isLinear = payload.form == FeatureForm::Linear;
  for (OpOperand &operand : op->getOpOperands()) {
    if (isLinear && llvm::is_contained(payload.linear, &operand)) {
      int64_t size = featuresOf(operand.get());
      if (isConstant(operand.get()) && size != featuresOf(op->getResult(0)))
        forbid(op->getResult(0), op, "adds one number to all features");
      else
        connect(operand, op->getResult(0));
      continue;
    }
    if (op.getMatchingBlockArgument(&operand).use_empty())
      continue;
    forbid(operand.get(), op,
           isLinear ? Twine("reads single features") : Twine(reason));
  }
  if (!isLinear)
    for (Value result : op->getResults())
      forbid(result, op, reason);
}

void Analysis::visitMatMul(nn::MatMulOp op) {
  OpOperand &weight = op.getRhsMutable();
  int64_t rank = lastAxis(op.getRhs()) + 1;
  bool isNK = op.getTransposeRhs();
  if (isConstant(op.getRhs())) {
    read(op.getLhs(), weight, isNK ? rank - 1 : rank - 2);
    write(op.getResult(), weight, isNK ? rank - 2 : rank - 1);
    return;
  }
  // Sums over the features of both: what is orthogonal cancels.
  if (isNK) {
    unite(op.getLhs(), op.getRhs(), op);
    return forbid(op.getResult(), op, "sums over features");
  }
  // Rows of the right operand are mixed, its features stay apart.
  forbid(op.getLhs(), op, "sums over features without a constant");
  unite(op.getRhs(), op.getResult(), op);
}

void Analysis::visitConv(nn::ConvOp op) {
  bool isPlain = op.getGroups() == 1 && op.getLayout() == nn::Layout::NHWC &&
                 isConstant(op.getFilter());
  if (!isPlain)
    return forbidAll(op, op.getGroups() == 1
                             ? "has a filter that is no constant in NHWC"
                             : "keeps groups of channels apart");
  // Zeros of the padding stay zeros in every basis.
  read(op.getInput(), op.getFilterMutable(), 3);
  write(op.getResult(), op.getFilterMutable(), 0);
  if (op.getBias())
    connect(op->getOpOperand(2), op.getResult());
}

void Analysis::visitNorm(Operation *op) {
  Value input = op->getOperand(0), result = op->getResult(0);
  std::optional<std::string> reason = normRule(op);
  if (featuresOf(input))
    nodes[node(input)].info.norms.push_back(op);
  if (!reason)
    return forbid(result, op, "is a norm");
  if (reason->empty())
    return unite(input, result, op);
  forbid(input, op, *reason);
  forbid(result, op, *reason);
}

void Analysis::visitAttention(nn::AttentionOp op) {
  // q k^T sums over the channels of a head.
  unite(op.getQuery(), op.getKey(), op);
  connect(op.getValueMutable(), op.getResult());
  if (op.getMask())
    forbid(op.getMask(), op, "hides keys");
}

void Analysis::visitAppend(nn::KVAppendOp op) {
  Value result = op.getResult();
  if (int64_t(op.getAxis()) == lastAxis(result))
    return forbidAll(op, "appends features");
  connect(op.getFreshMutable(), result);
  connect(op.getPastMutable(), result);
}

void Analysis::visitReshape(Operation *op, Value wide, Value narrow,
                            ArrayRef<ReassociationIndices> groups) {
  // `narrow` has the more dimensions: groups of them are dimensions of `wide`.
  if (groups.empty() || groups.back().size() == 1)
    return unite(wide, narrow, op);
  uniteBlocks(wide, narrow, op);
}

void Analysis::visitSlice(tensor::ExtractSliceOp op) {
  int64_t last = lastAxis(op.getSource());
  bool isWhole = !op.getDroppedDims().test(last) &&
                 featuresOf(op.getSource()) == featuresOf(op.getResult());
  if (!isWhole)
    return forbidAll(op, "takes some of the features");
  connect(op.getSourceMutable(), op.getResult());
}

void Analysis::visitReturn(Operation *op) {
  for (Value value : op->getOperands())
    if (!isCacheResult(value))
      forbid(value, op, "is an output of the model");
    else if (featuresOf(value))
      nodes[node(value)].info.holdsCache = true;
}

void Analysis::visit(Operation *op) {
  TypeSwitch<Operation *>(op)
      .Case([&](linalg::GenericOp op) { visitGeneric(op); })
      .Case([&](linalg::TransposeOp op) {
        ArrayRef<int64_t> order = op.getPermutation();
        if (order.empty() || order.back() != int64_t(order.size()) - 1)
          return forbidAll(op, "moves another axis behind");
        connect(op.getInputMutable(), op->getResult(0));
      })
      .Case([&](nn::MatMulOp op) { visitMatMul(op); })
      .Case([&](nn::ConvOp op) { visitConv(op); })
      .Case([&](nn::EmbeddingOp op) {
        connect(op.getTableMutable(), op.getResult());
      })
      .Case<nn::RmsNormOp, nn::LayerNormOp>([&](auto op) { visitNorm(op); })
      .Case([&](nn::AttentionOp op) { visitAttention(op); })
      .Case([&](nn::KVAppendOp op) { visitAppend(op); })
      .Case([&](nn::AvgPoolOp op) {
        op.getLayout() == nn::Layout::NHWC
            ? connect(op.getInputMutable(), op.getResult())
            : forbidAll(op, "has images with channels in front");
      })
      .Case([&](nn::ActivationOp op) {
        forbidAll(op, "computes " + nn::stringifyActivationKind(op.getKind()) +
                          " of each feature");
      })
      .Case([&](nn::RopeOp op) {
        forbidAll(op, "turns pairs of features by the position");
      })
      .Case([&](nn::ReduceOp op) {
        bool isLinear = op.getKind() == nn::ReduceKind::Sum ||
                        op.getKind() == nn::ReduceKind::Mean;
        bool keepsLast =
            !llvm::is_contained(op.getAxes(), lastAxis(op.getInput()));
        isLinear &&keepsLast ? connect(op.getInputMutable(), op.getResult())
                             : forbidAll(op, "reduces features");
      })
      .Case([&](tensor::ExpandShapeOp op) {
        visitReshape(op, op.getSrc(), op.getResult(),
                     op.getReassociationIndices());
      })
      .Case([&](tensor::CollapseShapeOp op) {
        visitReshape(op, op.getResult(), op.getSrc(),
                     op.getReassociationIndices());
      })
      .Case([&](tensor::ExtractSliceOp op) { visitSlice(op); })
      .Case([&](tensor::ConcatOp op) {
        if (int64_t(op.getDim()) == lastAxis(op.getResult()))
          return forbidAll(op, "puts features side by side");
        for (OpOperand &operand : op->getOpOperands())
          connect(operand, op.getResult());
      })
      .Case([&](tensor::CastOp op) {
        connect(op.getSourceMutable(), op.getResult());
      })
      .Case<nn::ParamOp, qnt::TransformOp, tensor::DimOp, tensor::EmptyOp>(
          [](auto) {})
      .Case([&](func::ReturnOp op) { visitReturn(op); })
      .Default(
          [&](Operation *op) { forbidAll(op, "has no rule for rotations"); });
}

void Analysis::run(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments())
    if (!isCache(argument))
      forbid(argument, function, "is an input of the model");
  for (Operation &op : function.getBody().front()) {
    ++order;
    visit(&op);
  }
}

std::vector<FeatureClass> Analysis::classes() {
  std::vector<FeatureClass> found;
  for (unsigned i = 0; i < nodes.size(); ++i) {
    FeatureClass &info = nodes[i].info;
    if (nodes[i].parent != i || (info.writers.empty() && info.readers.empty()))
      continue;
    bool isRead = !info.readers.empty() || !info.norms.empty();
    if (info.isRotatable() && (info.writers.empty() || !isRead))
      info.reason = "nothing reads or nothing writes these features";
    // Blocks of one size everywhere: neighbours stay neighbours.
    for (Value value : info.values)
      if (info.isRotatable() && featuresOf(value) % info.block != 0)
        info.reason = "its heads have different sizes";
    found.push_back(std::move(info));
  }
  return found;
}

std::vector<FeatureClass> quantc::findFeatureClasses(func::FuncOp function,
                                                     NormRule norm) {
  Analysis analysis(norm);
  analysis.run(function);
  return analysis.classes();
}
