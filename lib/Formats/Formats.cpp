//===- Formats.cpp - the table of number formats ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Builds the table from Formats.def and looks names up.

#include "quantc/Formats/Format.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"

using namespace llvm;
using namespace quantc;

namespace quantc::formats {
#define QUANTC_FORMAT(NAME, MAKER, BITS)                                       \
  Format MAKER(StringLiteral name, unsigned bits);
#include "Formats.def"
} // namespace quantc::formats

ArrayRef<Format> quantc::allFormats() {
  static const Format table[] = {
#define QUANTC_FORMAT(NAME, MAKER, BITS) formats::MAKER(NAME, BITS),
#include "Formats.def"
  };
  return table;
}

const Format *quantc::lookupFormat(StringRef name) {
  for (const Format &format : allFormats())
    if (format.name == name)
      return &format;
  return nullptr;
}

Expected<const Format *> quantc::requireFormat(StringRef name) {
  if (const Format *format = lookupFormat(name))
    return format;
  SmallVector<StringRef> names;
  for (const Format &format : allFormats())
    names.push_back(format.name);
  return makeError(ErrorKind::Usage, "there is no number format '{0}'{1}", name,
                   didYouMean(name, names));
}
