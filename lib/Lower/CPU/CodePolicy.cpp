//===- CodePolicy.cpp - the table of code policies --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See CodePolicy.h. readCodes has looked whether the table has the codes.

#include "CodePolicy.h"

using namespace mlir;
using namespace quantc;

namespace quantc {
#define QUANTC_CODE_POLICY(NAME, MAKER)                                        \
  std::unique_ptr<CodePolicy> MAKER(KernelBuilder &, const Product &);
#include "CodePolicies.def"
} // namespace quantc

std::unique_ptr<CodePolicy> CodePolicy::create(KernelBuilder &b,
                                               const Product &p) {
#define QUANTC_CODE_POLICY(NAME, MAKER)                                        \
  if (p.code == NAME)                                                          \
    return MAKER(b, p);
#include "CodePolicies.def"
  llvm_unreachable("codes without a policy");
}

bool quantc::hasCodePolicy(StringRef code) {
#define QUANTC_CODE_POLICY(NAME, MAKER)                                        \
  if (code == NAME)                                                            \
    return true;
#include "CodePolicies.def"
  return false;
}

Value CodePolicy::masked(const CodeWords &code) {
  if (code.isMasked)
    return code.word;
  int64_t ones = ((int64_t(1) << p.bits) - 1) << code.shift;
  return b.create<arith::AndIOp>(code.word,
                                 b.constant(code.word.getType(), ones));
}

Value CodePolicy::shifted(Value word, int64_t right) {
  if (right == 0)
    return word;
  return b.create<arith::ShRUIOp>(word, b.constant(word.getType(), right));
}
