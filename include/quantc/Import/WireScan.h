//===- WireScan.h - where a model file keeps raw data -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Finds the byte ranges of raw tensor data in a serialized model, so that
// weights are mapped where they lie. Reads only the fields on the way there;
// protobuf parses the rest, and a range is used only when its bytes equal what
// protobuf parsed.

#ifndef QUANTC_IMPORT_WIRESCAN_H
#define QUANTC_IMPORT_WIRESCAN_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include <cstdint>

namespace quantc::importer {

/// A range of bytes of the file.
struct RawRange {
  uint64_t offset = 0, length = 0;
};

/// Raw data of initializers, by tensor name, and of tensor attributes in the
/// main graph, by the name of their node's first output. Damaged bytes end the
/// scan early; what was found before is returned.
llvm::StringMap<RawRange> scanRawData(llvm::ArrayRef<uint8_t> model);

} // namespace quantc::importer

#endif // QUANTC_IMPORT_WIRESCAN_H
