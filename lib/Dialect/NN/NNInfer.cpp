//===- NNInfer.cpp - result types of nn operations --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Result types from operand types. A function here reports only what makes the
// result type impossible; all other rules are in NNVerify.cpp.

#include "mlir/Dialect/Traits.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc::nn;

using Types = SmallVectorImpl<Type>;
using Loc = std::optional<Location>;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

bool quantc::nn::areCompatible(TypeRange inferred, TypeRange actual) {
  if (inferred.size() != actual.size())
    return false;
  for (auto [a, b] : llvm::zip(inferred, actual)) {
    auto left = dyn_cast<RankedTensorType>(a),
         right = dyn_cast<RankedTensorType>(b);
    if (!left || !right || left.getElementType() != right.getElementType() ||
        failed(verifyCompatibleShape(left, right)))
      return false;
  }
  return true;
}

int64_t quantc::nn::windowOutputSize(int64_t size, int64_t kernel,
                                     int64_t stride, int64_t padBegin,
                                     int64_t padEnd, int64_t dilation,
                                     bool ceilMode) {
  if (ShapedType::isDynamic(size) || ShapedType::isDynamic(kernel))
    return ShapedType::kDynamic;
  int64_t room = size + padBegin + padEnd - dilation * (kernel - 1) - 1;
  if (room < 0)
    return -1;
  int64_t count = (ceilMode ? room + stride - 1 : room) / stride + 1;
  // The last window must start inside the input or its leading padding.
  if (ceilMode && (count - 1) * stride >= size + padBegin)
    --count;
  return count;
}

static bool isNhwc(Layout layout) { return layout == Layout::NHWC; }

/// The image type after a window; `channels` may be dynamic.
static LogicalResult
inferWindow(Loc loc, RankedTensorType input, ArrayRef<int64_t> kernel,
            ArrayRef<int64_t> strides, ArrayRef<int64_t> pads,
            ArrayRef<int64_t> dilations, bool nhwc, bool ceilMode,
            int64_t channels, Types &results) {
  if (input.getRank() != 4)
    return emitOptionalError(loc, "expects an input of rank 4, found ", input);
  if (kernel.size() != 2 || strides.size() != 2 || pads.size() != 4 ||
      dilations.size() != 2)
    return emitOptionalError(
        loc, "expects 2 kernel sizes, 2 strides, 2 dilations and 4 pads");
  if (llvm::any_of(strides, [](int64_t s) { return s < 1; }) ||
      llvm::any_of(dilations, [](int64_t d) { return d < 1; }) ||
      llvm::any_of(pads, [](int64_t p) { return p < 0; }))
    return emitOptionalError(
        loc, "expects positive strides and dilations and no negative pads");
  SmallVector<int64_t> shape(input.getShape());
  shape[channelDim(nhwc)] = channels;
  for (int64_t i : {0, 1}) {
    int64_t &size = shape[heightDim(nhwc) + i];
    size = windowOutputSize(size, kernel[i], strides[i], pads[i], pads[i + 2],
                            dilations[i], ceilMode);
    if (size != ShapedType::kDynamic && size < 0)
      return emitOptionalError(loc, "the window of ", kernel[i],
                               " does not fit into ", input);
  }
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

LogicalResult MatMulOp::inferReturnTypes(MLIRContext *, Loc loc, Adaptor op,
                                         Types &results) {
  auto lhs = typeOf(op.getLhs()), rhs = typeOf(op.getRhs());
  if (lhs.getRank() < 2 || rhs.getRank() < 2)
    return emitOptionalError(loc, "expects operands of rank 2 or more, found ",
                             lhs, " and ", rhs);
  SmallVector<int64_t> batch;
  if (!OpTrait::util::getBroadcastedShape(lhs.getShape().drop_back(2),
                                          rhs.getShape().drop_back(2), batch))
    return emitOptionalError(loc, "batch dimensions of ", lhs, " and ", rhs,
                             " do not broadcast");
  batch.push_back(lhs.getShape()[lhs.getRank() - 2]);
  batch.push_back(
      rhs.getShape()[rhs.getRank() - (op.getTransposeRhs() ? 2 : 1)]);
  results.push_back(RankedTensorType::get(batch, lhs.getElementType()));
  return success();
}

LogicalResult ConvOp::inferReturnTypes(MLIRContext *, Loc loc, Adaptor op,
                                       Types &results) {
  auto filter = typeOf(op.getFilter());
  if (filter.getRank() != 4)
    return emitOptionalError(loc, "expects a filter of rank 4, found ", filter);
  bool nhwc = isNhwc(op.getLayout());
  return inferWindow(loc, typeOf(op.getInput()),
                     filter.getShape().slice(heightDim(nhwc), 2),
                     op.getStrides(), op.getPads(), op.getDilations(), nhwc,
                     false, filter.getDimSize(0), results);
}

template <typename PoolAdaptor>
static LogicalResult inferPool(Loc loc, PoolAdaptor op, Types &results) {
  auto input = typeOf(op.getInput());
  bool nhwc = isNhwc(op.getLayout());
  int64_t channels =
      input.getRank() == 4 ? input.getDimSize(channelDim(nhwc)) : 0;
  return inferWindow(loc, input, op.getKernel(), op.getStrides(), op.getPads(),
                     op.getDilations(), nhwc, op.getCeilMode(), channels,
                     results);
}

LogicalResult MaxPoolOp::inferReturnTypes(MLIRContext *, Loc loc, Adaptor op,
                                          Types &results) {
  return inferPool(loc, op, results);
}

LogicalResult AvgPoolOp::inferReturnTypes(MLIRContext *, Loc loc, Adaptor op,
                                          Types &results) {
  return inferPool(loc, op, results);
}

LogicalResult EmbeddingOp::inferReturnTypes(MLIRContext *, Loc loc, Adaptor op,
                                            Types &results) {
  auto ids = typeOf(op.getIds()), table = typeOf(op.getTable());
  if (table.getRank() < 1)
    return emitOptionalError(loc, "expects a table of rank 1 or more, found ",
                             table);
  SmallVector<int64_t> shape(ids.getShape());
  llvm::append_range(shape, table.getShape().drop_front());
  results.push_back(RankedTensorType::get(shape, table.getElementType()));
  return success();
}

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *, Loc loc, Adaptor op,
                                            Types &results) {
  auto query = typeOf(op.getQuery()), value = typeOf(op.getValue());
  if (query.getRank() != 4 || value.getRank() != 4)
    return emitOptionalError(loc, "expects query and value of rank 4, found ",
                             query, " and ", value);
  SmallVector<int64_t> shape(query.getShape());
  shape[3] = value.getDimSize(3);
  results.push_back(RankedTensorType::get(shape, query.getElementType()));
  return success();
}

LogicalResult KVAppendOp::inferReturnTypes(MLIRContext *, Loc loc, Adaptor op,
                                           Types &results) {
  auto past = typeOf(op.getPast()), fresh = typeOf(op.getFresh());
  int64_t axis = op.getAxis();
  if (past.getRank() != fresh.getRank() || axis < 0 || axis >= past.getRank())
    return emitOptionalError(loc, "cannot append ", fresh, " to ", past,
                             " along axis ", axis);
  SmallVector<int64_t> shape(past.getShape());
  bool isDynamic = past.isDynamicDim(axis) || fresh.isDynamicDim(axis);
  shape[axis] = isDynamic ? ShapedType::kDynamic
                          : past.getDimSize(axis) + fresh.getDimSize(axis);
  results.push_back(RankedTensorType::get(shape, past.getElementType()));
  return success();
}

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *, Loc loc, Adaptor op,
                                         Types &results) {
  auto input = typeOf(op.getInput());
  SmallVector<int64_t> shape;
  for (auto [i, size] : llvm::enumerate(input.getShape())) {
    if (!llvm::is_contained(op.getAxes(), static_cast<int64_t>(i)))
      shape.push_back(size);
    else if (op.getKeepdims())
      shape.push_back(1);
  }
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

/// Operations whose result has the type of their first operand.
#define QUANTC_SAME_TYPE(Op)                                                   \
  LogicalResult Op::inferReturnTypes(MLIRContext *, Loc, Adaptor op,           \
                                     Types &results) {                         \
    results.push_back(op.getInput().getType());                                \
    return success();                                                          \
  }
QUANTC_SAME_TYPE(RmsNormOp)
QUANTC_SAME_TYPE(LayerNormOp)
QUANTC_SAME_TYPE(SoftmaxOp)
QUANTC_SAME_TYPE(RopeOp)
QUANTC_SAME_TYPE(ActivationOp)
#undef QUANTC_SAME_TYPE
