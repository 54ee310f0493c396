//===- PrivateMapping.h - weights that can be changed -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// For those who compile a model once and then try other weights in it. Says
// nothing of where a weight lies.

#ifndef QUANTC_LIB_PIPELINE_PRIVATEMAPPING_H
#define QUANTC_LIB_PIPELINE_PRIVATEMAPPING_H

#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

namespace quantc {

/// The whole file in memory. What is written there, where `mode` allows it,
/// stays out of the file. ErrorKind::IO when it cannot be read.
llvm::Expected<llvm::sys::fs::mapped_file_region>
mapPrivately(llvm::StringRef path,
             llvm::sys::fs::mapped_file_region::mapmode mode =
                 llvm::sys::fs::mapped_file_region::priv);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_PRIVATEMAPPING_H
