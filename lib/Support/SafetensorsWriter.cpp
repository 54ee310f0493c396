//===- SafetensorsWriter.cpp - streaming writing of safetensors -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Lays out and writes safetensors files without ever seeking back.

#include "quantc/Support/Errors.h"
#include "quantc/Support/Safetensors.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace quantc;

static constexpr uint64_t kAlignment = 64;

static uint64_t aligned(uint64_t offset) {
  return (offset + kAlignment - 1) & ~(kAlignment - 1);
}

Expected<uint64_t> SafetensorsLayout::add(StringRef name, StringRef dtype,
                                          ArrayRef<int64_t> shape) {
  SafetensorsEntry entry;
  entry.name = name.str();
  entry.dtype = dtype.str();
  entry.shape.assign(shape.begin(), shape.end());
  entry.begin = aligned(tensors.empty() ? 0 : tensors.back().end);
  uint64_t bits = safetensorsDtypeBits(dtype);
  bool valid = bits != 0;
  for (int64_t dim : shape)
    valid &= dim >= 0 && !__builtin_mul_overflow(bits, uint64_t(dim), &bits);
  if (!valid || bits % 8 != 0)
    return makeError(ErrorKind::Internal,
                     "tensor '{0}' of dtype '{1}' cannot be stored: the dtype "
                     "must be known and the shape must fill whole bytes",
                     name, dtype);
  entry.end = entry.begin + bits / 8;
  if (name == "__metadata__" || isSafetensorsPadding(entry))
    return makeError(ErrorKind::Internal, "the tensor name '{0}' is reserved",
                     name);
  if (!names.try_emplace(name, 0).second)
    return makeError(ErrorKind::Internal, "tensor '{0}' is stored twice", name);
  tensors.push_back(std::move(entry));
  return tensors.back().begin;
}

void SafetensorsLayout::addMetadata(StringRef key, StringRef value) {
  meta.emplace_back(key.str(), value.str());
}

uint64_t SafetensorsLayout::dataBytes() const {
  return tensors.empty() ? 0 : aligned(tensors.back().end);
}

static void writeEntry(json::OStream &json, const SafetensorsEntry &entry) {
  json.attributeObject(entry.name, [&] {
    json.attribute("dtype", entry.dtype);
    json.attributeArray("shape", [&] {
      for (int64_t dim : entry.shape)
        json.value(dim);
    });
    json.attributeArray("data_offsets", [&] {
      json.value(entry.begin);
      json.value(entry.end);
    });
  });
}

std::string SafetensorsLayout::header() const {
  std::string text;
  raw_string_ostream os(text);
  json::OStream json(os);
  json.object([&] {
    if (!meta.empty())
      json.attributeObject("__metadata__", [&] {
        for (const auto &[key, value] : meta)
          json.attribute(key, value);
      });
    unsigned gaps = 0;
    for (size_t i = 0; i < tensors.size(); ++i) {
      writeEntry(json, tensors[i]);
      uint64_t end = tensors[i].end;
      uint64_t next =
          i + 1 < tensors.size() ? tensors[i + 1].begin : dataBytes();
      if (end == next)
        continue;
      writeEntry(json, {"__padding." + std::to_string(gaps++),
                        "U8",
                        {int64_t(next - end)},
                        end,
                        next});
    }
  });
  text.resize(aligned(text.size() + 8) - 8, ' ');
  char length[8];
  support::endian::write64le(length, text.size());
  return std::string(length, 8) + text;
}

SafetensorsWriter::SafetensorsWriter(SafetensorsLayout layout, OutputFile file)
    : layout(std::move(layout)), file(std::move(file)) {}

Expected<SafetensorsWriter>
SafetensorsWriter::create(StringRef path, SafetensorsLayout layout) {
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  file->write(layout.header());
  return SafetensorsWriter(std::move(layout), std::move(*file));
}

void SafetensorsWriter::padTo(uint64_t dataOffset) {
  static constexpr uint8_t kZeros[kAlignment] = {};
  ArrayRef<uint8_t> zeros(kZeros, dataOffset - dataWritten);
  file.write(zeros);
  sum.update(zeros);
  dataWritten = dataOffset;
}

Error SafetensorsWriter::append(StringRef name, ArrayRef<uint8_t> bytes) {
  ArrayRef<SafetensorsEntry> tensors = layout.entries();
  // The next tensor may start only where the current one is complete.
  while (current < tensors.size() && tensors[current].name != name &&
         dataWritten == tensors[current].end) {
    ++current;
    if (current < tensors.size())
      padTo(tensors[current].begin);
  }
  if (current == tensors.size() || tensors[current].name != name)
    return makeError(ErrorKind::Internal,
                     "'{0}': tensor '{1}' is written out of order", file.path(),
                     name);
  if (bytes.size() > tensors[current].end - dataWritten)
    return makeError(ErrorKind::Internal,
                     "'{0}': tensor '{1}' gets more than its {2} bytes",
                     file.path(), name, tensors[current].byteSize());
  file.write(bytes);
  sum.update(bytes);
  dataWritten += bytes.size();
  return Error::success();
}

Error SafetensorsWriter::commit() {
  ArrayRef<SafetensorsEntry> tensors = layout.entries();
  // Empty tensors at the end need no append().
  while (current + 1 < tensors.size() && dataWritten == tensors[current].end &&
         tensors[current + 1].byteSize() == 0)
    padTo(tensors[++current].begin);
  bool complete = tensors.empty() || (current + 1 >= tensors.size() &&
                                      dataWritten == tensors.back().end);
  if (!complete)
    return makeError(ErrorKind::Internal,
                     "'{0}': tensor '{1}' is incomplete: {2} of {3} bytes of "
                     "data were written",
                     file.path(), tensors[current].name, dataWritten,
                     layout.dataBytes());
  padTo(layout.dataBytes());
  return file.commit();
}
