//===- MagnitudeStatistics.cpp - quantiles of magnitudes --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The bits of a positive fp32 number, read as an integer, are in the order of
// the numbers: its upper bits are the number of its bin.

#include "quantc/Calibrate/MagnitudeStatistics.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace quantc;

void MagnitudeStatistics::add(llvm::ArrayRef<float> numbers) {
  for (float number : numbers) {
    if (!std::isfinite(number)) {
      finite = false;
      continue;
    }
    ++bins[llvm::bit_cast<uint32_t>(std::fabs(number)) >> droppedBits];
    ++total;
  }
}

double MagnitudeStatistics::quantile(double share) const {
  auto edge = [](int64_t bin) {
    return static_cast<double>(
        llvm::bit_cast<float>(static_cast<uint32_t>(bin << droppedBits)));
  };
  double wanted = share * static_cast<double>(total), below = 0;
  if (wanted <= 0)
    return 0;
  int64_t last = 0;
  for (int64_t bin = 0; bin < binCount; ++bin) {
    auto own = static_cast<double>(bins[bin]);
    if (own == 0)
      continue;
    last = bin;
    if (below + own >= wanted) {
      double part = (wanted - below) / own;
      return edge(bin) + part * (edge(bin + 1) - edge(bin));
    }
    below += own;
  }
  return edge(last + 1);
}
