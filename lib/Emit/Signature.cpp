//===- Signature.cpp - what a compiled model takes and gives -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From function types and attributes to names and sizes.

#include "quantc/Emit/Signature.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace quantc;

/// DLPack's numbers for kinds of elements.
enum DLPackCode {
  IntCode = 0,
  UIntCode = 1,
  FloatCode = 2,
  BFloatCode = 4,
  BoolCode = 6
};

/// Code and bits of an element. Integers of the IR have no sign: whether they
/// are `isUnsigned` is said beside them.
static std::optional<std::pair<int32_t, int32_t>> dlpackType(Type type,
                                                             bool isUnsigned) {
  if (type.isBF16())
    return {{BFloatCode, 16}};
  if (type.isF16() || type.isF32() || type.isF64())
    return {{FloatCode, static_cast<int32_t>(type.getIntOrFloatBitWidth())}};
  if (type.isInteger(1))
    return {{BoolCode, 8}};
  if (auto integer = dyn_cast<IntegerType>(type))
    if (llvm::is_contained({8u, 16u, 32u, 64u}, integer.getWidth()))
      return {{isUnsigned ? UIntCode : IntCode,
               static_cast<int32_t>(integer.getWidth())}};
  return std::nullopt;
}

static FailureOr<TensorSignature> readTensor(func::FuncOp function,
                                             RankedTensorType type,
                                             DictionaryAttr attributes,
                                             std::string fallback) {
  TensorSignature tensor;
  auto name =
      attributes ? attributes.getAs<StringAttr>("nn.name") : StringAttr();
  tensor.name = name ? name.str() : std::move(fallback);
  bool isUnsigned = attributes && attributes.contains("nn.unsigned");
  auto code = dlpackType(type.getElementType(), isUnsigned);
  if (!code)
    return function.emitError("'")
           << tensor.name << "' has elements of type " << type.getElementType()
           << ", which callers cannot pass";
  std::tie(tensor.dlpackCode, tensor.dlpackBits) = *code;
  llvm::raw_string_ostream(tensor.type)
      << (isUnsigned ? "u" : "") << type.getElementType();
  auto dimNames =
      attributes ? attributes.getAs<ArrayAttr>("nn.dims") : ArrayAttr();
  for (auto [i, size] : llvm::enumerate(type.getShape())) {
    tensor.dims.push_back(ShapedType::isDynamic(size) ? -1 : size);
    auto dim = dimNames && i < dimNames.size()
                   ? dyn_cast<StringAttr>(dimNames[i])
                   : StringAttr();
    tensor.dimNames.push_back(dim ? dim.str() : "");
  }
  if (auto axis = attributes ? attributes.getAs<IntegerAttr>("kern.state_axis")
                             : IntegerAttr()) {
    tensor.isState = true;
    tensor.stateAxis = axis.getInt();
  }
  return tensor;
}

static FailureOr<EntrySignature> readEntry(func::FuncOp function) {
  EntrySignature entry;
  entry.name = function.getName().str();
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto tensorType = dyn_cast<RankedTensorType>(type);
    if (!tensorType) { // the length of the caches
      entry.isStateful = true;
      continue;
    }
    auto tensor = readTensor(function, tensorType, function.getArgAttrDict(i),
                             "input" + std::to_string(i));
    if (failed(tensor))
      return failure();
    entry.inputs.push_back(*tensor);
  }
  for (auto [i, type] : llvm::enumerate(function.getResultTypes())) {
    if (type.isIndex()) // how many positions a call appends
      continue;
    auto tensor =
        readTensor(function, cast<RankedTensorType>(type),
                   function.getResultAttrDict(i), "output" + std::to_string(i));
    if (failed(tensor))
      return failure();
    entry.outputs.push_back(*tensor);
  }
  return entry;
}

/// The widths of planes, which are those of all products that have some.
static LogicalResult readPrecisions(ModuleOp module,
                                    ModelSignature &signature) {
  WalkResult result = module.walk([&](kern::MatMulOp op) {
    auto widths = op->getAttrOfType<DenseI64ArrayAttr>("widths");
    if (!widths)
      return WalkResult::advance();
    if (signature.precisions.empty())
      llvm::append_range(signature.precisions, widths.asArrayRef());
    if (widths.asArrayRef() == ArrayRef(signature.precisions))
      return WalkResult::advance();
    op.emitError("is read at [")
        << widths.asArrayRef() << "] bits, another product at ["
        << ArrayRef(signature.precisions)
        << "]; the one precision of a run is for all of them";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

FailureOr<ModelSignature> quantc::readSignature(ModuleOp module) {
  ModelSignature signature;
  if (auto name = module->getAttrOfType<StringAttr>("nn.model"))
    signature.model = name.str();
  if (auto producer = module->getAttrOfType<StringAttr>("nn.producer"))
    signature.producer = producer.str();
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isPrivate() || function.isExternal())
      continue;
    auto entry = readEntry(function);
    if (failed(entry))
      return failure();
    signature.entries.push_back(*entry);
  }
  if (failed(readPrecisions(module, signature)))
    return failure();
  return signature;
}

void quantc::readSizeChecks(ModuleOp module, ModelSignature &signature) {
  for (EntrySignature &entry : signature.entries) {
    auto shapes = module.lookupSymbol<func::FuncOp>(entry.name + "_shapes");
    auto texts = shapes ? shapes->getAttrOfType<ArrayAttr>("kern.size_checks")
                        : ArrayAttr();
    if (texts)
      for (auto text : texts.getAsValueRange<StringAttr>())
        entry.sizeChecks.push_back(text.str());
  }
}

static llvm::json::Object tensorToJson(const TensorSignature &tensor) {
  llvm::json::Array dims;
  for (auto [size, name] : llvm::zip(tensor.dims, tensor.dimNames)) {
    if (size >= 0)
      dims.push_back(size);
    else
      dims.push_back(name);
  }
  llvm::json::Object object{
      {"name", tensor.name}, {"type", tensor.type}, {"dims", std::move(dims)}};
  if (tensor.isState)
    object["state_axis"] = tensor.stateAxis;
  return object;
}

std::string quantc::signatureToJson(const ModelSignature &signature) {
  llvm::json::Array entries;
  for (const EntrySignature &entry : signature.entries) {
    llvm::json::Array inputs, outputs;
    for (const TensorSignature &tensor : entry.inputs)
      inputs.push_back(tensorToJson(tensor));
    for (const TensorSignature &tensor : entry.outputs)
      outputs.push_back(tensorToJson(tensor));
    entries.push_back(llvm::json::Object{{"name", entry.name},
                                         {"stateful", entry.isStateful},
                                         {"inputs", std::move(inputs)},
                                         {"outputs", std::move(outputs)}});
  }
  llvm::json::Object root{{"format", 1},
                          {"model", signature.model},
                          {"producer", signature.producer},
                          {"recipe", signature.recipe},
                          {"levels", llvm::json::Array(signature.levels)},
                          {"entries", std::move(entries)}};
  if (!signature.precisions.empty())
    root["precisions"] = llvm::json::Array(signature.precisions);
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(root));
  return text;
}

/// Text that cannot end a C comment or break a line.
static std::string commentText(StringRef text) {
  std::string clean;
  for (char c : text)
    clean.push_back(
        llvm::isPrint(c) && c != '*' && c != '/' && c != '\\' ? c : '.');
  return clean;
}

std::string quantc::signatureToHeader(const ModelSignature &signature,
                                      StringRef libraryName) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "/* " << commentText(libraryName) << ": the model '"
     << commentText(signature.model)
     << "' compiled by quantc.\n * Call it through quantc-c/runtime.h.\n";
  for (const EntrySignature &entry : signature.entries) {
    os << " *\n * entry \"" << entry.name << "\""
       << (entry.isStateful ? ", keeps its caches" : "") << "\n";
    for (bool isInput : {true, false})
      for (const TensorSignature &tensor :
           isInput ? entry.inputs : entry.outputs) {
        os << " *   "
           << (tensor.isState ? "state  "
               : isInput      ? "input  "
                              : "output ")
           << commentText(tensor.name) << " " << tensor.type << " [";
        for (size_t i = 0; i < tensor.dims.size(); ++i) {
          os << (i ? ", " : "");
          if (tensor.dims[i] >= 0)
            os << tensor.dims[i];
          else
            os << (tensor.dimNames[i].empty()
                       ? "?"
                       : commentText(tensor.dimNames[i]));
        }
        os << "]\n";
      }
  }
  for (auto [i, bits] : llvm::enumerate(signature.precisions))
    os << (i == 0 ? " *\n * weights are read at " : ", ") << bits
       << (i + 1 == signature.precisions.size() ? " bits: qc_set_precision\n"
                                                : "");
  os << " */\n#include \"quantc-c/runtime.h\"\n";
  return text;
}
