//===- Candidates.cpp - what a layer may become -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Candidates to and from an attribute. Chooses nothing.

#include "quantc/Assign/Candidates.h"
#include "quantc/Target/CodeLines.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

SmallVector<unsigned> quantc::bitsWithKernels() {
  SmallVector<unsigned> bits;
  for (unsigned one = 2; one <= 8; ++one)
    if (hasCodeKernels(one))
      bits.push_back(one);
  return bits;
}

void quantc::writeCandidates(Operation *product,
                             ArrayRef<BitCandidate> candidates) {
  Builder b(product->getContext());
  auto list = llvm::map_to_vector(
      candidates, [&](const BitCandidate &candidate) -> Attribute {
        SmallVector<NamedAttribute> entries = {
            b.getNamedAttr("bits", b.getI64IntegerAttr(candidate.bits)),
            b.getNamedAttr("bytes", b.getI64IntegerAttr(candidate.bytes)),
            b.getNamedAttr("error", b.getF64FloatAttr(candidate.error))};
        if (candidate.sparsity > 0)
          entries.push_back(b.getNamedAttr(
              "sparsity", b.getF64FloatAttr(candidate.sparsity)));
        if (candidate.isFormat()) {
          entries.push_back(
              b.getNamedAttr("format", b.getStringAttr(candidate.format)));
          entries.push_back(b.getNamedAttr("scheme", candidate.scheme));
          entries.push_back(
              b.getNamedAttr("method", b.getStringAttr(candidate.method)));
        }
        return b.getDictionaryAttr(entries);
      });
  product->setAttr(candidatesAttr, b.getArrayAttr(list));
}

FailureOr<std::vector<BitCandidate>>
quantc::readCandidates(Operation *product) {
  auto list = product->getAttrOfType<ArrayAttr>(candidatesAttr);
  if (!list || list.empty())
    return product->emitError("has no candidates for its bits: the attribute '")
           << candidatesAttr << "' is missing or empty";
  std::vector<BitCandidate> candidates;
  for (Attribute attr : list) {
    auto entry = dyn_cast<DictionaryAttr>(attr);
    auto number = [&](StringRef name) {
      return entry ? entry.getAs<IntegerAttr>(name) : IntegerAttr();
    };
    auto bits = number("bits"), bytes = number("bytes");
    auto error = entry ? entry.getAs<FloatAttr>("error") : FloatAttr();
    auto share = entry ? entry.getAs<FloatAttr>("sparsity") : FloatAttr();
    double sparsity = share ? share.getValueAsDouble() : 0;
    auto format = entry ? entry.getAs<StringAttr>("format") : StringAttr();
    auto method = entry ? entry.getAs<StringAttr>("method") : StringAttr();
    auto scheme =
        entry ? entry.getAs<qnt::SchemeAttr>("scheme") : qnt::SchemeAttr();
    if (format && (!scheme || !method || format.empty() || scheme.isNone()))
      return product->emitError("has the candidate ")
             << attr << ", expected a format with a scheme and a method";
    int64_t least = format ? 1 : 2, most = format ? 16 : 8;
    bool isSound = bits && bytes && error && sparsity >= 0 && sparsity < 1 &&
                   bits.getInt() >= least && bits.getInt() <= most &&
                   bytes.getInt() >= 0 &&
                   std::isfinite(error.getValueAsDouble()) &&
                   error.getValueAsDouble() >= 0;
    if (!isSound)
      return product->emitError("has the candidate ")
             << attr << ", expected bits from 2 to 8, bytes and an error, "
             << "neither negative";
    BitCandidate &candidate = candidates.emplace_back();
    candidate.bits = unsigned(bits.getInt());
    candidate.bytes = bytes.getInt();
    candidate.error = error.getValueAsDouble();
    candidate.sparsity = sparsity;
    if (format) {
      candidate.format = format.str();
      candidate.method = method.str();
      candidate.scheme = scheme;
    }
  }
  return candidates;
}

qnt::SchemeAttr quantc::withBits(qnt::SchemeAttr scheme, unsigned bits) {
  return qnt::SchemeAttr::get(
      scheme.getContext(), scheme.getCode(), bits, scheme.getGranularity(),
      scheme.getAxis(), scheme.getGroupSize(), scheme.getZeroPoint(),
      scheme.getZero(), scheme.getScale(), scheme.getCodebookSize(),
      scheme.getCodebookDim(), scheme.getDynamic(), scheme.getReason(),
      scheme.getWidths());
}

void quantc::setWeightBits(qnt::AssignOp weight, unsigned bits) {
  weight.setSchemeAttr(withBits(weight.getScheme(), bits));
}

void quantc::setCandidate(qnt::AssignOp weight, const BitCandidate &candidate) {
  if (!candidate.isFormat())
    return setWeightBits(weight, candidate.bits);
  weight.setSchemeAttr(candidate.scheme);
  weight.setMethod(candidate.method);
}
