//===- Targets.h - what outputs should be -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The class of each row of the first output, beside the samples, and the loss
// that follows from it. Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_TARGETS_H
#define QUANTC_LIB_PIPELINE_TARGETS_H

#include "quantc/Calibrate/Array.h"
#include "llvm/Support/Error.h"

namespace quantc {

class Targets {
public:
  /// The array `targets` of the data in `path`: integers, samples first. One
  /// below 0 says that the row does not count. ErrorKind::BadModel when it is
  /// missing, of another type, has fewer samples than `samples`, or no row
  /// counts.
  static llvm::Expected<Targets> read(const NamedArrays &data,
                                      llvm::StringRef path, int64_t samples);

  /// ErrorKind::BadModel unless the outputs of `count` samples from `first` on
  /// have a row for each of their targets, and a column for each class.
  llvm::Error check(int64_t first, int64_t count, const Array &outputs) const;

  /// Sum over the rows that count of log p - log q of the target, from the
  /// logarithms of both: how much the cross entropy grows from p to q.
  double sumLoss(int64_t first, const Array &p, const Array &q) const;
  /// How many of these rows count.
  int64_t rows(int64_t first, int64_t count) const;

private:
  llvm::ArrayRef<int64_t> of(int64_t first, int64_t count) const {
    return llvm::ArrayRef(classes).slice(first * perSample, count * perSample);
  }

  std::string path;
  std::vector<int64_t> classes;
  int64_t perSample = 0;
};

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_TARGETS_H
