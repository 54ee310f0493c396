//===- Constants.cpp - numbers of constants, read and written -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Small results become plain attributes, larger ones resources that the context
// frees with the module.

#include "Constants.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "quantc/Dialect/Qnt/DataReader.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::normalize;

static constexpr size_t maxPlainBytes = 4096;

static nn::DataOp dataOf(nn::ParamOp param) {
  return SymbolTable::lookupNearestSymbolFrom<nn::DataOp>(param,
                                                          param.getNameAttr());
}

/// The bytes of a constant as long as `reader` lives; nullopt with an error.
static std::optional<ArrayRef<uint8_t>> readBytes(qnt::DataReader &reader,
                                                  nn::ParamOp param) {
  nn::DataOp data = dataOf(param);
  if (!data)
    return std::nullopt;
  llvm::Expected<ArrayRef<uint8_t>> bytes = reader.bytes(data);
  if (bytes)
    return *bytes;
  param.emitError(llvm::toString(bytes.takeError()));
  return std::nullopt;
}

std::optional<std::vector<float>>
quantc::normalize::readFloats(nn::ParamOp param) {
  auto type = dyn_cast<RankedTensorType>(param.getResult().getType());
  if (!type || !type.getElementType().isF32())
    return std::nullopt;
  qnt::DataReader reader;
  std::optional<ArrayRef<uint8_t>> bytes = readBytes(reader, param);
  if (!bytes)
    return std::nullopt;
  std::vector<float> numbers(bytes->size() / sizeof(float));
  std::memcpy(numbers.data(), bytes->data(), bytes->size());
  return numbers;
}

std::optional<std::vector<char>>
quantc::normalize::readConstant(nn::ParamOp param) {
  qnt::DataReader reader;
  std::optional<ArrayRef<uint8_t>> bytes = readBytes(reader, param);
  if (!bytes)
    return std::nullopt;
  return std::vector<char>(bytes->begin(), bytes->end());
}

static ElementsAttr makeElements(RankedTensorType type, StringRef name,
                                 ArrayRef<char> bytes) {
  if (bytes.size() <= maxPlainBytes)
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  return DenseResourceElementsAttr::get(
      type, name,
      HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 64,
                                                    /*dataIsMutable=*/false));
}

/// A name that no constant has yet, made from that of `like`.
static std::string freeName(nn::ParamOp like, StringRef suffix) {
  Operation *table = SymbolTable::getNearestSymbolTable(like);
  std::string base = (like.getName() + suffix).str(), name = base;
  for (unsigned i = 1; SymbolTable::lookupSymbolIn(table, name); ++i)
    name = base + "_" + std::to_string(i);
  return name;
}

/// An nn.data beside that of `like`, under a name that is not taken.
static nn::ParamOp createBeside(RewriterBase &rewriter, nn::ParamOp like,
                                StringRef suffix, RankedTensorType type,
                                ArrayRef<char> bytes) {
  nn::DataOp old = dataOf(like);
  std::string name = freeName(like, suffix);
  {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointAfter(old);
    nn::DataOp::create(rewriter, old.getLoc(), name, type, StringAttr(),
                       IntegerAttr(), makeElements(type, name, bytes));
  }
  return nn::ParamOp::create(rewriter, like.getLoc(), type, name);
}

nn::ParamOp quantc::normalize::replaceConstant(RewriterBase &rewriter,
                                               nn::ParamOp like,
                                               RankedTensorType type,
                                               ArrayRef<char> bytes) {
  nn::DataOp data = dataOf(like);
  Operation *table = SymbolTable::getNearestSymbolTable(like);
  auto uses = SymbolTable::getSymbolUses(data, table);
  bool isShared = !like->hasOneUse() || !uses || !llvm::hasSingleElement(*uses);
  if (isShared)
    return createBeside(rewriter, like, "", type, bytes);
  rewriter.modifyOpInPlace(data, [&] {
    data.removeFileAttr();
    data.removeOffsetAttr();
    data.removeStoredAttr();
    data.setType(type);
    data.setValueAttr(makeElements(type, data.getSymName(), bytes));
  });
  return nn::ParamOp::create(rewriter, like.getLoc(), type, data.getSymName());
}

nn::ParamOp quantc::normalize::addConstant(RewriterBase &rewriter,
                                           nn::ParamOp like, StringRef suffix,
                                           ArrayRef<float> numbers) {
  auto type = RankedTensorType::get({static_cast<int64_t>(numbers.size())},
                                    rewriter.getF32Type());
  ArrayRef<char> bytes(reinterpret_cast<const char *>(numbers.data()),
                       numbers.size() * sizeof(float));
  return createBeside(rewriter, like, suffix, type, bytes);
}

nn::ParamOp quantc::normalize::addConstant(RewriterBase &rewriter,
                                           nn::ParamOp like, StringRef suffix,
                                           RankedTensorType type,
                                           ArrayRef<char> bytes) {
  return createBeside(rewriter, like, suffix, type, bytes);
}

nn::ParamOp quantc::normalize::reshapeConstant(RewriterBase &rewriter,
                                               nn::ParamOp param,
                                               RankedTensorType type) {
  nn::DataOp old = dataOf(param);
  std::string name = freeName(param, "_reshaped");
  ElementsAttr value = old.getValueAttr();
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(value))
    value = dense.reshape(type);
  else if (auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(value))
    value = DenseResourceElementsAttr::get(type, resource.getRawHandle());
  {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointAfter(old);
    auto reshaped = cast<nn::DataOp>(rewriter.clone(*old));
    reshaped.setSymName(name);
    reshaped.setType(type);
    if (value)
      reshaped.setValueAttr(value);
  }
  return nn::ParamOp::create(rewriter, param.getLoc(), type, name);
}

nn::ParamOp quantc::normalize::transposeConstant(RewriterBase &rewriter,
                                                 nn::ParamOp param,
                                                 ArrayRef<int64_t> order) {
  auto type = cast<RankedTensorType>(param.getResult().getType());
  qnt::DataReader reader;
  std::optional<ArrayRef<uint8_t>> bytes = readBytes(reader, param);
  if (!bytes)
    return {};
  SmallVector<int64_t> shape, strides, step;
  int64_t stride =
      type.getNumElements() ? bytes->size() / type.getNumElements() : 0;
  size_t width = stride;
  strides.resize(order.size());
  for (int64_t d = type.getRank() - 1; d >= 0; stride *= type.getDimSize(d--))
    strides[d] = stride;
  for (int64_t from : order) {
    shape.push_back(type.getDimSize(from));
    step.push_back(strides[from]);
  }
  std::vector<char> moved;
  moved.reserve(bytes->size());
  SmallVector<int64_t> at(order.size());
  for (int64_t i = 0, count = type.getNumElements(), from = 0; i < count; ++i) {
    moved.insert(moved.end(), bytes->begin() + from,
                 bytes->begin() + from + width);
    for (int64_t d = at.size() - 1; d >= 0; --d) {
      from += step[d];
      if (++at[d] < shape[d])
        break;
      from -= step[d] * shape[d];
      at[d] = 0;
    }
  }
  return replaceConstant(rewriter, param,
                         RankedTensorType::get(shape, type.getElementType()),
                         moved);
}
