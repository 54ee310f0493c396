//===- StoredMatrix.h - quantized matrices in files -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a method chose, as a record, so that it need not choose twice. One code
// a byte: not the packed form that kernels read.

#ifndef QUANTC_METHODS_STOREDMATRIX_H
#define QUANTC_METHODS_STOREDMATRIX_H

#include "quantc/Methods/BinaryMatrix.h"
#include "quantc/Methods/LowRank.h"
#include "quantc/Support/Record.h"
#include <optional>

namespace quantc {

/// A matrix as the tensors of a record; `matrix` must outlive it.
class StoredMatrix {
public:
  explicit StoredMatrix(const QuantizedMatrix &matrix);
  explicit StoredMatrix(const BinaryMatrix &matrix);
  StoredMatrix(const StoredMatrix &) = delete;

  llvm::ArrayRef<RecordTensor> tensors() const { return list; }

private:
  std::vector<int64_t> facts;
  std::vector<float> scaleUnit; ///< one
  std::vector<RecordTensor> list;
};

/// The matrix [rows, cols] of that scheme in a record; nothing when it holds
/// another one.
std::optional<QuantizedMatrix> readStoredMatrix(const SafetensorsFile &record,
                                                int64_t rows, int64_t cols,
                                                const GroupScheme &scheme);

/// A low-rank branch as the tensors of a record, which are its own.
class StoredBranch {
public:
  explicit StoredBranch(const LowRankBranch &branch);
  StoredBranch(const StoredBranch &) = delete;

  llvm::ArrayRef<RecordTensor> tensors() const { return list; }

private:
  std::vector<RecordTensor> list;
};

/// The branch of a weight [rows, cols] in a record; nothing when it holds
/// something else.
std::optional<LowRankBranch> readStoredBranch(const SafetensorsFile &record,
                                              int64_t rank, int64_t rows,
                                              int64_t cols);

/// The matrix of signs [rows, cols] of that scheme in a record; nothing when it
/// holds something else.
std::optional<BinaryMatrix> readStoredMatrix(const SafetensorsFile &record,
                                             int64_t rows, int64_t cols,
                                             const BinaryScheme &scheme);

} // namespace quantc

#endif // QUANTC_METHODS_STOREDMATRIX_H
