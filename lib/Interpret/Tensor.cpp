//===- Tensor.cpp - values of the interpreter -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Tensor.h. Half-precision numbers are converted by Formats.

#include "quantc/Interpret/Tensor.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Formats/Format.h"

using namespace mlir;
using namespace quantc;

int64_t quantc::elementCount(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

unsigned quantc::elementBytes(Type type) {
  return type.isIndex() ? 8 : (type.getIntOrFloatBitWidth() + 7) / 8;
}

static const Format *halfFormat(Type type) {
  return lookupFormat(type.isF16() ? "fp16" : "bf16");
}

static const Format *narrowFormat(Type type) {
  if (isa<Float8E8M0FNUType>(type))
    return lookupFormat("e8m0");
  return isa<Float8E4M3FNType>(type) ? lookupFormat("e4m3") : halfFormat(type);
}

Tensor::Tensor(Type type, ArrayRef<int64_t> shape)
    : elementType(type), sizes(shape),
      owned(std::make_shared<std::vector<uint8_t>>(elementCount(shape) *
                                                   elementBytes(type))),
      data(*owned) {}

Tensor::Tensor(Type type, ArrayRef<int64_t> shape, ArrayRef<uint8_t> bytes,
               std::shared_ptr<const void> owner)
    : elementType(type), sizes(shape), owner(std::move(owner)), data(bytes) {}

Tensor Tensor::ofNumbers(Type type, ArrayRef<int64_t> shape,
                         ArrayRef<double> numbers) {
  if (!type.isF64()) {
    // f32 has more than twice the bits of the 16-bit types, and two more: the
    // second rounding changes nothing for one operation.
    std::vector<float> floats(numbers.begin(), numbers.end());
    return ofFloats(type, shape, floats);
  }
  Tensor result(type, shape);
  std::memcpy(result.owned->data(), numbers.data(), result.owned->size());
  return result;
}

Tensor Tensor::ofFloats(Type type, ArrayRef<int64_t> shape,
                        ArrayRef<float> numbers) {
  assert(elementCount(shape) == int64_t(numbers.size()));
  if (type.isF64())
    return ofNumbers(type, shape,
                     std::vector<double>(numbers.begin(), numbers.end()));
  Tensor result(type, shape);
  if (type.isF32()) {
    std::memcpy(result.owned->data(), numbers.data(), result.owned->size());
    return result;
  }
  const Format *format = halfFormat(type);
  for (size_t i = 0; i < numbers.size(); ++i) {
    auto code = static_cast<uint16_t>(format->encode(numbers[i]));
    std::memcpy(result.owned->data() + 2 * i, &code, 2);
  }
  return result;
}

Tensor Tensor::ofIntegers(Type type, ArrayRef<int64_t> shape,
                          ArrayRef<int64_t> integers) {
  assert(elementCount(shape) == int64_t(integers.size()));
  Tensor result(type, shape);
  unsigned size = elementBytes(type);
  unsigned bits = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  uint64_t mask = bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
  for (size_t i = 0; i < integers.size(); ++i) {
    uint64_t low = uint64_t(integers[i]) & mask;
    std::memcpy(result.owned->data() + size * i, &low, size);
  }
  return result;
}

int64_t Tensor::count() const { return elementCount(sizes); }

std::vector<float> Tensor::floats() const {
  std::vector<float> result(count());
  if (elementType.isF32()) {
    std::memcpy(result.data(), data.data(), data.size());
    return result;
  }
  const Format *format = narrowFormat(elementType);
  unsigned size = elementBytes(elementType);
  for (size_t i = 0; i < result.size(); ++i) {
    uint16_t code = 0;
    std::memcpy(&code, data.data() + size * i, size);
    result[i] = format->decode(code);
  }
  return result;
}

std::vector<double> Tensor::numbers() const {
  if (elementType.isF64()) {
    std::vector<double> result(count());
    std::memcpy(result.data(), data.data(), data.size());
    return result;
  }
  if (isa<FloatType>(elementType)) {
    std::vector<float> narrow = floats();
    return {narrow.begin(), narrow.end()};
  }
  std::vector<int64_t> whole = integers();
  return {whole.begin(), whole.end()};
}

std::vector<int64_t> Tensor::integers(bool asUnsigned) const {
  unsigned size = elementBytes(elementType);
  unsigned bits =
      elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth();
  bool extendsZero = asUnsigned || bits == 1 || elementType.isUnsignedInteger();
  std::vector<int64_t> result(count());
  for (size_t i = 0; i < result.size(); ++i) {
    uint64_t code = 0;
    std::memcpy(&code, data.data() + size * i, size);
    auto shifted = static_cast<int64_t>(code << (64 - bits));
    result[i] = extendsZero ? int64_t(uint64_t(shifted) >> (64 - bits))
                            : shifted >> (64 - bits);
  }
  return result;
}

int64_t Tensor::integer() const {
  assert(count() == 1);
  return integers().front();
}

Tensor Tensor::reshaped(ArrayRef<int64_t> shape) const {
  assert(elementCount(shape) == count());
  Tensor result = *this;
  result.sizes.assign(shape.begin(), shape.end());
  return result;
}
