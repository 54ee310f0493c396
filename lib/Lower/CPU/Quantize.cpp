//===- Quantize.cpp - numbers to int8 codes ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates quantize.token, .rotated, .taken and .tensor. The
// arithmetic, operation by operation, is that of
// quantc/Formats/ActivationQuantizer.h. A number becomes a code by adding 1.5 *
// 2^23: that rounds half to even, and the low byte of the sum's bits is the
// code.

#include "Emitters.h"
#include "RowRotation.h"
#include "RowTake.h"
#include "Warps.h"
#include "llvm/ADT/bit.h"
#include <cmath>
#include <functional>

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

static constexpr float kMagic = 12582912.0f;
/// Rows whose largest magnitude is below this count as zero.
static constexpr float kSmallestRowMaximum = 0x1p-119f;
/// The same for the range of a row with a zero point.
static constexpr float kSmallestRowRange = 0x1p-118f;
static constexpr int32_t kInfinityBits = 0x7f800000;
/// Elements that one work item of quantize.tensor handles.
static constexpr int64_t kChunk = 16384;

namespace {
/// Who has a row: one thread, or all of a GPU's block. What they find does not
/// depend on who finds it: largest and smallest numbers.
struct RowOwner {
  const BlockThread *at = nullptr;
  int64_t warps = 0;

  Value combine(KernelBuilder &b, int64_t slot, Value number,
                function_ref<Value(Value, Value)> better) const;
  /// Calls `body` in one thread.
  void once(KernelBuilder &b, function_ref<void()> body) const {
    if (at)
      b.ifThen(b.equal(at->thread(b), b.idx(0)), body);
    else
      body();
  }
};
} // namespace

/// The best of all threads' numbers, i32 or f32, through the block's memory
/// [slot, warp].
Value RowOwner::combine(KernelBuilder &b, int64_t slot, Value number,
                        function_ref<Value(Value, Value)> better) const {
  if (!at)
    return number;
  Type type = number.getType(), word = b.getI32Type();
  auto bits = [&](Value x) { return b.create<arith::BitcastOp>(word, x); };
  auto fromBits = [&](Value x) { return b.create<arith::BitcastOp>(type, x); };
  for (int64_t distance = kWarpLanes / 2; distance; distance /= 2)
    number =
        better(number, fromBits(fromLaneAcross(b, bits(number), distance)));
  Value shared = at->shared[0];
  b.ifThen(b.equal(at->lane, b.idx(0)),
           [&] { b.store(bits(number), shared, {b.idx(slot), at->warp}); });
  barrier(b);
  auto ofWarp = [&](int64_t warp) {
    return fromBits(b.load(shared, {b.idx(slot), b.idx(warp)}));
  };
  Value best = ofWarp(0);
  for (int64_t warp = 1; warp < warps; ++warp)
    best = better(best, ofWarp(warp));
  return best;
}

/// Walks [begin, end) in whole vectors and one masked rest; of a block each
/// thread walks its share. `body` gets the index and, for the rest, the number
/// of elements.
static Values forVectors(KernelBuilder &b, Value begin, Value end,
                         ValueRange init,
                         function_ref<Values(Value, Value, ValueRange)> body,
                         const RowOwner &owner = {}) {
  Value left = b.rem(b.sub(end, begin), kLanes);
  Value full = b.sub(end, left), first = begin;
  int64_t step = kLanes;
  if (owner.at) {
    first = b.add(begin, b.mul(owner.at->thread(b), kLanes));
    step = owner.warps * kWarpLanes * kLanes;
  }
  Values carried =
      b.forLoop(first, full, step, init, [&](Value i, ValueRange values) {
        return body(i, nullptr, values);
      });
  if (KernelBuilder::constantOf(left) == 0)
    return carried;
  Value one = b.min(left, b.idx(1));
  if (owner.at)
    one = b.create<arith::SelectOp>(b.equal(owner.at->thread(b), b.idx(0)), one,
                                    b.idx(0));
  // At most one turn: the rest.
  return b.forLoop(b.idx(0), one, 1, carried, [&](Value, ValueRange values) {
    return body(full, left, values);
  });
}

static Value loadSome(KernelBuilder &b, Value memref, ValueRange indices,
                      Value count) {
  return count ? b.loadTail(memref, indices, count)
               : b.loadVec(memref, indices);
}

static void storeSome(KernelBuilder &b, Value vector, Value memref,
                      ValueRange indices, Value count) {
  if (count)
    b.storeTail(vector, memref, indices, count);
  else
    b.storeVec(vector, memref, indices);
}

/// rint of fp32 numbers of at most 22 bits, as int32.
static Value roundToInt(KernelBuilder &b, Value x) {
  Value bits =
      b.create<arith::BitcastOp>(b.i32Vec(), b.addf(x, b.splatF32(kMagic)));
  Value magic = b.create<arith::BitcastOp>(b.i32Vec(), b.splatF32(kMagic));
  return b.create<arith::SubIOp>(bits, magic);
}

static Value roundScalar(KernelBuilder &b, Value x) {
  Value bits =
      b.create<arith::BitcastOp>(b.getI32Type(), b.addf(x, b.f32(kMagic)));
  return b.create<arith::SubIOp>(bits, b.i32(llvm::bit_cast<int32_t>(kMagic)));
}

static Value toBytes(KernelBuilder &b, Value words) {
  return b.create<arith::TruncIOp>(b.vecType(b.getI8Type()), words);
}

//===-- one scale a row
//----------------------------------------------------===//

/// Largest magnitude of a row, as the bits of a float: NaN > infinity > finite.
static Value largestMagnitude(KernelBuilder &b, const RowOwner &owner, Value x,
                              Value row, Value width) {
  Value magnitude = b.constant(b.i32Vec(), 0x7fffffff);
  Values init{b.constant(b.i32Vec(), 0)};
  Value lanes = forVectors(
      b, b.idx(0), width, init,
      [&](Value i, Value count, ValueRange most) {
        Value bits = b.create<arith::BitcastOp>(
            b.i32Vec(), loadSome(b, x, {row, i}, count));
        Value absolute = b.create<arith::AndIOp>(bits, magnitude);
        return Values{b.create<arith::MaxSIOp>(most[0], absolute)};
      },
      owner)[0];
  Value most =
      b.create<vector::ReductionOp>(vector::CombiningKind::MAXSI, lanes);
  return owner.combine(b, 0, most, [&](Value one, Value other) -> Value {
    return b.create<arith::MaxSIOp>(one, other);
  });
}

/// Scale and inverse of a row, and its zero point or null.
struct RowScale {
  Value scale, inverse, zeroPoint;
};

/// `steps` codes from end to end of `range`, a non-negative scalar. Ranges
/// below `smallest` give zeros; the scale of a row that is not finite is NaN.
static RowScale scaleOf(KernelBuilder &b, Value range, Value isFinite,
                        float steps, float smallest) {
  Value isZero = b.create<arith::CmpFOp>(arith::CmpFPredicate::OLT, range,
                                         b.f32(smallest));
  Value count = b.f32(steps), zero = b.f32(0);
  Value scale = b.create<arith::SelectOp>(isZero, zero, b.divf(range, count));
  Value inverse = b.create<arith::SelectOp>(isZero, zero, b.divf(count, range));
  return {b.create<arith::SelectOp>(isFinite, scale, b.f32(NAN)), inverse, {}};
}

static RowScale symmetricScale(KernelBuilder &b, const RowOwner &owner, Value x,
                               Value row, Value width, int64_t bits) {
  Value magnitude = largestMagnitude(b, owner, x, row, width);
  Value largest = b.create<arith::BitcastOp>(b.getF32Type(), magnitude);
  return scaleOf(b, largest, b.less(magnitude, b.i32(kInfinityBits)),
                 (1 << (bits - 1)) - 1, kSmallestRowMaximum);
}

/// The smaller, or with `OGT` the larger, of two numbers; never a NaN of `x`.
static Value extreme(KernelBuilder &b, arith::CmpFPredicate predicate, Value x,
                     Value y) {
  return b.create<arith::SelectOp>(b.create<arith::CmpFOp>(predicate, x, y), x,
                                   y);
}

/// The ends of a row's range, zero inside it: {lo, hi}.
static std::pair<Value, Value> rowRange(KernelBuilder &b, const RowOwner &owner,
                                        Value x, Value row, Value width) {
  Values init{b.splatF32(0), b.splatF32(0)};
  Values ends = forVectors(
      b, b.idx(0), width, init,
      [&](Value i, Value count, ValueRange carried) {
        Value values = loadSome(b, x, {row, i}, count);
        return Values{
            extreme(b, arith::CmpFPredicate::OLT, values, carried[0]),
            extreme(b, arith::CmpFPredicate::OGT, values, carried[1])};
      },
      owner);
  auto end = [&](int64_t i, vector::CombiningKind kind,
                 arith::CmpFPredicate predicate) {
    Value ofThread = b.create<vector::ReductionOp>(kind, ends[i]);
    return owner.combine(b, i + 1, ofThread, [&](Value one, Value other) {
      return extreme(b, predicate, one, other);
    });
  };
  Value low = end(0, vector::CombiningKind::MINNUMF, arith::CmpFPredicate::OLT);
  return {low,
          end(1, vector::CombiningKind::MAXNUMF, arith::CmpFPredicate::OGT)};
}

static RowScale asymmetricScale(KernelBuilder &b, const RowOwner &owner,
                                Value x, Value row, Value width, int64_t bits) {
  auto [low, high] = rowRange(b, owner, x, row, width);
  Value range = b.create<arith::SubFOp>(high, low);
  Value largest = largestMagnitude(b, owner, x, row, width);
  Value rangeBits = b.create<arith::BitcastOp>(b.getI32Type(), range);
  Value isFinite = b.less(b.create<arith::MaxSIOp>(largest, rangeBits),
                          b.i32(kInfinityBits));
  RowScale result =
      scaleOf(b, range, isFinite, (1 << bits) - 1, kSmallestRowRange);
  Value steps = b.mulf(low, result.inverse);
  // 0 steps of a row without a range leave the zero point at 0.
  Value isZero = b.create<arith::CmpFOp>(arith::CmpFPredicate::OEQ,
                                         result.inverse, b.f32(0));
  Value lowest =
      b.create<arith::SelectOp>(isZero, b.i32(0), b.i32(-(1 << (bits - 1))));
  result.zeroPoint = b.create<arith::SubIOp>(lowest, roundScalar(b, steps));
  return result;
}

namespace {
/// Quantizes rows. `zeros` is null without zero points.
struct TokenQuantizer {
  Value codes, scales, zeros;
  int64_t bits;

  /// Row `from` of `x` becomes row `to` of the destinations.
  void emit(KernelBuilder &b, Value x, Value from, Value to,
            const RowOwner &owner = {}) const;
};
} // namespace

void TokenQuantizer::emit(KernelBuilder &b, Value x, Value from, Value to,
                          const RowOwner &owner) const {
  Value width = b.dim(x, 1);
  RowScale of = zeros ? asymmetricScale(b, owner, x, from, width, bits)
                      : symmetricScale(b, owner, x, from, width, bits);
  owner.once(b, [&] {
    b.store(of.scale, scales, {to});
    if (zeros)
      b.store(b.create<arith::TruncIOp>(b.getI8Type(), of.zeroPoint), zeros,
              {to});
  });
  Value inverse = b.splat(of.inverse),
        zero = zeros ? b.splat(of.zeroPoint) : Value(),
        highest = b.constant(b.i32Vec(), (1 << (bits - 1)) - 1);
  forVectors(
      b, b.idx(0), width, {},
      [&](Value i, Value count, ValueRange) {
        Value scaled = b.mulf(loadSome(b, x, {from, i}, count), inverse);
        Value code = roundToInt(b, scaled);
        if (zeros)
          code = b.create<arith::MinSIOp>(b.create<arith::AddIOp>(code, zero),
                                          highest);
        storeSome(b, toBytes(b, code), codes, {to, i}, count);
        return Values();
      },
      owner);
}

/// Warps of a GPU's block that quantize a row: a vector for each thread, if the
/// row's width is known and not larger than such a block.
static int64_t rowWarps(Value width) {
  int64_t columns = KernelBuilder::constantOf(width).value_or(2048);
  constexpr int64_t ofWarp = kLanes * kWarpLanes;
  return std::clamp<int64_t>((columns + ofWarp - 1) / ofWarp, 1, 16);
}

/// Numbers of a changed row that a block keeps: 32 KiB.
static constexpr int64_t kSharedNumbers = 8192;

/// What becomes of a row before it is quantized: nothing where there is no
/// width.
struct RowChange {
  int64_t width = 0;
  int64_t steps = 0; ///< multiply-adds that it takes
  /// Writes the changed row number `row` to the only row of `to`; with `at` by
  /// all `threads` threads of a GPU's block.
  std::function<void(Value row, Value to, const BlockThread *at,
                     int64_t threads)>
      emit;
};

/// A block of a GPU a row.
static void quantizeTogether(KernelBuilder &b, const TokenQuantizer &quantizer,
                             Value x, const RowChange &change) {
  int64_t warps = rowWarps(b.dim(x, 1));
  SmallVector<SharedBuffer> shared{{{3, warps}, b.getI32Type()}};
  if (change.width)
    shared.push_back({{1, change.width}, b.getF32Type()});
  launchBlocks(b, b.dim(x, 0), warps, shared, [&](const BlockThread &at) {
    RowOwner owner{&at, warps};
    if (!change.width)
      return quantizer.emit(b, x, at.block, at.block, owner);
    change.emit(at.block, at.shared[1], &at, warps * kWarpLanes);
    barrier(b);
    quantizer.emit(b, at.shared[1], b.idx(0), at.block, owner);
  });
}

static FailureOr<RowChange> changeOf(KernelBuilder &b, kern::QuantizeOp op,
                                     Value x) {
  if (op.getKernel() == "quantize.rotated") {
    FailureOr<RowRotation> rotation = RowRotation::of(b, op, x);
    if (failed(rotation))
      return failure();
    return RowChange{
        rotation->width(), rotation->steps(),
        [=, &b](Value row, Value to, const BlockThread *at, int64_t threads) {
          if (at)
            rotation->emitTogether(b, x, row, to, b.idx(0), at->thread(b),
                                   threads);
          else
            rotation->emit(b, x, row, to, b.idx(0));
        }};
  }
  if (op.getKernel() != "quantize.taken")
    return RowChange();
  SmallVector<Value> inputs(op.getInputs());
  inputs[0] = x;
  FailureOr<RowTake> take = RowTake::of(b, op, inputs);
  if (failed(take))
    return failure();
  return RowChange{
      take->width(), take->width(),
      [=, &b](Value row, Value to, const BlockThread *at, int64_t threads) {
        take->emit(b, x, row, to, b.idx(0), at ? at->thread(b) : Value(),
                   threads);
      }};
}

static LogicalResult emitQuantizeToken(KernelBuilder &b, kern::QuantizeOp op) {
  size_t outputs = op.getInits().size();
  if (outputs != 2 && outputs != 3)
    return op.emitOpError(
        "expects codes, scales and perhaps zero points as destinations");
  bool hasZero = outputs == 3;
  Value x = b.flattenRows(op.getInputs()[0]),
        codes = b.flattenRows(op.getInits()[0]);
  Value scales = b.flatten(op.getInits()[1]),
        zeros = hasZero ? b.flatten(op.getInits()[2]) : Value();
  if (!x || !codes || !scales || (hasZero && !zeros))
    return op.emitOpError("needs rows without gaps between them");
  auto bits = op->getAttrOfType<IntegerAttr>("bits");
  TokenQuantizer quantizer{codes, scales, zeros, bits ? bits.getInt() : 8};
  FailureOr<RowChange> change = changeOf(b, op, x);
  if (failed(change))
    return failure();
  // An element takes about as long as eight multiply-adds in a product.
  int64_t steps = 8 * KernelBuilder::constantOf(b.dim(x, 1)).value_or(1);
  if (b.level().isDevice() && change->width <= kSharedNumbers) {
    quantizeTogether(b, quantizer, x, *change);
    return success();
  }
  int64_t grain = KernelBuilder::grainOf(steps + change->steps);
  b.parallelFor(b.dim(x, 0), grain, [&](Value row) {
    if (!change->width)
      return quantizer.emit(b, x, row, row);
    Value changed = b.scratch({1, change->width}, b.getF32Type());
    change->emit(row, changed, nullptr, 1);
    quantizer.emit(b, changed, b.idx(0), row);
  });
  return success();
}

//===-- one scale for all
//--------------------------------------------------===//

static LogicalResult emitQuantizeTensor(KernelBuilder &b, kern::QuantizeOp op) {
  auto scale = op->getAttrOfType<FloatAttr>("scale");
  auto zeroPoint = op->getAttrOfType<IntegerAttr>("zero_point");
  if (!scale || !zeroPoint)
    return op.emitOpError("needs the attributes 'scale' and 'zero_point'");
  Value x = b.flatten(op.getInputs()[0]), codes = b.flatten(op.getInits()[0]);
  if (!x || !codes)
    return op.emitOpError("needs buffers without gaps");
  bool isUnsigned = op->hasAttr("is_unsigned");
  int64_t zero = zeroPoint.getInt(), low = isUnsigned ? 0 : -128,
          high = isUnsigned ? 255 : 127;
  Value inverse =
      b.splatF32(1.0f / static_cast<float>(scale.getValueAsDouble()));
  Value lowest = b.splatF32(low - zero), highest = b.splatF32(high - zero);
  Value offset = b.constant(b.i32Vec(), zero);
  Value size = b.dim(x, 0);
  const int64_t chunkSize = b.chunk(kChunk);
  b.parallelFor(b.ceilDiv(size, chunkSize), [&](Value chunk) {
    Value begin = b.mul(chunk, chunkSize);
    Value end = b.min(b.add(begin, chunkSize), size);
    forVectors(b, begin, end, {}, [&](Value i, Value count, ValueRange) {
      Value scaled = b.mulf(loadSome(b, x, {i}, count), inverse);
      // NaN compares false and becomes the lowest code.
      Value above =
          b.create<arith::CmpFOp>(arith::CmpFPredicate::OGT, scaled, lowest);
      Value raised = b.create<arith::SelectOp>(above, scaled, lowest);
      Value below =
          b.create<arith::CmpFOp>(arith::CmpFPredicate::OLT, raised, highest);
      Value clamped = b.create<arith::SelectOp>(below, raised, highest);
      Value code = b.create<arith::AddIOp>(roundToInt(b, clamped), offset);
      storeSome(b, toBytes(b, code), codes, {i}, count);
      return Values();
    });
  });
  return success();
}

LogicalResult quantc::emitQuantize(KernelBuilder &b, kern::QuantizeOp op) {
  if (llvm::is_contained(
          {"quantize.token", "quantize.rotated", "quantize.taken"},
          op.getKernel()))
    return emitQuantizeToken(b, op);
  if (op.getKernel() == "quantize.tensor")
    return emitQuantizeTensor(b, op);
  return unknownKernel(op, op.getKernel());
}
