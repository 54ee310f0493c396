//===- Pool.cpp - MaxPool, AveragePool and the global pools -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Windows are nn pools; a global pool is a reduction over all spatial
// dimensions.

#include "../Ops.h"
#include "../Window.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

template <typename Op>
static LogicalResult importPool(NodeView &n, ArrayRef<NamedAttribute> more) {
  Value x;
  if (failed(n.tensors({&x})) || failed(n.onlyOutputs({0})))
    return failure();
  bool ceilMode = n.intAttr("ceil_mode", 0);
  std::optional<Window> window = readWindow(n, n.math.sizesOf(x), {});
  if (!window)
    return failure();
  if (window->isSignal)
    x = toImage(n, x);
  SmallVector<NamedAttribute> attributes = attributesOf(n, *window);
  attributes.push_back(
      n.attr("kernel", n.b.getDenseI64ArrayAttr(window->kernel)));
  attributes.push_back(n.attr("ceil_mode", n.b.getBoolAttr(ceilMode)));
  attributes.append(more.begin(), more.end());
  auto op = n.create<Op>(x, attributes);
  if (!op)
    return failure();
  if (!ceilMode) {
    const Sizes &sizes = n.math.sizesOf(x);
    n.math.record(op.getResult(), sizesAfter(n, sizes, sizes[1], *window));
  }
  return n.result(0, window->isSignal ? toSignal(n, op.getResult())
                                      : op.getResult());
}

LogicalResult importer::importMaxPool(NodeView &n) {
  // The order of the indices, which are an output that is not supported.
  (void)n.intAttr("storage_order", 0);
  return importPool<nn::MaxPoolOp>(
      n, n.attr("count_include_pad", n.b.getBoolAttr(false)));
}

LogicalResult importer::importAveragePool(NodeView &n) {
  bool countsPadding = n.intAttr("count_include_pad", 0);
  return importPool<nn::AvgPoolOp>(
      n, n.attr("count_include_pad", n.b.getBoolAttr(countsPadding)));
}

LogicalResult importer::importGlobalPool(NodeView &n) {
  Value x;
  if (failed(n.tensors({&x})))
    return failure();
  Sizes sizes = n.math.sizesOf(x);
  if (sizes.size() < 3)
    return n.invalid("an input of rank " + Twine(sizes.size()) +
                     ", expected 3 or more");
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, sizes.size()));
  bool isMean = n.opType() == "GlobalAveragePool";
  auto kind = nn::ReduceKindAttr::get(
      n.b.getContext(), isMean ? nn::ReduceKind::Mean : nn::ReduceKind::Max);
  auto op = n.create<nn::ReduceOp>(
      x, {n.attr("kind", kind), n.attr("axes", n.b.getDenseI64ArrayAttr(axes)),
          n.attr("keepdims", n.b.getBoolAttr(true))});
  if (!op)
    return failure();
  for (int64_t axis : axes)
    sizes[axis] = n.math.constant(1);
  return n.result(0, op.getResult(), sizes);
}
