//===- ChannelSplit.h - large input channels in two halves ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One large weight makes the steps of its whole group wide. As the sum of two
// weights of about half its size, read from two copies of its input, it does
// not (Zhao et al., Outlier Channel Splitting, ICML 2019). Which channels are
// split, and who copies inputs, is decided elsewhere. No MLIR.

#ifndef QUANTC_METHODS_CHANNELSPLIT_H
#define QUANTC_METHODS_CHANNELSPLIT_H

#include "quantc/Methods/GroupScheme.h"
#include <utility>

namespace quantc {

/// Two weights whose sum is `weight`, of about half its size, whose codes add
/// up to the code of `weight` where all three are rounded with this step, as
/// GroupScheme rounds them: (weight - step/2) / 2 and (weight + step/2) / 2
/// (section 3.3 of the paper; by Hermite's identity exact for floor(u + 1/2)).
/// Where halves are rounded to even and that does not hold, at or within
/// rounding of the middle of two codes, the halves are half a code away from
/// any middle: equal ones for an even code, otherwise one step apart.
std::pair<double, double> splitWeight(double weight, float step);

/// A row of weights with `channels` split: one half of each stays in its place,
/// the other follows behind the row, in the order of `channels`. The steps are
/// those that rounding to nearest gives the groups of `row`, before scales of 8
/// bits are rounded. `scheme` has uniform integers; `result` has room for both.
void splitRow(llvm::ArrayRef<double> row, llvm::ArrayRef<int64_t> channels,
              const GroupScheme &scheme, llvm::MutableArrayRef<double> result);

} // namespace quantc

#endif // QUANTC_METHODS_CHANNELSPLIT_H
