//===- PackedProducts.cpp - products with packed weights -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The definitions of qnt.matmul and qnt.conv, step by step: exact int32 sums,
// then the fp32 end in its order. What a row of ones gives is computed here
// from the codes, not taken from the operand, so that a wrong operand is found.

#include "Evaluators.h"
#include "Products.h"
#include "quantc/Dialect/Qnt/ConstantCodes.h"
#include "quantc/Formats/CodeSteps.h"
#include "quantc/Formats/ColumnLayout.h"
#include "quantc/Formats/IndexLayout.h"
#include "quantc/Formats/PanelLayout.h"
#include "quantc/Formats/PlaneLayout.h"
#include "quantc/Support/ParallelFor.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {
/// A packed weight as codes [n, k] with scales and zero points [n, groups]. A
/// step is a code minus its zero point; where the scheme's codes have other
/// steps, `codes` are their bytes. Where zero points are numbers, a step is
/// what they are taken from: a code, or a sign.
struct Weight {
  int64_t n, k, groupSize, groups;
  std::vector<uint8_t> codes;
  std::vector<float> scales;
  std::vector<int64_t> zeroPoints;
  bool hasSigns = false;        ///< codes 0 and 1 stand for -1 and +1
  std::vector<float> realZeros; ///< zero points that are numbers, or empty

  /// What the scale of a code's group is multiplied by.
  float level(int64_t row, int64_t column) const {
    float number(step(row, column));
    return realZeros.empty()
               ? number
               : number - realZeros[row * groups + column / groupSize];
  }

  int32_t step(int64_t row, int64_t column) const {
    int32_t code = codes[row * k + column];
    if (hasSigns)
      return code ? 1 : -1;
    return code - int32_t(zeroPoints[row * groups + column / groupSize]);
  }
  int64_t groupEnd(int64_t group) const {
    return std::min(k, (group + 1) * groupSize);
  }
  /// What a row of ones gives for one output.
  float sumOf(int64_t row) const;
};
} // namespace

float Weight::sumOf(int64_t row) const {
  float sum = 0;
  for (int64_t g = 0; g < groups; ++g) {
    int32_t exact = 0;
    for (int64_t c = g * groupSize; c < groupEnd(g); ++c)
      exact += step(row, c);
    float part = float(exact);
    if (!realZeros.empty())
      part = std::fma(-realZeros[row * groups + g],
                      float(groupEnd(g) - g * groupSize), part);
    sum = std::fma(part, scales[row * groups + g], sum);
  }
  return sum;
}

/// Codes in blocks along k, each padded to its full length.
static std::vector<uint8_t> unpackBlocks(ArrayRef<uint8_t> bytes, int64_t n,
                                         int64_t k, int64_t bits,
                                         int64_t block) {
  int64_t blockBytes = llvm::divideCeil(block * bits, 8);
  int64_t blocks = llvm::divideCeil(k, block);
  std::vector<uint8_t> codes(n * k);
  for (int64_t row = 0; row < n; ++row)
    for (int64_t c = 0; c < k; ++c) {
      int64_t bit = c % block * bits;
      int64_t at = (row * blocks + c / block) * blockBytes + bit / 8;
      unsigned word = bytes[at];
      if (bit % 8 + bits > 8)
        word |= unsigned(bytes[at + 1]) << 8;
      codes[row * k + c] = (word >> (bit % 8)) & ((1u << bits) - 1);
    }
  return codes;
}

/// The signs of the patterns that a weight has indices of.
static std::vector<uint8_t> unpackPatterns(qnt::PackedType type,
                                           ArrayRef<uint8_t> bytes,
                                           ArrayRef<int64_t> codebook) {
  int64_t n = type.getShape()[0], k = type.getShape()[1];
  int64_t dim = type.getScheme().getCodebookDim(),
          patterns = llvm::divideCeil(k, dim);
  std::vector<uint16_t> indices(n * patterns);
  unpackPanelIndices(bytes, n, patterns, type.getScheme().getBits(), indices);
  std::vector<uint8_t> codes(n * k);
  for (int64_t row = 0; row < n; ++row)
    for (int64_t c = 0; c < k; ++c) {
      size_t index = indices[row * patterns + c / dim];
      codes[row * k + c] =
          index < codebook.size() ? codebook[index] >> (c % dim) & 1 : 0;
    }
  return codes;
}

/// `codebook` holds the patterns of a weight that has one.
static std::vector<uint8_t> unpack(qnt::PackedType type,
                                   ArrayRef<uint8_t> bytes,
                                   ArrayRef<int64_t> codebook) {
  int64_t n = type.getShape()[0], k = type.getShape()[1];
  unsigned bits = type.getScheme().getBits();
  if (type.getLayout().getKind() == qnt::LayoutKind::Panel16Index)
    return unpackPatterns(type, bytes, codebook);
  if (type.getLayout().getKind() == qnt::LayoutKind::Blocks)
    return unpackBlocks(bytes, n, k, bits, type.getScheme().getGroupSize());
  if (type.getLayout().getKind() == qnt::LayoutKind::Rows)
    return qnt::unpackRows(type, bytes);
  std::vector<uint8_t> codes(n * k);
  if (type.getLayout().getKind() == qnt::LayoutKind::Column64)
    unpackColumn64(bytes, n, k, bits, codes);
  else
    unpackPanel16K4(bytes, n, k, bits, codes);
  return codes;
}

/// What a step is worth in each group; `unit` may be null.
static std::vector<float> readScales(Value scale, Value unit,
                                     const Frame &frame) {
  std::vector<float> scales = frame.get(scale).floats();
  if (!unit)
    return scales;
  float factor = frame.get(unit).floats().front();
  for (float &one : scales)
    one *= factor;
  return scales;
}

/// Reads a weight of planes at the precision of the run: the upper bits of its
/// codes, with the scales of that width.
static LogicalResult readPlanes(Operation *op, qnt::PackedType type,
                                ArrayRef<uint8_t> planes, const Frame &frame,
                                Weight &weight) {
  ArrayRef<int64_t> widths = type.getScheme().widths();
  int64_t width = frame.precision ? frame.precision : widths.front();
  const auto *found = llvm::find(widths, width);
  if (found == widths.end())
    return op->emitError("cannot be read at ")
           << width << " bits, expected one of [" << widths << "]";
  unsigned bits = type.getScheme().getBits();
  weight.codes.resize(weight.n * weight.k);
  unpackPlanes(planes, weight.n, weight.k, unsigned(width), weight.codes);
  const CodeSteps *steps = planeSteps(bits, unsigned(width));
  if (steps)
    for (uint8_t &code : weight.codes)
      code = steps->bytes[code];
  int64_t count = weight.n * weight.groups;
  size_t expected = count * widths.size();
  if (weight.scales.size() != expected)
    return op->emitError("has ")
           << weight.scales.size() << " scales for " << widths.size()
           << " widths, expected " << expected;
  int64_t first = (found - widths.begin()) * count;
  weight.scales = std::vector<float>(weight.scales.begin() + first,
                                     weight.scales.begin() + first + count);
  weight.zeroPoints.assign(count, steps ? int64_t(steps->zero)
                                        : int64_t(1) << (width - 1));
  return success();
}

/// Reads a weight with its scales; `unit`, `zeroPoint` and `codebook` may be
/// null.
static FailureOr<Weight> readWeight(Operation *op, Value packed, Value scale,
                                    Value unit, Value zeroPoint,
                                    const Frame &frame, Value codebook = {}) {
  auto type = cast<qnt::PackedType>(packed.getType());
  Weight weight;
  weight.n = type.getShape()[0], weight.k = type.getShape()[1];
  int64_t size = type.getScheme().getGroupSize();
  weight.groupSize = size && size < weight.k ? size : weight.k;
  weight.groups = llvm::divideCeil(weight.k, weight.groupSize);
  if (type.getScheme().getCode() == qnt::CodeKind::Planes) {
    weight.scales = readScales(scale, unit, frame);
    if (failed(readPlanes(op, type, frame.get(packed).bytes(), frame, weight)))
      return failure();
    return weight;
  }
  std::vector<int64_t> patterns;
  if (codebook)
    patterns = frame.get(codebook).integers(/*asUnsigned=*/true);
  weight.codes = unpack(type, frame.get(packed).bytes(), patterns);
  weight.scales = readScales(scale, unit, frame);
  const CodeSteps *steps =
      lookupCodeSteps(qnt::stringifyCodeKind(type.getScheme().getCode()));
  if (steps)
    for (uint8_t &code : weight.codes)
      code = steps->bytes[code];
  size_t expected = weight.n * weight.groups;
  weight.hasSigns = type.getScheme().hasSigns();
  weight.zeroPoints.assign(
      expected, steps ? int64_t(steps->zero)
                      : int64_t(1) << (type.getScheme().getBits() - 1));
  size_t zeros = expected;
  if (type.getScheme().hasRealZeros()) {
    weight.zeroPoints.assign(expected, 0);
    weight.realZeros = frame.get(zeroPoint).floats();
    zeros = weight.realZeros.size();
  } else if (zeroPoint) {
    weight.zeroPoints = frame.get(zeroPoint).integers(/*asUnsigned=*/true);
    zeros = weight.zeroPoints.size();
  }
  if (weight.scales.size() != expected || zeros != expected)
    return op->emitError("has ")
           << weight.scales.size() << " scales and " << zeros
           << " zero points, expected " << expected;
  return weight;
}

/// sum over one group of step * code_x; a zero point that is a number comes
/// last: minus zero_point * sum of code_x.
static float groupSum(const Weight &weight, int64_t row, int64_t group,
                      const int8_t *x) {
  int32_t products = 0, codes = 0;
  for (int64_t c = group * weight.groupSize, end = weight.groupEnd(group);
       c < end; ++c) {
    products += weight.step(row, c) * x[c];
    codes += x[c];
  }
  if (weight.realZeros.empty())
    return float(products);
  return std::fma(-weight.realZeros[row * weight.groups + group], float(codes),
                  float(products));
}

/// The product for int8 codes; scales and zero points: one, or one a row.
static std::vector<float> multiplyCodes(qnt::MatMulOp op, const Weight &weight,
                                        const Frame &frame) {
  const Tensor &lhs = frame.get(op.getLhs());
  const auto *x = reinterpret_cast<const int8_t *>(lhs.bytes().data());
  int64_t rows = lhs.count() / weight.k;
  std::vector<float> scales = frame.get(op.getLhsScale()).floats();
  std::vector<int64_t> zeros;
  std::vector<float> sums(weight.n);
  if (op.getLhsZeroPoint()) {
    zeros = frame.get(op.getLhsZeroPoint()).integers();
    for (int64_t n = 0; n < weight.n; ++n)
      sums[n] = weight.sumOf(n);
  }
  std::vector<float> y(rows * weight.n);
  parallelFor(rows * weight.n, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t m = i / weight.n, n = i % weight.n;
      float sum = 0;
      for (int64_t g = 0; g < weight.groups; ++g)
        sum = std::fma(groupSum(weight, n, g, x + m * weight.k),
                       weight.scales[n * weight.groups + g], sum);
      if (!zeros.empty())
        sum = std::fma(-float(zeros[zeros.size() == 1 ? 0 : m]), sums[n], sum);
      y[i] = sum * scales[scales.size() == 1 ? 0 : m];
    }
  });
  return y;
}

/// The product for fp32 numbers.
static std::vector<float> multiplyNumbers(const Tensor &lhs,
                                          const Weight &weight) {
  std::vector<float> x = lhs.floats(), steps(weight.n * weight.k);
  int64_t rows = lhs.count() / weight.k, n = weight.n;
  for (int64_t row = 0; row < n; ++row)
    for (int64_t c = 0; c < weight.k; ++c)
      steps[c * n + row] = weight.level(row, c);
  std::vector<float> y(rows * n);
  parallelFor(rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m)
      for (int64_t g = 0; g < weight.groups; ++g) {
        std::vector<float> part(n);
        for (int64_t c = g * weight.groupSize; c < weight.groupEnd(g); ++c)
          addScaledRow(x[m * weight.k + c], steps.data() + c * n, part.data(),
                       n);
        for (int64_t i = 0; i < n; ++i)
          y[m * n + i] = std::fma(part[i], weight.scales[i * weight.groups + g],
                                  y[m * n + i]);
      }
  });
  return y;
}

/// y[..., n] + bias[n], one fp32 sum each.
static void addBias(MutableArrayRef<float> y, ArrayRef<float> bias) {
  for (auto [i, number] : llvm::enumerate(y))
    number += bias[i % bias.size()];
}

LogicalResult quantc::evalPackedMatMul(Operation *op, Frame &frame) {
  auto matmul = cast<qnt::MatMulOp>(op);
  auto weight = readWeight(op, matmul.getWeight(), matmul.getScale(),
                           matmul.getScaleUnit(), matmul.getZeroPoint(), frame,
                           matmul.getCodebook());
  if (failed(weight))
    return failure();
  const Tensor &lhs = frame.get(matmul.getLhs());
  if (lhs.rank() < 1 || lhs.shape().back() != weight->k)
    return op->emitError("multiplies [")
           << lhs.shape() << "] by a weight of " << weight->k << " columns";
  bool hasCodes = lhs.type().isInteger(8);
  std::vector<float> y = hasCodes ? multiplyCodes(matmul, *weight, frame)
                                  : multiplyNumbers(lhs, *weight);
  if (matmul.getUp() && !addBranch(op, frame.get(matmul.getProjected()),
                                   frame.get(matmul.getUp()), y))
    return failure();
  if (matmul.getBias())
    addBias(y, frame.get(matmul.getBias()).floats());
  applyActivation(op, y);
  SmallVector<int64_t> shape(lhs.shape());
  shape.back() = weight->n;
  frame.set(matmul.getResult(),
            Tensor::ofFloats(elementOf(matmul.getResult()), shape, y));
  return success();
}

LogicalResult quantc::evalPackedEmbedding(Operation *op, Frame &frame) {
  auto embedding = cast<qnt::EmbeddingOp>(op);
  auto table =
      readWeight(op, embedding.getWeight(), embedding.getScale(),
                 embedding.getScaleUnit(), embedding.getZeroPoint(), frame);
  if (failed(table))
    return failure();
  const Tensor &ids = frame.get(embedding.getIds());
  SmallVector<int64_t> shape(ids.shape());
  shape.push_back(table->k);
  std::vector<float> y;
  for (int64_t id : ids.integers()) {
    int64_t row = id < 0 ? id + table->n : id;
    if (row < 0 || row >= table->n)
      return op->emitError("looks up row ")
             << id << " of a table of " << table->n << " rows";
    for (int64_t k = 0; k < table->k; ++k)
      y.push_back(table->level(row, k) *
                  table->scales[row * table->groups + k / table->groupSize]);
  }
  frame.set(embedding.getResult(),
            Tensor::ofFloats(elementOf(embedding.getResult()), shape, y));
  return success();
}

namespace {
/// A convolution with a packed filter; its columns are (kh, kw, c).
struct PackedConv {
  const Weight &weight;
  const Window &window;
  const int8_t *codes;  ///< null where the input holds numbers
  const float *numbers; ///< null where it holds codes
  int64_t groups, depth;
  int32_t zeroPoint;
  float scale; ///< of the codes; 1 for numbers

  /// Where column `k` of a channel's filter reads; -1 in the padding, which
  /// contributes nothing.
  int64_t offsetOf(int64_t image, int64_t row, int64_t column, int64_t o,
                   int64_t k) const {
    int64_t tap = k / depth;
    int64_t h = window.imageRow(row, tap / window.kernelW),
            w = window.imageColumn(column, tap % window.kernelW);
    int64_t channel = o / (weight.n / groups) * depth + k % depth;
    return window.isInside(h, w) ? window.input(image, h, w, channel) : -1;
  }

  /// One output channel at one pixel, before the scale of the input.
  float sumAt(int64_t image, int64_t row, int64_t column, int64_t o) const {
    float sum = 0;
    for (int64_t g = 0; g < weight.groups; ++g) {
      int32_t exact = 0;
      float part = 0;
      for (int64_t k = g * weight.groupSize; k < weight.groupEnd(g); ++k) {
        int64_t at = offsetOf(image, row, column, o, k);
        if (at < 0)
          continue;
        if (codes)
          exact += weight.step(o, k) * (int32_t(codes[at]) - zeroPoint);
        else
          part = std::fma(numbers[at], float(weight.step(o, k)), part);
      }
      sum = std::fma(codes ? float(exact) : part,
                     weight.scales[o * weight.groups + g], sum);
    }
    return sum;
  }

  std::vector<float> run() const {
    int64_t pixels = window.outHeight * window.outWidth;
    std::vector<float> y(window.images * pixels * weight.n);
    parallelFor(window.images * pixels, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        for (int64_t o = 0; o < weight.n; ++o) {
          float sum = sumAt(i / pixels, i % pixels / window.outWidth,
                            i % window.outWidth, o);
          y[i * weight.n + o] = sum * scale;
        }
    });
    return y;
  }
};
} // namespace

LogicalResult quantc::evalPackedConv(Operation *op, Frame &frame) {
  auto conv = cast<qnt::ConvOp>(op);
  auto weight = readWeight(op, conv.getWeight(), conv.getScale(), Value(),
                           conv.getZeroPoint(), frame);
  if (failed(weight))
    return failure();
  const Tensor &input = frame.get(conv.getInput());
  Window window(input.shape(), /*isNHWC=*/true);
  window.setKernel(conv.getKernel(), conv.getStrides(), conv.getPads(),
                   conv.getDilations());
  int64_t groups = conv.getGroups(), depth = window.channels / groups;
  if (window.outHeight < 0 || window.outWidth < 0 ||
      window.kernelH * window.kernelW * depth != weight->k)
    return op->emitError("has a filter that does not fit an image [")
           << input.shape() << "]";
  int32_t zeroPoint = conv.getInputZeroPoint()
                          ? frame.get(conv.getInputZeroPoint()).integer()
                          : 0;
  PackedConv product{*weight, window, nullptr,   nullptr,
                     groups,  depth,  zeroPoint, 1};
  std::vector<float> numbers;
  if (input.type().isInteger(8)) {
    product.codes = reinterpret_cast<const int8_t *>(input.bytes().data());
    product.scale = frame.get(conv.getInputScale()).floats().front();
  } else {
    numbers = input.floats();
    product.numbers = numbers.data();
  }
  std::vector<float> y = product.run();
  if (conv.getBias())
    addBias(y, frame.get(conv.getBias()).floats());
  applyActivation(op, y);
  frame.set(conv.getResult(),
            Tensor::ofFloats(elementOf(conv.getResult()),
                             window.outputShape(weight->n), y));
  return success();
}
