//===- NormalizeDeadData.cpp - removes unused constants -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Unused parameters of functions are not removed: they are part of the model's
// signature.

#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZEDEADDATA
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
struct NormalizeDeadData
    : quantc::impl::NormalizeDeadDataBase<NormalizeDeadData> {
  void runOnOperation() override {
    llvm::DenseSet<StringAttr> used;
    getOperation().walk([&](nn::ParamOp param) {
      if (param->use_empty()) {
        param.erase();
        ++removed;
      } else {
        used.insert(param.getNameAttr().getAttr());
      }
    });
    for (auto data :
         llvm::make_early_inc_range(getOperation().getOps<nn::DataOp>())) {
      if (used.contains(data.getSymNameAttr()))
        continue;
      data.erase();
      ++removed;
    }
  }
};
} // namespace
