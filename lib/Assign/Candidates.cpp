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
    bool isSound = bits && bytes && error && sparsity >= 0 && sparsity < 1 &&
                   bits.getInt() >= 2 && bits.getInt() <= 8 &&
                   bytes.getInt() >= 0 &&
                   std::isfinite(error.getValueAsDouble()) &&
                   error.getValueAsDouble() >= 0;
    if (!isSound)
      return product->emitError("has the candidate ")
             << attr << ", expected bits from 2 to 8, bytes and an error, "
             << "neither negative";
    candidates.push_back({unsigned(bits.getInt()), bytes.getInt(),
                          error.getValueAsDouble(), sparsity});
  }
  return candidates;
}

void quantc::setWeightBits(qnt::AssignOp weight, unsigned bits) {
  qnt::SchemeAttr scheme = weight.getScheme();
  weight.setSchemeAttr(qnt::SchemeAttr::get(
      weight.getContext(), scheme.getCode(), bits, scheme.getGranularity(),
      scheme.getAxis(), scheme.getGroupSize(), scheme.getZeroPoint(),
      scheme.getScale(), scheme.getCodebookSize(), scheme.getCodebookDim(),
      scheme.getDynamic(), scheme.getReason(), scheme.getWidths()));
}
