//===- StoredMatrix.cpp - quantized matrices in files -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every member of QuantizedMatrix and of BinaryMatrix has its place here.

#include "quantc/Methods/StoredMatrix.h"

using namespace quantc;
using llvm::StringRef;

namespace {
/// QuantizedMatrix member by member; a new member must be stored too.
struct Members {
  int64_t rows, cols, groupSize, groups;
  unsigned bits;
  bool symmetric;
  const CodeSteps *steps;
  ScaleType scaleType;
  float scaleUnit;
  std::vector<uint8_t> codes;
  std::vector<float> scales;
  std::vector<uint8_t> zeroPoints;
  std::vector<float> realZeros;
  int64_t groupsKeptAtRtn;
};
} // namespace
static_assert(sizeof(Members) == sizeof(QuantizedMatrix),
              "store the new member, and read it");

/// The number of a kind of code in its table, from 1 on; 0 for integers, and
/// for planes the number behind the last.
static int64_t numberOf(const CodeSteps *steps) {
  const auto *found = llvm::find_if(
      allCodeSteps(), [&](const CodeSteps &one) { return &one == steps; });
  return steps ? found - allCodeSteps().begin() + 1 : 0;
}

StoredMatrix::StoredMatrix(const QuantizedMatrix &matrix)
    : scaleUnit{matrix.scaleUnit} {
  facts = {matrix.groupSize,         matrix.bits,
           matrix.symmetric,         matrix.groupsKeptAtRtn,
           numberOf(matrix.steps),   int64_t(matrix.scaleType),
           !matrix.realZeros.empty()};
  list = {
      {"codes", "U8", {matrix.rows, matrix.cols}, bytesOf(matrix.codes)},
      {"scales", "F32", {matrix.rows, matrix.groups}, bytesOf(matrix.scales)},
      {"scale_unit", "F32", {1}, bytesOf(scaleUnit)},
      {"zero_points",
       "U8",
       {matrix.rows, matrix.groups},
       bytesOf(matrix.zeroPoints)},
      {"facts", "I64", {int64_t(facts.size())}, bytesOf(facts)}};
  if (!matrix.realZeros.empty())
    list.push_back({"real_zeros",
                    "F32",
                    {matrix.rows, matrix.groups},
                    bytesOf(matrix.realZeros)});
}

std::optional<QuantizedMatrix>
quantc::readStoredMatrix(const SafetensorsFile &record, int64_t rows,
                         int64_t cols, const GroupScheme &scheme) {
  QuantizedMatrix matrix(rows, cols, scheme);
  auto codes = readTensor<uint8_t>(record, "codes", "U8", 2);
  auto scales = readTensor<float>(record, "scales", "F32", 2);
  auto zeroPoints = readTensor<uint8_t>(record, "zero_points", "U8", 2);
  auto facts = readTensor<int64_t>(record, "facts", "I64", 1);
  auto unit = readTensor<float>(record, "scale_unit", "F32", 1);
  if (!codes || !scales || !zeroPoints || !facts || facts->size() != 7 ||
      !unit || unit->size() != 1)
    return std::nullopt;
  const SafetensorsEntry *entry = record.find("codes");
  bool isSame = entry->shape[0] == rows && entry->shape[1] == cols &&
                scales->size() == matrix.scales.size() &&
                zeroPoints->size() == matrix.zeroPoints.size() &&
                (*facts)[0] == matrix.groupSize &&
                (*facts)[1] == int64_t(matrix.bits) &&
                (*facts)[2] == int64_t(matrix.symmetric) &&
                (*facts)[4] == numberOf(matrix.steps) &&
                (*facts)[5] == int64_t(matrix.scaleType) &&
                (*facts)[6] == int64_t(scheme.realZeros);
  if (!isSame)
    return std::nullopt;
  if (scheme.realZeros) {
    auto zeros = readTensor<float>(record, "real_zeros", "F32", 2);
    if (!zeros || zeros->size() != matrix.realZeros.size())
      return std::nullopt;
    matrix.realZeros = std::move(*zeros);
  }
  matrix.codes = std::move(*codes);
  matrix.scales = std::move(*scales);
  matrix.zeroPoints = std::move(*zeroPoints);
  matrix.groupsKeptAtRtn = (*facts)[3];
  matrix.scaleUnit = unit->front();
  return matrix;
}

StoredBranch::StoredBranch(const LowRankBranch &branch)
    : list{{"down", "F16", {branch.rank, branch.cols}, bytesOf(branch.down)},
           {"up", "F16", {branch.rank, branch.rows}, bytesOf(branch.up)},
           {"gains", "F64", {branch.rank}, bytesOf(branch.gains)}} {}

std::optional<LowRankBranch>
quantc::readStoredBranch(const SafetensorsFile &record, int64_t rank,
                         int64_t rows, int64_t cols) {
  auto down = readTensor<uint16_t>(record, "down", "F16", 2);
  auto up = readTensor<uint16_t>(record, "up", "F16", 2);
  auto gains = readTensor<double>(record, "gains", "F64", 1);
  bool isSame = down && up && gains && int64_t(gains->size()) == rank &&
                int64_t(down->size()) == rank * cols &&
                int64_t(up->size()) == rank * rows;
  if (!isSame)
    return std::nullopt;
  return LowRankBranch{
      rank, rows, cols, std::move(*down), std::move(*up), std::move(*gains)};
}

namespace {
/// BinaryMatrix member by member; a new member must be stored too.
struct SignMembers {
  int64_t rows, cols, groupSize, groups;
  std::vector<uint8_t> signs;
  std::vector<float> scales, zeroPoints, columnScales;
  int64_t codebookDim;
  std::vector<uint16_t> codebook, indices;
  int64_t groupsKeptAtRtn;
};
} // namespace
static_assert(sizeof(SignMembers) == sizeof(BinaryMatrix),
              "store the new member, and read it");

StoredMatrix::StoredMatrix(const BinaryMatrix &matrix) {
  facts = {matrix.groupSize, matrix.codebookDim, matrix.groupsKeptAtRtn};
  auto vector = [&](StringRef name, StringRef dtype, const auto &values) {
    list.push_back(
        {name.str(), dtype.str(), {int64_t(values.size())}, bytesOf(values)});
  };
  // In the order of their names, as readers see those that are empty.
  vector("codebook", "U16", matrix.codebook);
  vector("column_scales", "F32", matrix.columnScales);
  vector("facts", "I64", facts);
  vector("indices", "U16", matrix.indices);
  vector("scales", "F32", matrix.scales);
  list.push_back(
      {"signs", "U8", {matrix.rows, matrix.cols}, bytesOf(matrix.signs)});
  vector("zero_points", "F32", matrix.zeroPoints);
}

std::optional<BinaryMatrix>
quantc::readStoredMatrix(const SafetensorsFile &record, int64_t rows,
                         int64_t cols, const BinaryScheme &scheme) {
  BinaryMatrix matrix(rows, cols, scheme);
  auto signs = readTensor<uint8_t>(record, "signs", "U8", 2);
  auto scales = readTensor<float>(record, "scales", "F32", 1);
  auto zeroPoints = readTensor<float>(record, "zero_points", "F32", 1);
  auto columns = readTensor<float>(record, "column_scales", "F32", 1);
  auto codebook = readTensor<uint16_t>(record, "codebook", "U16", 1);
  auto indices = readTensor<uint16_t>(record, "indices", "U16", 1);
  auto facts = readTensor<int64_t>(record, "facts", "I64", 1);
  if (!signs || !scales || !zeroPoints || !columns || !codebook || !indices ||
      !facts || facts->size() != 3)
    return std::nullopt;
  const SafetensorsEntry *entry = record.find("signs");
  bool isSame = entry->shape[0] == rows && entry->shape[1] == cols &&
                scales->size() == matrix.scales.size() &&
                zeroPoints->size() == matrix.zeroPoints.size() &&
                (columns->empty() || int64_t(columns->size()) == cols) &&
                codebook->size() == matrix.codebook.size() &&
                indices->size() == matrix.indices.size() &&
                (*facts)[0] == matrix.groupSize &&
                (*facts)[1] == matrix.codebookDim;
  if (!isSame)
    return std::nullopt;
  matrix.signs = std::move(*signs);
  matrix.scales = std::move(*scales);
  matrix.zeroPoints = std::move(*zeroPoints);
  matrix.columnScales = std::move(*columns);
  matrix.codebook = std::move(*codebook);
  matrix.indices = std::move(*indices);
  matrix.groupsKeptAtRtn = (*facts)[2];
  return matrix;
}
