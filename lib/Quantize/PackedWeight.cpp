//===- PackedWeight.cpp - one weight in packed form -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See PackedWeight.h.

#include "PackedWeight.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "quantc/Formats/IndexLayout.h"

using namespace mlir;
using namespace quantc;

/// The stored type of a weight of signs.
static qnt::PackedType typeOf(const BinaryMatrix &matrix,
                              qnt::SchemeAttr from) {
  MLIRContext *context = from.getContext();
  auto scheme = qnt::SchemeAttr::get(
      context, from.getCode(), from.getBits(), from.getGranularity(),
      /*axis=*/1, from.getGroupSize(), from.getZeroPoint(), from.getZero(),
      from.getScale(), from.getCodebookSize(), from.getCodebookDim(), false,
      {});
  auto layout = qnt::PackLayoutAttr::get(
      context, matrix.codebookDim ? qnt::LayoutKind::Panel16Index
                                  : qnt::LayoutKind::Panel16K4);
  return qnt::PackedType::get(context, {matrix.rows, matrix.cols}, scheme,
                              layout);
}

static std::vector<uint8_t> pack(const BinaryMatrix &matrix, unsigned bits) {
  std::vector<uint8_t> bytes;
  if (matrix.codebookDim) {
    bytes.resize(panelIndexBytes(matrix.rows, matrix.patterns(), bits));
    packPanelIndices(matrix.indices, matrix.rows, matrix.patterns(), bits,
                     bytes);
  } else {
    bytes.resize(panel16K4Bytes(matrix.rows, matrix.cols, 1));
    packPanel16K4(matrix.signs, matrix.rows, matrix.cols, 1, /*padding=*/0,
                  bytes);
  }
  return bytes;
}

llvm::Expected<PackedWeight>
quantc::storeSigns(QuantizedData &data, IRRewriter &rewriter, nn::ParamOp param,
                   qnt::SchemeAttr scheme, const BinaryMatrix &matrix,
                   bool withSums) {
  PackedWeight packed;
  llvm::Error failed = llvm::Error::success();
  auto add = [&](nn::ParamOp &place, StringRef suffix, Type type,
                 ArrayRef<uint8_t> bytes) {
    if (failed)
      return;
    std::string name = (param.getName() + suffix).str();
    auto added = data.add(rewriter, param.getLoc(), name, type, bytes);
    if (added)
      place = *added;
    else
      failed = added.takeError();
  };
  Type f32 = rewriter.getF32Type();
  auto groups = RankedTensorType::get({matrix.rows, matrix.groups}, f32);
  add(packed.codes, ".codes", typeOf(matrix, scheme),
      pack(matrix, scheme.getBits()));
  add(packed.scales, ".scales", groups, asBytes(matrix.scales));
  if (!matrix.zeroPoints.empty())
    add(packed.zeroPoints, ".zero_points", groups, asBytes(matrix.zeroPoints));
  if (matrix.codebookDim)
    add(packed.codebook, ".codebook",
        RankedTensorType::get({int64_t(matrix.codebook.size())},
                              rewriter.getI16Type()),
        asBytes(matrix.codebook));
  if (!matrix.columnScales.empty())
    add(packed.columnScales, ".column_scales",
        RankedTensorType::get({matrix.cols}, f32),
        asBytes(matrix.columnScales));
  if (withSums)
    add(packed.sums, ".sums", RankedTensorType::get({matrix.rows, 1}, f32),
        asBytes(matrix.rowSums()));
  if (failed)
    return std::move(failed);
  return packed;
}

Value quantc::scaleColumns(IRRewriter &rewriter, Value value,
                           nn::ParamOp scales) {
  if (!scales)
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  Location loc = value.getLoc();
  AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
  AffineMap last = AffineMap::get(
      type.getRank(), 0, rewriter.getAffineDimExpr(type.getRank() - 1));
  SmallVector<utils::IteratorType> loops(type.getRank(),
                                         utils::IteratorType::parallel);
  Value output = tensor::EmptyOp::create(
      rewriter, loc, tensor::getMixedSizes(rewriter, loc, value),
      type.getElementType());
  auto multiply = [](OpBuilder &b, Location loc, ValueRange args) {
    Value product = arith::MulFOp::create(b, loc, args[0], args[1]);
    linalg::YieldOp::create(b, loc, product);
  };
  return linalg::GenericOp::create(
             rewriter, loc, TypeRange(type),
             ValueRange{value, scales.getResult()}, ValueRange(output),
             ArrayRef<AffineMap>{identity, last, identity}, loops, multiply)
      .getResult(0);
}
