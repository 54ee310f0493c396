//===- Model.h - an ONNX model as plain data --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the importer reads: the model without protobuf and without copies of its
// weights. Everything here has been checked (see checkModel): names are unique,
// nodes are in order, byte lengths fit. Not an IR: nothing is inferred.

#ifndef QUANTC_IMPORT_MODEL_H
#define QUANTC_IMPORT_MODEL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quantc::importer {

/// Element types with their numbers in TensorProto.DataType.
enum class ElementType : int32_t {
  Undefined = 0,
  Float = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  String = 8,
  Bool = 9,
  Float16 = 10,
  Double = 11,
  UInt32 = 12,
  UInt64 = 13,
  Complex64 = 14,
  Complex128 = 15,
  BFloat16 = 16,
  Float8E4M3FN = 17,
  Float8E4M3FNUZ = 18,
  Float8E5M2 = 19,
  Float8E5M2FNUZ = 20,
  UInt4 = 21,
  Int4 = 22,
  Float4E2M1 = 23,
  Float8E8M0 = 24,
  UInt2 = 25,
  Int2 = 26,
};

/// Bits of one stored element; 0 for types without numbers (String, Undefined)
/// and for numbers that do not exist.
unsigned bitsOf(ElementType type);
/// "float", "int64", ... as in ONNX text.
llvm::StringRef nameOf(ElementType type);
/// True for uint8, uint16, uint32, uint64, uint4 and uint2.
bool isUnsigned(ElementType type);
/// Bytes of `count` packed elements, the last byte filled up; nullopt when the
/// number does not fit in 63 bits.
std::optional<uint64_t> byteLength(ElementType type, uint64_t count);
/// Product of the sizes; nullopt when one is negative or it exceeds 63 bits.
std::optional<uint64_t> elementCount(llvm::ArrayRef<int64_t> dims);

/// A constant: row-major, little-endian, sub-byte elements packed low bits
/// first.
struct Tensor {
  std::string name;
  ElementType type = ElementType::Undefined;
  std::vector<int64_t> dims;
  uint64_t count = 0;            ///< elements
  llvm::ArrayRef<uint8_t> bytes; ///< valid as long as `owner` lives
  std::shared_ptr<const void> owner;
  std::string file; ///< canonical path when the bytes lie in a file, else empty
  uint64_t offset = 0; ///< of the bytes in `file`
};

struct Attribute {
  enum class Kind { Int, Float, String, Ints, Floats, Strings, Tensor, Other };
  std::string name;
  Kind kind = Kind::Other; ///< Other: graphs, sparse tensors, types
  int64_t i = 0;
  float f = 0;
  std::string s;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  std::vector<std::string> strings;
  Tensor tensor;
};

struct Node {
  std::string name;   ///< never empty: OPERATOR_INDEX when the file gives none
  std::string domain; ///< "ai.onnx" for the default domain
  std::string opType;
  std::vector<std::string> inputs, outputs; ///< "" stands for an absent one
  std::vector<Attribute> attributes;
};

/// One dimension of a declared shape: a size, a name, or neither.
struct Dim {
  std::optional<int64_t> size;
  std::string name;
};

struct ValueInfo {
  std::string name;
  ElementType type = ElementType::Undefined;
  std::optional<std::vector<Dim>> dims; ///< absent when no shape is declared
};

struct Model {
  std::string path, graphName, producer;
  std::map<std::string, int64_t> opsets; ///< default domain as "ai.onnx"
  std::vector<ValueInfo> inputs, outputs, values;
  std::vector<Tensor> initializers;
  std::vector<Node> nodes;
};

/// Reads and checks a model. Kinds of error as of importOnnx, without
/// Unsupported. `useChecker` adds the checker of the onnx library.
llvm::Expected<Model> readModel(llvm::StringRef path, bool useChecker);

/// The rules that hold for every Model: unique names of values, every input
/// defined before its use (so no cycles), no absent graph input, sane shapes.
llvm::Error checkModel(const Model &model);

} // namespace quantc::importer

#endif // QUANTC_IMPORT_MODEL_H
