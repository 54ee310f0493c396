//===- ExternalData.h - tensor bytes in other files -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Opens the files that a model refers to. A model is not trusted: a reference
// must stay in the model's folder, and links are refused, because the file that
// was checked must be the file that is read.

#ifndef QUANTC_IMPORT_EXTERNALDATA_H
#define QUANTC_IMPORT_EXTERNALDATA_H

#include "quantc/Support/MappedFile.h"
#include "llvm/ADT/StringMap.h"
#include <optional>
#include <utility>
#include <vector>

namespace quantc::importer {

/// A checked range of a mapped file.
struct ExternalRange {
  std::string path; ///< canonical
  std::shared_ptr<const MappedFile> file;
  uint64_t offset = 0;
  llvm::ArrayRef<uint8_t> bytes;
};

class ExternalFiles {
public:
  /// `modelPath` names the model; its folder bounds all references.
  explicit ExternalFiles(llvm::StringRef modelPath) : modelPath(modelPath) {}

  /// The bytes that the key/value pairs of TensorProto.external_data describe.
  /// `length` is what the tensor's type and shape ask for. Every error names
  /// the tensor: BadModel, or IO when the file is missing.
  llvm::Expected<ExternalRange>
  resolve(llvm::StringRef tensor,
          llvm::ArrayRef<std::pair<std::string, std::string>> entries,
          uint64_t length);

private:
  struct File {
    std::string path;
    std::shared_ptr<const MappedFile> mapping;
  };
  llvm::Expected<File> open(llvm::StringRef tensor, llvm::StringRef location);

  std::string modelPath;
  llvm::StringMap<File> files; ///< by location
};

} // namespace quantc::importer

#endif // QUANTC_IMPORT_EXTERNALDATA_H
