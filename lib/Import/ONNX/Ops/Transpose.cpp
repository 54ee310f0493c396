//===- Transpose.cpp - Transpose --------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// linalg.transpose; without a permutation all dimensions are reversed.

#include "../Ops.h"
#include "../Shaping.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

LogicalResult importer::importTranspose(NodeView &n) {
  Value x;
  if (failed(n.tensors({&x})))
    return failure();
  int64_t rank = rankOf(x);
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  if (auto given = n.intsAttr("perm"))
    permutation = *given;
  SmallVector<int64_t> sorted = permutation;
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, rank)))
    return n.invalid("attribute 'perm' is no permutation of the " +
                     Twine(rank) + " dimensions");
  return n.result(0, transpose(n, x, permutation));
}
