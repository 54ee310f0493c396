//===- GroupQuantizer.h - one group at a time -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The steps that methods for uniform integers share: the grid of a range, the
// codes on a grid, and the loop over all groups. Private to lib/Methods.

#ifndef QUANTC_LIB_METHODS_GROUPQUANTIZER_H
#define QUANTC_LIB_METHODS_GROUPQUANTIZER_H

#include "quantc/Methods/GroupScheme.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace quantc::methods {

/// The range that the codes of a group shall cover; symmetric ranges have
/// low = -high.
struct GroupRange {
  float low, high;
};

/// The levels of a group: scale * (code - zero point).
struct GroupGrid {
  float scale;
  uint8_t zeroPoint;
  float realZero = 0; ///< in its place where zero points are numbers

  float zero(const GroupScheme &scheme) const {
    return scheme.realZeros ? realZero : float(zeroPoint);
  }
};

/// What a method found for a group.
struct GroupChoice {
  GroupGrid grid;
  bool keptRtn = false;
};

/// The range of all weights of a group; 0 included unless zero points are
/// numbers.
GroupRange fullRange(llvm::ArrayRef<float> weights, const GroupScheme &scheme);

/// The grid of a range by the formulas of GroupScheme. The scale is infinite
/// when it overflows the scale type.
GroupGrid makeGrid(GroupRange range, const GroupScheme &scheme);

/// The nearest scale that the type can hold; infinite when it cannot.
float roundScale(float scale, const GroupScheme &scheme);

/// The unit of scales of 8 bits for a matrix, by the formulas of GroupScheme.
float chooseScaleUnit(MatrixRef weights, const GroupScheme &scheme);

/// How many times wider than the full range searches try, too: an upper power
/// of two, a larger scale where most steps are near zero. Empty where nothing
/// wider can be better.
llvm::ArrayRef<float> widerRanges(const GroupScheme &scheme);

/// ErrorKind::BadModel for a group whose scale is infinite.
llvm::Error rangeTooWide(int64_t row, int64_t group, const GroupScheme &scheme);

/// The nearest step of every weight, as QuantizedMatrix::codes has it.
void encodeGroup(llvm::ArrayRef<float> weights, GroupGrid grid,
                 const GroupScheme &scheme,
                 llvm::MutableArrayRef<uint8_t> codes);

/// Of several grids the one whose codes have the smallest squared error; of
/// equal ones the first.
class BestGrid {
public:
  /// Starts with what rtn gives; `codes` always holds the codes of the best
  /// grid.
  BestGrid(llvm::ArrayRef<float> weights, const GroupScheme &scheme,
           llvm::MutableArrayRef<uint8_t> codes);

  /// Takes `grid` when it is better. Nothing happens when its scale is
  /// infinite.
  void offer(const GroupGrid &grid);

  /// True when no grid can be better, or the weights have no finite one.
  bool isFinal() const { return error == 0; }
  const GroupChoice &choice() const { return best; }

private:
  llvm::ArrayRef<float> weights;
  const GroupScheme &scheme;
  llvm::MutableArrayRef<uint8_t> codes;
  llvm::SmallVector<uint8_t, 256> tried;
  GroupChoice best;
  double error = 0;
};

/// Calls `choose(weights, codes)` for every group, which fills the codes, and
/// collects the result. Groups whose scale is infinite become an error.
llvm::Expected<QuantizedMatrix> quantizeGroups(
    MatrixRef weights, const GroupScheme &scheme,
    llvm::function_ref<GroupChoice(llvm::ArrayRef<float> weights,
                                   llvm::MutableArrayRef<uint8_t> codes)>
        choose);

} // namespace quantc::methods

#endif // QUANTC_LIB_METHODS_GROUPQUANTIZER_H
