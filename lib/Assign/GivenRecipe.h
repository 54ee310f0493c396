//===- GivenRecipe.h - the recipe of a pass ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A pass of the compiler is given its recipe; one of a pass list reads the file
// that its option names.

#ifndef QUANTC_LIB_ASSIGN_GIVENRECIPE_H
#define QUANTC_LIB_ASSIGN_GIVENRECIPE_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Recipe/Recipe.h"
#include <optional>

namespace quantc {

/// `given`, or the recipe of the file or preset `name`, which `loaded` then
/// holds. Null after a diagnostic at `module` when that cannot be read.
const Recipe *findRecipe(mlir::ModuleOp module, const Recipe *given,
                         llvm::StringRef name, std::optional<Recipe> &loaded);

} // namespace quantc

#endif // QUANTC_LIB_ASSIGN_GIVENRECIPE_H
