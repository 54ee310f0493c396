//===- ModelFingerprint.cpp - what statistics of a model depend on --------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations count as their text, constants as their bytes.

#include "ModelFingerprint.h"
#include "Codegen.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Dialect/Qnt/DataReader.h"
#include "quantc/Support/Errors.h"

using namespace mlir;
using namespace quantc;

/// To be raised when the same model, samples and recipe give other statistics,
/// or records get another form.
static constexpr StringLiteral statisticsVersion = "quantc statistics 2";

static std::string textOf(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os, OpPrintingFlags().printGenericOpForm().useLocalScope());
  return text;
}

llvm::Expected<Fingerprint> quantc::fingerprintOf(ModuleOp module,
                                                  const NamedArrays &samples,
                                                  int64_t most) {
  auto levels = levelsOfTarget("native");
  if (!levels)
    return levels.takeError();
  Fingerprint fingerprint;
  fingerprint.add("compiler", statisticsVersion);
  for (const Level &level : *levels)
    fingerprint.add("compiler", level.name);

  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager observers(module.getContext());
  observers.addPass(createAssignObservers());
  if (failed(observers.run(*copy)))
    return makeError(ErrorKind::Internal, "observers cannot be placed");
  qnt::DataReader reader;
  for (nn::DataOp data : copy->getOps<nn::DataOp>()) {
    auto bytes = reader.bytes(data);
    if (!bytes)
      return bytes.takeError();
    fingerprint.add("weights", *bytes);
    for (StringAttr name : {data.getFileAttrName(), data.getOffsetAttrName(),
                            data.getValueAttrName()})
      data->removeAttr(name);
  }
  fingerprint.add("model", textOf(*copy));

  fingerprint.add("samples", "at most " + std::to_string(most));
  for (const auto &[name, array] : samples) {
    fingerprint.add("samples", name + " " + describe(array.type, array.shape));
    fingerprint.add("samples", array.bytes);
  }
  return fingerprint;
}
