//===- Conv.cpp - Conv ------------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// nn.conv over images; a signal is an image of height 1.

#include "../Ops.h"
#include "../Window.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

LogicalResult importer::importConv(NodeView &n) {
  Value x, filter, bias;
  if (failed(n.tensors({&x, &filter}, {&bias})))
    return failure();
  int64_t groups = n.intAttr("group", 1);
  auto filterType = cast<RankedTensorType>(filter.getType());
  if (rankOf(x) != filterType.getRank() || filterType.getRank() < 3)
    return n.invalid("input and filter of rank " + Twine(rankOf(x)) + " and " +
                     Twine(filterType.getRank()) +
                     ", expected equal ranks of 3 or more");
  ArrayRef<int64_t> kernel = filterType.getShape().drop_front(2);
  if (llvm::any_of(kernel, ShapedType::isDynamic))
    return n.unsupported("a filter of dynamic size");
  if (llvm::is_contained(kernel, 0))
    return n.invalid("a filter of size 0");
  std::optional<Window> window = readWindow(n, n.math.sizesOf(x), kernel);
  if (!window)
    return failure();
  if (window->isSignal) {
    x = toImage(n, x);
    filter = toImage(n, filter);
  }
  SmallVector<Value> operands{x, filter};
  if (bias)
    operands.push_back(bias);
  SmallVector<NamedAttribute> attributes = attributesOf(n, *window);
  attributes.push_back(n.attr("groups", n.b.getI64IntegerAttr(groups)));
  auto op = n.create<nn::ConvOp>(operands, attributes);
  if (!op)
    return failure();
  Size channels = n.math.sizesOf(filter)[0];
  n.math.record(op.getResult(),
                sizesAfter(n, n.math.sizesOf(x), channels, *window));
  return n.result(0, window->isSignal ? toSignal(n, op.getResult())
                                      : op.getResult());
}
