//===- ArtifactSignature.cpp - the signature inside an artifact -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From JSON to entries and tensors. Format: docs/artifact.md.

#include "ArtifactSignature.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantc;

static std::optional<ElementType> parseType(StringRef name) {
  using Type = ElementType;
  return StringSwitch<std::optional<Type>>(name)
      .Case("f16", Type{Type::Float, 16})
      .Case("bf16", Type{Type::BFloat, 16})
      .Case("f32", Type{Type::Float, 32})
      .Case("f64", Type{Type::Float, 64})
      .Case("i1", Type{Type::Bool, 8})
      .Case("i8", Type{Type::Int, 8})
      .Case("i16", Type{Type::Int, 16})
      .Case("i32", Type{Type::Int, 32})
      .Case("i64", Type{Type::Int, 64})
      .Case("ui8", Type{Type::UInt, 8})
      .Case("ui16", Type{Type::UInt, 16})
      .Case("ui32", Type{Type::UInt, 32})
      .Case("ui64", Type{Type::UInt, 64})
      .Default(std::nullopt);
}

/// One tensor, or nothing when it is no correct one.
static std::optional<ArtifactTensor> parseTensor(const json::Value &value) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return std::nullopt;
  auto name = object->getString("name"), type = object->getString("type");
  const json::Array *dims = object->getArray("dims");
  std::optional<ElementType> element = type ? parseType(*type) : std::nullopt;
  if (!name || !element || !dims)
    return std::nullopt;
  ArtifactTensor tensor;
  tensor.name = name->str();
  tensor.type = *element;
  for (const json::Value &dim : *dims) {
    std::optional<int64_t> size = dim.getAsInteger();
    std::optional<StringRef> dimName = dim.getAsString();
    if ((!size && !dimName) || (size && *size < 0))
      return std::nullopt;
    tensor.dims.push_back(size.value_or(-1));
    tensor.dimNames.push_back(dimName.value_or("").str());
  }
  tensor.isState = object->get("state_axis") != nullptr;
  return tensor;
}

static bool parseTensors(const json::Array *array,
                         std::vector<ArtifactTensor> &tensors) {
  if (!array)
    return false;
  for (const json::Value &value : *array) {
    std::optional<ArtifactTensor> tensor = parseTensor(value);
    if (!tensor)
      return false;
    tensors.push_back(std::move(*tensor));
  }
  return true;
}

static bool parseEntries(const json::Value &value,
                         std::vector<ArtifactEntry> &entries) {
  const json::Object *root = value.getAsObject();
  const json::Array *array = root ? root->getArray("entries") : nullptr;
  if (!array || root->getInteger("format") != 1)
    return false;
  for (const json::Value &item : *array) {
    const json::Object *object = item.getAsObject();
    auto name = object ? object->getString("name") : std::nullopt;
    ArtifactEntry entry;
    if (!name || !parseTensors(object->getArray("inputs"), entry.inputs) ||
        !parseTensors(object->getArray("outputs"), entry.outputs))
      return false;
    entry.name = name->str();
    entry.isStateful = object->getBoolean("stateful").value_or(false);
    entries.push_back(std::move(entry));
  }
  return true;
}

Expected<std::vector<ArtifactEntry>> quantc::parseSignature(StringRef json,
                                                            StringRef path) {
  std::vector<ArtifactEntry> entries;
  Expected<json::Value> value = json::parse(json);
  std::string reason;
  if (!value)
    reason = ": " + toString(value.takeError());
  else if (parseEntries(*value, entries))
    return entries;
  return makeError(
      ErrorKind::BadModel,
      "the signature inside '{0}' is not one of this version of quantc{1}",
      path, reason);
}

std::vector<int64_t> quantc::parsePrecisions(StringRef json) {
  std::vector<int64_t> precisions;
  Expected<json::Value> value = json::parse(json);
  if (!value) {
    consumeError(value.takeError());
    return precisions;
  }
  const json::Object *root = value->getAsObject();
  if (const json::Array *array = root ? root->getArray("precisions") : nullptr)
    for (const json::Value &bits : *array)
      precisions.push_back(bits.getAsInteger().value_or(0));
  return precisions;
}

std::string ArtifactTensor::describe() const {
  std::string text = type.name() + "[";
  for (size_t i = 0; i < dims.size(); ++i) {
    text += i ? "," : "";
    text += dims[i] >= 0          ? std::to_string(dims[i])
            : dimNames[i].empty() ? "?"
                                  : dimNames[i];
  }
  return text + "]";
}

std::vector<const ArtifactTensor *> ArtifactEntry::plainInputs() const {
  std::vector<const ArtifactTensor *> plain;
  for (const ArtifactTensor &tensor : inputs)
    if (!tensor.isState)
      plain.push_back(&tensor);
  return plain;
}
