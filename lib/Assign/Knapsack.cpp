//===- Knapsack.cpp - one choice a layer under a budget ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// States the problem to coin-or CBC and checks its answer in integers.

#include "quantc/Assign/Knapsack.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"
#include <coin/Cbc_C_Interface.h>
#include <memory>

using namespace llvm;
using namespace quantc;

namespace {
/// A choice that no other of its group beats, and where it was.
struct Candidate {
  KnapsackChoice choice;
  unsigned index;
};
using Candidates = std::vector<Candidate>;

/// Without the choices that another one equals or beats in both error and cost:
/// cheapest first, errors falling.
Candidates withoutDominated(const KnapsackGroup &group) {
  Candidates sorted, kept;
  for (auto [i, choice] : enumerate(group))
    sorted.push_back({choice, unsigned(i)});
  stable_sort(sorted, [](const Candidate &a, const Candidate &b) {
    return std::pair(a.choice.cost, a.choice.error) <
           std::pair(b.choice.cost, b.choice.error);
  });
  for (const Candidate &candidate : sorted)
    if (kept.empty() || candidate.choice.error < kept.back().choice.error)
      kept.push_back(candidate);
  return kept;
}

/// The matrix by columns: a row that says "one of the group" for each group,
/// then the row of costs.
class Problem {
public:
  Problem(ArrayRef<Candidates> groups, int64_t budget, double errorUnit)
      : groups(groups), model(Cbc_newModel(), Cbc_deleteModel) {
    for (auto [row, group] : enumerate(groups))
      for (const Candidate &candidate : group)
        addColumn(int(row), candidate.choice, errorUnit);
    starts.push_back(int(rows.size()));
    std::vector<double> low(groups.size(), 1), high(groups.size(), 1);
    low.push_back(0);
    high.push_back(double(budget));
    std::vector<double> zeros(errors.size(), 0), ones(errors.size(), 1);
    Cbc_loadProblem(model.get(), int(errors.size()), int(low.size()),
                    starts.data(), rows.data(), values.data(), zeros.data(),
                    ones.data(), errors.data(), low.data(), high.data());
    for (int column = 0; column < int(errors.size()); ++column)
      Cbc_setInteger(model.get(), column);
    Cbc_setLogLevel(model.get(), 0);
    Cbc_setAllowableGap(model.get(), 0);
    Cbc_setAllowableFractionGap(model.get(), 0);
  }

  /// Positions among the candidates, or nothing when there is no solution.
  std::optional<std::vector<unsigned>> solve() {
    Cbc_solve(model.get());
    if (!Cbc_isProvenOptimal(model.get()))
      return std::nullopt;
    const double *solution = Cbc_getColSolution(model.get());
    std::vector<unsigned> chosen;
    for (const Candidates &group : groups) {
      chosen.push_back(unsigned(
          std::max_element(solution, solution + group.size()) - solution));
      solution += group.size();
    }
    return chosen;
  }

private:
  void addColumn(int row, const KnapsackChoice &choice, double errorUnit) {
    starts.push_back(int(rows.size()));
    rows.push_back(row);
    values.push_back(1);
    rows.push_back(int(groups.size()));
    values.push_back(double(choice.cost));
    errors.push_back(choice.error / errorUnit);
  }

  ArrayRef<Candidates> groups;
  std::unique_ptr<Cbc_Model, decltype(&Cbc_deleteModel)> model;
  std::vector<int> starts, rows;
  std::vector<double> values, errors;
};

KnapsackResult sumUp(ArrayRef<Candidates> groups, ArrayRef<unsigned> chosen) {
  KnapsackResult result;
  for (auto [group, position] : zip_equal(groups, chosen)) {
    const Candidate &candidate = group[position];
    result.chosen.push_back(candidate.index);
    result.error += candidate.choice.error;
    result.cost += candidate.choice.cost;
  }
  return result;
}
} // namespace

Expected<KnapsackResult> quantc::solveKnapsack(ArrayRef<KnapsackGroup> groups,
                                               int64_t budget) {
  std::vector<Candidates> candidates;
  double largest = 0;
  for (const KnapsackGroup &group : groups) {
    candidates.push_back(withoutDominated(group));
    for (const Candidate &candidate : candidates.back())
      largest = std::max(largest, candidate.choice.error);
  }
  // The cheapest combination is a solution if any is.
  std::vector<unsigned> chosen(groups.size(), 0);
  KnapsackResult cheapest = sumUp(candidates, chosen);
  if (cheapest.cost > budget)
    return makeError(ErrorKind::Usage,
                     "the budget of {0} bytes cannot be met: the smallest "
                     "assignment needs {1} bytes",
                     budget, cheapest.cost);
  // A solver's zero is 1e-6 of a number or so: with costs of 1e8 a row may be
  // above its limit by some units, and the limit is lowered by them.
  for (int64_t limit = budget; limit >= cheapest.cost;) {
    auto solved =
        Problem(candidates, limit, largest > 0 ? largest / 1e3 : 1).solve();
    if (!solved)
      break;
    KnapsackResult result = sumUp(candidates, *solved);
    if (result.cost <= budget)
      return result;
    limit -= result.cost - budget;
  }
  return cheapest;
}
