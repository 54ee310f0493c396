//===- ChannelSplit.cpp - large input channels in two halves ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ChannelSplit.h.

#include "quantc/Methods/ChannelSplit.h"
#include "GroupQuantizer.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace llvm;
using namespace quantc;

std::pair<double, double> quantc::splitWeight(double weight, float step) {
  auto halves = [&](double apart) {
    return std::pair(weight / 2 - apart / 2, weight / 2 + apart / 2);
  };
  // In fp32, as codes are chosen.
  auto code = [&](double number) { return std::rint(float(number) / step); };
  float whole = code(weight);
  auto near = halves(double(step) / 2);
  if (code(near.first) + code(near.second) == whole)
    return near;
  return halves(std::fmod(whole, 2.0f) == 0 ? 0.0 : double(step));
}

void quantc::splitRow(ArrayRef<double> row, ArrayRef<int64_t> channels,
                      const GroupScheme &scheme,
                      MutableArrayRef<double> result) {
  GroupScheme plain = scheme;
  if (plain.hasScaleUnit())
    plain.scaleType = ScaleType::FP32;
  int64_t size = plain.effectiveGroupSize(int64_t(row.size()));
  std::copy(row.begin(), row.end(), result.begin());
  std::vector<float> steps(size_t(plain.groups(int64_t(row.size()))), 0.0f);
  for (auto [i, channel] : enumerate(channels)) {
    size_t group = size_t(channel / size);
    if (steps[group] == 0) {
      ArrayRef<double> part = row.drop_front(group * size_t(size));
      part = part.take_front(std::min(part.size(), size_t(size)));
      std::vector<float> rounded(part.begin(), part.end());
      steps[group] =
          methods::makeGrid(methods::fullRange(rounded, plain), plain).scale;
    }
    auto [first, second] = splitWeight(row[size_t(channel)], steps[group]);
    result[size_t(channel)] = first;
    result[row.size() + i] = second;
  }
}
