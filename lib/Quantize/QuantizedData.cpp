//===- QuantizedData.cpp - the work file of quantized constants -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Appends bytes and names them in the IR.

#include "QuantizedData.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace quantc;

llvm::Expected<nn::DataOp> QuantizedData::define(OpBuilder &top, Location loc,
                                                 StringRef name, Type type,
                                                 ArrayRef<uint8_t> bytes) {
  if (sizesOnly)
    return nn::DataOp::create(top, loc, name, type, top.getStringAttr(path),
                              top.getI64IntegerAttr(0), ElementsAttr());
  if (path.empty()) {
    auto raw = RankedTensorType::get({static_cast<int64_t>(bytes.size())},
                                     top.getI8Type());
    Type shown = isa<RankedTensorType>(type) ? type : raw;
    if (shown != type)
      return makeError(ErrorKind::Usage, "packed weights need a work file "
                                         "(--quantize-weights=work-file=FILE)");
    auto value = DenseElementsAttr::getFromRawBuffer(
        cast<RankedTensorType>(type),
        ArrayRef(reinterpret_cast<const char *>(bytes.data()), bytes.size()));
    return nn::DataOp::create(top, loc, name, type, StringAttr(), IntegerAttr(),
                              value);
  }
  if (!file) {
    std::error_code error;
    file = std::make_unique<llvm::raw_fd_ostream>(path, error,
                                                  llvm::sys::fs::OF_Append);
    if (error)
      return makeError(ErrorKind::IO, "cannot write '{0}': {1}", path,
                       error.message());
    file->SetUnbuffered();
  }
  uint64_t offset = file->tell();
  file->write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  if (file->has_error())
    return makeError(ErrorKind::IO, "cannot write '{0}': {1}", path,
                     file->error().message());
  SmallString<128> absolute(path);
  llvm::sys::fs::make_absolute(absolute);
  return nn::DataOp::create(top, loc, name, type, top.getStringAttr(absolute),
                            top.getI64IntegerAttr(offset), ElementsAttr());
}

llvm::Expected<nn::ParamOp> QuantizedData::add(OpBuilder &b, Location loc,
                                               StringRef name, Type type,
                                               ArrayRef<uint8_t> bytes) {
  auto module = cast<ModuleOp>(symbols.getOp());
  OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
  auto data = define(top, loc, name, type, bytes);
  if (!data)
    return data.takeError();
  symbols.insert(*data, module.getBody()->begin());
  return nn::ParamOp::create(b, loc, type, data->getSymName());
}

nn::ParamOp QuantizedData::addInline(OpBuilder &b, Location loc, StringRef name,
                                     DenseElementsAttr numbers) {
  auto module = cast<ModuleOp>(symbols.getOp());
  OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
  auto data = nn::DataOp::create(top, loc, name, numbers.getType(),
                                 StringAttr(), IntegerAttr(), numbers);
  symbols.insert(data, module.getBody()->begin());
  return nn::ParamOp::create(b, loc, numbers.getType(), data.getSymName());
}
