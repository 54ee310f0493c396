//===- BudgetTable.cpp - the choices of a budget as HTML --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Html.h. A row a layer, a column for each number of bits.

#include "Html.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantc;
using namespace quantc::html;

static Cell costCell(const BudgetReport::Layer &layer,
                     const std::string &title) {
  auto found = llvm::find_if(layer.candidates, [&](const BitCost &one) {
    return one.title() == title && one.sparsity == 0;
  });
  const BitCost *chosen = layer.chosen();
  if (found == layer.candidates.end())
    return {"", /*isNumber=*/true};
  return {llvm::formatv("{0:E2}", found->error), /*isNumber=*/true,
          llvm::formatv("{0} bytes", found->bytes),
          chosen && chosen->title() == title};
}

void html::writeBudget(llvm::raw_ostream &os, const BudgetReport &budget) {
  writeHeading(os, "Choices of the budget");
  writeNote(os, llvm::formatv(
                    "{0} of {1} bytes, sum of errors {2:E3}. Errors are those "
                    "of the measure {3}, each layer quantized alone; the "
                    "choice is marked.",
                    budget.chosenBytes(), budget.allowedBytes,
                    budget.chosenError(), budget.measure)
                    .str());
  std::vector<std::string> choices = budget.allTitles(),
                           titles = {"layer", "weights"};
  llvm::append_range(titles, choices);
  std::vector<std::vector<Cell>> rows;
  for (const BudgetReport::Layer &layer : budget.layers) {
    rows.push_back({textCell(layer.name), integerCell(layer.weights)});
    for (const std::string &title : choices)
      rows.back().push_back(costCell(layer, title));
  }
  writeTable(os, titles, rows);
  for (const std::string &line : budget.leftOutLines())
    writeNote(os, line);
}
