//===- ConstantTransforms.cpp - numbers of changed parameters ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ConstantTransforms.h. One vector after the other, each gathered along its
// axis.

#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Formats/PlaneLayout.h"
#include "quantc/Methods/ChannelSplit.h"
#include "quantc/Methods/Hadamard.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnt;

ScaleType quantc::scaleTypeOf(qnt::ScaleKind scale) {
  switch (scale) {
  case qnt::ScaleKind::F16:
    return ScaleType::FP16;
  case qnt::ScaleKind::E8M0:
    return ScaleType::E8M0;
  case qnt::ScaleKind::E4M3:
    return ScaleType::E4M3;
  case qnt::ScaleKind::F32:
  case qnt::ScaleKind::TwoLevel:
    break;
  }
  return ScaleType::FP32;
}

GroupScheme quantc::groupSchemeOf(qnt::SchemeAttr scheme) {
  GroupScheme result;
  result.bits = scheme.getBits();
  result.symmetric = !scheme.getZeroPoint();
  result.groupSize = scheme.getGroupSize();
  result.scaleType = scaleTypeOf(scheme.getScale());
  result.realZeros = scheme.getZero() == qnt::ZeroKind::F16;
  result.steps =
      codeStepsOf(qnt::stringifyCodeKind(scheme.getCode()), scheme.getBits());
  return result;
}

double qnt::signOf(uint64_t seed, uint64_t i) {
  uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return (z ^ (z >> 31)) & 1 ? -1 : 1;
}

int64_t qnt::largestHadamardBlock(int64_t size) {
  for (int64_t parts = 1; parts < size; ++parts)
    if (size % parts == 0 && Hadamard::ofOrder(size / parts))
      return size / parts;
  return 1;
}

namespace {
/// The elements of a constant as vectors along an axis.
struct Vectors {
  int64_t size, inner = 1, count;

  Vectors(ArrayRef<int64_t> shape, int64_t axis, size_t elements)
      : size(shape[axis]) {
    for (int64_t length : shape.drop_front(axis + 1))
      inner *= length;
    count = int64_t(elements) / std::max<int64_t>(size, 1);
  }
  /// Where vector number `v` of vectors of `length` elements begins.
  int64_t first(int64_t v, int64_t length) const {
    return v / inner * length * inner + v % inner;
  }
};
} // namespace

/// Calls `each` with every vector of `numbers` along `axis` and the one of
/// `length` elements that it gives. Vectors may change.
static std::vector<double> mapVectors(
    ArrayRef<int64_t> shape, int64_t axis, ArrayRef<double> numbers,
    int64_t length,
    function_ref<void(MutableArrayRef<double>, MutableArrayRef<double>)> each) {
  Vectors vectors(shape, axis, numbers.size());
  std::vector<double> result(size_t(vectors.count * length));
  parallelFor(vectors.count, /*grain=*/64, [&](int64_t begin, int64_t end) {
    std::vector<double> from(vectors.size), to(length);
    for (int64_t v = begin; v < end; ++v) {
      const double *first = numbers.data() + vectors.first(v, vectors.size);
      for (int64_t i = 0; i < vectors.size; ++i)
        from[i] = first[i * vectors.inner];
      each(from, to);
      double *last = result.data() + vectors.first(v, length);
      for (int64_t i = 0; i < length; ++i)
        last[i * vectors.inner] = to[i];
    }
  });
  return result;
}

/// Calls `each` for every vector of `numbers` along `axis`.
static void mapVectors(ArrayRef<int64_t> shape, int64_t axis,
                       std::vector<double> &numbers,
                       function_ref<void(MutableArrayRef<double>)> each) {
  numbers =
      mapVectors(shape, axis, numbers, shape[axis],
                 [&](MutableArrayRef<double> from, MutableArrayRef<double> to) {
                   each(from);
                   llvm::copy(from, to.begin());
                 });
}

static llvm::Error applyHadamard(TransformOp op, ArrayRef<int64_t> shape,
                                 std::vector<double> &numbers) {
  int64_t block = op.getBlock();
  std::optional<Hadamard> matrix = Hadamard::ofOrder(block);
  if (!matrix)
    return makeError(ErrorKind::Unsupported,
                     "no Hadamard matrix of order {0} is known", block);
  double root = std::sqrt(double(block));
  std::vector<double> signs(block);
  for (int64_t i = 0; i < block; ++i)
    signs[i] = signOf(op.getSeed(), i);
  mapVectors(shape, op.getAxis(), numbers, [&](MutableArrayRef<double> x) {
    for (; !x.empty(); x = x.drop_front(block)) {
      MutableArrayRef<double> part = x.take_front(block);
      if (!op.getInverse())
        for (auto [number, sign] : llvm::zip(part, signs))
          number *= sign;
      matrix->apply(part, op.getInverse());
      for (double &number : part)
        number /= root;
      if (op.getInverse())
        for (auto [number, sign] : llvm::zip(part, signs))
          number *= sign;
    }
  });
  return llvm::Error::success();
}

/// `by` as channels of an axis of `size`.
static llvm::Expected<std::vector<int64_t>>
readChannels(TransformOp op, ArrayRef<double> by, int64_t size) {
  std::vector<int64_t> channels;
  std::vector<bool> isSplit(size, false);
  for (double number : by) {
    auto channel = static_cast<int64_t>(number);
    if (channel < 0 || channel >= size)
      return makeError(ErrorKind::BadModel,
                       "a transform takes channel {0} of {1}", channel, size);
    if (op.getKind() == TransformKind::Split && isSplit[channel])
      return makeError(ErrorKind::BadModel,
                       "a transform splits channel {0} twice", channel);
    isSplit[channel] = true;
    channels.push_back(channel);
  }
  return channels;
}

/// take and split.
static llvm::Error applyChannels(TransformOp op, ArrayRef<int64_t> shape,
                                 ArrayRef<double> by,
                                 std::vector<double> &numbers) {
  auto axis = static_cast<int64_t>(op.getAxis());
  auto channels = readChannels(op, by, shape[axis]);
  if (!channels)
    return channels.takeError();
  int64_t length = op.getType().getShape()[axis];
  GroupScheme scheme =
      op.getScheme() ? groupSchemeOf(*op.getScheme()) : GroupScheme();
  numbers =
      mapVectors(shape, axis, numbers, length,
                 [&](MutableArrayRef<double> from, MutableArrayRef<double> to) {
                   if (op.getKind() == TransformKind::Split)
                     return splitRow(from, *channels, scheme, to);
                   for (auto [number, channel] : llvm::zip(to, *channels))
                     number = from[channel];
                 });
  return llvm::Error::success();
}

llvm::Error qnt::applyTransform(TransformOp op, ArrayRef<double> by,
                                std::vector<double> &numbers) {
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(op.getInput().getType()).getShape();
  switch (op.getKind()) {
  case TransformKind::Hadamard:
    return applyHadamard(op, shape, numbers);
  case TransformKind::Scale:
    mapVectors(shape, op.getAxis(), numbers, [&](MutableArrayRef<double> x) {
      for (auto [number, scale] : llvm::zip(x, by))
        number = op.getInverse() ? number / scale : number * scale;
    });
    return llvm::Error::success();
  case TransformKind::Center:
    mapVectors(shape, op.getAxis(), numbers, [&](MutableArrayRef<double> x) {
      double sum = 0;
      for (double number : x)
        sum += number;
      for (double &number : x)
        number -= sum / double(x.size());
    });
    return llvm::Error::success();
  case TransformKind::Take:
  case TransformKind::Split:
    return applyChannels(op, shape, by, numbers);
  }
  llvm_unreachable("all kinds are handled");
}

template <typename T>
static std::vector<double> toDoubles(ArrayRef<uint8_t> bytes) {
  std::vector<T> numbers(bytes.size() / sizeof(T));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(T));
  return std::vector<double>(numbers.begin(), numbers.end());
}

static llvm::Expected<std::vector<double>> readParam(nn::ParamOp param,
                                                     DataReader &reader) {
  auto data = SymbolTable::lookupNearestSymbolFrom<nn::DataOp>(
      param, param.getNameAttr());
  Type element = data ? getElementTypeOrSelf(data.getType()) : Type();
  if (!element || !(element.isF32() || element.isInteger(32)))
    return makeError(ErrorKind::BadModel,
                     "parameter '{0}' holds no fp32 "
                     "numbers",
                     param.getName());
  auto bytes = reader.bytes(data);
  if (!bytes)
    return bytes.takeError();
  return element.isF32() ? toDoubles<float>(*bytes)
                         : toDoubles<int32_t>(*bytes);
}

llvm::Expected<std::vector<double>> qnt::readNumbers(Value value,
                                                     DataReader &reader) {
  SmallVector<TransformOp> chain;
  while (auto transform = value.getDefiningOp<TransformOp>()) {
    chain.push_back(transform);
    value = transform.getInput();
  }
  auto param = value.getDefiningOp<nn::ParamOp>();
  if (!param)
    return makeError(ErrorKind::Internal, "only parameters are transformed");
  auto numbers = readParam(param, reader);
  if (!numbers)
    return numbers;
  for (TransformOp transform : llvm::reverse(chain)) {
    std::vector<double> by;
    if (transform.getBy()) {
      auto read = readNumbers(transform.getBy(), reader);
      if (!read)
        return read;
      by = std::move(*read);
    }
    if (llvm::Error error = applyTransform(transform, by, *numbers))
      return std::move(error);
  }
  return numbers;
}

llvm::Expected<std::vector<float>> qnt::readRounded(Value value,
                                                    DataReader &reader) {
  auto numbers = readNumbers(value, reader);
  if (!numbers)
    return numbers.takeError();
  return std::vector<float>(numbers->begin(), numbers->end());
}
