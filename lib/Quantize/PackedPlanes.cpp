//===- PackedPlanes.cpp - weights that are read at several widths -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes planes and what each width has of its own. Which scales those are is
// in Methods, how bits lie in planes is in Formats.

#include "PackedWeight.h"
#include "quantc/Formats/PlaneLayout.h"
#include "quantc/Methods/PlaneScales.h"
#include "quantc/Support/Errors.h"

using namespace mlir;
using namespace quantc;

static qnt::PackedType typeOf(const QuantizedMatrix &parent,
                              qnt::SchemeAttr from) {
  MLIRContext *context = from.getContext();
  auto scheme = qnt::SchemeAttr::get(
      context, from.getCode(), from.getBits(), from.getGranularity(),
      /*axis=*/1, from.getGroupSize(), false, qnt::ZeroKind::Code,
      from.getScale(), 0, 0, false, {}, from.getWidths());
  auto layout =
      qnt::PackLayoutAttr::get(context, qnt::LayoutKind::Panel16Planes);
  return qnt::PackedType::get(context, {parent.rows, parent.cols}, scheme,
                              layout);
}

namespace {
/// What the widths have of their own, one behind the other.
struct WidthData {
  std::vector<float> scales, sums;
  std::vector<double> sqnr;
};
} // namespace

static llvm::Expected<WidthData> fitWidths(qnt::SchemeAttr scheme,
                                           MatrixRef weights,
                                           const QuantizedMatrix &parent,
                                           bool withSums) {
  WidthData result;
  for (int64_t width : scheme.widths()) {
    auto child = slicePlanes(weights, parent, unsigned(width));
    if (!child)
      return child.takeError();
    llvm::append_range(result.scales, child->scales);
    if (withSums)
      llvm::append_range(result.sums, child->rowSums());
    if (!weights.data.empty())
      result.sqnr.push_back(WeightError::of(weights, *child).sqnrDb);
  }
  return result;
}

llvm::Expected<PackedWeight>
quantc::storePlanes(QuantizedData &data, IRRewriter &rewriter,
                    nn::ParamOp param, qnt::SchemeAttr scheme,
                    MatrixRef weights, const QuantizedMatrix &parent,
                    bool withSums) {
  auto widths = fitWidths(scheme, weights, parent, withSums);
  if (!widths)
    return makeError(ErrorKind::BadModel, "weight '{0}': {1}", param.getName(),
                     llvm::toString(widths.takeError()));
  std::vector<uint8_t> planes(
      panelPlanesBytes(parent.rows, parent.cols, parent.bits));
  packPlanes(parent.codes, parent.rows, parent.cols, parent.bits, planes);
  auto count = int64_t(scheme.widths().size());
  std::string name = param.getName().str();
  PackedWeight packed;
  auto codes = data.add(rewriter, param.getLoc(), name + ".codes",
                        typeOf(parent, scheme), planes);
  if (!codes)
    return codes.takeError();
  packed.codes = *codes;
  auto scales =
      data.add(rewriter, param.getLoc(), name + ".scales",
               RankedTensorType::get({count, parent.rows, parent.groups},
                                     rewriter.getF32Type()),
               asBytes(widths->scales));
  if (!scales)
    return scales.takeError();
  packed.scales = *scales;
  packed.planeSqnr = std::move(widths->sqnr);
  if (!withSums)
    return packed;
  auto sums = data.add(
      rewriter, param.getLoc(), name + ".sums",
      RankedTensorType::get({count, parent.rows, 1}, rewriter.getF32Type()),
      asBytes(widths->sums));
  if (!sums)
    return sums.takeError();
  packed.sums = *sums;
  return packed;
}
