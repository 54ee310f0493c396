//===- Model.cpp - element types and the rules of a model -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What can be said about a model without protobuf and without IR.

#include "quantc/Import/Model.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace quantc;
using namespace quantc::importer;

namespace {
struct TypeRow {
  ElementType type;
  StringRef name;
  unsigned bits;
};
} // namespace

static constexpr TypeRow typeRows[] = {
    {ElementType::Float, "float", 32},
    {ElementType::UInt8, "uint8", 8},
    {ElementType::Int8, "int8", 8},
    {ElementType::UInt16, "uint16", 16},
    {ElementType::Int16, "int16", 16},
    {ElementType::Int32, "int32", 32},
    {ElementType::Int64, "int64", 64},
    {ElementType::String, "string", 0},
    {ElementType::Bool, "bool", 8},
    {ElementType::Float16, "float16", 16},
    {ElementType::Double, "double", 64},
    {ElementType::UInt32, "uint32", 32},
    {ElementType::UInt64, "uint64", 64},
    {ElementType::Complex64, "complex64", 64},
    {ElementType::Complex128, "complex128", 128},
    {ElementType::BFloat16, "bfloat16", 16},
    {ElementType::Float8E4M3FN, "float8e4m3fn", 8},
    {ElementType::Float8E4M3FNUZ, "float8e4m3fnuz", 8},
    {ElementType::Float8E5M2, "float8e5m2", 8},
    {ElementType::Float8E5M2FNUZ, "float8e5m2fnuz", 8},
    {ElementType::UInt4, "uint4", 4},
    {ElementType::Int4, "int4", 4},
    {ElementType::Float4E2M1, "float4e2m1", 4},
    {ElementType::Float8E8M0, "float8e8m0", 8},
    {ElementType::UInt2, "uint2", 2},
    {ElementType::Int2, "int2", 2},
};

static const TypeRow *rowOf(ElementType type) {
  for (const TypeRow &row : typeRows)
    if (row.type == type)
      return &row;
  return nullptr;
}

unsigned quantc::importer::bitsOf(ElementType type) {
  const TypeRow *row = rowOf(type);
  return row ? row->bits : 0;
}

StringRef quantc::importer::nameOf(ElementType type) {
  const TypeRow *row = rowOf(type);
  return row ? row->name : "an unknown type";
}

bool quantc::importer::isUnsigned(ElementType type) {
  return nameOf(type).starts_with("uint");
}

std::optional<uint64_t> quantc::importer::byteLength(ElementType type,
                                                     uint64_t count) {
  uint64_t bits;
  if (__builtin_mul_overflow(count, static_cast<uint64_t>(bitsOf(type)),
                             &bits) ||
      bits > INT64_MAX)
    return std::nullopt;
  return bits / 8 + (bits % 8 != 0);
}

std::optional<uint64_t> quantc::importer::elementCount(ArrayRef<int64_t> dims) {
  // A zero size does not excuse an absurd one, so each is looked at.
  uint64_t product = 1;
  bool isEmpty = false;
  for (int64_t dim : dims) {
    if (dim < 0)
      return std::nullopt;
    isEmpty |= dim == 0;
    if (dim != 0 && (__builtin_mul_overflow(product, static_cast<uint64_t>(dim),
                                            &product) ||
                     product > INT64_MAX))
      return std::nullopt;
  }
  return isEmpty ? 0 : product;
}

namespace {
/// Walks the values of a model in the order in which they are defined.
class Checker {
public:
  explicit Checker(const Model &model) : model(model) {
    for (const Node &node : model.nodes)
      for (const std::string &output : node.outputs)
        producers.try_emplace(output, &node);
  }

  Error run() {
    for (const ValueInfo &input : model.inputs)
      if (Error error = checkInput(input))
        return error;
    for (const Tensor &tensor : model.initializers)
      if (Error error = checkInitializer(tensor))
        return error;
    for (const Node &node : model.nodes)
      if (Error error = checkNode(node))
        return error;
    StringSet<> outputs;
    for (const ValueInfo &output : model.outputs)
      if (Error error = checkOutput(output, outputs))
        return error;
    return Error::success();
  }

private:
  Error bad(const Twine &what) const {
    return makeError(ErrorKind::BadModel, "'" + model.path + "': " + what);
  }

  Error checkInput(const ValueInfo &input) {
    if (input.name.empty())
      return bad("an input has no name");
    if (!defined.insert(input.name).second)
      return bad("input '" + input.name + "' is defined twice");
    inputs.insert(input.name);
    return checkDims("input", input);
  }

  Error checkDims(StringRef kind, const ValueInfo &info) const {
    if (!info.dims)
      return Error::success();
    std::vector<int64_t> sizes;
    for (const Dim &dim : *info.dims)
      if (dim.size) {
        if (*dim.size < 0)
          return bad(kind + " '" + info.name + "' has a dimension of " +
                     Twine(*dim.size) + ", expected a size of 0 or more");
        sizes.push_back(*dim.size);
      }
    std::optional<uint64_t> count = elementCount(sizes);
    if (!count || !byteLength(info.type, *count))
      return bad(kind + " '" + info.name +
                 "' is too large: its size overflows");
    return Error::success();
  }

  Error checkInitializer(const Tensor &tensor) {
    if (tensor.name.empty())
      return bad("an initializer has no name");
    // Before IR version 4 every initializer was an input as well.
    bool isDefault = inputs.erase(tensor.name);
    if (!defined.insert(tensor.name).second && !isDefault)
      return bad("initializer '" + tensor.name + "' is defined twice");
    return Error::success();
  }

  Error checkNode(const Node &node) {
    for (const std::string &input : node.inputs) {
      if (input.empty() || defined.contains(input))
        continue;
      if (producers.count(input))
        return bad("node '" + node.name + "' uses '" + input +
                   "' before node '" + producers[input]->name +
                   "' defines it: the graph has a cycle or is not in "
                   "topological order");
      return bad("node '" + node.name + "' uses '" + input +
                 "', which nothing defines");
    }
    for (const std::string &output : node.outputs)
      if (!output.empty() && !defined.insert(output).second)
        return bad("node '" + node.name + "' defines '" + output +
                   "', which is defined already");
    return Error::success();
  }

  Error checkOutput(const ValueInfo &output, StringSet<> &outputs) {
    if (!defined.contains(output.name))
      return bad("output '" + output.name + "' is not defined by any node");
    if (!outputs.insert(output.name).second)
      return bad("output '" + output.name + "' is listed twice");
    return checkDims("output", output);
  }

  const Model &model;
  StringSet<> defined, inputs;
  StringMap<const Node *> producers;
};
} // namespace

Error quantc::importer::checkModel(const Model &model) {
  return Checker(model).run();
}
