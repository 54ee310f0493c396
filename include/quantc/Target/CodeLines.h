//===- CodeLines.h - packed codes that kernels take -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which codes have kernels and how large a line of them is, for the phases that
// assign, select and lower products. How bits lie in a line is in
// quantc/Formats/PanelLayout.h.

#ifndef QUANTC_TARGET_CODELINES_H
#define QUANTC_TARGET_CODELINES_H

#include "quantc/Formats/CodeSteps.h"
#include "quantc/Formats/ColumnLayout.h"
#include "quantc/Formats/IndexLayout.h"
#include "quantc/Formats/PanelLayout.h"
#include "quantc/Formats/PlaneLayout.h"

namespace quantc {

/// True for the bits of the codes that kernels take: 2, 3, 4 and 8.
constexpr bool hasCodeKernels(int64_t bits) {
  return bits > 1 && hasPanelLayout(static_cast<unsigned>(bits));
}

/// Columns in a line; groups of a weight are whole lines.
constexpr int64_t codeLineColumns(int64_t bits) {
  return panelLineInputs(static_cast<unsigned>(bits));
}

/// Bytes of a line.
constexpr int64_t codeLineBytes(int64_t bits) {
  return panelLineBytes(static_cast<unsigned>(bits));
}

} // namespace quantc

#endif // QUANTC_TARGET_CODELINES_H
