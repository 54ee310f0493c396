//===- Precision.h - the option --precision ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Of the commands that run a compiled model whose weights can be read at
// several widths.

#ifndef QUANTC_TOOLS_QUANTC_PRECISION_H
#define QUANTC_TOOLS_QUANTC_PRECISION_H

#include "Command.h"
#include "quantc/Calibrate/ArtifactLoader.h"

namespace quantc {

inline constexpr Option precisionOption = {
    "--precision", "", "BITS",
    "bits that weights of planes are read at; default: all of them"};

/// "8, 4 or 2"
std::string listPrecisions(llvm::ArrayRef<int64_t> precisions);

/// Lets the following runs read as many bits as --precision says.
/// ErrorKind::Usage, naming what there is, when the model cannot.
llvm::Error choosePrecision(const Arguments &arguments, Artifact &artifact);

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_PRECISION_H
