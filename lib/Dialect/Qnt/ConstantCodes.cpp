//===- ConstantCodes.cpp - dequantized constants ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ConstantCodes.h.

#include "quantc/Dialect/Qnt/ConstantCodes.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Formats/Format.h"
#include "quantc/Support/Errors.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnt;

static bool isConstantValue(Value value) {
  DenseElementsAttr elements;
  return !value || value.getDefiningOp<nn::ParamOp>() ||
         matchPattern(value, m_Constant(&elements));
}

bool qnt::isConstant(DequantizeOp op) {
  return op.getCodes().getDefiningOp<nn::ParamOp>() &&
         isConstantValue(op.getScale()) && isConstantValue(op.getZeroPoint());
}

static bool isInteger(SchemeAttr scheme) {
  return scheme.getCode() == CodeKind::Int ||
         scheme.getCode() == CodeKind::UInt;
}

/// The bytes of a parameter or of a constant tensor, copied.
static llvm::Expected<std::vector<uint8_t>> readBytes(Value value,
                                                      DataReader &reader) {
  if (auto param = value.getDefiningOp<nn::ParamOp>()) {
    auto data = SymbolTable::lookupNearestSymbolFrom<nn::DataOp>(
        param, param.getNameAttr());
    auto bytes = reader.bytes(data);
    if (!bytes)
      return bytes.takeError();
    return std::vector<uint8_t>(bytes->begin(), bytes->end());
  }
  DenseElementsAttr elements;
  bool isDense = matchPattern(value, m_Constant(&elements));
  assert(isDense && "isConstant() has looked");
  (void)isDense;
  ArrayRef<char> raw = elements.getRawData();
  std::vector<uint8_t> bytes;
  int64_t copies = elements.isSplat() ? elements.getNumElements() : 1;
  for (int64_t i = 0; i < copies; ++i)
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  return bytes;
}

std::vector<uint8_t> qnt::unpackRows(PackedType type, ArrayRef<uint8_t> bytes) {
  unsigned bits = type.getScheme().getBits(), perByte = 8 / bits;
  int64_t columns = type.getShape().back();
  int64_t rowBytes = llvm::divideCeil(columns * bits, 8);
  std::vector<uint8_t> codes;
  for (int64_t row = 0; row * rowBytes < int64_t(bytes.size()); ++row)
    for (int64_t i = 0; i < columns; ++i)
      codes.push_back(bytes[row * rowBytes + i / perByte] >>
                          (i % perByte * bits) &
                      ((1u << bits) - 1));
  return codes;
}

/// Brings codes to unsigned ones of `bits` bits.
static void makeUnsigned(std::vector<uint8_t> &codes, SchemeAttr scheme) {
  uint8_t mask = static_cast<uint8_t>((1u << scheme.getBits()) - 1);
  uint8_t half = scheme.isSigned() ? 1u << (scheme.getBits() - 1) : 0;
  for (uint8_t &code : codes)
    code = static_cast<uint8_t>(code + half) & mask;
}

static llvm::Error readCodes(DequantizeOp op, DataReader &reader,
                             ConstantCodes &result) {
  auto packed = dyn_cast<PackedType>(op.getCodes().getType());
  if (packed && packed.getLayout().getKind() != LayoutKind::Rows)
    return makeError(ErrorKind::Unsupported, "codes are not packed in rows");
  auto bytes = readBytes(op.getCodes(), reader);
  if (!bytes)
    return bytes.takeError();
  result.codes = packed ? unpackRows(packed, *bytes) : std::move(*bytes);
  return llvm::Error::success();
}

static llvm::Error readScales(DequantizeOp op, DataReader &reader,
                              ConstantCodes &result) {
  auto bytes = readBytes(op.getScale(), reader);
  if (!bytes)
    return bytes.takeError();
  Type element = getElementTypeOrSelf(op.getScale().getType());
  const Format *format = lookupFormat(element.isF32()   ? "fp32"
                                      : element.isF16() ? "fp16"
                                                        : "bf16");
  size_t width = element.getIntOrFloatBitWidth() / 8;
  for (size_t i = 0; i + width <= bytes->size(); i += width) {
    uint32_t code = 0;
    std::memcpy(&code, bytes->data() + i, width);
    result.scales.push_back(format->decode(code));
  }
  return llvm::Error::success();
}

llvm::Expected<ConstantCodes>
qnt::readConstantCodes(DequantizeOp op, DataReader &reader, bool withCodes) {
  ConstantCodes result;
  result.scheme = op.getScheme();
  llvm::append_range(
      result.shape,
      cast<RankedTensorType>(op.getResult().getType()).getShape());
  if (withCodes)
    if (llvm::Error error = readCodes(op, reader, result))
      return error;
  if (llvm::Error error = readScales(op, reader, result))
    return error;
  if (op.getZeroPoint() && isInteger(result.scheme)) {
    auto zeros = readBytes(op.getZeroPoint(), reader);
    if (!zeros)
      return zeros.takeError();
    result.zeroPoints = std::move(*zeros);
  }
  result.zeroPoints.resize(result.scales.size(), 0);
  if (isInteger(result.scheme)) {
    makeUnsigned(result.codes, result.scheme);
    makeUnsigned(result.zeroPoints, result.scheme);
  }
  return result;
}

int64_t ConstantCodes::scaleOf(int64_t element) const {
  if (scheme.getGranularity() == Granularity::Tensor)
    return 0;
  int64_t axis = scheme.getAxis(), inner = 1;
  for (int64_t size : ArrayRef(shape).drop_front(axis + 1))
    inner *= size;
  int64_t at = element / inner % shape[axis];
  if (scheme.getGranularity() == Granularity::Channel)
    return at;
  int64_t groups = scheme.groupCount(shape[axis]);
  return (element / inner / shape[axis] * groups + at / scheme.getGroupSize()) *
             inner +
         element % inner;
}

bool ConstantCodes::isSymmetric() const {
  uint8_t middle = 1u << (scheme.getBits() - 1);
  return llvm::all_of(zeroPoints, [&](uint8_t zero) { return zero == middle; });
}

std::vector<float> ConstantCodes::dequantize() const {
  std::vector<float> numbers(codes.size());
  const Format *format =
      isInteger(scheme) ? nullptr
                        : lookupFormat(stringifyCodeKind(scheme.getCode()));
  for (int64_t i = 0; i < count(); ++i) {
    int64_t scale = scaleOf(i);
    float value = format ? format->decode(codes[i])
                         : static_cast<float>(int32_t(codes[i]) -
                                              int32_t(zeroPoints[scale]));
    numbers[i] = value * scales[scale];
  }
  return numbers;
}
