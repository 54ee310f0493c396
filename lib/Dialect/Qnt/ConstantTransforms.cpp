//===- ConstantTransforms.cpp - numbers of changed parameters ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ConstantTransforms.h. One vector after the other, each gathered along its
// axis.

#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Methods/Hadamard.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnt;

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

/// Calls `each` for every vector of `numbers` along `axis`.
static void mapVectors(ArrayRef<int64_t> shape, int64_t axis,
                       MutableArrayRef<double> numbers,
                       function_ref<void(MutableArrayRef<double>)> each) {
  int64_t size = shape[axis], inner = 1;
  for (int64_t length : shape.drop_front(axis + 1))
    inner *= length;
  int64_t vectors = int64_t(numbers.size()) / std::max<int64_t>(size, 1);
  parallelFor(vectors, /*grain=*/64, [&](int64_t begin, int64_t end) {
    std::vector<double> vector(size);
    for (int64_t v = begin; v < end; ++v) {
      double *first = numbers.data() + v / inner * size * inner + v % inner;
      for (int64_t i = 0; i < size; ++i)
        vector[i] = first[i * inner];
      each(vector);
      for (int64_t i = 0; i < size; ++i)
        first[i * inner] = vector[i];
    }
  });
}

static llvm::Error applyHadamard(TransformOp op, ArrayRef<int64_t> shape,
                                 MutableArrayRef<double> numbers) {
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

llvm::Error qnt::applyTransform(TransformOp op, ArrayRef<double> by,
                                MutableArrayRef<double> numbers) {
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
  }
  llvm_unreachable("all kinds are handled");
}

static llvm::Expected<std::vector<double>> readParam(nn::ParamOp param,
                                                     DataReader &reader) {
  auto data = SymbolTable::lookupNearestSymbolFrom<nn::DataOp>(
      param, param.getNameAttr());
  if (!data || !getElementTypeOrSelf(data.getType()).isF32())
    return makeError(ErrorKind::BadModel,
                     "parameter '{0}' holds no fp32 "
                     "numbers",
                     param.getName());
  auto bytes = reader.bytes(data);
  if (!bytes)
    return bytes.takeError();
  std::vector<float> floats(bytes->size() / sizeof(float));
  std::memcpy(floats.data(), bytes->data(), floats.size() * sizeof(float));
  return std::vector<double>(floats.begin(), floats.end());
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
