//===- DataReader.cpp - the bytes of nn.data -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// File ranges are mapped; attributes are read in place unless they are splats.

#include "quantc/Dialect/Qnt/DataReader.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;

int64_t qnt::byteSizeOf(Type type) {
  if (auto packed = dyn_cast<qnt::PackedType>(type))
    return packed.getByteSize();
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      !tensor.getElementType().isIntOrIndexOrFloat())
    return -1;
  int64_t bytes = tensor.getElementType().isIndex()
                      ? 8
                      : llvm::divideCeil(tensor.getElementTypeBitWidth(), 8);
  for (int64_t size : tensor.getShape())
    if (llvm::MulOverflow(bytes, size, bytes))
      return -1;
  return bytes;
}

static ArrayRef<uint8_t> asBytes(ArrayRef<char> data) {
  return {reinterpret_cast<const uint8_t *>(data.data()), data.size()};
}

llvm::Expected<ArrayRef<uint8_t>> qnt::DataReader::bytes(nn::DataOp data) {
  int64_t size = byteSizeOf(data.getType());
  if (size < 0)
    return makeError(ErrorKind::BadModel,
                     "constant '{0}' has a type without a fixed size",
                     data.getSymName());
  if (!data.getFile()) {
    ArrayRef<uint8_t> raw;
    if (auto dense = dyn_cast<DenseElementsAttr>(*data.getValue())) {
      raw = asBytes(dense.getRawData());
      if (dense.getElementType().isInteger(
              1)) { // kept as bits in the attribute
        std::vector<uint8_t> &all = expanded.emplace_back();
        for (bool value : dense.getValues<bool>())
          all.push_back(value);
        raw = all;
      } else if (dense.isSplat() && size > 0) {
        std::vector<uint8_t> &all = expanded.emplace_back();
        while (static_cast<int64_t>(all.size()) < size)
          all.insert(all.end(), raw.begin(), raw.end());
        raw = all;
      }
    } else if (auto resource =
                   dyn_cast<DenseResourceElementsAttr>(*data.getValue())) {
      if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
        raw = asBytes(blob->getData());
    }
    if (static_cast<int64_t>(raw.size()) < size)
      return makeError(ErrorKind::BadModel,
                       "constant '{0}' has {1} bytes, expected {2}",
                       data.getSymName(), raw.size(), size);
    return raw.take_front(size);
  }
  std::shared_ptr<const MappedFile> &file = files[*data.getFile()];
  if (!file) {
    auto opened = MappedFile::open(*data.getFile());
    if (!opened)
      return opened.takeError();
    file = *opened;
  }
  return file->slice(*data.getOffset(), size);
}
