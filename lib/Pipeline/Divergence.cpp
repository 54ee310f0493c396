//===- Divergence.cpp - how far outputs are from those before ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Rows are shared among threads and added up in their order.

#include "Divergence.h"
#include "quantc/Support/ParallelFor.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace llvm;
using namespace quantc;

void quantc::toLogProbabilities(Array &array) {
  MutableArrayRef<float> numbers = array.as<float>();
  int64_t columns = array.shape.back();
  if (numbers.empty())
    return;
  parallelFor(numbers.size() / columns, 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      auto row = numbers.slice(r * columns, columns);
      float top = *llvm::max_element(row);
      double sum = 0;
      for (float x : row)
        sum += std::exp(x - top);
      float shift = top + static_cast<float>(std::log(sum));
      for (float &x : row)
        x -= shift;
    }
  });
}

double quantc::sumDivergence(ArrayRef<float> p, ArrayRef<float> q,
                             int64_t columns) {
  std::vector<double> rows(p.size() / columns);
  parallelFor(rows.size(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      for (int64_t c = r * columns; c < (r + 1) * columns; ++c)
        rows[r] += std::exp(double(p[c])) * (double(p[c]) - double(q[c]));
  });
  double sum = 0;
  for (double row : rows)
    sum += row;
  return sum;
}
