//===- WorstLayers.h - which layers to look at first ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Ranks layers by an error, and writes the rules of a recipe that keep them in
// floating point. Measures nothing.

#ifndef QUANTC_REPORT_WORSTLAYERS_H
#define QUANTC_REPORT_WORSTLAYERS_H

#include "llvm/ADT/ArrayRef.h"
#include <optional>
#include <string>
#include <vector>

namespace quantc {

/// Positions of the layers with the largest errors, worst first: a tenth of
/// those that have one, at least one and at most ten. Errors that are 0 or not
/// finite, and layers without one, are left out.
std::vector<size_t> worstLayers(llvm::ArrayRef<std::optional<double>> errors);

/// YAML of recipe rules, one for each of `names`, that keep just these nodes in
/// floating point; `notes`, one a name, stand behind as comments. Bytes that
/// YAML cannot hold match as any byte. Empty without names.
std::string exclusionRules(llvm::ArrayRef<std::string> names,
                           llvm::ArrayRef<std::string> notes);

} // namespace quantc

#endif // QUANTC_REPORT_WORSTLAYERS_H
