//===- MatMulNBits.cpp - com.microsoft MatMulNBits --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// qnt.matmul with the weight's bytes unchanged: unsigned codes in blocks along
// K. Codes and zero points are packed low bits first.

#include "../Codes.h"
#include "../Ops.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

namespace {
struct Weight {
  int64_t columns = 0, rows = 0, bits = 0, block = 0, groups = 0;
};
} // namespace

/// The attributes, checked; nullopt with a problem.
static std::optional<Weight> readWeight(NodeView &n) {
  Weight w;
  w.columns = n.intAttr("K", 0);
  w.rows = n.intAttr("N", 0);
  w.bits = n.intAttr("bits", 4);
  w.block = n.intAttr("block_size", 0);
  (void)n.intAttr("accuracy_level", 0); // how exact the product is: it is exact
  n.onlyInt("weight_prepacked", 0, 0);
  if (w.bits != 4 && w.bits != 8)
    return (void)n.unsupported("attribute 'bits' = " + Twine(w.bits) +
                               " (only 4 and 8)"),
           std::nullopt;
  if (w.columns < 1 || w.rows < 1 || w.columns > INT32_MAX ||
      w.rows > INT32_MAX)
    return (void)n.invalid("K = " + Twine(w.columns) + " and N = " +
                           Twine(w.rows) + ", expected positive numbers"),
           std::nullopt;
  if (w.block < 16 || w.block > INT32_MAX || !llvm::isPowerOf2_64(w.block))
    return (void)n.invalid("attribute 'block_size' = " + Twine(w.block) +
                           ", expected a power of two from 16 on"),
           std::nullopt;
  w.groups = llvm::divideCeil(w.columns, w.block);
  return w;
}

/// The packed codes as a param; null with a problem.
static Value readCodes(NodeView &n, const Weight &w, qnt::SchemeAttr scheme) {
  const Tensor *codes = n.constant(1);
  if (!codes)
    return (void)n.unsupported("weights that are not a constant"), Value();
  uint64_t bytes =
      static_cast<uint64_t>(w.rows) * w.groups * (w.block * w.bits / 8);
  if (codes->type != ElementType::UInt8 || codes->count != bytes)
    return (void)n.invalid("weights of " + Twine(codes->count) + " " +
                           nameOf(codes->type) + " elements, expected " +
                           Twine(bytes) + " of uint8"),
           Value();
  if (codes->file.empty())
    return (void)n.unsupported("weights that do not lie in a file"), Value();
  auto layout =
      qnt::PackLayoutAttr::get(n.b.getContext(), qnt::LayoutKind::Blocks);
  return n.param(1, qnt::PackedType::get(n.b.getContext(), {w.rows, w.columns},
                                         scheme, layout));
}

/// Input `i` as [N, groups]; null with a problem.
static Value readTable(NodeView &n, unsigned i, const Weight &w) {
  const Tensor *constant = n.constant(i);
  Type element = convertType(n.type(i), n.b.getContext());
  if (constant && element &&
      constant->count == static_cast<uint64_t>(w.rows * w.groups))
    return n.param(i, RankedTensorType::get({w.rows, w.groups}, element));
  Value table = n.tensor(i);
  return table ? reshape(n, table, n.math.constants({w.rows, w.groups}))
               : table;
}

/// Zero points as uint8 [N, groups], unpacked; or as they are when not packed.
static Value readZeroPoints(NodeView &n, const Weight &w) {
  const Tensor *packed = n.constant(3);
  if (n.type(3) != ElementType::UInt8)
    return readTable(n, 3, w);
  int64_t rowBytes = llvm::divideCeil(w.groups * w.bits, 8);
  if (!packed || packed->count != static_cast<uint64_t>(w.rows * rowBytes))
    return (void)n.invalid("packed zero points must be a constant of " +
                           Twine(w.rows * rowBytes) + " bytes"),
           Value();
  SmallVector<uint8_t> codes;
  for (int64_t row = 0; row < w.rows; ++row)
    for (int64_t group = 0; group < w.groups; ++group) {
      uint8_t byte = packed->bytes[row * rowBytes + group * w.bits / 8];
      codes.push_back(w.bits == 8 ? byte : byte >> (group % 2 * 4) & 15);
    }
  auto type = RankedTensorType::get({w.rows, w.groups}, n.b.getI8Type());
  return n.param(n.inputName(3),
                 DenseElementsAttr::get(type, ArrayRef<uint8_t>(codes)));
}

LogicalResult importer::importMatMulNBits(NodeView &n) {
  if (failed(n.expectInputs(3, 6)))
    return failure();
  std::optional<Weight> w = readWeight(n);
  if (!w || n.problem())
    return failure();
  if (n.has(4))
    return n.unsupported("input 'g_idx'");
  Value x = n.tensor(0);
  Sharing sharing{qnt::Granularity::Group, 1, w->block};
  auto code = w->bits == 4 ? ElementType::UInt4 : ElementType::UInt8;
  qnt::SchemeAttr scheme = schemeOf(n, code, sharing, n.has(3));
  Value codes = x && scheme ? readCodes(n, *w, scheme) : Value();
  Value scale = codes ? readTable(n, 2, *w) : Value();
  if (!scale)
    return failure();
  Value zeroPoint = n.has(3) ? readZeroPoints(n, *w) : Value();
  Value bias = n.has(5) ? n.tensor(5) : Value();
  if (n.problem())
    return failure();
  SmallVector<Value> operands{x, codes, scale};
  for (Value optional : {zeroPoint, bias})
    if (optional)
      operands.push_back(optional);
  int32_t segments[] = {1, 0, 0, 1, 1,           0, zeroPoint ? 1 : 0,
                        0, 0, 0, 0, bias ? 1 : 0};
  Sizes sizes = n.math.sizesOf(x);
  if (sizes.empty())
    return n.invalid("an input of rank 0");
  sizes.back() = n.math.constant(w->rows);
  auto op = createTyped<qnt::MatMulOp>(
      n, typeWith(sizes, elementOf(x)), operands,
      n.attr("operandSegmentSizes", n.b.getDenseI32ArrayAttr(segments)));
  if (!op)
    return failure();
  return n.result(0, op.getResult(), sizes);
}
