//===- CodeSteps.cpp - codes as whole numbers -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The table of CodeSteps.def.

#include "quantc/Formats/CodeSteps.h"

using namespace llvm;
using namespace quantc;

/// The arguments as an array that lives on.
template <uint8_t... bytes> static ArrayRef<uint8_t> bytesOf() {
  static constexpr uint8_t table[] = {bytes...};
  return table;
}

ArrayRef<CodeSteps> quantc::allCodeSteps() {
  static const CodeSteps table[] = {
#define QUANTC_CODE_STEPS(NAME, BITS, UNIT, ZERO, RULE, ...)                   \
  {NAME, BITS, UNIT, ZERO, StepRule::RULE, bytesOf<__VA_ARGS__>()},
#include "quantc/Formats/CodeSteps.def"
  };
  return table;
}

const CodeSteps *quantc::lookupCodeSteps(StringRef name) {
  for (const CodeSteps &steps : allCodeSteps())
    if (steps.name == name)
      return &steps;
  return nullptr;
}
