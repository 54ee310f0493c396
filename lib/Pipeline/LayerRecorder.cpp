//===- LayerRecorder.cpp - what layers read and give, while they run ------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See LayerRecorder.h.

#include "LayerRecorder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

static bool isLayer(Operation *op) {
  if (!isa<NameLoc>(op->getLoc()))
    return false;
  if (isa<qnt::MatMulOp, qnt::ConvOp>(op))
    return true;
  // Signs that a threshold decides are no numbers to look at.
  if (isa<qnt::BinaryMatMulOp, qnt::BinaryConvOp>(op))
    return getElementTypeOrSelf(op->getResult(0)).isF32();
  return isa<nn::MatMulOp, nn::ConvOp>(op) &&
         qnt::TransformOp::paramOf(op->getOperand(1));
}

/// What a layer reads, before it becomes codes.
static Value inputOf(Operation *layer) {
  Value input = layer->getOperand(0);
  if (auto op = input.getDefiningOp<qnt::QuantizeOp>())
    return op.getInput();
  if (auto op = input.getDefiningOp<qnt::QuantizeDynamicOp>())
    return op.getInput();
  if (auto op = input.getDefiningOp<qnt::PackSignsOp>())
    return op.getInput();
  return input;
}

LayerRecorder::LayerRecorder(ModuleOp module) {
  module.walk([&](Operation *op) {
    if (!isLayer(op))
      return;
    Input &input = inputs[inputOf(op)];
    input.isQuantized |=
        op->getOperand(0).getDefiningOp<qnt::QuantizeOp>() != nullptr;
  });
}

/// The one element of a constant of rank 0.
static std::optional<double> scalarOf(Value value) {
  DenseElementsAttr constant;
  if (!matchPattern(value, m_Constant(&constant)) ||
      constant.getNumElements() != 1)
    return std::nullopt;
  if (isa<FloatType>(constant.getElementType()))
    return (*constant.getValues<APFloat>().begin()).convertToDouble();
  return double((*constant.getValues<APInt>().begin()).getSExtValue());
}

void LayerRecorder::quantized(qnt::QuantizeOp op, const Tensor &codes) {
  auto found = inputs.find(op.getInput());
  if (found == inputs.end())
    return;
  Input &input = found->second;
  std::vector<float> numbers = std::move(input.numbers);
  input.numbers.clear();
  std::optional<double> scale = scalarOf(op.getScale()), zeroPoint = 0;
  if (op.getZeroPoint())
    zeroPoint = scalarOf(op.getZeroPoint());
  std::vector<int64_t> integers = codes.integers();
  if (!scale || !zeroPoint || numbers.size() != integers.size() ||
      numbers.empty())
    return;
  int64_t clipped = 0;
  for (auto [number, code] : llvm::zip_equal(numbers, integers)) {
    double meant = (double(code) - *zeroPoint) * *scale;
    clipped += std::fabs(double(number) - meant) > 0.5 * *scale * (1 + 1e-5);
  }
  input.saturated = double(clipped) / double(numbers.size());
}

void LayerRecorder::given(Value value, ArrayRef<float> numbers) {
  auto found = inputs.find(value);
  if (found == inputs.end())
    return;
  found->second.histogram = Histogram::of(numbers);
  if (found->second.isQuantized)
    found->second.numbers = numbers.vec();
}

void LayerRecorder::after(Operation *op, ArrayRef<Tensor> results) {
  for (auto [value, result] : llvm::zip(op->getResults(), results))
    if (inputs.contains(value) && isa<FloatType>(result.type()))
      given(value, result.floats());
  if (auto quantize = dyn_cast<qnt::QuantizeOp>(op))
    quantized(quantize, results.front());
  if (!isLayer(op))
    return;
  const Input &input = inputs[inputOf(op)];
  layers.push_back(
      {cast<NameLoc>(op->getLoc()).getName().str(),
       isa<nn::ConvOp, qnt::ConvOp, qnt::BinaryConvOp>(op) ? "Conv" : "MatMul",
       isa<qnt::MatMulOp, qnt::ConvOp, qnt::BinaryMatMulOp, qnt::BinaryConvOp>(
           op),
       results.front().floats(), input.histogram, input.saturated});
}
