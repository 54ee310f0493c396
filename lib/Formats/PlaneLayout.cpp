//===- PlaneLayout.cpp - codes that can be read at fewer bits ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See PlaneLayout.h. Planes are panels of codes of fewer bits.

#include "quantc/Formats/PlaneLayout.h"
#include "quantc/Support/ParallelFor.h"
#include <array>
#include <cassert>
#include <numeric>
#include <vector>

using namespace llvm;
using namespace quantc;

bool quantc::arePlaneWidths(ArrayRef<int64_t> widths, int64_t bits) {
  if (widths.size() < 2 || widths.front() != bits)
    return false;
  for (size_t i = 0; i < widths.size(); ++i) {
    int64_t width = widths[i];
    bool isKnown = width == 8 || width == 4 || width == 2;
    if (!isKnown || (i > 0 && width >= widths[i - 1]))
      return false;
  }
  return true;
}

/// The first bit of a plane in a code of `bits` bits.
static unsigned shiftOf(unsigned bits, int64_t plane) {
  unsigned above = 0;
  for (int64_t i = 0; i <= plane; ++i)
    above += planeBits(i);
  assert(above <= bits);
  return bits - above;
}

static int64_t unitInputs(int64_t inputs) {
  return planeLines(inputs) * kPlaneLineInputs;
}

void quantc::packPlanes(ArrayRef<uint8_t> codes, int64_t channels,
                        int64_t inputs, unsigned bits,
                        MutableArrayRef<uint8_t> packed) {
  assert(hasPlaneLayout(bits) &&
         int64_t(packed.size()) == panelPlanesBytes(channels, inputs, bits));
  const int64_t filled = unitInputs(inputs);
  const uint8_t middle = uint8_t(1u << (bits - 1));
  std::vector<uint8_t> part(size_t(channels * filled));
  for (int64_t plane = 0; plane < planeCount(bits); ++plane) {
    unsigned shift = shiftOf(bits, plane), own = planeBits(plane);
    uint8_t mask = uint8_t((1u << own) - 1);
    uint8_t padding = uint8_t(middle >> shift & mask);
    parallelFor(channels, 16, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n)
        for (int64_t k = 0; k < filled; ++k)
          part[size_t(n * filled + k)] =
              k < inputs
                  ? uint8_t(codes[size_t(n * inputs + k)] >> shift & mask)
                  : padding;
    });
    auto bytes = size_t(planeBytes(channels, inputs, plane));
    packPanel16K4(part, channels, filled, own, padding,
                  packed.take_front(bytes));
    packed = packed.drop_front(bytes);
  }
}

void quantc::unpackPlanes(ArrayRef<uint8_t> packed, int64_t channels,
                          int64_t inputs, unsigned width,
                          MutableArrayRef<uint8_t> codes) {
  assert(int64_t(packed.size()) >= panelPlanesBytes(channels, inputs, width));
  const int64_t filled = unitInputs(inputs);
  std::vector<uint8_t> part(size_t(channels * filled));
  for (int64_t plane = 0; plane < planeCount(width); ++plane) {
    unsigned own = planeBits(plane);
    auto bytes = size_t(planeBytes(channels, inputs, plane));
    unpackPanel16K4(packed.take_front(bytes), channels, filled, own, part);
    packed = packed.drop_front(bytes);
    parallelFor(channels, 16, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n)
        for (int64_t k = 0; k < inputs; ++k) {
          uint8_t &code = codes[size_t(n * inputs + k)];
          uint8_t above = plane ? code : uint8_t(0);
          code = uint8_t(above << own | part[size_t(n * filled + k)]);
        }
    });
  }
}

/// The bytes 0 to 255.
static ArrayRef<uint8_t> allBytes() {
  static const std::array<uint8_t, 256> bytes = [] {
    std::array<uint8_t, 256> all;
    std::iota(all.begin(), all.end(), uint8_t(0));
    return all;
  }();
  return bytes;
}

const CodeSteps *quantc::planeSteps(unsigned bits, unsigned width) {
  static constexpr uint8_t ofEight[] = {0, 8, 16, 24}, ofFour[] = {0, 2, 4, 6};
  static const CodeSteps eight = {"planes",        8,          1.0f, 136,
                                  StepRule::Whole, allBytes(), 119},
                         eightAtTwo = {"planes",        2,       0.125f, 13,
                                       StepRule::Whole, ofEight, 11},
                         fourAtTwo = {"planes",      2,     0.5f, 3,
                                      StepRule::Odd, ofFour};
  assert(hasPlaneLayout(bits) && width <= bits);
  if (width == 4)
    return nullptr;
  if (width == 8)
    return &eight;
  return bits == 8 ? &eightAtTwo : &fourAtTwo;
}

const CodeSteps *quantc::codeStepsOf(StringRef kind, unsigned bits) {
  return kind == "planes" ? planeSteps(bits, bits) : lookupCodeSteps(kind);
}
