//===- ModelWeights.cpp - weights that came quantized -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ModelWeights.h.

#include "ModelWeights.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;

llvm::Expected<QuantizedMatrix>
quantc::readModelMatrix(qnt::DequantizeOp weight, qnt::SchemeAttr stored,
                        qnt::DataReader &reader, int64_t n, int64_t k,
                        bool isTransposed) {
  auto codes = qnt::readConstantCodes(weight, reader);
  if (!codes)
    return codes.takeError();
  GroupScheme scheme;
  scheme.bits = stored.getBits();
  scheme.symmetric = !stored.getZeroPoint();
  scheme.groupSize = stored.getGroupSize();
  QuantizedMatrix matrix(n, k, scheme);
  // Signs are the codes 1 and 3 around 2.
  bool isBinary = codes->scheme.getCode() == qnt::CodeKind::Binary;
  for (int64_t row = 0; row < n; ++row)
    for (int64_t column = 0; column < k; ++column) {
      int64_t element = isTransposed ? column * n + row : row * k + column;
      uint8_t code = codes->codes[element];
      matrix.codes[row * k + column] = isBinary ? 1 + 2 * code : code;
      if (column % matrix.groupSize != 0)
        continue;
      int64_t group = row * matrix.groups + column / matrix.groupSize;
      int64_t scale = codes->scaleOf(element);
      matrix.scales[group] = codes->scales[scale];
      matrix.zeroPoints[group] = isBinary ? 2 : codes->zeroPoints[scale];
    }
  return matrix;
}

llvm::Expected<SignMatrix> quantc::readModelSigns(qnt::DequantizeOp weight,
                                                  qnt::DataReader &reader,
                                                  int64_t n, int64_t k,
                                                  bool isTransposed) {
  auto codes = qnt::readConstantCodes(weight, reader);
  if (!codes)
    return codes.takeError();
  SignMatrix matrix{std::vector<uint8_t>(n * k), std::vector<float>(n)};
  for (int64_t row = 0; row < n; ++row)
    for (int64_t column = 0; column < k; ++column) {
      int64_t element = isTransposed ? column * n + row : row * k + column;
      matrix.codes[row * k + column] = codes->codes[element];
      if (column == 0)
        matrix.scales[row] = codes->scales[codes->scaleOf(element)];
    }
  return matrix;
}

std::vector<uint8_t> quantc::unpackBlocks(ArrayRef<uint8_t> bytes,
                                          qnt::PackedType type) {
  int64_t n = type.getShape()[0], k = type.getShape()[1];
  int64_t bits = type.getScheme().getBits(),
          block = type.getScheme().getGroupSize();
  int64_t blockBytes = llvm::divideCeil(block * bits, 8);
  int64_t rowBytes = llvm::divideCeil(k, block) * blockBytes;
  std::vector<uint8_t> codes(n * k);
  for (int64_t row = 0; row < n; ++row)
    for (int64_t i = 0; i < k; ++i) {
      int64_t bit = i % block * bits;
      uint8_t byte = bytes[row * rowBytes + i / block * blockBytes + bit / 8];
      codes[row * k + i] = byte >> (bit % 8) & ((1u << bits) - 1);
    }
  return codes;
}
