//===- Record.cpp - a few tensors with a checksum ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The digest stands in the header, so it is taken before anything is written.

#include "quantc/Support/Record.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"

using namespace llvm;
using namespace quantc;

static constexpr StringLiteral digestKey = "digest";

using Hash = TruncatedBLAKE3<16>;

std::string quantc::digestOf(ArrayRef<uint8_t> bytes) {
  return toHex(Hash::hash<16>(bytes), /*LowerCase=*/true);
}

/// Digest of names, types, shapes and bytes, in the order of names.
static std::string digestOfAll(ArrayRef<RecordTensor> tensors) {
  // Readers may see tensors without elements in another order.
  std::vector<RecordTensor> sorted(tensors.begin(), tensors.end());
  llvm::sort(sorted, [](const RecordTensor &a, const RecordTensor &b) {
    return a.name < b.name;
  });
  Hash hash;
  for (const RecordTensor &tensor : sorted) {
    std::string head =
        formatv("{0} {1} {2:$[,]} ", tensor.name, tensor.dtype,
                make_range(tensor.shape.begin(), tensor.shape.end()));
    hash.update(head);
    hash.update(tensor.bytes);
  }
  return toHex(hash.final(), /*LowerCase=*/true);
}

Error quantc::writeRecord(StringRef path, ArrayRef<RecordTensor> tensors,
                          const SafetensorsMetadata &metadata) {
  SafetensorsLayout layout;
  for (const RecordTensor &tensor : tensors) {
    auto offset = layout.add(tensor.name, tensor.dtype, tensor.shape);
    if (!offset)
      return offset.takeError();
  }
  for (const auto &[key, value] : metadata)
    layout.addMetadata(key, value);
  layout.addMetadata(digestKey, digestOfAll(tensors));
  auto writer = SafetensorsWriter::create(path, std::move(layout));
  if (!writer)
    return writer.takeError();
  for (const RecordTensor &tensor : tensors)
    if (Error error = writer->append(tensor.name, tensor.bytes))
      return error;
  return writer->commit();
}

Expected<SafetensorsFile> quantc::openRecord(StringRef path) {
  auto file = SafetensorsFile::open(path);
  if (!file)
    return file;
  std::vector<RecordTensor> tensors;
  for (const SafetensorsEntry &entry : file->entries())
    if (!isSafetensorsPadding(entry))
      tensors.push_back(
          {entry.name, entry.dtype, entry.shape, file->bytes(entry)});
  for (const auto &[key, value] : file->metadata())
    if (key == digestKey && value == digestOfAll(tensors))
      return file;
  return makeError(ErrorKind::BadModel,
                   "'{0}' is damaged: its numbers have another digest", path);
}
