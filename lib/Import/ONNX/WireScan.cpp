//===- WireScan.cpp - where a model file keeps raw data ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A reader of the protobuf wire format for five message types. Field numbers
// are those of onnx.proto.

#include "quantc/Import/WireScan.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

using namespace llvm;
using namespace quantc::importer;

namespace {
/// A length-delimited field: its number and its bytes.
struct Field {
  uint32_t number;
  ArrayRef<uint8_t> bytes;
};

/// Walks the fields of one message.
class Reader {
public:
  explicit Reader(ArrayRef<uint8_t> bytes) : rest(bytes) {}

  /// The next length-delimited field; all others are skipped. nullopt at the
  /// end or at the first damaged byte.
  std::optional<Field> next() {
    while (!rest.empty()) {
      std::optional<uint64_t> key = varint();
      if (!key)
        return std::nullopt;
      uint32_t number = static_cast<uint32_t>(*key >> 3);
      switch (*key & 7) {
      case 0:
        if (!varint())
          return std::nullopt;
        break;
      case 1:
        if (!skip(8))
          return std::nullopt;
        break;
      case 2: {
        std::optional<uint64_t> length = varint();
        if (!length || *length > rest.size())
          return std::nullopt;
        ArrayRef<uint8_t> bytes = rest.take_front(*length);
        rest = rest.drop_front(*length);
        return Field{number, bytes};
      }
      case 5:
        if (!skip(4))
          return std::nullopt;
        break;
      default: // groups are not used by ONNX
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

private:
  std::optional<uint64_t> varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      uint8_t byte = rest.front();
      rest = rest.drop_front();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        return value;
    }
    return std::nullopt;
  }

  bool skip(size_t count) {
    if (rest.size() < count)
      return false;
    rest = rest.drop_front(count);
    return true;
  }

  ArrayRef<uint8_t> rest;
};
} // namespace

static StringRef text(ArrayRef<uint8_t> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

static void forEachField(ArrayRef<uint8_t> message,
                         function_ref<void(const Field &)> visit) {
  Reader reader(message);
  while (std::optional<Field> field = reader.next())
    visit(*field);
}

namespace {
class Scanner {
public:
  explicit Scanner(ArrayRef<uint8_t> model) : start(model.data()) {
    forEachField(model, [&](const Field &f) {
      if (f.number == 7) // ModelProto.graph
        scanGraph(f.bytes);
    });
  }

  StringMap<RawRange> found;

private:
  void scanGraph(ArrayRef<uint8_t> graph) {
    forEachField(graph, [&](const Field &f) {
      if (f.number == 1) // GraphProto.node
        scanNode(f.bytes);
      else if (f.number == 5) // GraphProto.initializer
        scanTensor(f.bytes, "");
    });
  }

  void scanNode(ArrayRef<uint8_t> node) {
    StringRef output;
    forEachField(node, [&](const Field &f) {
      if (f.number == 2 && output.empty()) // NodeProto.output
        output = text(f.bytes);
    });
    if (output.empty())
      return;
    forEachField(node, [&](const Field &f) {
      if (f.number == 5) // NodeProto.attribute
        forEachField(f.bytes, [&](const Field &a) {
          if (a.number == 5) // AttributeProto.t
            scanTensor(a.bytes, output);
        });
    });
  }

  /// Records the raw data under `name`, or under the tensor's own name.
  void scanTensor(ArrayRef<uint8_t> tensor, StringRef name) {
    std::optional<ArrayRef<uint8_t>> raw;
    bool isNamed = !name.empty();
    forEachField(tensor, [&](const Field &f) {
      if (f.number == 8 && !isNamed) // TensorProto.name
        name = text(f.bytes);
      else if (f.number == 9) // TensorProto.raw_data
        raw = f.bytes;
    });
    if (raw && !name.empty())
      found[name] = {static_cast<uint64_t>(raw->data() - start), raw->size()};
  }

  const uint8_t *start;
};
} // namespace

StringMap<RawRange> quantc::importer::scanRawData(ArrayRef<uint8_t> model) {
  return std::move(Scanner(model).found);
}
