//===- Quantizers.cpp - numbers to codes and back -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Evaluators of qnt.quantize, qnt.quantize_dynamic and qnt.dequantize by the
// functions of Formats.

#include "Evaluators.h"
#include "quantc/Dialect/Qnt/ConstantCodes.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Dialect/Qnt/Rotation.h"
#include "quantc/Dialect/Qnt/Rounding.h"
#include "quantc/Formats/ActivationQuantizer.h"
#include "quantc/Formats/Format.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

/// Scales and zero points of a value, and which element each belongs to.
static qnt::ConstantCodes parametersOf(qnt::SchemeAttr scheme,
                                       ArrayRef<int64_t> shape,
                                       const Tensor &scale) {
  qnt::ConstantCodes parameters;
  parameters.scheme = scheme;
  parameters.shape.assign(shape.begin(), shape.end());
  parameters.scales = scale.floats();
  return parameters;
}

static bool isInteger(qnt::SchemeAttr scheme) {
  return scheme.getCode() == qnt::CodeKind::Int ||
         scheme.getCode() == qnt::CodeKind::UInt;
}

/// Zero points as the scheme reads them; zeros when there are none.
static std::vector<int64_t> zeroPointsOf(Value value, qnt::SchemeAttr scheme,
                                         size_t count, const Frame &frame) {
  if (!value)
    return std::vector<int64_t>(count, 0);
  return frame.get(value).integers(/*asUnsigned=*/!scheme.isSigned());
}

/// With the reciprocal of the scale, as the kernels of a recipe do.
static int64_t quantizeOne(float x, float scale, int64_t zeroPoint,
                           bool isSigned) {
  qnt::CodeRange range = qnt::codeRange(isSigned, 8, /*isNarrow=*/false);
  AffineParams params{scale, int32_t(zeroPoint), int32_t(range.low),
                      int32_t(range.high)};
  if (isSigned) {
    int8_t code;
    quantizeAffine(x, params, MutableArrayRef(code));
    return code;
  }
  uint8_t code;
  quantizeAffine(x, params, MutableArrayRef(code));
  return code;
}

LogicalResult quantc::evalQuantize(Operation *op, Frame &frame) {
  auto quantize = cast<qnt::QuantizeOp>(op);
  qnt::SchemeAttr scheme = quantize.getScheme();
  bool isFromModel = qnt::ModelQuantizer::handles(quantize);
  if (!isFromModel && (!isInteger(scheme) || scheme.getBits() != 8))
    return op->emitError("has a scheme that the interpreter cannot encode: ")
           << scheme;
  const Tensor &input = frame.get(quantize.getInput());
  auto parameters =
      parametersOf(scheme, input.shape(), frame.get(quantize.getScale()));
  std::vector<int64_t> zeros = zeroPointsOf(quantize.getZeroPoint(), scheme,
                                            parameters.scales.size(), frame);
  qnt::ModelQuantizer model(quantize);
  std::vector<float> x = input.floats();
  std::vector<int64_t> codes(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    int64_t at = parameters.scaleOf(i);
    codes[i] = isFromModel
                   ? model.codeOf(x[i], parameters.scales[at], zeros[at])
                   : quantizeOne(x[i], parameters.scales[at], zeros[at],
                                 scheme.isSigned());
  }
  frame.set(
      quantize.getCodes(),
      Tensor::ofIntegers(elementOf(quantize.getCodes()), input.shape(), codes));
  return success();
}

LogicalResult quantc::evalQuantizeDynamic(Operation *op, Frame &frame) {
  auto quantize = cast<qnt::QuantizeDynamicOp>(op);
  const Tensor &input = frame.get(quantize.getInput());
  std::vector<float> x = input.floats();
  int64_t width = input.shape().back(),
          rows = width ? input.count() / width : 0;
  unsigned bits = quantize.getScheme().getBits();
  std::vector<int8_t> codes(x.size()), zeros(rows);
  std::vector<float> scales(rows);
  if (quantize.getZeroPoints())
    quantizeRowsAsymmetricInt8(x, rows, width, codes, scales, zeros, bits);
  else
    quantizeRowsSymmetricInt8(x, rows, width, codes, scales, bits);
  auto integers = [](ArrayRef<int8_t> values) {
    return std::vector<int64_t>(values.begin(), values.end());
  };
  ArrayRef<int64_t> rowShape = input.shape().drop_back();
  if (elementCount(rowShape) != rows)
    return op->emitError("has rows without elements");
  Type i8 = elementOf(quantize.getCodes());
  SmallVector<int64_t> shape(input.shape()), outer(rowShape);
  frame.set(quantize.getCodes(),
            Tensor::ofIntegers(i8, shape, integers(codes)));
  frame.set(quantize.getScales(),
            Tensor::ofFloats(elementOf(quantize.getScales()), outer, scales));
  if (quantize.getZeroPoints())
    frame.set(quantize.getZeroPoints(),
              Tensor::ofIntegers(i8, outer, integers(zeros)));
  return success();
}

/// Packed codes are constants of the model.
static LogicalResult dequantizePacked(qnt::DequantizeOp op, Frame &frame) {
  auto codes = qnt::readConstantCodes(op, frame.reader);
  if (!codes)
    return op->emitError(llvm::toString(codes.takeError()));
  frame.set(op.getResult(),
            Tensor::ofFloats(elementOf(op.getResult()), codes->shape,
                             codes->dequantize()));
  return success();
}

LogicalResult quantc::evalDequantize(Operation *op, Frame &frame) {
  auto dequantize = cast<qnt::DequantizeOp>(op);
  if (isa<qnt::PackedType>(dequantize.getCodes().getType()))
    return dequantizePacked(dequantize, frame);
  qnt::SchemeAttr scheme = dequantize.getScheme();
  const Tensor &input = frame.get(dequantize.getCodes());
  auto parameters =
      parametersOf(scheme, input.shape(), frame.get(dequantize.getScale()));
  const Format *format =
      isInteger(scheme)
          ? nullptr
          : lookupFormat(qnt::stringifyCodeKind(scheme.getCode()));
  if (!isInteger(scheme) && !format)
    return op->emitError("has a scheme that the interpreter cannot decode: ")
           << scheme;
  std::vector<int64_t> codes =
      input.integers(/*asUnsigned=*/format || !scheme.isSigned());
  std::vector<int64_t> zeros =
      zeroPointsOf(format ? Value() : dequantize.getZeroPoint(), scheme,
                   parameters.scales.size(), frame);
  std::vector<float> numbers(codes.size());
  for (size_t i = 0; i < codes.size(); ++i) {
    int64_t at = parameters.scaleOf(i);
    float steps =
        format ? format->decode(codes[i]) : float(codes[i] - zeros[at]);
    numbers[i] = steps * parameters.scales[at];
  }
  frame.set(dequantize.getResult(),
            Tensor::ofFloats(elementOf(dequantize.getResult()), input.shape(),
                             numbers));
  return success();
}

LogicalResult quantc::evalRotate(Operation *op, Frame &frame) {
  auto rotate = cast<qnt::RotateOp>(op);
  auto rotation = qnt::Rotation::of(static_cast<int64_t>(rotate.getBlock()),
                                    rotate.getSeed());
  if (!rotation)
    return op->emitError("rotates blocks of ")
           << rotate.getBlock() << ", for which no Hadamard matrix is known";
  const Tensor &input = frame.get(rotate.getInput());
  Type element = elementOf(rotate.getResult());
  if (element.isF64()) {
    std::vector<double> x = input.numbers();
    rotation->apply(x);
    frame.set(rotate.getResult(), Tensor::ofNumbers(element, input.shape(), x));
    return success();
  }
  std::vector<float> x = input.floats();
  rotation->apply(x);
  frame.set(rotate.getResult(), Tensor::ofFloats(element, input.shape(), x));
  return success();
}

LogicalResult quantc::evalTakeChannels(Operation *op, Frame &frame) {
  auto take = cast<qnt::TakeChannelsOp>(op);
  const Tensor &input = frame.get(take.getInput());
  const std::vector<int64_t> channels =
      frame.get(take.getChannels()).integers();
  std::vector<double> x = input.numbers(), y;
  auto width = int64_t(input.shape().back());
  for (int64_t channel : channels)
    if (channel < 0 || channel >= width)
      return op->emitError("takes channel ") << channel << " of " << width;
  for (size_t row = 0; row < x.size(); row += size_t(width)) {
    ArrayRef<double> from = ArrayRef(x).slice(row, size_t(width));
    if (take.getAppend())
      llvm::append_range(y, from);
    for (int64_t channel : channels)
      y.push_back(from[size_t(channel)]);
  }
  SmallVector<int64_t> shape(input.shape());
  shape.back() = cast<RankedTensorType>(take.getType()).getShape().back();
  frame.set(take.getResult(),
            Tensor::ofNumbers(elementOf(take.getResult()), shape, y));
  return success();
}

/// Zeros in place of numbers that are not above `tau`, or of the others.
template <typename T>
static std::vector<T> cut(std::vector<T> x, double tau, bool isLeftOut) {
  for (T &number : x)
    if ((std::fabs(number) <= tau) != isLeftOut)
      number = 0;
  return x;
}

LogicalResult quantc::evalThreshold(Operation *op, Frame &frame) {
  auto threshold = cast<qnt::ThresholdOp>(op);
  const Tensor &input = frame.get(threshold.getInput());
  bool isOneRow = elementCount(input.shape().drop_back()) == 1;
  // No magnitude is below -1.
  double tau = threshold.getOneRow() && !isOneRow
                   ? -1
                   : frame.get(threshold.getAbove()).numbers().front();
  bool isLeftOut = threshold.getLeftOut();
  Type element = elementOf(threshold.getResult());
  frame.set(threshold.getResult(),
            element.isF64()
                ? Tensor::ofNumbers(element, input.shape(),
                                    cut(input.numbers(), tau, isLeftOut))
                : Tensor::ofFloats(element, input.shape(),
                                   cut(input.floats(), tau, isLeftOut)));
  return success();
}

LogicalResult quantc::evalTransform(Operation *op, Frame &frame) {
  auto transform = cast<qnt::TransformOp>(op);
  // From the parameter on: a chain is rounded once.
  auto numbers = qnt::readNumbers(transform.getResult(), frame.reader);
  if (!numbers)
    return op->emitError(llvm::toString(numbers.takeError()));
  auto type = cast<RankedTensorType>(transform.getType());
  frame.set(
      transform.getResult(),
      Tensor::ofNumbers(type.getElementType(), type.getShape(), *numbers));
  return success();
}
