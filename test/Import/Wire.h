//===- Wire.h - protobuf bytes by hand --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes protobuf wire format without protobuf, so that damaged and hostile
// models can be made byte by byte. Field numbers are those of onnx.proto.

#ifndef QUANTC_TEST_IMPORT_WIRE_H
#define QUANTC_TEST_IMPORT_WIRE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace quantc::test {

class Wire {
public:
  Wire &number(unsigned field, uint64_t value) {
    varint(field << 3);
    varint(value);
    return *this;
  }
  Wire &bytes(unsigned field, llvm::StringRef value) {
    varint(field << 3 | 2);
    varint(value.size());
    text += value;
    return *this;
  }
  Wire &message(unsigned field, const Wire &value) {
    return bytes(field, value.text);
  }

  std::string text;

private:
  void varint(uint64_t value) {
    for (; value >= 128; value >>= 7)
      text += static_cast<char>(value | 128);
    text += static_cast<char>(value);
  }
};

inline llvm::ArrayRef<uint8_t> bytesOf(llvm::StringRef text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

/// A float tensor of one dimension with raw data.
inline Wire tensorOf(llvm::StringRef name, uint64_t size, llvm::StringRef raw) {
  return Wire().number(1, size).number(2, 1).bytes(8, name).bytes(9, raw);
}

/// A value `name` of type float[size].
inline Wire valueOf(llvm::StringRef name, uint64_t size) {
  Wire shape = Wire().message(1, Wire().number(1, size));
  Wire type = Wire().message(1, Wire().number(1, 1).message(2, shape));
  return Wire().bytes(1, name).message(2, type);
}

/// y = Add(x, w) with w of 20 elements in raw data.
inline std::string addModel() {
  Wire node = Wire().bytes(1, "x").bytes(1, "w").bytes(2, "y").bytes(4, "Add");
  Wire graph = Wire()
                   .message(1, node)
                   .bytes(2, "graph")
                   .message(5, tensorOf("w", 20, std::string(80, 'a')))
                   .message(11, valueOf("x", 20))
                   .message(12, valueOf("y", 20));
  return Wire()
      .number(1, 8)
      .message(7, graph)
      .message(8, Wire().bytes(1, "").number(2, 17))
      .text;
}

} // namespace quantc::test

#endif // QUANTC_TEST_IMPORT_WIRE_H
