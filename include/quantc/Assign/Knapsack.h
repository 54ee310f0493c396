//===- Knapsack.h - one choice a layer under a budget -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The multiple-choice knapsack of bit-width assignment, solved to the optimum
// by a MILP library. What a choice means, and where errors come from, is not
// its business. No MLIR.

#ifndef QUANTC_ASSIGN_KNAPSACK_H
#define QUANTC_ASSIGN_KNAPSACK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <vector>

namespace quantc {

/// One way to treat a group of layers.
struct KnapsackChoice {
  double error = 0; ///< finite, not negative; the sum over groups is minimised
  int64_t cost = 0; ///< not negative, in units of the budget
};

/// The choices of a group; exactly one is taken.
using KnapsackGroup = std::vector<KnapsackChoice>;

struct KnapsackResult {
  std::vector<unsigned> chosen; ///< one index a group
  double error = 0;
  int64_t cost = 0;
};

/// Minimises sum_i error(i, c_i) subject to sum_i cost(i, c_i) <= budget, one
/// choice c_i a group (HAWQ-v3, arXiv 2011.10680, section 3.4). Of choices with
/// the same error the cheapest is taken. Up to the solver's tolerance of 1e-9
/// of the largest error the optimum; never above the budget.
///
/// ErrorKind::Usage when no combination fits, with the smallest that exists.
llvm::Expected<KnapsackResult>
solveKnapsack(llvm::ArrayRef<KnapsackGroup> groups, int64_t budget);

} // namespace quantc

#endif // QUANTC_ASSIGN_KNAPSACK_H
