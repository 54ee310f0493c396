//===- QuantizeOrFail.h - a method, called in a test ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_METHODS_QUANTIZEORFAIL_H
#define QUANTC_TEST_METHODS_QUANTIZEORFAIL_H

#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "gtest/gtest.h"

/// What `method` makes of [rows, K] weights; the test fails on an error.
inline quantc::QuantizedMatrix quantize(llvm::StringRef method,
                                        const std::vector<float> &weights,
                                        int64_t rows,
                                        const quantc::GroupScheme &scheme) {
  quantc::MatrixRef matrix{weights, rows, int64_t(weights.size()) / rows};
  auto result = quantc::lookupMethod(method)->quantize(matrix, scheme);
  EXPECT_TRUE(bool(result)) << quantc::takeFailure(result.takeError()).message;
  return result ? *result : quantc::QuantizedMatrix();
}

#endif // QUANTC_TEST_METHODS_QUANTIZEORFAIL_H
