//===- ReadModel.cpp - the border to the onnx library -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Opens a model with the onnx library: text parser, function inliner, checker.
// Its exceptions end here and become errors.

#include "Proto.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"

#include "onnx/checker.h"
#include "onnx/defs/parser.h"
#include "onnx/inliner/inliner.h"

#include <google/protobuf/stubs/logging.h>

using namespace llvm;
using namespace quantc;
using namespace quantc::importer;
using ::onnx::ModelProto;

/// Inlining stops here; a chain of functions that call each other twice doubles
/// at every step.
static constexpr uint64_t maxInlinedNodes = 1000000;

static Error bad(StringRef path, const Twine &what) {
  return makeError(ErrorKind::BadModel, "'" + path + "': " + what);
}

static Error parseText(StringRef path, const MappedFile &file,
                       ModelProto &proto) {
  std::string text(reinterpret_cast<const char *>(file.bytes().data()),
                   file.size());
  ::onnx::OnnxParser parser(text.c_str());
  auto status = parser.Parse(proto);
  if (!status.IsOK())
    return bad(path, "not valid ONNX text: " + status.ErrorMessage());
  return Error::success();
}

static Error parseBinary(StringRef path, const MappedFile &file,
                         ModelProto &proto) {
  if (file.size() > INT32_MAX)
    return bad(path,
               "larger than 2 GB; keep the weights in an external data file");
  google::protobuf::LogHandler *old = google::protobuf::SetLogHandler(nullptr);
  bool isParsed =
      proto.ParseFromArray(file.bytes().data(), static_cast<int>(file.size()));
  google::protobuf::SetLogHandler(old);
  if (!isParsed || !proto.has_graph())
    return bad(path, "not an ONNX model, or truncated");
  return Error::success();
}

/// Nodes that a call of each function becomes; `proto` has no call cycles.
static uint64_t countInlined(const ModelProto &proto) {
  StringMap<const ::onnx::FunctionProto *> functions;
  for (const auto &function : proto.functions())
    functions[function.domain() + "::" + function.name()] = &function;
  StringMap<uint64_t> counts;
  std::function<uint64_t(const ::onnx::NodeProto &)> count =
      [&](const ::onnx::NodeProto &node) -> uint64_t {
    std::string key = node.domain() + "::" + node.op_type();
    auto function = functions.find(key);
    if (function == functions.end())
      return 1;
    auto known = counts.find(key);
    if (known != counts.end())
      return known->second;
    uint64_t total = 0;
    for (const auto &inner : function->second->node())
      total = std::min(total + count(inner), maxInlinedNodes + 1);
    return counts[key] = total;
  };
  uint64_t total = 0;
  for (const auto &node : proto.graph().node())
    total = std::min(total + count(node), maxInlinedNodes + 1);
  return total;
}

Error quantc::importer::inlineFunctions(ModelProto &proto, StringRef path) {
  if (proto.functions_size() == 0)
    return Error::success();
  ::onnx::checker::check_function_call_cycles(proto);
  if (countInlined(proto) > maxInlinedNodes)
    return bad(path, "its functions expand to more than " +
                         Twine(maxInlinedNodes) + " nodes");
  ::onnx::inliner::InlineLocalFunctions(proto);
  return Error::success();
}

Error quantc::importer::runChecker(ModelProto &proto, StringRef path) {
  // The weights are checked already; the checker would look for external data
  // in the working folder.
  for (auto &tensor : *proto.mutable_graph()->mutable_initializer()) {
    ::onnx::TensorProto empty;
    empty.set_name(tensor.name());
    empty.set_data_type(tensor.data_type());
    empty.add_dims(0);
    tensor = empty;
  }
  // Operators without a schema belong in the table of unsupported operators
  // (or, as SimplifiedLayerNormalization, are known although ONNX has them
  // not).
  static constexpr const char *unchecked = "quantc.unchecked";
  std::unordered_map<std::string, int64_t> versions;
  for (const auto &opset : proto.opset_import()) {
    if (opset.version() < 1 || opset.version() > 1000)
      return bad(path, "imports version " + Twine(opset.version()) +
                           " of operator set '" + opset.domain() + "'");
    versions[opset.domain() == "ai.onnx" ? "" : opset.domain()] =
        opset.version();
  }
  for (auto &node : *proto.mutable_graph()->mutable_node()) {
    auto version =
        versions.find(node.domain() == "ai.onnx" ? "" : node.domain());
    if (version != versions.end() &&
        !::onnx::OpSchemaRegistry::Schema(
            node.op_type(), static_cast<int>(version->second), version->first))
      node.set_domain(unchecked);
  }
  auto *opset = proto.add_opset_import();
  opset->set_domain(unchecked);
  opset->set_version(1);
  ::onnx::checker::check_model(proto);
  return Error::success();
}

/// Imports version 1 of the domains that published models of quantization-aware
/// training use without importing them.
static void importKnownDomains(ModelProto &proto) {
  static constexpr const char *known[] = {
      "onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general"};
  for (const char *domain : known) {
    bool isUsed = llvm::any_of(proto.graph().node(), [&](const auto &node) {
      return node.domain() == domain;
    });
    bool isImported =
        llvm::any_of(proto.opset_import(), [&](const auto &opset) {
          return opset.domain() == domain;
        });
    if (!isUsed || isImported)
      continue;
    auto *opset = proto.add_opset_import();
    opset->set_domain(domain);
    opset->set_version(1);
  }
}

static Expected<Model> readChecked(StringRef path, bool useChecker) {
  auto file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  SmallString<256> canonical;
  if (std::error_code code = sys::fs::real_path(path, canonical))
    return makeError(ErrorKind::IO, "cannot read '{0}': {1}", path,
                     code.message());
  bool isText = path.ends_with(".onnxtxt");
  ModelProto proto;
  if (Error error = isText ? parseText(path, **file, proto)
                           : parseBinary(path, **file, proto))
    return std::move(error);
  if (Error error = inlineFunctions(proto, path))
    return std::move(error);
  importKnownDomains(proto);
  TensorReader tensors(*file, canonical, !isText);
  Expected<Model> model = convertModel(proto, path, tensors);
  if (!model)
    return model.takeError();
  if (Error error = checkModel(*model))
    return std::move(error);
  if (useChecker)
    if (Error error = runChecker(proto, path))
      return std::move(error);
  return model;
}

Expected<Model> quantc::importer::readModel(StringRef path, bool useChecker) {
  try {
    return readChecked(path, useChecker);
  } catch (const std::exception &exception) {
    return bad(path,
               "the ONNX checker says: " + StringRef(exception.what()).rtrim());
  } catch (...) {
    return bad(path, "the ONNX library failed without a message");
  }
}
