//===- Rotation.cpp - the numbers of qnt.rotate -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Rotation.h. The same signs as those of qnt.transform.

#include "quantc/Dialect/Qnt/Rotation.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include <cmath>

using namespace quantc;
using namespace quantc::qnt;

std::optional<Rotation> Rotation::of(int64_t block, uint64_t seed) {
  std::optional<Hadamard> matrix = Hadamard::ofOrder(block);
  if (!matrix)
    return std::nullopt;
  Rotation result{std::move(*matrix), {}};
  for (int64_t i = 0; i < block; ++i)
    result.factors.push_back(
        static_cast<float>(signOf(seed, i) / std::sqrt(double(block))));
  return result;
}

void Rotation::apply(llvm::MutableArrayRef<float> row) const {
  for (; !row.empty(); row = row.drop_front(factors.size())) {
    llvm::MutableArrayRef<float> block = row.take_front(factors.size());
    for (auto [number, factor] : llvm::zip(block, factors))
      number *= factor;
    matrix.apply(block);
  }
}

void Rotation::apply(llvm::MutableArrayRef<double> row) const {
  double root = std::sqrt(double(factors.size()));
  for (; !row.empty(); row = row.drop_front(factors.size())) {
    llvm::MutableArrayRef<double> block = row.take_front(factors.size());
    for (auto [number, factor] : llvm::zip(block, factors))
      number = (factor < 0 ? -number : number) / root;
    matrix.apply(block);
  }
}
