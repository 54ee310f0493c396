//===- SignProduct.cpp - sums of products of signs --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See SignProduct.h. Population counts are left to LLVM, which knows the best
// sequence of each level: bit tricks, table lookups by pshufb, or vpopcntq.

#include "SignProduct.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "quantc/Target/SignRows.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Panels of 16 channels whose bits make a word.
static constexpr int64_t kWordPanels = kSignsPerWord / kLanes;

FailureOr<SignProduct> SignProduct::read(KernelBuilder &b, Operation *op,
                                         ValueRange inputs, Value out) {
  SignProduct s;
  Product &p = s.product;
  auto columns = op->getAttrOfType<IntegerAttr>("columns");
  auto scale = op->getAttrOfType<FloatAttr>("input_scale");
  bool hasThresholds = op->hasAttr("has_thresholds");
  if (!columns || hasThresholds == static_cast<bool>(scale))
    return op->emitOpError(
        "needs the attribute 'columns' and either 'input_scale' or "
        "'has_thresholds'");
  p.x = b.flattenRows(inputs[0]);
  p.out = b.flattenRows(out);
  if (!p.x || !p.out)
    return op->emitOpError("needs rows without gaps between them");
  p.m = b.dim(p.out, 0);
  p.leastRows = leastRowsOf(out);
  p.weight = inputs[1];
  p.k = columns.getInt();
  s.words = cast<MemRefType>(p.x.getType()).getShape().back();
  if (s.words != signRowWords(p.k))
    return op->emitOpError("has rows of ")
           << s.words << " words for " << p.k << " columns";
  p.panels = cast<MemRefType>(p.weight.getType()).getDimSize(0);
  p.n = cast<MemRefType>(p.out.getType()).getShape().back();
  if (hasThresholds) {
    s.thresholds = inputs[2];
    return s;
  }
  p.scales = inputs[2];
  s.inputScale = static_cast<float>(scale.getValueAsDouble());
  if (op->hasAttr("has_bias"))
    p.bias = inputs[3];
  return s;
}

int64_t SignProduct::panelsAtOnce(const KernelBuilder &b) const {
  return b.level().hasVNNI() ? kWordPanels : 1;
}

int64_t SignProduct::steps(int64_t taps) const {
  // A word of 16 channels takes about as long as eight multiply-adds of 16.
  return 8 * kLanes * product.panels * taps * words;
}

Values SignProduct::zeroCounts(KernelBuilder &b, int64_t count) const {
  return Values(count, b.constant(b.vecType(b.getI64Type()), 0));
}

Values SignProduct::addWords(KernelBuilder &b, ArrayRef<Value> rows,
                             Value first, Value panel,
                             ValueRange counts) const {
  int64_t panels = counts.size() / rows.size();
  return b.forLoop(
      b.idx(0), b.idx(words), 1, counts, [&](Value word, ValueRange carried) {
        Values weights, next;
        for (int64_t j = 0; j < panels; ++j)
          weights.push_back(b.loadWeights(
              product.weight, {b.add(panel, j), b.add(first, word), b.idx(0)}));
        for (auto [i, row] : llvm::enumerate(rows)) {
          Value signs = b.loadSplat(product.x, {row, word});
          for (int64_t j = 0; j < panels; ++j) {
            Value differs = b.create<arith::XOrIOp>(signs, weights[j]);
            next.push_back(b.create<arith::AddIOp>(
                carried[i * panels + j], b.create<math::CtPopOp>(differs)));
          }
        }
        return next;
      });
}

Values SignProduct::dots(KernelBuilder &b, Value signs,
                         ValueRange counts) const {
  Values result;
  Value all = b.splat(signs), one = b.constant(b.i32Vec(), 1);
  for (Value count : counts) {
    Value narrow = b.create<arith::TruncIOp>(b.i32Vec(), count);
    result.push_back(
        b.create<arith::SubIOp>(all, b.create<arith::ShLIOp>(narrow, one)));
  }
  return result;
}

Values SignProduct::numbers(KernelBuilder &b, Value panel, int64_t panels,
                            ValueRange dots) const {
  Values result, scales;
  for (int64_t j = 0; j < panels; ++j)
    scales.push_back(
        b.loadVec(product.scales, {b.add(panel, j), b.idx(0), b.idx(0)}));
  Value common = b.splatF32(inputScale);
  for (auto [i, dot] : llvm::enumerate(dots)) {
    Value number = b.create<arith::SIToFPOp>(b.f32Vec(), dot);
    result.push_back(b.mulf(b.mulf(number, scales[i % panels]), common));
  }
  return result;
}

Value SignProduct::thresholdBits(KernelBuilder &b, Value panel,
                                 Value dots) const {
  Value low = b.loadVec(thresholds, {panel, b.idx(0), b.idx(0)});
  Value end = b.loadVec(thresholds, {panel, b.idx(1), b.idx(0)});
  Value isAbove = b.create<arith::CmpIOp>(arith::CmpIPredicate::sge, dots, low);
  Value isBelow = b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, dots, end);
  return packMask(b, b.create<arith::AndIOp>(isAbove, isBelow));
}

void SignProduct::emitRow(KernelBuilder &b, Value row, DotsOfRow dotsOf) const {
  const Product &p = product;
  if (!thresholds) {
    WorkItem item{row, b.add(row, 1), b.idx(0), b.idx(p.panels)};
    forPanels(b, item, panelsAtOnce(b), [&](int64_t count, Value panel) {
      Values sums = dotsOf(row, panel, count);
      storeTile(b, p, {1, count}, row, panel, numbers(b, panel, count, sums));
    });
    return;
  }
  // One word of the result: the bits of up to four panels.
  auto emitWord = [&](Value word, int64_t count) {
    Value first = b.mul(word, kWordPanels), bits;
    for (int64_t j = 0; j < count; j += panelsAtOnce(b)) {
      int64_t together = std::min(panelsAtOnce(b), count - j);
      Values sums = dotsOf(row, b.add(first, j), together);
      for (int64_t i = 0; i < together; ++i) {
        Value part = thresholdBits(b, b.add(first, j + i), sums[i]);
        if (j + i > 0)
          part = b.create<arith::ShLIOp>(
              part, b.constant(b.getI64Type(), (j + i) * kLanes));
        bits = bits ? Value(b.create<arith::OrIOp>(bits, part)) : part;
      }
    }
    b.store(bits, p.out, {row, word});
  };
  int64_t full = p.panels / kWordPanels;
  b.forLoop(b.idx(0), b.idx(full), 1,
            [&](Value word) { emitWord(word, kWordPanels); });
  if (int64_t rest = p.panels % kWordPanels)
    emitWord(b.idx(full), rest);
}

Value quantc::packMask(KernelBuilder &b, Value mask) {
  Type half = VectorType::get({1}, b.getI16Type());
  Value bits = b.create<vector::ExtractOp>(
      b.create<vector::BitCastOp>(half, mask), ArrayRef<int64_t>{0});
  return b.create<arith::ExtUIOp>(b.getI64Type(), bits);
}
