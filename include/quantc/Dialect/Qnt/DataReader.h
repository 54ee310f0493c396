//===- DataReader.h - the bytes of nn.data -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Finds the bytes that an nn.data names, without copying them.

#ifndef QUANTC_DIALECT_QNT_DATAREADER_H
#define QUANTC_DIALECT_QNT_DATAREADER_H

#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Support/MappedFile.h"
#include "llvm/ADT/StringMap.h"
#include <memory>
#include <vector>

namespace quantc::qnt {

/// Bytes of a type as nn.data stores it: elements in whole bytes. Returns -1
/// for a type without a fixed size.
int64_t byteSizeOf(mlir::Type type);

/// Maps each file that data lies in once, for as long as the reader lives.
class DataReader {
public:
  /// The bytes of `data`: row-major, little-endian. ErrorKind::IO when the file
  /// cannot be read, ErrorKind::BadModel when it is too short; both name the
  /// data. Bytes of data that is stored in a narrower type are valid until two
  /// more such data were read, so that memory stays bounded.
  llvm::Expected<llvm::ArrayRef<uint8_t>> bytes(nn::DataOp data);

private:
  llvm::ArrayRef<uint8_t> convert(llvm::ArrayRef<uint8_t> halves, bool isBF16);

  llvm::StringMap<std::shared_ptr<const MappedFile>> files;
  std::vector<std::vector<uint8_t>> expanded; // splats, written out
  std::vector<float> converted[2];            // the last ones, in turns
  unsigned turn = 0;
};

} // namespace quantc::qnt

#endif // QUANTC_DIALECT_QNT_DATAREADER_H
