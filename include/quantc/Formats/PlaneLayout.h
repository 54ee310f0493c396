//===- PlaneLayout.h - codes that can be read at fewer bits -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One stored code, the parent, whose uppermost bits are the codes of fewer
// bits. Its bits lie in planes, so that reading fewer of them reads fewer
// bytes. The packer, the interpreter and the code generator share this one
// definition. Scales are not stored here: every width has its own.

#ifndef QUANTC_FORMATS_PLANELAYOUT_H
#define QUANTC_FORMATS_PLANELAYOUT_H

#include "quantc/Formats/CodeSteps.h"
#include "quantc/Formats/PanelLayout.h"

namespace quantc {

/// True for the bits of parents: 4 and 8.
constexpr bool hasPlaneLayout(unsigned bits) { return bits == 4 || bits == 8; }

/// True for two or more of 8, 4 and 2, descending, the first of them `bits`.
bool arePlaneWidths(llvm::ArrayRef<int64_t> widths, int64_t bits);

/// The number of planes that hold the upper `width` bits, 2, 4 or 8: 1, 2 or 3.
constexpr int64_t planeCount(unsigned width) {
  return width == 8 ? 3 : width / 2;
}

/// Bits of a code in one plane, the uppermost first: 2, 2, 4.
constexpr unsigned planeBits(int64_t plane) { return plane == 2 ? 4 : 2; }

/// Inputs in a line of the first plane, and the unit of all of them: the last
/// line of a row is filled up.
inline constexpr int64_t kPlaneLineInputs = panelLineInputs(2);

/// ceil(K / 16).
constexpr int64_t planeLines(int64_t inputs) { return panelLines(inputs, 2); }

/// Lines of 64 bytes in a plane for each line of the first one: 1, 1, 2.
constexpr int64_t planeLineCount(int64_t plane) { return planeBits(plane) / 2; }

/// Bytes of one plane of an [N, K] matrix.
constexpr int64_t planeBytes(int64_t channels, int64_t inputs, int64_t plane) {
  return panelCount(channels) * planeLines(inputs) * planeLineCount(plane) *
         kPanelLineBytes;
}

/// Bytes of the planes that hold the upper `width` bits: what reading at that
/// width reads. At `bits`, all of them.
constexpr int64_t panelPlanesBytes(int64_t channels, int64_t inputs,
                                   unsigned width) {
  return panelCount(channels) * planeLines(inputs) * kPanelLineBytes * width /
         2;
}

/// Packs `codes` [N, K] of `bits` bits, one a byte, row-major, into `packed` of
/// panelPlanesBytes(N, K, bits) bytes: the planes one after the other, each as
/// packPanel16K4 lays out codes of planeBits(plane) bits, with rows filled up
/// to whole units of 16 inputs. What is missing gets the middle, 2^(bits-1).
///
/// Example, 8 bits, N = 1, K = 1, the code 76 = 01 11 0110 (hexadecimal): the
/// first bytes of the three planes are A9 (01 below three times the padding
/// 10), 03 (11, padding 00) and 06.
void packPlanes(llvm::ArrayRef<uint8_t> codes, int64_t channels, int64_t inputs,
                unsigned bits, llvm::MutableArrayRef<uint8_t> packed);

/// The upper `width` bits of every code, [N, K], from the first planes alone:
/// `packed` has panelPlanesBytes(N, K, width) bytes or more. For every code
/// that is code >> (bits - width).
void unpackPlanes(llvm::ArrayRef<uint8_t> packed, int64_t channels,
                  int64_t inputs, unsigned width,
                  llvm::MutableArrayRef<uint8_t> codes);

/// The steps of the codes of `width` bits cut off a parent of `bits` bits. A
/// code stands for the middle of its cell, the parents that begin with it:
/// half a cell above the lowest of them. The zero of 8 bits is the middle of
/// a cell of 4 bits, which so have a zero, too:
///
///   bits  width  step                   parents in a step
///   8     8      code - 136             1
///   8     4      code - 8               16
///   8     2      8 code - 13            8
///   4     4      code - 8               1
///   4     2      2 code - 3             2
///
/// Steps of 8 bits are at most 119. Null for code - 8, which are those of
/// symmetric integers.
const CodeSteps *planeSteps(unsigned bits, unsigned width);

/// The steps of codes of that kind and those bits, of planes those of the
/// parent; null for integers.
const CodeSteps *codeStepsOf(llvm::StringRef kind, unsigned bits);

} // namespace quantc

#endif // QUANTC_FORMATS_PLANELAYOUT_H
