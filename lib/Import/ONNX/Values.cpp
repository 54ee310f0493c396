//===- Values.cpp - what the names of a graph stand for ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Constants become `nn.data`, computed integers become tensors, both on demand.

#include "Values.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "quantc/Dialect/NN/NN.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// Constants of a file are inline up to this size, all others up to the second.
static constexpr size_t maxInlineFileBytes = 64, maxInlineBytes = 4096;

std::optional<SmallVector<int64_t>> ShapeValue::constants() const {
  SmallVector<int64_t> values;
  for (Size size : elements) {
    std::optional<int64_t> value = constantOf(size);
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

Type quantc::importer::convertType(ElementType type, MLIRContext *context) {
  Builder b(context);
  switch (type) {
  case ElementType::Float:
    return b.getF32Type();
  case ElementType::Float16:
    return b.getF16Type();
  case ElementType::BFloat16:
    return b.getBF16Type();
  case ElementType::Double:
    return b.getF64Type();
  case ElementType::Bool:
    return b.getI1Type();
  case ElementType::Float8E4M3FN:
    return b.getType<Float8E4M3FNType>();
  case ElementType::Float8E4M3FNUZ:
    return b.getType<Float8E4M3FNUZType>();
  case ElementType::Float8E5M2:
    return b.getType<Float8E5M2Type>();
  case ElementType::Float8E5M2FNUZ:
    return b.getType<Float8E5M2FNUZType>();
  case ElementType::Float8E8M0:
    return b.getType<Float8E8M0FNUType>();
  case ElementType::Int8:
  case ElementType::UInt8:
  case ElementType::Int16:
  case ElementType::UInt16:
  case ElementType::Int32:
  case ElementType::UInt32:
  case ElementType::Int64:
  case ElementType::UInt64:
    return b.getIntegerType(bitsOf(type));
  default:
    return {};
  }
}

template <typename T> static SmallVector<T> readAll(const Tensor &tensor) {
  SmallVector<T> values;
  for (uint64_t i = 0; i < tensor.count; ++i)
    values.push_back(llvm::support::endian::read<T, llvm::endianness::little>(
        tensor.bytes.data() + i * sizeof(T)));
  return values;
}

std::optional<SmallVector<int64_t>>
quantc::importer::readIntegers(const Tensor &tensor) {
  auto widen = [](auto values) {
    return SmallVector<int64_t>(values.begin(), values.end());
  };
  switch (tensor.type) {
  case ElementType::Int64:
    return readAll<int64_t>(tensor);
  case ElementType::UInt64:
    return widen(readAll<uint64_t>(tensor));
  case ElementType::Int32:
    return widen(readAll<int32_t>(tensor));
  case ElementType::UInt32:
    return widen(readAll<uint32_t>(tensor));
  case ElementType::Int16:
    return widen(readAll<int16_t>(tensor));
  case ElementType::UInt16:
    return widen(readAll<uint16_t>(tensor));
  case ElementType::Int8:
    return widen(readAll<int8_t>(tensor));
  case ElementType::UInt8:
  case ElementType::Bool:
    return widen(readAll<uint8_t>(tensor));
  default:
    return std::nullopt;
  }
}

std::optional<SmallVector<double>>
quantc::importer::readFloats(const Tensor &tensor) {
  auto fromBits = [&](const llvm::fltSemantics &semantics) {
    SmallVector<double> values;
    for (uint16_t bits : readAll<uint16_t>(tensor)) {
      APFloat value(semantics, APInt(16, bits));
      bool isLossy;
      value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                    &isLossy);
      values.push_back(value.convertToDouble());
    }
    return values;
  };
  switch (tensor.type) {
  case ElementType::Float: {
    auto values = readAll<float>(tensor);
    return SmallVector<double>(values.begin(), values.end());
  }
  case ElementType::Double:
    return readAll<double>(tensor);
  case ElementType::Float16:
    return fromBits(APFloat::IEEEhalf());
  case ElementType::BFloat16:
    return fromBits(APFloat::BFloat());
  default:
    return std::nullopt;
  }
}

Operand *ValueTable::find(StringRef name) {
  auto found = names.find(name);
  return name.empty() || found == names.end() ? nullptr : &found->second;
}

Value ValueTable::tensorOf(StringRef name, Operand &operand) {
  if (operand.tensor)
    return operand.tensor;
  Type element = convertType(operand.type, b.getContext());
  if (!element)
    return {};
  if (operand.constant)
    operand.tensor =
        param(name, *operand.constant,
              RankedTensorType::get(operand.constant->dims, element));
  else if (operand.shape)
    operand.tensor = materialize(name, *operand.shape);
  return operand.tensor;
}

std::optional<ShapeValue> ValueTable::shapeOf(Operand &operand) {
  if (operand.shape || !operand.constant)
    return operand.shape;
  const Tensor &tensor = *operand.constant;
  bool isTracked = tensor.type == ElementType::Int64 ||
                   tensor.type == ElementType::Int32 ||
                   tensor.type == ElementType::Bool;
  if (!isTracked || tensor.dims.size() > 1 || tensor.count > maxShapeValues)
    return std::nullopt;
  ShapeValue shape{math.constants(*readIntegers(tensor)), tensor.dims.empty(),
                   tensor.type};
  return operand.shape = std::move(shape);
}

Value ValueTable::materialize(StringRef name, const ShapeValue &shape) {
  Type element = convertType(shape.type, b.getContext());
  SmallVector<int64_t> dims;
  if (!shape.isScalar)
    dims.push_back(static_cast<int64_t>(shape.elements.size()));
  auto type = RankedTensorType::get(dims, element);
  if (auto constants = shape.constants()) {
    unsigned bits = element.getIntOrFloatBitWidth();
    auto values = llvm::map_to_vector(*constants, [&](int64_t v) {
      return APInt(bits, static_cast<uint64_t>(v), /*isSigned=*/true,
                   /*implicitTrunc=*/true);
    });
    return param(name, DenseElementsAttr::get(type, values));
  }
  auto values = llvm::map_to_vector(shape.elements, [&](Size size) -> Value {
    return arith::IndexCastOp::create(b, element, math.value(size));
  });
  return tensor::FromElementsOp::create(b, type, values);
}

/// Small or homeless bytes as an attribute of tensor type `type`.
static ElementsAttr inlineValue(const Tensor &tensor, RankedTensorType type,
                                StringRef name) {
  if (type.getElementType().isInteger(1)) {
    auto bits = llvm::map_to_vector(tensor.bytes,
                                    [](uint8_t byte) { return byte != 0; });
    return DenseElementsAttr::get(type, ArrayRef<bool>(bits));
  }
  ArrayRef<char> bytes(reinterpret_cast<const char *>(tensor.bytes.data()),
                       tensor.bytes.size());
  if (bytes.empty() || bytes.size() <= maxInlineBytes)
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  return DenseResourceElementsAttr::get(
      type, name,
      HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 64,
                                                    /*dataIsMutable=*/false));
}

Value ValueTable::param(StringRef name, const Tensor &tensor, Type type) {
  auto shaped = dyn_cast<RankedTensorType>(type);
  bool isInline =
      tensor.file.empty() || tensor.bytes.size() <= maxInlineFileBytes;
  if (shaped && isInline)
    return makeParam(name, type, inlineValue(tensor, shaped, name), "", 0);
  if (!tensor.file.empty())
    return makeParam(name, type, {}, tensor.file, tensor.offset);
  // A packed type has no elements that an attribute could hold; its bytes do.
  auto bytes = RankedTensorType::get(
      {static_cast<int64_t>(tensor.bytes.size())}, b.getI8Type());
  Value value = makeParam(name, bytes, inlineValue(tensor, bytes, name), "", 0);
  return value;
}

Value ValueTable::param(StringRef name, ElementsAttr value) {
  return makeParam(name, value.getShapedType(), value, "", 0);
}

StringAttr ValueTable::uniqueSymbol(StringRef name) {
  std::string clean;
  for (char c : name)
    clean += llvm::isAlnum(c) || c == '_' || c == '.' || c == '$' ? c : '_';
  if (clean.empty() || !(llvm::isAlpha(clean[0]) || clean[0] == '_'))
    clean.insert(0, "c_");
  std::string candidate = clean;
  for (unsigned i = 1; !symbols.try_emplace(candidate, 0).second; ++i)
    candidate = clean + "_" + std::to_string(i);
  return b.getStringAttr(candidate);
}

Value ValueTable::makeParam(StringRef name, Type type, ElementsAttr value,
                            StringRef file, uint64_t offset) {
  StringAttr symbol = uniqueSymbol(name);
  {
    OpBuilder::InsertionGuard guard(b);
    if (lastData)
      b.setInsertionPointAfter(lastData);
    else
      b.setInsertionPointToStart(module.getBody());
    OperationState state(NameLoc::get(b.getStringAttr(name)),
                         nn::DataOp::getOperationName());
    state.addAttribute("sym_name", symbol);
    state.addAttribute("type", TypeAttr::get(type));
    if (value) {
      state.addAttribute("value", value);
    } else {
      state.addAttribute("file", b.getStringAttr(file));
      state.addAttribute("offset",
                         b.getI64IntegerAttr(static_cast<int64_t>(offset)));
    }
    lastData = b.create(state);
  }
  return nn::ParamOp::create(b, type, FlatSymbolRefAttr::get(symbol));
}
