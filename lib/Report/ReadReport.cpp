//===- ReadReport.cpp - layers of a report that was written -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads what comparisons say of layers besides their error. Fields that an
// older report lacks keep their defaults.

#include "quantc/Report/Report.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/MappedFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

using namespace quantc;
using llvm::json::Object;

static std::string textAt(const Object &object, llvm::StringRef key) {
  return object.getString(key).value_or("").str();
}

static LayerReport readLayer(const Object &object) {
  LayerReport layer;
  layer.name = textAt(object, "name");
  layer.weights = textAt(object, "weights");
  layer.activations = textAt(object, "activations");
  layer.kernel = textAt(object, "kernel");
  layer.bytes = static_cast<uint64_t>(object.getInteger("bytes").value_or(0));
  layer.bitsNominal = object.getNumber("bits_nominal").value_or(32);
  layer.bitsStored = object.getNumber("bits_stored").value_or(32);
  if (std::optional<double> microseconds = object.getNumber("microseconds"))
    layer.microseconds = *microseconds;
  return layer;
}

llvm::Expected<std::vector<LayerReport>>
quantc::readLayerReports(const std::string &path) {
  auto file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  auto parsed = llvm::json::parse(llvm::toStringRef((*file)->bytes()));
  const Object *root = nullptr;
  if (parsed)
    root = parsed->getAsObject();
  else
    llvm::consumeError(parsed.takeError());
  const llvm::json::Array *rows = root ? root->getArray("layers") : nullptr;
  if (!rows)
    return makeError(ErrorKind::BadModel,
                     "'{0}' is no report: expected JSON with a list 'layers'",
                     path);
  std::vector<LayerReport> layers;
  for (const llvm::json::Value &row : *rows)
    if (const Object *object = row.getAsObject())
      layers.push_back(readLayer(*object));
  return layers;
}
