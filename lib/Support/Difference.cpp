//===- Difference.cpp - how far numbers are from others -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Difference.h. Sums are in double precision.

#include "quantc/Support/Difference.h"
#include <algorithm>
#include <cmath>

using namespace quantc;

void Difference::add(double wanted, double found) {
  bool areSame = wanted == found || (std::isnan(wanted) && std::isnan(found));
  ++count;
  differing += !areSame;
  if (!std::isfinite(wanted) || !std::isfinite(found)) {
    lost += !areSame;
    return;
  }
  double error = wanted - found;
  signal += wanted * wanted;
  power += found * found;
  product += wanted * found;
  noise += error * error;
  maxError = std::max(maxError, std::fabs(error));
}

void Difference::add(llvm::ArrayRef<float> wanted,
                     llvm::ArrayRef<float> found) {
  assert(wanted.size() == found.size());
  for (size_t i = 0; i < wanted.size(); ++i)
    add(wanted[i], found[i]);
}

double Difference::sqnr() const {
  return noise > 0 ? 10 * std::log10(signal / noise) : INFINITY;
}

double Difference::cosine() const {
  if (signal > 0 && power > 0)
    return product / std::sqrt(signal * power);
  return signal == power ? 1 : 0;
}
