//===- GivenRecipe.h - the recipe of a pass ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A pass has the recipe that its creator gave it, or, in a text pipeline, the
// one that its option names. What a recipe says is in Recipe.h.

#ifndef QUANTC_RECIPE_GIVENRECIPE_H
#define QUANTC_RECIPE_GIVENRECIPE_H

#include "quantc/Recipe/Recipe.h"
#include <optional>

namespace quantc {

/// `given`, or the recipe of the file or preset `name`, which `loaded` then
/// holds. Null after a diagnostic at `module`, an operation of MLIR, when that
/// cannot be read.
template <typename ModuleT>
const Recipe *findRecipe(ModuleT module, const Recipe *given,
                         llvm::StringRef name, std::optional<Recipe> &loaded) {
  if (given)
    return given;
  auto read = Recipe::load(name);
  if (!read) {
    module.emitError() << llvm::toString(read.takeError());
    return nullptr;
  }
  loaded = std::move(*read);
  return &*loaded;
}

} // namespace quantc

#endif // QUANTC_RECIPE_GIVENRECIPE_H
