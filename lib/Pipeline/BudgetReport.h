//===- BudgetReport.h - the choices of a budget for the report --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From the table of sensitivities to what the report says of them. Internal to
// Pipeline.

#ifndef QUANTC_LIB_PIPELINE_BUDGETREPORT_H
#define QUANTC_LIB_PIPELINE_BUDGETREPORT_H

#include "Sensitivity.h"
#include "quantc/Report/Report.h"

namespace quantc {

/// Fills in the candidates of each layer of `table` and what `budget` allows.
void describeBudget(const SensitivityTable &table, const BudgetChoice &budget,
                    CompileReport &report);

/// Fills in which candidates were chosen, from the layers of `report`, which
/// describeLayers has left; what was measured of other layers goes.
void describeChosenBits(CompileReport &report);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_BUDGETREPORT_H
