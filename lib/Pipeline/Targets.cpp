//===- Targets.cpp - what outputs should be ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Targets.h.

#include "Targets.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace quantc;

Expected<Targets> Targets::read(const NamedArrays &data, StringRef path,
                                int64_t samples) {
  const Array *array = findArray(data, "targets");
  if (!array)
    return makeError(ErrorKind::BadModel,
                     "'{0}' has no array 'targets', which 'measure: loss' "
                     "needs: the class of each row of the first output",
                     path);
  std::string type = array->type.name();
  if ((type != "i64" && type != "i32") || array->shape.empty() ||
      array->shape[0] < samples || samples < 1)
    return makeError(ErrorKind::BadModel,
                     "'{0}': array 'targets' is {1}, expected i64 or i32 of "
                     "{2} samples",
                     path, describe(array->type, array->shape), samples);
  Targets targets;
  targets.path = path.str();
  targets.perSample = array->elementCount() / array->shape[0];
  if (type == "i64")
    llvm::append_range(targets.classes, array->as<int64_t>());
  else
    llvm::append_range(targets.classes, array->as<int32_t>());
  if (targets.rows(0, samples) == 0)
    return makeError(ErrorKind::BadModel,
                     "'{0}': array 'targets' has no class, which are 0 or more",
                     path);
  return targets;
}

Error Targets::check(int64_t first, int64_t count, const Array &outputs) const {
  int64_t columns = outputs.shape.back();
  int64_t found = columns ? outputs.elementCount() / columns : 0;
  if (found != count * perSample)
    return makeError(ErrorKind::BadModel,
                     "'{0}': array 'targets' has {1} classes for a sample, the "
                     "first output has {2} rows",
                     path, perSample, found / count);
  for (int64_t one : of(first, count))
    if (one >= columns)
      return makeError(ErrorKind::BadModel,
                       "'{0}': array 'targets' has the class {1}; the first "
                       "output has {2}",
                       path, one, columns);
  return Error::success();
}

double Targets::sumLoss(int64_t first, const Array &p, const Array &q) const {
  int64_t columns = p.shape.back();
  ArrayRef<float> before = p.as<float>(), after = q.as<float>();
  int64_t count = int64_t(before.size()) / columns / perSample;
  double sum = 0;
  for (auto [row, target] : llvm::enumerate(of(first, count)))
    if (target >= 0)
      sum += double(before[int64_t(row) * columns + target]) -
             double(after[int64_t(row) * columns + target]);
  return sum;
}

int64_t Targets::rows(int64_t first, int64_t count) const {
  return llvm::count_if(of(first, count), [](int64_t one) { return one >= 0; });
}
