//===- Inspect.cpp - quantc inspect -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Says what is in a file: a model, a compiled model, weights, arrays, a report.

#include "Precision.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Import/Model.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/Safetensors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace quantc;
using llvm::StringRef;

/// `text` from a file that may hold anything, without control characters.
static std::string printable(StringRef text) {
  std::string shown;
  for (char c : text)
    shown.push_back(static_cast<unsigned char>(c) < 0x20 ? '?' : c);
  return shown;
}

static llvm::Error inspectWeights(StringRef path) {
  auto file = SafetensorsFile::open(path);
  if (!file)
    return file.takeError();
  for (const SafetensorsEntry &entry : file->entries()) {
    if (isSafetensorsPadding(entry))
      continue;
    llvm::outs() << llvm::left_justify(entry.dtype, 5) << "[";
    for (size_t i = 0; i < entry.shape.size(); ++i)
      llvm::outs() << (i ? ", " : "") << entry.shape[i];
    llvm::outs() << "]  " << entry.byteSize() << " bytes  "
                 << printable(entry.name) << "\n";
  }
  llvm::outs() << file->data().size() << " bytes of data\n";
  return llvm::Error::success();
}

static llvm::Error inspectArrays(StringRef path) {
  auto arrays = readArrays(path);
  if (!arrays)
    return arrays.takeError();
  for (const auto &[name, array] : *arrays)
    llvm::outs() << describe(array.type, array.shape) << "  "
                 << array.bytes.size() << " bytes  " << printable(name) << "\n";
  return llvm::Error::success();
}

static llvm::Error inspectArtifact(StringRef path) {
  Artifact::Options options;
  options.skipChecksum = true;
  auto artifact = Artifact::load(path, options);
  if (!artifact)
    return artifact.takeError();
  for (const ArtifactEntry &entry : artifact->entries()) {
    llvm::outs() << "entry " << entry.name
                 << (entry.isStateful ? ", keeps its caches" : "") << "\n";
    for (const ArtifactTensor &input : entry.inputs)
      llvm::outs() << (input.isState ? "  state   " : "  input   ")
                   << printable(input.name) << " "
                   << printable(input.describe()) << "\n";
    for (const ArtifactTensor &output : entry.outputs)
      llvm::outs() << "  output  " << printable(output.name) << " "
                   << printable(output.describe()) << "\n";
  }
  if (!artifact->precisions().empty())
    llvm::outs() << "weights are read at "
                 << listPrecisions(artifact->precisions()) << " bits\n";
  llvm::outs() << "code for " << artifact->levelName()
               << " is used on this machine\n";
  return llvm::Error::success();
}

static std::string describeValue(const importer::ValueInfo &value) {
  std::string text =
      printable(value.name) + " " + importer::nameOf(value.type).str();
  if (!value.dims)
    return text;
  text += "[";
  for (auto [i, dim] : llvm::enumerate(*value.dims)) {
    text += i ? "," : "";
    text += dim.size           ? std::to_string(*dim.size)
            : dim.name.empty() ? "?"
                               : printable(dim.name);
  }
  return text + "]";
}

static llvm::Error inspectModel(StringRef path) {
  auto model = importer::readModel(path, /*useChecker=*/false);
  if (!model)
    return model.takeError();
  llvm::outs() << "model " << printable(model->graphName) << " by "
               << printable(model->producer) << "\n";
  for (const auto &[domain, version] : model->opsets)
    llvm::outs() << "  opset   " << printable(domain) << " " << version << "\n";
  for (const importer::ValueInfo &input : model->inputs)
    llvm::outs() << "  input   " << describeValue(input) << "\n";
  for (const importer::ValueInfo &output : model->outputs)
    llvm::outs() << "  output  " << describeValue(output) << "\n";
  uint64_t parameters = 0;
  for (const importer::Tensor &tensor : model->initializers)
    parameters += tensor.count;
  std::map<std::string, int> counts;
  for (const importer::Node &node : model->nodes)
    ++counts[node.domain == "ai.onnx" ? node.opType
                                      : node.domain + "." + node.opType];
  for (const auto &[name, count] : counts)
    llvm::outs() << llvm::formatv("{0,6} {1}\n", count, printable(name));
  llvm::outs() << parameters << " numbers in " << model->initializers.size()
               << " constants\n";
  return llvm::Error::success();
}

static llvm::Error printText(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return makeError(ErrorKind::IO, "cannot read '{0}': {1}", path,
                     buffer.getError().message());
  llvm::outs() << (*buffer)->getBuffer();
  return llvm::Error::success();
}

static llvm::Error runInspect(const Arguments &arguments) {
  StringRef path = arguments.positional.front();
  StringRef extension = llvm::sys::path::extension(path);
  if (extension == ".weights" || extension == ".safetensors")
    return inspectWeights(path);
  if (extension == ".npz" || extension == ".npy")
    return inspectArrays(path);
  if (extension == ".so")
    return inspectArtifact(path);
  if (extension == ".onnx" || extension == ".onnxtxt")
    return inspectModel(path);
  if (extension == ".json" || extension == ".yaml")
    return printText(path);
  return makeError(ErrorKind::Usage,
                   "cannot inspect '{0}': expected .onnx, .onnxtxt, .so, "
                   ".weights, .safetensors, "
                   ".npz, .npy, .json or .yaml",
                   path);
}

const Command quantc::inspectCommand = {
    "show what is in a file",
    "FILE",
    1,
    {},
    "FILE is a model, the library, weights, arrays or report of one, told by "
    "its suffix.\n\n"
    "examples:\n"
    "  quantc inspect decoder.onnx\n"
    "  quantc inspect build/decoder.so\n"
    "  quantc inspect build/decoder.weights\n"
    "  quantc inspect images.npz\n",
    runInspect};
