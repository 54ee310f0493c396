//===- NearestNames.h - did you mean ...? -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Suggestions for misspelled names in options, recipes and node names.

#ifndef QUANTC_SUPPORT_NEARESTNAMES_H
#define QUANTC_SUPPORT_NEARESTNAMES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace quantc {

/// The candidates nearest to `name` by edit distance (upper and lower case are
/// the same), nearest first, then in the given order. A candidate counts when
/// it differs in at most two characters or a third of the longer name, but no
/// more than half of it, or when one of the two, being at least three
/// characters long, is part of the other.
llvm::SmallVector<llvm::StringRef>
nearestNames(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> candidates,
             unsigned maxCount = 3);

/// "; did you mean 'a' or 'b'?", or nothing if no candidate is near. Made to
/// stand at the end of an error message.
std::string didYouMean(llvm::StringRef name,
                       llvm::ArrayRef<llvm::StringRef> candidates);

} // namespace quantc

#endif // QUANTC_SUPPORT_NEARESTNAMES_H
