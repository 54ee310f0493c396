//===- ReadTensor.cpp - tensors of a model file -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One tensor from TensorProto, wherever its bytes are: in the model file, in
// another file, or in one of protobuf's typed fields. All lengths are checked
// before anything is allocated.

#include "Proto.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace llvm;
using namespace quantc;
using namespace quantc::importer;
using ::onnx::TensorProto;

TensorReader::TensorReader(std::shared_ptr<const MappedFile> file,
                           StringRef path, bool isBinary)
    : file(std::move(file)), path(path), external(path) {
  if (isBinary)
    ranges = scanRawData(this->file->bytes());
}

static Error bad(const Twine &what) {
  return makeError(ErrorKind::BadModel, what);
}

static std::string describe(const Tensor &tensor) {
  std::string text;
  raw_string_ostream os(text);
  os << "type " << nameOf(tensor.type) << " and shape [";
  interleaveComma(tensor.dims, os);
  os << "]";
  return text;
}

Expected<Tensor> TensorReader::read(const TensorProto &proto, StringRef what,
                                    StringRef key) {
  Tensor tensor;
  tensor.name = proto.name();
  tensor.type = static_cast<ElementType>(proto.data_type());
  if (static_cast<size_t>(proto.dims_size()) > maxRank)
    return bad("tensor '" + what + "' has " + Twine(proto.dims_size()) +
               " dimensions, expected at most " + Twine(maxRank));
  tensor.dims.assign(proto.dims().begin(), proto.dims().end());
  std::optional<uint64_t> count = elementCount(tensor.dims);
  std::optional<uint64_t> length =
      count ? byteLength(tensor.type, *count) : std::optional<uint64_t>();
  if (!length)
    return bad("tensor '" + what + "' has " + describe(tensor) +
               ": a dimension is negative or the size overflows");
  tensor.count = *count;
  if (proto.has_segment())
    return bad("tensor '" + what +
               "' is a segment of another tensor, expected a whole one");
  if (tensor.type == ElementType::String)
    return tensor;
  if (bitsOf(tensor.type) == 0)
    return bad("tensor '" + what + "' has the unknown element type " +
               Twine(proto.data_type()));

  Error error = Error::success();
  cantFail(std::move(error));
  if (proto.data_location() == TensorProto::EXTERNAL)
    error = readExternal(proto, what, *length, tensor);
  else if (proto.has_raw_data() && !(*length == 0 && proto.raw_data().empty()))
    error = readRaw(proto, what, key, *length, tensor);
  else
    error = readTyped(proto, what, *length, tensor);
  if (error)
    return std::move(error);
  return tensor;
}

Error TensorReader::readExternal(const TensorProto &proto, StringRef what,
                                 uint64_t length, Tensor &tensor) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto &entry : proto.external_data())
    entries.emplace_back(entry.key(), entry.value());
  Expected<ExternalRange> range = external.resolve(what, entries, length);
  if (!range)
    return range.takeError();
  tensor.bytes = range->bytes;
  tensor.owner = range->file;
  tensor.file = range->path;
  tensor.offset = range->offset;
  return Error::success();
}

Error TensorReader::readRaw(const TensorProto &proto, StringRef what,
                            StringRef key, uint64_t length, Tensor &tensor) {
  const std::string &raw = proto.raw_data();
  if (raw.size() != length)
    return bad("tensor '" + what + "' has " + Twine(raw.size()) +
               " bytes of raw data, but " + describe(tensor) + " need " +
               Twine(length));
  auto found = ranges.find(key);
  if (found != ranges.end() && found->second.length == length) {
    ArrayRef<uint8_t> bytes = file->bytes().slice(found->second.offset, length);
    if (std::memcmp(bytes.data(), raw.data(), length) == 0) {
      tensor.bytes = bytes;
      tensor.owner = file;
      tensor.file = path;
      tensor.offset = found->second.offset;
      return Error::success();
    }
  }
  auto copy = std::make_shared<std::vector<uint8_t>>(raw.begin(), raw.end());
  tensor.bytes = *copy;
  tensor.owner = std::move(copy);
  return Error::success();
}

/// Appends the low `bytes` bytes of each value.
template <typename Values>
static void appendLow(const Values &values, unsigned bytes,
                      std::vector<uint8_t> &out) {
  for (auto value : values) {
    uint8_t buffer[sizeof(value)];
    std::memcpy(buffer, &value, sizeof(value));
    out.insert(out.end(), buffer, buffer + bytes);
  }
}

Error TensorReader::readTyped(const TensorProto &proto, StringRef what,
                              uint64_t length, Tensor &tensor) {
  auto copy = std::make_shared<std::vector<uint8_t>>();
  switch (tensor.type) {
  case ElementType::Float:
  case ElementType::Complex64:
    appendLow(proto.float_data(), 4, *copy);
    break;
  case ElementType::Double:
  case ElementType::Complex128:
    appendLow(proto.double_data(), 8, *copy);
    break;
  case ElementType::Int64:
    appendLow(proto.int64_data(), 8, *copy);
    break;
  case ElementType::UInt32:
  case ElementType::UInt64:
    appendLow(proto.uint64_data(), bitsOf(tensor.type) / 8, *copy);
    break;
  default: // one value, or one byte of packed values, in each int32
    appendLow(proto.int32_data(), std::max(bitsOf(tensor.type), 8u) / 8, *copy);
    break;
  }
  if (copy->size() != length)
    return bad("tensor '" + what + "' has " + Twine(copy->size()) +
               " bytes of data, but " + describe(tensor) + " need " +
               Twine(length));
  tensor.bytes = *copy;
  tensor.owner = std::move(copy);
  return Error::success();
}
