//===- BinaryProducts.cpp - products of signs -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The definitions of qnt.pack_signs, qnt.binary_matmul and qnt.binary_conv. The
// sums are taken sign by sign, without words or population counts, so that
// kernels are compared with something else than themselves.

#include "Evaluators.h"
#include "Products.h"
#include "quantc/Formats/SignWords.h"
#include "quantc/Support/ParallelFor.h"

using namespace mlir;
using namespace quantc;

/// 1 or -1 for each bit of rows of words.
static std::vector<int8_t> signsOf(const Tensor &words, int64_t columns) {
  int64_t perRow = words.shape().back();
  int64_t rows = perRow ? words.count() / perRow : 0;
  std::vector<int64_t> all = words.integers();
  std::vector<int8_t> signs(rows * columns);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t k = 0; k < columns; ++k) {
      int64_t word = all[row * perRow + k / kSignWordBits];
      signs[row * columns + k] =
          uint64_t(word) >> (k % kSignWordBits) & 1 ? 1 : -1;
    }
  return signs;
}

/// Rows of bits as words.
static std::vector<int64_t> wordsOf(ArrayRef<bool> bits, int64_t columns) {
  int64_t perRow = signWords(columns),
          rows = columns ? bits.size() / columns : 0;
  std::vector<int64_t> words(rows * perRow);
  for (int64_t i = 0, count = rows * columns; i < count; ++i) {
    int64_t k = i % columns;
    int64_t &word = words[i / columns * perRow + k / kSignWordBits];
    word = int64_t(uint64_t(word) | uint64_t(bits[i]) << (k % kSignWordBits));
  }
  return words;
}

LogicalResult quantc::evalPackSigns(Operation *op, Frame &frame) {
  auto pack = cast<qnt::PackSignsOp>(op);
  const Tensor &input = frame.get(pack.getInput());
  SmallVector<bool> bits;
  if (isa<FloatType>(input.type())) {
    for (float x : input.floats())
      bits.push_back(x >= 0);
  } else {
    for (int64_t code : input.integers())
      bits.push_back(code != 0);
  }
  SmallVector<int64_t> shape(input.shape());
  std::vector<int64_t> words = wordsOf(bits, shape.back());
  shape.back() = signWords(shape.back());
  frame.set(pack.getWords(),
            Tensor::ofIntegers(elementOf(pack.getWords()), shape, words));
  return success();
}

namespace {
/// A filter as signs [rows, taps, columns].
struct SignFilter {
  int64_t rows, taps, columns;
  std::vector<uint8_t> codes;

  SignFilter(qnt::PackedType type, ArrayRef<uint8_t> bytes)
      : rows(type.getShape()[0]), taps(type.getShape()[1]),
        columns(type.getShape()[2]), codes(rows * taps * columns) {
    unpackPanel16B64(bytes, rows, taps, columns, codes);
  }

  /// The product of one tap and `columns` signs.
  int64_t dot(int64_t row, int64_t tap, const int8_t *x) const {
    const uint8_t *w = codes.data() + (row * taps + tap) * columns;
    int64_t sum = 0;
    for (int64_t k = 0; k < columns; ++k)
      sum += w[k] ? x[k] : -x[k];
    return sum;
  }
};
} // namespace

/// Makes the result of exact sums, `[..., rows]`; `shape` has the sizes of the
/// sums.
template <typename Op>
static void finish(Op op, Value inputScale, ArrayRef<int64_t> dots,
                   SmallVector<int64_t> shape, Frame &frame) {
  int64_t rows = shape.back();
  if (op.getThresholds()) {
    std::vector<int64_t> limits = frame.get(op.getThresholds()).integers();
    SmallVector<bool> bits;
    for (int64_t i = 0, count = dots.size(); i < count; ++i) {
      int64_t n = i % rows;
      bits.push_back(limits[2 * n] <= dots[i] && dots[i] < limits[2 * n + 1]);
    }
    shape.back() = signWords(rows);
    frame.set(op.getResult(), Tensor::ofIntegers(elementOf(op.getResult()),
                                                 shape, wordsOf(bits, rows)));
    return;
  }
  std::vector<float> scales = frame.get(op.getScale()).floats(), bias;
  float common = frame.get(inputScale).floats().front();
  if (op.getBias())
    bias = frame.get(op.getBias()).floats();
  std::vector<float> y(dots.size());
  for (int64_t i = 0, count = dots.size(); i < count; ++i) {
    float scaled = float(dots[i]) * scales[i % rows];
    y[i] = scaled * common;
    if (!bias.empty())
      y[i] = y[i] + bias[i % rows];
  }
  frame.set(op.getResult(),
            Tensor::ofFloats(elementOf(op.getResult()), shape, y));
}

LogicalResult quantc::evalBinaryMatMul(Operation *op, Frame &frame) {
  auto matmul = cast<qnt::BinaryMatMulOp>(op);
  SignFilter filter(matmul.getWeight().getType(),
                    frame.get(matmul.getWeight()).bytes());
  const Tensor &lhs = frame.get(matmul.getLhs());
  std::vector<int8_t> x = signsOf(lhs, filter.columns);
  int64_t perRow = lhs.shape().back(), n = filter.rows;
  int64_t rows = perRow ? lhs.count() / perRow : 0;
  std::vector<int64_t> dots(rows * n);
  parallelFor(rows * n, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      dots[i] = filter.dot(i % n, 0, x.data() + i / n * filter.columns);
  });
  SmallVector<int64_t> shape(lhs.shape());
  shape.back() = n;
  finish(matmul, matmul.getLhsScale(), dots, shape, frame);
  return success();
}

LogicalResult quantc::evalBinaryConv(Operation *op, Frame &frame) {
  auto conv = cast<qnt::BinaryConvOp>(op);
  SignFilter filter(conv.getWeight().getType(),
                    frame.get(conv.getWeight()).bytes());
  const Tensor &input = frame.get(conv.getInput());
  Window window(input.shape(), /*isNHWC=*/true);
  window.setKernel(conv.getKernel(), conv.getStrides(), conv.getPads(),
                   conv.getDilations());
  if (window.outHeight < 0 || window.outWidth < 0)
    return op->emitError("has a filter that does not fit an image [")
           << input.shape() << "]";
  std::vector<int8_t> x = signsOf(input, filter.columns);
  int64_t pixels = window.outHeight * window.outWidth, n = filter.rows;
  std::vector<int64_t> dots(window.images * pixels * n);
  auto dotAt = [&](int64_t image, int64_t row, int64_t column, int64_t o) {
    int64_t sum = 0;
    for (int64_t tap = 0; tap < filter.taps; ++tap) {
      int64_t h = window.imageRow(row, tap / window.kernelW),
              w = window.imageColumn(column, tap % window.kernelW);
      if (!window.isInside(h, w))
        continue;
      int64_t pixel = (image * window.height + h) * window.width + w;
      sum += filter.dot(o, tap, x.data() + pixel * filter.columns);
    }
    return sum;
  };
  parallelFor(window.images * pixels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t o = 0; o < n; ++o)
        dots[i * n + o] = dotAt(i / pixels, i % pixels / window.outWidth,
                                i % window.outWidth, o);
  });
  finish(conv, conv.getInputScale(), dots, window.outputShape(n), frame);
  return success();
}
