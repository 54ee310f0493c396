//===- WeightMatrix.cpp - weights as methods take them ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See WeightMatrix.h. Hessians lie in a file, as there may be more of them than
// memory holds.

#include "quantc/Quantize/WeightMatrix.h"
#include "quantc/Methods/StoredMatrix.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/MappedFile.h"
#include <cstring>

using namespace mlir;
using namespace quantc;

static constexpr StringLiteral hessianFile = "qnt.hessian_file",
                               hessianOffset = "qnt.hessian_offset",
                               codesFile = "qnt.codes_file",
                               branchFile = "qnt.branch_file";

BinaryScheme quantc::binarySchemeOf(qnt::SchemeAttr scheme) {
  BinaryScheme result;
  result.groupSize = scheme.getGroupSize();
  result.hasZeroPoints = scheme.getZeroPoint();
  result.scaleType = scheme.getScale() == qnt::ScaleKind::F16 ? ScaleType::FP16
                                                              : ScaleType::FP32;
  result.codebookDim = scheme.getCodebookDim();
  result.codebookSize = scheme.getCodebookSize();
  return result;
}

llvm::Expected<std::vector<float>>
quantc::readWeightMatrix(qnt::AssignOp assign, int64_t n, int64_t k,
                         bool isTransposed, qnt::DataReader &reader) {
  auto numbers = qnt::readRounded(assign.getInput(), reader);
  if (!numbers || !isTransposed)
    return numbers;
  std::vector<float> matrix(n * k);
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < n; ++j)
      matrix[j * k + i] = (*numbers)[i * n + j];
  return matrix;
}

void quantc::setHessian(qnt::AssignOp assign, StringRef file, int64_t offset) {
  Builder b(assign.getContext());
  assign->setAttr(hessianFile, b.getStringAttr(file));
  assign->setAttr(hessianOffset, b.getI64IntegerAttr(offset));
}

bool quantc::hasHessian(qnt::AssignOp assign) {
  return assign->hasAttr(hessianFile);
}

llvm::Expected<std::vector<float>> quantc::readHessian(qnt::AssignOp assign,
                                                       int64_t k) {
  auto path = assign->getAttrOfType<StringAttr>(hessianFile);
  auto offset = assign->getAttrOfType<IntegerAttr>(hessianOffset);
  std::vector<float> hessian;
  if (!path || !offset)
    return hessian;
  auto file = MappedFile::open(path.getValue());
  if (!file)
    return file.takeError();
  uint64_t first = offset.getInt(), size = k * k * sizeof(float);
  ArrayRef<uint8_t> bytes = (*file)->bytes();
  if (first > bytes.size() || bytes.size() - first < size)
    return makeError(ErrorKind::IO,
                     "'{0}' ends before the {1} bytes of a Hessian at {2}",
                     path.getValue(), size, first);
  hessian.resize(k * k);
  std::memcpy(hessian.data(), bytes.data() + first, size);
  return hessian;
}

void quantc::setCodes(qnt::AssignOp assign, StringRef file) {
  assign->setAttr(codesFile, StringAttr::get(assign.getContext(), file));
}

bool quantc::hasCodes(qnt::AssignOp assign) {
  return assign->hasAttr(codesFile);
}

llvm::Expected<ChosenCodes> quantc::chooseCodes(const Method &method,
                                                MatrixRef matrix,
                                                qnt::SchemeAttr scheme) {
  if (scheme.hasSigns())
    return method.binarize(matrix, binarySchemeOf(scheme));
  return method.quantize(matrix, groupSchemeOf(scheme));
}

std::vector<float> quantc::reconstruct(const ChosenCodes &codes) {
  return std::visit([](const auto &matrix) { return matrix.reconstruct(); },
                    codes);
}

std::optional<ChosenCodes> quantc::findCodes(const SafetensorsFile &record,
                                             int64_t n, int64_t k,
                                             qnt::SchemeAttr scheme) {
  if (scheme.hasSigns())
    return readStoredMatrix(record, n, k, binarySchemeOf(scheme));
  return readStoredMatrix(record, n, k, groupSchemeOf(scheme));
}

llvm::Expected<std::optional<ChosenCodes>>
quantc::readCodes(qnt::AssignOp assign, int64_t n, int64_t k) {
  auto path = assign->getAttrOfType<StringAttr>(codesFile);
  if (!path)
    return std::nullopt;
  auto record = openRecord(path.getValue());
  if (!record)
    return record.takeError();
  auto matrix = findCodes(*record, n, k, assign.getScheme());
  if (!matrix)
    return makeError(ErrorKind::BadModel,
                     "'{0}' does not hold the codes of a weight of {1} x {2} "
                     "with the scheme {3}",
                     path.getValue(), n, k, assign.getScheme());
  return matrix;
}

bool quantc::branchNeedsHessian(qnt::AssignOp assign) {
  auto method = assign->getAttrOfType<StringAttr>(qnt::AssignOp::lowRankAttr);
  return branchRank(assign) > 0 && method && method.getValue() == "eora";
}

int64_t quantc::branchRank(qnt::AssignOp assign) {
  auto rank = assign->getAttrOfType<IntegerAttr>(qnt::AssignOp::rankAttr);
  return rank ? rank.getInt() : 0;
}

void quantc::setBranch(qnt::AssignOp assign, StringRef file) {
  assign->setAttr(branchFile, StringAttr::get(assign.getContext(), file));
}

llvm::Expected<LowRankBranch>
quantc::fitBranch(qnt::AssignOp assign, MatrixRef weights,
                  const QuantizedMatrix &quantized) {
  int64_t rank = branchRank(assign), n = weights.rows, k = weights.cols;
  if (auto path = assign->getAttrOfType<StringAttr>(branchFile)) {
    auto record = openRecord(path.getValue());
    if (!record)
      return record.takeError();
    if (auto branch = readStoredBranch(*record, rank, n, k))
      return std::move(*branch);
    return makeError(ErrorKind::BadModel,
                     "'{0}' does not hold a branch of rank {1} of a weight of "
                     "{2} x {3}",
                     path.getValue(), rank, n, k);
  }
  std::vector<float> hessian;
  if (!branchNeedsHessian(assign)) {
    weights.hessian = {};
  } else if (weights.hessian.empty()) {
    auto found = readHessian(assign, k);
    if (!found)
      return found.takeError();
    hessian = std::move(*found);
    weights.hessian = hessian;
    if (hessian.empty() && !weights.data.empty())
      return makeError(ErrorKind::Usage, "the low-rank method 'eora' needs the "
                                         "Hessian of the inputs");
  }
  if (assign.hasRemainder())
    return fitLowRank(weights, rank);
  return fitLowRank(weights, quantized.reconstruct(), rank);
}

llvm::Expected<ChosenCodes> quantc::chooseCodes(qnt::AssignOp assign,
                                                const Method &method,
                                                MatrixRef matrix) {
  auto chosen = readCodes(assign, matrix.rows, matrix.cols);
  if (!chosen)
    return chosen.takeError();
  if (*chosen)
    return std::move(**chosen);
  auto hessian = readHessian(assign, matrix.cols);
  if (!hessian)
    return hessian.takeError();
  matrix.hessian = *hessian;
  return chooseCodes(method, matrix, assign.getScheme());
}
