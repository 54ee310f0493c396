//===- ArtifactSignature.h - the signature inside an artifact -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads the JSON of qc_signature_json. Internal to Calibrate.

#ifndef QUANTC_LIB_CALIBRATE_ARTIFACTSIGNATURE_H
#define QUANTC_LIB_CALIBRATE_ARTIFACTSIGNATURE_H

#include "quantc/Calibrate/ArtifactLoader.h"

namespace quantc {

/// The entries that `json` describes. ErrorKind::BadModel, naming `path`, when
/// it is not what quantc writes.
llvm::Expected<std::vector<ArtifactEntry>> parseSignature(llvm::StringRef json,
                                                          llvm::StringRef path);

/// The widths of planes that a signature names, which parseSignature took.
std::vector<int64_t> parsePrecisions(llvm::StringRef json);

} // namespace quantc

#endif // QUANTC_LIB_CALIBRATE_ARTIFACTSIGNATURE_H
