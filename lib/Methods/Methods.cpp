//===- Methods.cpp - the table of weight quantizers -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Builds the table from Methods.def and checks what every method relies on.

#include "GroupQuantizer.h"
#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "quantc/Support/ParallelFor.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <cassert>
#include <cmath>

using namespace llvm;
using namespace quantc;

namespace quantc::methods {
#define QUANTC_METHOD(NAME, FUNCTION, NEEDS, TAKES, SUMMARY)                   \
  Expected<QuantizedMatrix> FUNCTION(MatrixRef, const GroupScheme &);
#define QUANTC_BINARY_METHOD(NAME, FUNCTION, NEEDS, GIVES, SUMMARY)            \
  Expected<BinaryMatrix> FUNCTION(MatrixRef, const BinaryScheme &);
#include "Methods.def"
} // namespace quantc::methods

ArrayRef<Method> quantc::allMethods() {
  static const Method table[] = {
#define QUANTC_METHOD(NAME, FUNCTION, NEEDS, TAKES, SUMMARY)                   \
  {NAME, MethodNeeds::NEEDS, MethodTakes::TAKES, SUMMARY, methods::FUNCTION},
#define QUANTC_BINARY_METHOD(NAME, FUNCTION, NEEDS, GIVES, SUMMARY)            \
  {NAME,    MethodNeeds::NEEDS, MethodTakes::Signs, SUMMARY,                   \
   nullptr, methods::FUNCTION,  BinaryGives::GIVES},
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

/// What a method needs of the inputs.
static Error checkHessian(MatrixRef weights, ArrayRef<float> hessian,
                          StringRef method, StringRef what) {
  if (hessian.empty() && !weights.data.empty())
    return makeError(ErrorKind::Usage,
                     "the method '{0}' needs {1} of the inputs", method, what);
  if (int64_t(hessian.size()) != weights.cols * weights.cols)
    return makeError(ErrorKind::Internal,
                     "a Hessian of {0} numbers for {1} columns", hessian.size(),
                     weights.cols);
  if (!all_of(hessian, [](float value) { return std::isfinite(value); }))
    return makeError(ErrorKind::BadModel, "{0} of the inputs is not finite",
                     what);
  return Error::success();
}

static Error checkInputs(const Method &method, MatrixRef weights) {
  assert(int64_t(weights.data.size()) == weights.rows * weights.cols);
  if (Error error = checkFinite(weights))
    return error;
  if (weights.data.empty())
    return Error::success();
  if (method.needs != MethodNeeds::Nothing)
    if (Error error =
            checkHessian(weights, weights.hessian, method.name, "the Hessian"))
      return error;
  if (method.needs == MethodNeeds::HessianAndDrift)
    return checkHessian(weights, weights.drift, method.name, "the drift");
  return Error::success();
}

Error Method::checkGives(bool signs, bool codebook) const {
  auto gives = [&](const Method &method) {
    return method.isBinary() == signs &&
           (method.gives == BinaryGives::Codebook) == codebook;
  };
  if (gives(*this))
    return Error::success();
  SmallVector<StringRef> names;
  for (const Method &method : allMethods())
    if (gives(method))
      names.push_back(method.name);
  return makeError(ErrorKind::Usage,
                   "the method '{0}' gives no {1} weights; those that do are "
                   "{2}",
                   name,
                   codebook ? "codebook"
                   : signs  ? "binary"
                            : "integer",
                   join(names, ", "));
}

/// ErrorKind::Usage when a method does not give the zero points of the scheme.
static Error checkZeros(const Method &method, const GroupScheme &scheme) {
  if (scheme.realZeros && method.takes == MethodTakes::ZeroCodes) {
    SmallVector<StringRef> names;
    for (const Method &other : allMethods())
      if (other.takes == MethodTakes::Any ||
          other.takes == MethodTakes::RealZeros)
        names.push_back(other.name);
    return makeError(ErrorKind::Usage,
                     "the method '{0}' gives no zero points that are numbers; "
                     "those that do are {1}",
                     method.name, join(names, ", "));
  }
  if (!scheme.realZeros && method.takes == MethodTakes::RealZeros)
    return makeError(ErrorKind::Usage,
                     "the method '{0}' takes integer weights whose zero points "
                     "are numbers only: 'zero_point: f16'",
                     method.name);
  return Error::success();
}

Error Method::check(const GroupScheme &scheme) const {
  if (Error error = checkGives(/*signs=*/false, /*codebook=*/false))
    return error;
  if (Error error = checkScheme(scheme))
    return error;
  if (Error error = checkZeros(*this, scheme))
    return error;
  bool isTernary = scheme.steps && scheme.steps->name == "ternary";
  if (takes == MethodTakes::Ternary && !isTernary)
    return makeError(ErrorKind::Usage,
                     "the method '{0}' takes ternary weights only, not {1} "
                     "ones of {2} bits",
                     name, scheme.steps ? scheme.steps->name : "integer",
                     scheme.bits);
  return Error::success();
}

Error Method::check(const BinaryScheme &scheme) const {
  if (Error error = checkGives(/*signs=*/true, scheme.hasCodebook()))
    return error;
  if (gives == BinaryGives::ColumnScales && scheme.hasZeroPoints)
    return makeError(ErrorKind::Usage,
                     "the method '{0}' has column scales, but no zero points; "
                     "say 'symmetric: true'",
                     name);
  return checkScheme(scheme);
}

Expected<QuantizedMatrix> Method::quantize(MatrixRef weights,
                                           const GroupScheme &scheme) const {
  if (Error error = check(scheme))
    return error;
  if (Error error = checkInputs(*this, weights))
    return error;
  GroupScheme resolved = scheme;
  resolved.scaleUnit = methods::chooseScaleUnit(weights, scheme);
  return run(weights, resolved);
}

Expected<BinaryMatrix> Method::binarize(MatrixRef weights,
                                        const BinaryScheme &scheme) const {
  if (Error error = check(scheme))
    return error;
  if (Error error = checkInputs(*this, weights))
    return error;
  return runBinary(weights, scheme);
}
