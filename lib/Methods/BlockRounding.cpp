//===- BlockRounding.cpp - columns rounded side by side ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Loops over lanes, compiled for several instruction sets. Lanes never meet and
// nothing is contracted to fma, so that every machine finds the same codes.

#include "BlockRounding.h"
#include "llvm/ADT/SmallVector.h"
#include <algorithm>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

#if defined(__x86_64__)
#define QUANTC_ON_EVERY_LEVEL                                                  \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define QUANTC_ON_EVERY_LEVEL
#endif

/// Rows of a product that read the same numbers.
static constexpr int64_t kTile = 8;

template <int64_t kCount>
__attribute__((always_inline)) static inline void
multiplyTile(const float *matrix, int64_t stride, const float *numbers,
             int64_t count, float *sums) {
  float tile[kCount][kLanes] = {};
  for (int64_t i = 0; i < count; ++i)
    for (int64_t r = 0; r < kCount; ++r)
      for (int64_t lane = 0; lane < kLanes; ++lane)
        tile[r][lane] += matrix[r * stride + i] * numbers[i * kLanes + lane];
  for (int64_t r = 0; r < kCount; ++r)
    for (int64_t lane = 0; lane < kLanes; ++lane)
      sums[r * kLanes + lane] = tile[r][lane];
}

QUANTC_ON_EVERY_LEVEL
void methods::multiplyLanes(const float *matrix, int64_t stride, int64_t rows,
                            const float *numbers, int64_t count, float *sums) {
  int64_t r = 0;
  for (; r + kTile <= rows; r += kTile)
    multiplyTile<kTile>(matrix + r * stride, stride, numbers, count,
                        sums + r * kLanes);
  for (; r < rows; ++r)
    multiplyTile<1>(matrix + r * stride, stride, numbers, count,
                    sums + r * kLanes);
}

template <StepRule rule>
__attribute__((always_inline)) static inline void
roundBlockTo(const FormRef &form, const BlockRows &rows, const LaneGrid &grid,
             float (&costs)[kLanes]) {
  float sums[kLanes] = {};
  for (int64_t k = 0; k < form.size; ++k) {
    const float *row = form.feedback + k * form.stride;
    float target[kLanes];
    for (int64_t lane = 0; lane < kLanes; ++lane)
      target[lane] = rows.targets[k * kLanes + lane];
    for (int64_t i = 0; i < k; ++i)
      for (int64_t lane = 0; lane < kLanes; ++lane)
        target[lane] += row[i] * rows.errors[i * kLanes + lane];
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      float level = roundToStep(rule, target[lane] / grid.scales[lane],
                                grid.low[lane], grid.high[lane]);
      float value = grid.scales[lane] * level, missed = target[lane] - value;
      rows.levels[k * kLanes + lane] = level;
      rows.errors[k * kLanes + lane] = rows.weights[k * kLanes + lane] - value;
      sums[lane] += form.pivots[k] * (missed * missed);
    }
  }
  std::copy(std::begin(sums), std::end(sums), std::begin(costs));
}

QUANTC_ON_EVERY_LEVEL
void methods::roundBlock(const FormRef &form, const BlockRows &rows,
                         const LaneGrid &grid, float (&costs)[kLanes]) {
  switch (grid.rule) {
  case StepRule::Whole:
    return roundBlockTo<StepRule::Whole>(form, rows, grid, costs);
  case StepRule::Odd:
    return roundBlockTo<StepRule::Odd>(form, rows, grid, costs);
  case StepRule::E2M1:
    return roundBlockTo<StepRule::E2M1>(form, rows, grid, costs);
  }
}

template <StepRule rule>
__attribute__((always_inline)) static inline void
tryGridsOf(const FormRef &form, const float *weights, const float *targets,
           ArrayRef<LaneGrid> grids, float (*costs)[kLanes]) {
  constexpr int64_t kWide = kTries * kLanes;
  float scales[kWide], low[kWide], high[kWide], sums[kWide] = {};
  for (int64_t t = 0; t < kTries; ++t)
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      scales[t * kLanes + lane] = grids[t].scales[lane];
      low[t * kLanes + lane] = grids[t].low[lane];
      high[t * kLanes + lane] = grids[t].high[lane];
    }
  SmallVector<float, 64 * kWide> errors(form.size * kWide);
  for (int64_t k = 0; k < form.size; ++k) {
    const float *row = form.feedback + k * form.stride;
    float target[kWide];
    for (int64_t t = 0; t < kTries; ++t)
      for (int64_t lane = 0; lane < kLanes; ++lane)
        target[t * kLanes + lane] = targets[k * kLanes + lane];
    for (int64_t i = 0; i < k; ++i)
      for (int64_t w = 0; w < kWide; ++w)
        target[w] += row[i] * errors[i * kWide + w];
    for (int64_t t = 0; t < kTries; ++t)
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        int64_t w = t * kLanes + lane;
        float value = scales[w] *
                      roundToStep(rule, target[w] / scales[w], low[w], high[w]);
        float missed = target[w] - value;
        errors[k * kWide + w] = weights[k * kLanes + lane] - value;
        sums[w] += form.pivots[k] * (missed * missed);
      }
  }
  for (int64_t t = 0; t < kTries; ++t)
    for (int64_t lane = 0; lane < kLanes; ++lane)
      costs[t][lane] = sums[t * kLanes + lane];
}

QUANTC_ON_EVERY_LEVEL
void methods::tryGrids(const FormRef &form, const float *weights,
                       const float *targets, ArrayRef<LaneGrid> grids,
                       float (*costs)[kLanes]) {
  switch (grids.front().rule) {
  case StepRule::Whole:
    return tryGridsOf<StepRule::Whole>(form, weights, targets, grids, costs);
  case StepRule::Odd:
    return tryGridsOf<StepRule::Odd>(form, weights, targets, grids, costs);
  case StepRule::E2M1:
    return tryGridsOf<StepRule::E2M1>(form, weights, targets, grids, costs);
  }
}

QUANTC_ON_EVERY_LEVEL
void methods::costOfErrors(const FormRef &form, const BlockRows &rows,
                           float (&costs)[kLanes]) {
  float sums[kLanes] = {};
  for (int64_t k = 0; k < form.size; ++k) {
    const float *row = form.feedback + k * form.stride;
    float missed[kLanes];
    for (int64_t lane = 0; lane < kLanes; ++lane)
      missed[lane] = rows.targets[k * kLanes + lane] -
                     rows.weights[k * kLanes + lane] +
                     rows.errors[k * kLanes + lane];
    for (int64_t i = 0; i < k; ++i)
      for (int64_t lane = 0; lane < kLanes; ++lane)
        missed[lane] += row[i] * rows.errors[i * kLanes + lane];
    for (int64_t lane = 0; lane < kLanes; ++lane)
      sums[lane] += form.pivots[k] * (missed[lane] * missed[lane]);
  }
  std::copy(std::begin(sums), std::end(sums), std::begin(costs));
}

QUANTC_ON_EVERY_LEVEL
void methods::solveUpper(const FormRef &form, float *numbers) {
  for (int64_t k = form.size - 1; k > 0; --k) {
    const float *row = form.feedback + k * form.stride;
    for (int64_t i = 0; i < k; ++i)
      for (int64_t lane = 0; lane < kLanes; ++lane)
        numbers[i * kLanes + lane] -= row[i] * numbers[k * kLanes + lane];
  }
}

QUANTC_ON_EVERY_LEVEL
void methods::solveForm(const FormRef &form, float *numbers) {
  solveUpper(form, numbers);
  for (int64_t k = 0; k < form.size; ++k) {
    const float *row = form.feedback + k * form.stride;
    float sums[kLanes];
    for (int64_t lane = 0; lane < kLanes; ++lane)
      sums[lane] = numbers[k * kLanes + lane] / form.pivots[k];
    for (int64_t i = 0; i < k; ++i)
      for (int64_t lane = 0; lane < kLanes; ++lane)
        sums[lane] -= row[i] * numbers[i * kLanes + lane];
    std::copy(std::begin(sums), std::end(sums), numbers + k * kLanes);
  }
}

template <StepRule rule>
__attribute__((always_inline)) static inline void
roundAgainTo(const float *hessian, int64_t stride, int64_t size,
             const float *linear, const BlockRows &rows, const LaneGrid &grid) {
  for (int64_t k = 0; k < size; ++k) {
    const float *row = hessian + k * stride;
    float slope[kLanes];
    for (int64_t lane = 0; lane < kLanes; ++lane)
      slope[lane] = linear[k * kLanes + lane];
    for (int64_t i = 0; i < size; ++i)
      for (int64_t lane = 0; lane < kLanes; ++lane)
        slope[lane] += row[i] * rows.errors[i * kLanes + lane];
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      int64_t place = k * kLanes + lane;
      // Where the form is smallest when only this weight moves.
      float target =
          slope[lane] / row[k] + rows.weights[place] - rows.errors[place];
      float level = roundToStep(rule, target / grid.scales[lane],
                                grid.low[lane], grid.high[lane]);
      rows.levels[place] = level;
      rows.errors[place] = rows.weights[place] - grid.scales[lane] * level;
    }
  }
}

QUANTC_ON_EVERY_LEVEL
void methods::roundAgain(const float *hessian, int64_t stride, int64_t size,
                         const float *linear, const BlockRows &rows,
                         const LaneGrid &grid) {
  switch (grid.rule) {
  case StepRule::Whole:
    return roundAgainTo<StepRule::Whole>(hessian, stride, size, linear, rows,
                                         grid);
  case StepRule::Odd:
    return roundAgainTo<StepRule::Odd>(hessian, stride, size, linear, rows,
                                       grid);
  case StepRule::E2M1:
    return roundAgainTo<StepRule::E2M1>(hessian, stride, size, linear, rows,
                                        grid);
  }
}
