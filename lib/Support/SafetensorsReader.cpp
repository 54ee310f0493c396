//===- SafetensorsReader.cpp - checked reading of safetensors ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads the header of a safetensors file and trusts nothing in it.

#include "quantc/Support/Errors.h"
#include "quantc/Support/Safetensors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include <algorithm>

using namespace llvm;
using namespace quantc;

/// The limit of the reference implementation.
static constexpr uint64_t kLargestHeader = 100'000'000;

/// A correct header nests three deep: file, tensor, list.
static constexpr unsigned kDeepestHeader = 3;

static constexpr StringLiteral kPaddingPrefix = "__padding.";

unsigned quantc::safetensorsDtypeBits(StringRef dtype) {
  return StringSwitch<unsigned>(dtype)
      .Cases({"F64", "I64", "U64", "C64"}, 64)
      .Cases({"F32", "I32", "U32"}, 32)
      .Cases({"F16", "BF16", "I16", "U16"}, 16)
      .Cases({"I8", "U8", "BOOL"}, 8)
      .Cases({"F8_E4M3", "F8_E5M2", "F8_E8M0"}, 8)
      .Cases({"F6_E2M3", "F6_E3M2"}, 6)
      .Case("F4", 4)
      .Default(0);
}

bool quantc::isSafetensorsPadding(const SafetensorsEntry &entry) {
  return StringRef(entry.name).starts_with(kPaddingPrefix);
}

namespace {

/// Reads one header; every error names the file.
class HeaderReader {
public:
  HeaderReader(StringRef path, uint64_t dataBytes)
      : path(path), dataBytes(dataBytes) {}

  Error read(StringRef json, std::vector<SafetensorsEntry> &tensors,
             SafetensorsMetadata &metadata);

private:
  template <typename... Ts> Error bad(const char *format, Ts &&...args) {
    return makeError(ErrorKind::BadModel,
                     "'{0}' is not a correct safetensors "
                     "file: {1}",
                     path, formatv(format, std::forward<Ts>(args)...).str());
  }
  Error checkNesting(StringRef json);
  Error readMetadata(const json::Value &value, SafetensorsMetadata &metadata);
  Error readEntry(StringRef name, const json::Value &value,
                  SafetensorsEntry &entry);
  Error readShape(const json::Array &list, SafetensorsEntry &entry);
  Error readOffsets(const json::Array &list, SafetensorsEntry &entry);
  Error checkSize(const SafetensorsEntry &entry);
  Error checkOrder(ArrayRef<SafetensorsEntry> tensors);

  StringRef path;
  uint64_t dataBytes;
};

/// The JSON parser recurses, so a deep header would overflow its stack.
Error HeaderReader::checkNesting(StringRef json) {
  unsigned depth = 0;
  bool inString = false;
  for (size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (inString) {
      if (c == '\\')
        ++i;
      inString = c != '"';
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepestHeader)
        return bad("the header nests deeper than {0} levels", kDeepestHeader);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return Error::success();
}

Error HeaderReader::readMetadata(const json::Value &value,
                                 SafetensorsMetadata &metadata) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return bad("'__metadata__' is not an object");
  for (const auto &item : *object) {
    std::optional<StringRef> text = item.second.getAsString();
    if (!text)
      return bad("the metadata '{0}' is not a string", StringRef(item.first));
    metadata.emplace_back(StringRef(item.first).str(), text->str());
  }
  sort(metadata);
  return Error::success();
}

Error HeaderReader::readShape(const json::Array &list,
                              SafetensorsEntry &entry) {
  for (const json::Value &value : list) {
    std::optional<int64_t> dim = value.getAsInteger();
    if (!dim || *dim < 0)
      return bad("tensor '{0}': a dimension of the shape is not a whole number "
                 "of at least 0",
                 entry.name);
    entry.shape.push_back(*dim);
  }
  return Error::success();
}

Error HeaderReader::readOffsets(const json::Array &list,
                                SafetensorsEntry &entry) {
  std::optional<uint64_t> ends[2];
  for (size_t i = 0; i < 2 && list.size() == 2; ++i)
    ends[i] = list[i].getAsUINT64();
  if (!ends[0] || !ends[1] || *ends[0] > *ends[1])
    return bad("tensor '{0}': 'data_offsets' must be two whole numbers, the "
               "first not above the second",
               entry.name);
  entry.begin = *ends[0];
  entry.end = *ends[1];
  if (entry.end > dataBytes)
    return bad("tensor '{0}' ends at byte {1} of the data, which has {2} bytes",
               entry.name, entry.end, dataBytes);
  return Error::success();
}

Error HeaderReader::checkSize(const SafetensorsEntry &entry) {
  unsigned bits = safetensorsDtypeBits(entry.dtype);
  if (bits == 0)
    return bad("tensor '{0}' has the unknown dtype '{1}'", entry.name,
               entry.dtype);
  uint64_t total = bits;
  for (int64_t dim : entry.shape)
    if (__builtin_mul_overflow(total, uint64_t(dim), &total))
      return bad("tensor '{0}': the size of the shape overflows", entry.name);
  if (total % 8 != 0)
    return bad("tensor '{0}' does not fill whole bytes", entry.name);
  if (total / 8 != entry.byteSize())
    return bad("tensor '{0}' has {1} bytes, but its shape and dtype need {2}",
               entry.name, entry.byteSize(), total / 8);
  return Error::success();
}

Error HeaderReader::readEntry(StringRef name, const json::Value &value,
                              SafetensorsEntry &entry) {
  entry.name = name.str();
  const json::Object *object = value.getAsObject();
  if (!object)
    return bad("tensor '{0}' is not described by an object", name);
  std::optional<StringRef> dtype = object->getString("dtype");
  const json::Array *shape = object->getArray("shape");
  const json::Array *offsets = object->getArray("data_offsets");
  if (!dtype || !shape || !offsets || object->size() != 3)
    return bad("tensor '{0}' must have exactly 'dtype', 'shape' and "
               "'data_offsets'",
               name);
  entry.dtype = dtype->str();
  if (Error error = readShape(*shape, entry))
    return error;
  if (Error error = readOffsets(*offsets, entry))
    return error;
  return checkSize(entry);
}

Error HeaderReader::checkOrder(ArrayRef<SafetensorsEntry> tensors) {
  uint64_t expected = 0;
  for (const SafetensorsEntry &entry : tensors) {
    if (entry.begin != expected)
      return bad("tensor '{0}' begins at byte {1} of the data, but the one "
                 "before ends at byte {2}",
                 entry.name, entry.begin, expected);
    expected = entry.end;
  }
  if (expected != dataBytes)
    return bad("the tensors end at byte {0} of the data, which has {1} bytes",
               expected, dataBytes);
  return Error::success();
}

Error HeaderReader::read(StringRef json, std::vector<SafetensorsEntry> &tensors,
                         SafetensorsMetadata &metadata) {
  if (Error error = checkNesting(json))
    return error;
  Expected<json::Value> parsed = json::parse(json);
  if (!parsed)
    return bad("the header is not JSON: {0}", toString(parsed.takeError()));
  const json::Object *object = parsed->getAsObject();
  if (!object)
    return bad("the header is not a JSON object");
  for (const auto &item : *object) {
    StringRef name = item.first;
    Error error = name == "__metadata__"
                      ? readMetadata(item.second, metadata)
                      : readEntry(name, item.second, tensors.emplace_back());
    if (error)
      return error;
  }
  // Empty tensors share their begin with the next one; the name makes the order
  // the same always.
  sort(tensors, [](const SafetensorsEntry &a, const SafetensorsEntry &b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  return checkOrder(tensors);
}

} // namespace

Expected<SafetensorsFile> SafetensorsFile::open(StringRef path) {
  Expected<std::shared_ptr<const MappedFile>> mapped = MappedFile::open(path);
  if (!mapped)
    return mapped.takeError();
  SafetensorsFile result;
  result.file = *mapped;

  Expected<ArrayRef<uint8_t>> length = result.file->slice(0, 8);
  if (!length)
    return length.takeError();
  uint64_t headerBytes = support::endian::read64le(length->data());
  if (headerBytes > kLargestHeader)
    return makeError(ErrorKind::BadModel,
                     "'{0}' is not a correct safetensors file: its header "
                     "would have {1} bytes, at most {2} are allowed",
                     path, headerBytes, kLargestHeader);
  Expected<ArrayRef<uint8_t>> header = result.file->slice(8, headerBytes);
  if (!header)
    return header.takeError();

  result.dataBegin = 8 + headerBytes;
  HeaderReader reader(path, result.file->size() - result.dataBegin);
  StringRef json(reinterpret_cast<const char *>(header->data()),
                 header->size());
  if (Error error = reader.read(json, result.tensors, result.meta))
    return error;
  for (size_t i = 0; i < result.tensors.size(); ++i)
    result.byName[result.tensors[i].name] = i;
  return result;
}

const SafetensorsEntry *SafetensorsFile::find(StringRef name) const {
  auto it = byName.find(name);
  return it == byName.end() ? nullptr : &tensors[it->second];
}

ArrayRef<uint8_t> SafetensorsFile::data() const {
  return file->bytes().drop_front(dataBegin);
}

ArrayRef<uint8_t> SafetensorsFile::bytes(const SafetensorsEntry &entry) const {
  return data().slice(entry.begin, entry.byteSize());
}
