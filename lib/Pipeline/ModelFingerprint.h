//===- ModelFingerprint.h - what statistics of a model depend on -*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The fingerprint of a float model that runs on samples: a change of anything
// that could change one observed number changes it, and nothing else does, not
// even another place of the same file. Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_MODELFINGERPRINT_H
#define QUANTC_LIB_PIPELINE_MODELFINGERPRINT_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Calibrate/Array.h"
#include "quantc/Calibrate/StatisticsFolder.h"

namespace quantc {

/// The fingerprint of `module`, as compileObserved takes it, on the first
/// `most` samples (0: all) of `samples`. Its parts: "compiler" (how numbers are
/// computed), "model" (operations and transforms), "weights" (bytes), and
/// "samples". `module` counts without its schemes: what depends on them adds a
/// part "recipe". ErrorKind::IO or BadModel when weights cannot be read.
llvm::Expected<Fingerprint>
fingerprintOf(mlir::ModuleOp module, const NamedArrays &samples, int64_t most);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_MODELFINGERPRINT_H
