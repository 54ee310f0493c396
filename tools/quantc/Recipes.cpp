//===- Recipes.cpp - quantc recipe ------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Says what can stand in a recipe and what one amounts to. Reading recipes is
// the business of the library.

#include "Command.h"
#include "quantc/Pipeline/Driver.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using llvm::StringRef;

static constexpr Option recipeOptions[] = {
    {"--show", "", "RECIPE",
     "check this preset or YAML file, print it as it is in effect"},
    {"--json", "", "", "print keys and presets as JSON"},
};

static void printJson() {
  llvm::json::Array keys, presets;
  for (const RecipeKey &key : recipeSchema())
    keys.push_back(llvm::json::Object{{"key", key.path.str()},
                                      {"type", key.type.str()},
                                      {"default", key.standard.str()},
                                      {"summary", key.summary.str()}});
  for (const Preset &preset : allPresets())
    presets.push_back(llvm::json::Object{{"name", preset.name.str()},
                                         {"summary", preset.summary.str()},
                                         {"yaml", preset.yaml.str()}});
  llvm::json::Object root{{"keys", std::move(keys)},
                          {"presets", std::move(presets)}};
  llvm::outs() << llvm::formatv("{0:2}", llvm::json::Value(std::move(root)))
               << "\n";
}

/// Keys below each other, what they do beneath their name.
static void printText() {
  llvm::outs() << "keys:\n";
  for (const RecipeKey &key : recipeSchema()) {
    llvm::outs() << "  " << llvm::left_justify(key.path, 28) << " " << key.type;
    if (!key.standard.empty())
      llvm::outs() << "; default " << key.standard;
    llvm::outs() << "\n      " << key.summary << "\n";
  }
  llvm::outs() << "\npresets:\n";
  for (const Preset &preset : allPresets()) {
    llvm::outs() << "  " << preset.name << ": " << preset.summary << "\n";
    for (StringRef line : llvm::split(preset.yaml, '\n'))
      if (!line.empty())
        llvm::outs() << "      " << line << "\n";
  }
}

static llvm::Error runRecipe(const Arguments &arguments) {
  if (arguments.has("--show")) {
    auto recipe = loadRecipe(arguments.get("--show"));
    if (!recipe)
      return recipe.takeError();
    llvm::outs() << recipe->toYaml();
  } else if (arguments.has("--json")) {
    printJson();
  } else {
    printText();
  }
  return llvm::Error::success();
}

const Command quantc::recipeCommand = {
    "show what can stand in a recipe",
    "",
    0,
    recipeOptions,
    "Prints every key with its type, its default and what it does, and the "
    "presets with\n"
    "their YAML. A key a.b stands as b in the mapping a.\n\n"
    "examples:\n"
    "  quantc recipe\n"
    "  quantc recipe --show w4a16 > my-recipe.yaml\n"
    "  quantc recipe --show my-recipe.yaml\n",
    runRecipe};
