//===- SensitivityFile.cpp - sensitivities as JSON --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes what was measured, and reads what was measured before, here or by
// another program.

#include "Sensitivity.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/MappedFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <cmath>

using namespace quantc;
namespace json = llvm::json;

std::string quantc::toJson(const SensitivityTable &table) {
  json::Array layers;
  for (const LayerSensitivity &layer : table.layers) {
    json::Array candidates;
    for (const BitCandidate &candidate : layer.candidates) {
      json::Object object{{"bits", candidate.bits},
                          {"bytes", candidate.bytes},
                          {"error", candidate.error}};
      if (candidate.isFormat())
        object["format"] = candidate.format;
      if (candidate.sparsity > 0)
        object["sparsity"] = candidate.sparsity;
      candidates.push_back(std::move(object));
    }
    json::Object object{{"name", json::fixUTF8(layer.name)},
                        {"weights", layer.weights},
                        {"candidates", std::move(candidates)}};
    if (!layer.leftOut.empty()) {
      json::Array leftOut;
      for (const LeftOutFormat &one : layer.leftOut)
        leftOut.push_back(
            json::Object{{"format", one.format}, {"reason", one.reason}});
      object["left_out"] = std::move(leftOut);
    }
    layers.push_back(std::move(object));
  }
  json::Object root{{"measure", table.measure}, {"layers", std::move(layers)}};
  return llvm::formatv("{0:2}\n", json::Value(std::move(root))).str();
}

static bool readCandidate(const json::Value &value, BitCandidate &candidate) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return false;
  auto bits = object->getInteger("bits"), bytes = object->getInteger("bytes");
  auto error = object->getNumber("error");
  double sparsity = object->getNumber("sparsity").value_or(0);
  if (!(sparsity >= 0 && sparsity < 1))
    return false;
  std::string format = object->getString("format").value_or("").str();
  int64_t least = format.empty() ? 2 : 1, most = format.empty() ? 8 : 16;
  if (!bits || !bytes || !error || *bits < least || *bits > most ||
      *bytes < 0 || !std::isfinite(*error) || *error < 0)
    return false;
  candidate = {unsigned(*bits), *bytes, *error, sparsity};
  candidate.format = std::move(format);
  return true;
}

static bool readLayer(const json::Value &value, LayerSensitivity &layer) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return false;
  auto name = object->getString("name");
  auto weights = object->getInteger("weights");
  const json::Array *candidates = object->getArray("candidates");
  if (!name || !weights || !candidates || candidates->empty())
    return false;
  if (const json::Array *leftOut = object->getArray("left_out"))
    for (const json::Value &value : *leftOut)
      if (const json::Object *one = value.getAsObject())
        layer.leftOut.push_back({one->getString("format").value_or("").str(),
                                 one->getString("reason").value_or("").str()});
  layer.name = name->str();
  layer.weights = *weights;
  for (const json::Value &candidate : *candidates)
    if (!readCandidate(candidate, layer.candidates.emplace_back()))
      return false;
  return true;
}

llvm::Expected<SensitivityTable> quantc::readSensitivity(llvm::StringRef path) {
  auto file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  auto parsed = json::parse(llvm::toStringRef((*file)->bytes()));
  if (!parsed)
    return makeError(ErrorKind::BadModel, "'{0}' is no JSON: {1}", path,
                     llvm::toString(parsed.takeError()));
  const json::Object *root = parsed->getAsObject();
  const json::Array *layers = root ? root->getArray("layers") : nullptr;
  if (!layers)
    return makeError(ErrorKind::BadModel,
                     "'{0}' holds no sensitivities: it has no list 'layers'",
                     path);
  SensitivityTable table;
  table.measure = root->getString("measure").value_or("").str();
  for (auto [i, value] : llvm::enumerate(*layers))
    if (!readLayer(value, table.layers.emplace_back()))
      return makeError(
          ErrorKind::BadModel,
          "'{0}': layer {1} is damaged, expected a name, weights and "
          "candidates, each with bits from 2 to 8, bytes and an error",
          path, i + 1);
  return table;
}
