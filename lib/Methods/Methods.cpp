//===- Methods.cpp - the table of weight quantizers -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Builds the table from Methods.def and checks what every method relies on.

#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <cassert>
#include <cmath>

using namespace llvm;
using namespace quantc;

namespace quantc::methods {
#define QUANTC_METHOD(NAME, FUNCTION, SUMMARY)                                 \
  Expected<QuantizedMatrix> FUNCTION(MatrixRef, const GroupScheme &);
#include "Methods.def"
} // namespace quantc::methods

ArrayRef<Method> quantc::allMethods() {
  static const Method table[] = {
#define QUANTC_METHOD(NAME, FUNCTION, SUMMARY)                                 \
  {NAME, SUMMARY, methods::FUNCTION},
#include "Methods.def"
  };
  return table;
}

const Method *quantc::lookupMethod(StringRef name) {
  for (const Method &method : allMethods())
    if (method.name == name)
      return &method;
  return nullptr;
}

Expected<const Method *> quantc::requireMethod(StringRef name) {
  if (const Method *method = lookupMethod(name))
    return method;
  SmallVector<StringRef> names;
  for (const Method &method : allMethods())
    names.push_back(method.name);
  return makeError(ErrorKind::Usage, "there is no quantization method '{0}'{1}",
                   name, didYouMean(name, names));
}

static Error checkFinite(MatrixRef weights) {
  return parallelForFallible(
      weights.rows, 64, [&](int64_t begin, int64_t end) -> Error {
        for (int64_t r = begin; r < end; ++r) {
          ArrayRef<float> row = weights.row(r);
          const float *bad = find_if_not(
              row, [](float value) { return std::isfinite(value); });
          if (bad != row.end())
            return makeError(ErrorKind::BadModel,
                             "the weight at row {0}, column {1} is {2}; "
                             "weights must be finite numbers",
                             r, bad - row.begin(),
                             std::isnan(*bad) ? "NaN" : "infinite");
        }
        return Error::success();
      });
}

Expected<QuantizedMatrix> Method::quantize(MatrixRef weights,
                                           const GroupScheme &scheme) const {
  assert(int64_t(weights.data.size()) == weights.rows * weights.cols);
  if (Error error = checkScheme(scheme))
    return error;
  if (Error error = checkFinite(weights))
    return error;
  return run(weights, scheme);
}
