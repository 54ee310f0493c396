//===- GivenRecipe.cpp - the recipe of a pass -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See GivenRecipe.h. What a recipe says is the business of Recipe.

#include "GivenRecipe.h"

using namespace mlir;
using namespace quantc;

const Recipe *quantc::findRecipe(ModuleOp module, const Recipe *given,
                                 StringRef name,
                                 std::optional<Recipe> &loaded) {
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
