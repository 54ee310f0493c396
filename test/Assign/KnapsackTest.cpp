//===- KnapsackTest.cpp - optima against brute force and a paper's -*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The choices of solveKnapsack: HAWQ-v3's tables of ResNet18, random problems
// against the enumeration of all combinations, budgets that cannot be met.

#include "quantc/Assign/Knapsack.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"
#include <random>

using namespace llvm;
using namespace quantc;

/// HAWQ-v3 (arXiv 2011.10680), ResNet18: trace of the Hessian over the number
/// of parameters, squared error of the weights at 4 and at 8 bits, parameters,
/// multiply-adds. Layers that read the same input have the same bits.
namespace {
struct Layer {
  double trace, error8, error4;
  int64_t parameters, multiplyAdds;
};
const Layer resnet18[] = {{.06857826, .0235, 6.743, 36864, 115605504},
                          {.03162379, .0125, 3.9691, 36864, 115605504},
                          {.03298575, .0102, 3.3281, 36864, 115605504},
                          {.01205663, .0082, 2.6796, 36864, 115605504},
                          {.02222431, .0145, 4.7277, 73728, 57802752},
                          {.00596336, .0344, 10.5966, 147456, 115605504},
                          {.06931772, .0023, .6827, 8192, 6422528},
                          {.00807129, .0287, 9.0942, 147456, 115605504},
                          {.00372905, .0148, 4.8857, 147456, 115605504},
                          {.00530698, .0333, 10.7599, 294912, 57802752},
                          {.00209011, .0682, 21.7546, 589824, 115605504},
                          {.00737569, .0027, .8603, 32768, 6422528},
                          {.00210454, .0448, 14.5324, 589824, 115605504},
                          {.00151197, .0336, 10.9651, 589824, 115605504},
                          {.00158041, .0576, 18.7706, 1179648, 57802752},
                          {.00078146, .113, 36.4044, 2359296, 115605504},
                          {.00451841, .0102, 3.1572, 131072, 6422528},
                          {.00098745, .0947, 29.6994, 2359296, 115605504},
                          {.00072944, .0532, 17.4016, 2359296, 115605504}};
const std::pair<unsigned, unsigned> tied[] = {{4, 6}, {9, 11}, {14, 16}};

/// The bits of all layers as digits, when the cost above all-4 may be `share`
/// of that of all-8.
std::string assign(function_ref<int64_t(const Layer &)> costOf, double share) {
  std::vector<unsigned> groupOf(std::size(resnet18));
  for (unsigned i = 0; i < groupOf.size(); ++i)
    groupOf[i] = i;
  for (auto [first, second] : tied)
    groupOf[second] = first;
  std::vector<KnapsackGroup> groups;
  std::vector<unsigned> place(groupOf.size());
  int64_t all = 0;
  for (auto [i, layer] : enumerate(resnet18)) {
    if (groupOf[i] == i) {
      place[i] = groups.size();
      groups.push_back({{0, 0}, {0, 0}});
    } else {
      place[i] = place[groupOf[i]];
    }
    KnapsackGroup &group = groups[place[i]];
    group[0].error += layer.trace * layer.error4;
    group[1].error += layer.trace * layer.error8;
    group[1].cost += costOf(layer);
    all += costOf(layer);
  }
  auto result = solveKnapsack(groups, int64_t(share * double(all)));
  EXPECT_TRUE(bool(result));
  std::string bits;
  for (unsigned i = 0; i < place.size(); ++i)
    bits += result->chosen[place[i]] ? '8' : '4';
  return bits;
}
} // namespace

TEST(Knapsack, FindsTheOptimaOfHAWQ) {
  auto size = [](const Layer &layer) { return layer.parameters; };
  auto operations = [](const Layer &layer) { return layer.multiplyAdds; };
  EXPECT_EQ(assign(size, .25), "8888888888888844444");
  EXPECT_EQ(assign(size, .5), "8888888888888884844");
  EXPECT_EQ(assign(size, .75), "8888888888888488884");
  EXPECT_EQ(assign(operations, .25), "8884848444444444444");
  EXPECT_EQ(assign(operations, .5), "8884888848884444444");
  EXPECT_EQ(assign(operations, .75), "8888888848888484884");
}

/// The least error within the budget over all combinations; infinite without
/// one.
static double leastError(ArrayRef<KnapsackGroup> groups, int64_t budget) {
  if (budget < 0)
    return INFINITY;
  if (groups.empty())
    return 0;
  double least = INFINITY;
  for (const KnapsackChoice &choice : groups.front())
    least = std::min(least, choice.error + leastError(groups.drop_front(),
                                                      budget - choice.cost));
  return least;
}

TEST(Knapsack, EqualsBruteForce) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> number(1, 9), choices(1, 4);
  std::uniform_int_distribution<int64_t> cost(1, 100'000'000);
  std::uniform_real_distribution<double> error(0, 10);
  for (int trial = 0; trial < 60; ++trial) {
    std::vector<KnapsackGroup> groups(number(random));
    int64_t most = 0, least = 0;
    for (KnapsackGroup &group : groups) {
      group.resize(choices(random));
      for (KnapsackChoice &choice : group)
        choice = {error(random), cost(random)};
      auto costs = map_range(group, [](auto &choice) { return choice.cost; });
      most += *std::max_element(costs.begin(), costs.end());
      least += *std::min_element(costs.begin(), costs.end());
    }
    int64_t budget = least + (most - least) * (trial % 5) / 4;
    auto result = solveKnapsack(groups, budget);
    ASSERT_TRUE(bool(result));
    EXPECT_LE(result->cost, budget);
    EXPECT_NEAR(result->error, leastError(groups, budget), 1e-8) << trial;
    double sum = 0;
    for (auto [group, chosen] : zip_equal(groups, result->chosen))
      sum += group[chosen].error;
    EXPECT_DOUBLE_EQ(sum, result->error);
  }
}

TEST(Knapsack, TakesTheCheapestOfEqualErrors) {
  auto result = solveKnapsack({{{0, 8}, {0, 4}, {1, 2}}}, 100);
  ASSERT_TRUE(bool(result));
  EXPECT_EQ(result->chosen, std::vector<unsigned>{1});
  EXPECT_EQ(result->cost, 4);
}

TEST(Knapsack, MeetsABudgetExactly) {
  auto result = solveKnapsack({{{5, 99'999'999}, {1, 100'000'000}},
                               {{5, 99'999'999}, {2, 100'000'000}}},
                              199'999'999);
  ASSERT_TRUE(bool(result));
  EXPECT_EQ(result->chosen, (std::vector<unsigned>{1, 0}));
}

TEST(Knapsack, SaysWhatTheSmallestNeeds) {
  auto result = solveKnapsack({{{1, 10}, {0, 20}}, {{1, 7}}}, 16);
  ASSERT_FALSE(bool(result));
  Failure failure = takeFailure(result.takeError());
  EXPECT_EQ(failure.exitCode, int(ErrorKind::Usage));
  EXPECT_EQ(failure.message,
            "the budget of 16 bytes cannot be met: the smallest assignment "
            "needs 17 bytes");
}

TEST(Knapsack, TakesNoGroups) {
  auto result = solveKnapsack({}, 0);
  ASSERT_TRUE(bool(result));
  EXPECT_TRUE(result->chosen.empty());
}
