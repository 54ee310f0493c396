//===- Selector.h - what the selection of kernels shares -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The plan of the stored weights, and one function for each kind of operation.
// Internal to the phase Select.

#ifndef QUANTC_LIB_SELECT_SELECTOR_H
#define QUANTC_LIB_SELECT_SELECTOR_H

#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Target/CodeLines.h"

namespace quantc {

/// Gives every weight that a kernel takes its place in the stored weights. A
/// constant that two kernels want in the same order is stored once.
class WeightPlan {
public:
  explicit WeightPlan(mlir::ModuleOp module)
      : module(module), symbols(module) {}

  /// The weight `param` reordered by `pack` (see kern.weight), as a constant of
  /// `type`.
  mlir::Value constant(mlir::OpBuilder &b, nn::ParamOp param,
                       llvm::StringRef pack, mlir::RankedTensorType type);

  /// A constant of `type` that starts `offset` bytes behind the start of the
  /// weight, which is stored as `whole`.
  mlir::Value part(mlir::OpBuilder &b, nn::ParamOp param, llvm::StringRef pack,
                   mlir::RankedTensorType whole, int64_t offset,
                   mlir::RankedTensorType type);

  int64_t getByteSize() const { return end; }

private:
  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  llvm::DenseMap<std::pair<mlir::Attribute, mlir::Attribute>, kern::WeightOp>
      known;
  int64_t end = 0;
};

/// What each selecting function gets. Functions replace their operation, or
/// report why they cannot and fail.
struct Selector {
  mlir::IRRewriter &rewriter;
  WeightPlan &weights;
  /// Names of the constants that matmul.f32 takes as panels of their rows.
  llvm::DenseSet<mlir::Attribute> rowPanels = {};

  /// The parameter behind `value`, or null.
  static nn::ParamOp paramOf(mlir::Value value) {
    return value.getDefiningOp<nn::ParamOp>();
  }

  /// A constant vector, matrix ... in its own order.
  mlir::Value rows(mlir::Value value);

  /// `value` as kernels want it: a constant if it is a parameter.
  mlir::Value plain(mlir::Value value) {
    return paramOf(value) ? rows(value) : value;
  }

  /// An uninitialised tensor with the sizes of result `index` of `op`.
  mlir::Value destination(mlir::Operation *op, unsigned index = 0);

  /// Replaces `op` by the kernel operation `Kernel` with fresh destinations.
  template <typename Kernel>
  void replace(mlir::Operation *op, llvm::StringRef kernel,
               mlir::ValueRange inputs,
               llvm::ArrayRef<mlir::NamedAttribute> attributes = {}) {
    llvm::SmallVector<mlir::Value> inits;
    for (unsigned i = 0; i < op->getNumResults(); ++i)
      inits.push_back(destination(op, i));
    auto newOp = Kernel::create(rewriter, op->getLoc(), op->getResultTypes(),
                                rewriter.getStringAttr(kernel), inputs, inits);
    for (mlir::NamedAttribute attribute : attributes)
      newOp->setAttr(attribute.getName(), attribute.getValue());
    rewriter.replaceOp(op, newOp->getResults());
  }

  /// Short for a named attribute.
  mlir::NamedAttribute attr(llvm::StringRef name, mlir::Attribute value) {
    return rewriter.getNamedAttr(name, value);
  }
};

mlir::LogicalResult selectMatMul(nn::MatMulOp op, Selector &s);
mlir::LogicalResult selectConv(nn::ConvOp op, Selector &s);
mlir::LogicalResult selectQuantizedMatMul(qnt::MatMulOp op, Selector &s);
mlir::LogicalResult selectQuantizedConv(qnt::ConvOp op, Selector &s);
mlir::LogicalResult selectQuantizedEmbedding(qnt::EmbeddingOp op, Selector &s);
mlir::LogicalResult selectPackSigns(qnt::PackSignsOp op, Selector &s);
mlir::LogicalResult selectBinaryMatMul(qnt::BinaryMatMulOp op, Selector &s);
mlir::LogicalResult selectBinaryConv(qnt::BinaryConvOp op, Selector &s);
mlir::LogicalResult selectQuantize(qnt::QuantizeOp op, Selector &s);
mlir::LogicalResult selectQuantizeDynamic(qnt::QuantizeDynamicOp op,
                                          Selector &s);
mlir::LogicalResult selectDequantize(qnt::DequantizeOp op, Selector &s);
mlir::LogicalResult selectProject(qnt::ProjectOp op, Selector &s);
mlir::LogicalResult selectRotate(qnt::RotateOp op, Selector &s);
mlir::LogicalResult selectTakeChannels(qnt::TakeChannelsOp op, Selector &s);
mlir::LogicalResult selectThreshold(qnt::ThresholdOp op, Selector &s);
/// What a product with a weight of planes takes of it: its planes, then the
/// scales of each width. Fails with a diagnostic.
mlir::LogicalResult takePlanes(qnt::MatMulOp op, Selector &s,
                               llvm::SmallVectorImpl<mlir::Value> &inputs);
/// Its weight sums of each width.
void takePlaneSums(qnt::MatMulOp op, Selector &s,
                   llvm::SmallVectorImpl<mlir::Value> &inputs);
/// The result of `op` as an elementwise operation.
mlir::Value emitThreshold(qnt::ThresholdOp op, Selector &s);
mlir::LogicalResult selectObserve(qnt::ObserveOp op, Selector &s);
mlir::LogicalResult selectMaxPool(nn::MaxPoolOp op, Selector &s);
mlir::LogicalResult selectAvgPool(nn::AvgPoolOp op, Selector &s);
mlir::LogicalResult selectEmbedding(nn::EmbeddingOp op, Selector &s);
mlir::LogicalResult selectRmsNorm(nn::RmsNormOp op, Selector &s);
mlir::LogicalResult selectLayerNorm(nn::LayerNormOp op, Selector &s);
mlir::LogicalResult selectSoftmax(nn::SoftmaxOp op, Selector &s);
mlir::LogicalResult selectRope(nn::RopeOp op, Selector &s);
mlir::LogicalResult selectAttention(nn::AttentionOp op, Selector &s);
mlir::LogicalResult selectKVAppend(nn::KVAppendOp op, Selector &s);
mlir::LogicalResult selectReduce(nn::ReduceOp op, Selector &s);
mlir::LogicalResult selectParam(nn::ParamOp op, Selector &s);

} // namespace quantc

#endif // QUANTC_LIB_SELECT_SELECTOR_H
