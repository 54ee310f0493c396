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
#include "quantc/Formats/Format.h"
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

/// The number of each of the 65,536 codes.
static std::vector<float> decodeAll(StringRef name) {
  const Format &format = *lookupFormat(name);
  std::vector<float> numbers(1 << 16);
  for (uint32_t code = 0; code < numbers.size(); ++code)
    numbers[code] = format.decode(code);
  return numbers;
}

ArrayRef<uint8_t> qnt::DataReader::convert(ArrayRef<uint8_t> halves,
                                           bool isBF16) {
  static const std::vector<float> half = decodeAll("fp16"),
                                  brain = decodeAll("bf16");
  const std::vector<float> &numbers = isBF16 ? brain : half;
  std::vector<float> &result = converted[turn ^= 1];
  result.resize(halves.size() / 2);
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = numbers[llvm::support::endian::read16le(&halves[2 * i])];
  return {reinterpret_cast<const uint8_t *>(result.data()),
          result.size() * sizeof(float)};
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
  if (std::optional<Type> stored = data.getStored()) {
    auto halves = file->slice(*data.getOffset(), size / 2);
    if (!halves)
      return halves.takeError();
    return convert(*halves, stored->isBF16());
  }
  return file->slice(*data.getOffset(), size);
}
