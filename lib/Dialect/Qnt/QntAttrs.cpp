//===- QntAttrs.cpp - rules of schemes and packed types ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a scheme or a packed type may say, and how many bytes it takes. How the
// bytes are written is the business of Formats.

#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Formats/ColumnLayout.h"
#include "quantc/Formats/IndexLayout.h"
#include "quantc/Formats/PanelLayout.h"
#include "quantc/Formats/PlaneLayout.h"
#include "quantc/Formats/SignWords.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc::qnt;

using Emit = llvm::function_ref<InFlightDiagnostic()>;

/// Bits that a kind of code must have; 0 when the scheme may choose.
static unsigned fixedBits(CodeKind code) {
  switch (code) {
  case CodeKind::Ternary:
  case CodeKind::Odd:
    return 2;
  case CodeKind::Binary:
    return 1;
  case CodeKind::E2M1:
    return 4;
  case CodeKind::E4M3:
  case CodeKind::E5M2:
    return 8;
  default:
    return 0;
  }
}

/// Planes are symmetric, and read at two or more of the widths that there are.
static LogicalResult verifyPlanes(Emit emit, unsigned bits, ScaleKind scale,
                                  ArrayRef<int64_t> widths) {
  if (!quantc::hasPlaneLayout(bits))
    return emit() << "planes codes have 4 or 8 bits, found " << bits;
  if (!quantc::arePlaneWidths(widths, bits))
    return emit() << "expects two or more widths of planes, descending from "
                  << bits << ", out of 8, 4 and 2, found [" << widths << "]";
  if (scale != ScaleKind::F32 && scale != ScaleKind::F16)
    return emit() << "planes codes have f32 or f16 scales, found "
                  << stringifyScaleKind(scale);
  return success();
}

LogicalResult SchemeAttr::verify(Emit emit, CodeKind code, unsigned bits,
                                 Granularity granularity, int64_t axis,
                                 int64_t groupSize, bool zeroPoint,
                                 ZeroKind zero, ScaleKind scale,
                                 int64_t codebookSize, int64_t codebookDim,
                                 bool dynamic, StringAttr reason,
                                 DenseI64ArrayAttr widths) {
  if (code == CodeKind::None)
    return bits == 0
               ? success()
               : emit() << "a scheme without codes has 0 bits, found " << bits;
  if ((code == CodeKind::Codebook) != (codebookSize > 0 && codebookDim > 0))
    return emit() << "expects codebook_size and codebook_dim exactly for "
                     "codebook codes";
  if (code == CodeKind::Codebook) {
    bool isSound = codebookDim >= 2 && codebookDim <= 16 && codebookSize >= 2 &&
                   codebookSize <= int64_t(1) << codebookDim &&
                   codebookSize % 2 == 0;
    if (!isSound)
      return emit() << "expects a codebook_dim of 2 to 16 and an even "
                       "codebook_size up to 2^codebook_dim, found "
                    << codebookDim << " and " << codebookSize;
    if (bits != indexBits(codebookSize))
      return emit() << "expects indices of " << indexBits(codebookSize)
                    << " bits into " << codebookSize << " patterns, found "
                    << bits;
  } else if (bits < 1 || bits > 8) {
    return emit() << "expects 1 to 8 bits, found " << bits;
  }
  if (unsigned fixed = fixedBits(code); fixed && bits != fixed)
    return emit() << stringifyCodeKind(code) << " codes have " << fixed
                  << " bits, found " << bits;
  if (axis < 0)
    return emit() << "expects a non-negative axis, found " << axis;
  if ((granularity == Granularity::Group) != (groupSize > 0))
    return emit() << "expects a positive group_size exactly for granularity "
                     "group, found "
                  << groupSize;
  bool hasZeroPoints = code == CodeKind::Int || code == CodeKind::UInt ||
                       code == CodeKind::Binary || code == CodeKind::Codebook;
  if (zeroPoint && !hasZeroPoints)
    return emit() << stringifyCodeKind(code) << " codes have no zero point";
  if (zero == ZeroKind::F16 && (!zeroPoint || code != CodeKind::UInt))
    return emit() << "f16 zero points are those of uint codes with a zero "
                     "point, found "
                  << stringifyCodeKind(code) << " codes "
                  << (zeroPoint ? "with one" : "without");
  if (scale == ScaleKind::TwoLevel && granularity != Granularity::Group)
    return emit() << "two_level scales need granularity group";
  if (code == CodeKind::Planes)
    return verifyPlanes(emit, bits, scale,
                        widths ? widths.asArrayRef() : ArrayRef<int64_t>());
  if (widths)
    return emit() << "widths are for planes only, found "
                  << stringifyCodeKind(code) << " codes";
  return success();
}

int64_t SchemeAttr::groupCount(int64_t size) const {
  switch (getGranularity()) {
  case Granularity::Group:
    return llvm::divideCeil(size, getGroupSize());
  case Granularity::Channel:
  case Granularity::Tensor:
  case Granularity::Token:
    return 1;
  }
  return 1;
}

LogicalResult PackedType::verify(Emit emit, ArrayRef<int64_t> shape,
                                 SchemeAttr scheme, PackLayoutAttr layout) {
  if (shape.empty())
    return emit() << "expects at least one dimension";
  bool isIndex = layout.getKind() == LayoutKind::Panel16Index;
  bool isPlanes = layout.getKind() == LayoutKind::Panel16Planes;
  bool isPanel = isIndex || isPlanes ||
                 layout.getKind() == LayoutKind::Panel16K4 ||
                 layout.getKind() == LayoutKind::Panel16F32;
  if (isPanel && shape.size() != 2)
    return emit() << "panels hold a matrix, found " << shape.size()
                  << " dimensions";
  if ((layout.getKind() == LayoutKind::Panel16F32) != scheme.isNone())
    return emit() << "panel16f32 is the layout of floats, and the only one";
  if (isIndex != (scheme.getCode() == CodeKind::Codebook))
    return emit() << "panel16index is the layout of codebook indices, and the "
                     "only one";
  if (isPlanes != (scheme.getCode() == CodeKind::Planes))
    return emit() << "panel16planes is the layout of planes, and the only one";
  if (layout.getKind() == LayoutKind::Panel16K4 &&
      !hasPanelLayout(scheme.getBits()))
    return emit() << "panel16k4 holds codes of 1, 2, 3, 4 or 8 bits, found "
                  << scheme.getBits();
  bool isColumns = layout.getKind() == LayoutKind::Column64;
  if (isColumns && (shape.size() != 2 || !hasColumnLayout(scheme.getBits())))
    return emit() << "column64 holds a matrix of codes of 2, 4 or 8 bits, "
                     "found "
                  << shape.size() << " dimensions and codes of "
                  << scheme.getBits();
  if (isColumns && scheme.getCode() != CodeKind::UInt)
    return emit() << "column64 holds uint codes, found "
                  << stringifyCodeKind(scheme.getCode());
  if (layout.getKind() == LayoutKind::Panel16B64 &&
      (scheme.getCode() != CodeKind::Binary || shape.size() != 3))
    return emit() << "panel16b64 holds binary codes of three dimensions, found "
                  << shape.size();
  if (layout.getKind() == LayoutKind::Blocks &&
      scheme.getGranularity() != Granularity::Group)
    return emit() << "the layout blocks needs granularity group";
  int64_t count = 1;
  for (int64_t size : shape)
    if (size < 0 || llvm::MulOverflow(count, size, count))
      return emit() << "has a size that does not fit";
  return success();
}

int64_t PackedType::getByteSize() const {
  int64_t rows = 1;
  for (int64_t size : getShape().drop_back())
    rows *= size;
  int64_t columns = getShape().back(), bits = getScheme().getBits();
  switch (getLayout().getKind()) {
  case LayoutKind::Rows:
    return rows * llvm::divideCeil(columns * bits, 8);
  case LayoutKind::Blocks: {
    int64_t group = getScheme().getGroupSize();
    return rows * llvm::divideCeil(columns, group) *
           llvm::divideCeil(group * bits, 8);
  }
  case LayoutKind::Panel16K4:
    return panel16K4Bytes(rows, columns, unsigned(bits));
  case LayoutKind::Column64:
    return column64Bytes(rows, columns, bits);
  case LayoutKind::Panel16F32:
    return llvm::divideCeil(rows, 16) * columns * 64;
  case LayoutKind::Panel16Index:
    return panelIndexBytes(
        rows, llvm::divideCeil(columns, getScheme().getCodebookDim()),
        unsigned(bits));
  case LayoutKind::Panel16Planes:
    return panelPlanesBytes(rows, columns, unsigned(bits));
  case LayoutKind::Panel16B64:
    return panel16B64Bytes(getShape()[0], getShape()[1], columns);
  }
  return 0;
}
