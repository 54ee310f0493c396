//===- Array.cpp - numbers with a shape -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sizes, with overflow in mind, and names of types.

#include "quantc/Calibrate/Array.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantc;

std::string ElementType::name() const {
  if (kind == Bool)
    return "bool";
  StringRef prefix = kind == Float    ? "f"
                     : kind == BFloat ? "bf"
                     : kind == UInt   ? "ui"
                                      : "i";
  return (prefix + Twine(unsigned(bits))).str();
}

std::optional<uint64_t> quantc::byteCount(ElementType type,
                                          ArrayRef<int64_t> shape) {
  // A size of 0 must not hide that the others overflow.
  uint64_t count = type.bytes(), nonZero = type.bytes();
  for (int64_t size : shape) {
    if (size < 0)
      return std::nullopt;
    if (__builtin_mul_overflow(nonZero, uint64_t(std::max<int64_t>(size, 1)),
                               &nonZero) ||
        nonZero > (uint64_t(1) << 62))
      return std::nullopt;
    count *= uint64_t(size);
  }
  return count;
}

Array Array::zeros(ElementType type, ArrayRef<int64_t> shape) {
  Array array{type, SmallVector<int64_t, 4>(shape), {}};
  array.bytes.resize(*byteCount(type, shape));
  return array;
}

const Array *quantc::findArray(const NamedArrays &arrays, StringRef name) {
  for (const auto &[key, array] : arrays)
    if (key == name)
      return &array;
  return nullptr;
}

std::string quantc::describe(ElementType type, ArrayRef<int64_t> shape) {
  std::string text = type.name() + "[";
  raw_string_ostream os(text);
  llvm::interleave(shape, os, ",");
  return text + "]";
}
