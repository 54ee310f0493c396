//===- Link.h - shared libraries from object files -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Links in process, so that a user of quantc needs no compiler.

#ifndef QUANTC_EMIT_LINK_H
#define QUANTC_EMIT_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// Links objects and the runtime of quantc into the shared library `path`,
/// which appears only when all went well. ErrorKind::IO when it cannot be
/// written, ErrorKind::Internal when the linker refuses.
llvm::Error linkLibrary(llvm::ArrayRef<llvm::SmallString<0>> objects,
                        llvm::StringRef path);

} // namespace quantc

#endif // QUANTC_EMIT_LINK_H
