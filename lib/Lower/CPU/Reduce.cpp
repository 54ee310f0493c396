//===- Reduce.cpp - reductions over some dimensions -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates reduce.*. If the last dimension is reduced, lanes run along it and
// are combined in the end; otherwise each lane is an element of the result. The
// order of the combinations follows from the shape alone. NaN wins maxima and
// minima.

#include "Emitters.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;
using Values = KernelBuilder::Values;

namespace {
enum class Kind { Sum, Mean, Max, Min, Prod, L2 };

class ReduceEmitter {
public:
  ReduceEmitter(KernelBuilder &b, kern::ReduceOp op, Kind kind)
      : b(b), x(op.getInputs()[0]), out(op.getInits()[0]), kind(kind),
        element(cast<MemRefType>(x.getType()).getElementType()),
        last(cast<MemRefType>(x.getType()).getRank() - 1) {
    ArrayRef<int64_t> axes =
        op->getAttrOfType<DenseI64ArrayAttr>("axes").asArrayRef();
    auto keep = op->getAttrOfType<BoolAttr>("keepdims");
    keepDims = keep && keep.getValue();
    work = b.idx(1);
    for (int64_t d = 0; d <= last; ++d) {
      reduced.push_back(llvm::is_contained(axes, d));
      sizes.push_back(b.dim(x, d));
      if (reduced[d])
        work = b.mul(work, sizes[d]);
    }
  }

  void emit() {
    Values outer;
    for (int64_t d = 0; d <= last; ++d)
      if (!reduced[d] && d != last)
        outer.push_back(sizes[d]);
    if (reduced[last]) {
      forRows(b, product(outer), work,
              [&](Value row) { reduceRow(outer, row); });
      return;
    }
    forRows(b, product(outer), b.mul(work, sizes[last]),
            [&](Value row) { reduceColumns(outer, row); });
  }

private:
  bool isFloat() const { return isa<FloatType>(element); }
  Value product(ArrayRef<Value> values) {
    Value result = b.idx(1);
    for (Value value : values)
      result = b.mul(result, value);
    return result;
  }

  Value identity();
  Value combine(Value a, Value c);
  Value step(Value acc, Value v);
  Value finish(Value v);

  /// The indices of x for row `row` of the kept outer dimensions, zero
  /// elsewhere.
  Values point(ValueRange outer, Value row) {
    Values kept = delinearize(b, row, outer), result;
    size_t next = 0;
    for (int64_t d = 0; d < last; ++d)
      result.push_back(reduced[d] ? b.idx(0) : kept[next++]);
    return result;
  }
  /// The indices of out for those of x.
  Values resultPoint(ValueRange indices) {
    Values result;
    for (int64_t d = 0; d < int64_t(indices.size()); ++d)
      if (!reduced[d] || keepDims)
        result.push_back(indices[d]);
    return result;
  }

  /// Loops over the reduced dimensions but the last, from dimension `d`.
  Value overOuter(Values indices, int64_t d, Value acc,
                  function_ref<Value(ValueRange, Value)> leaf) {
    while (d < last && !reduced[d])
      ++d;
    if (d >= last)
      return leaf(indices, acc);
    return b.forLoop(b.idx(0), sizes[d], 1, ValueRange{acc},
                     [&](Value i, ValueRange carried) {
                       Values inner = indices;
                       inner[d] = i;
                       return Values{overOuter(inner, d + 1, carried[0], leaf)};
                     })[0];
  }

  void reduceRow(ValueRange outer, Value row);
  void reduceColumns(ValueRange outer, Value row);

  KernelBuilder &b;
  Value x, out, work;
  Kind kind;
  Type element;
  int64_t last;
  bool keepDims;
  SmallVector<bool> reduced;
  Values sizes;
};
} // namespace

Value ReduceEmitter::identity() {
  Type type = b.vecType(element);
  bool isMax = kind == Kind::Max;
  if (kind == Kind::Prod)
    return b.constant(type, 1);
  if (!isMax && kind != Kind::Min)
    return b.constant(type, 0);
  if (isFloat())
    return b.constant(type, isMax ? -std::numeric_limits<double>::infinity()
                                  : std::numeric_limits<double>::infinity());
  unsigned bits = element.getIntOrFloatBitWidth();
  APInt value =
      isMax ? APInt::getSignedMinValue(bits) : APInt::getSignedMaxValue(bits);
  return b.create<arith::ConstantOp>(SplatElementsAttr::get(
      cast<VectorType>(type), Attribute(b.getIntegerAttr(element, value))));
}

Value ReduceEmitter::combine(Value a, Value c) {
  switch (kind) {
  case Kind::Max:
    return isFloat() ? b.createOrFold<arith::MaximumFOp>(a, c)
                     : b.createOrFold<arith::MaxSIOp>(a, c);
  case Kind::Min:
    return isFloat() ? b.createOrFold<arith::MinimumFOp>(a, c)
                     : b.createOrFold<arith::MinSIOp>(a, c);
  case Kind::Prod:
    return isFloat() ? b.mulf(a, c) : b.mul(a, c);
  case Kind::Sum:
  case Kind::Mean:
  case Kind::L2:
    return isFloat() ? b.addf(a, c) : b.add(a, c);
  }
  llvm_unreachable("all kinds are handled");
}

Value ReduceEmitter::step(Value acc, Value v) {
  return kind == Kind::L2 ? b.fma(v, v, acc) : combine(acc, v);
}

/// From what was accumulated to the result; a scalar or a vector.
Value ReduceEmitter::finish(Value v) {
  if (kind == Kind::L2)
    return b.create<math::SqrtOp>(v);
  if (kind != Kind::Mean)
    return v;
  Type type = isFloat() ? Type(b.getI64Type()) : element;
  Value count = b.create<arith::IndexCastOp>(type, work);
  if (isFloat())
    count = b.create<arith::SIToFPOp>(element, count);
  if (isa<VectorType>(v.getType()))
    count = b.splat(count);
  return isFloat() ? b.divf(v, count)
                   : Value(b.create<arith::DivSIOp>(v, count));
}

/// Lanes along the last dimension, which is reduced.
void ReduceEmitter::reduceRow(ValueRange outer, Value row) {
  Values start = point(outer, row);
  Value neutral = identity();
  Value acc =
      overOuter(start, 0, neutral, [&](ValueRange indices, Value carried) {
        return forLanes(b, sizes[last], ValueRange{carried},
                        [&](Lanes lanes, ValueRange inner) {
                          Value v = loadLanes(b, x, indices, lanes);
                          // Zero does no harm to a sum of squares.
                          v = kind == Kind::L2
                                  ? v
                                  : fillLanes(b, v, lanes, neutral);
                          return Values{step(inner[0], v)};
                        })[0];
      });
  Value total =
      reduceLanes(b, acc, [&](Value a, Value c) { return combine(a, c); });
  start.push_back(b.idx(0));
  b.store(finish(total), out, resultPoint(start));
}

/// Lanes along the last dimension, which stays.
void ReduceEmitter::reduceColumns(ValueRange outer, Value row) {
  Values start = point(outer, row);
  Values to = resultPoint(start);
  forLanes(b, sizes[last], [&](Lanes lanes) {
    Value acc =
        overOuter(start, 0, identity(), [&](ValueRange indices, Value carried) {
          return step(carried, loadLanes(b, x, indices, lanes));
        });
    storeLanes(b, finish(acc), out, to, lanes);
  });
}

LogicalResult quantc::emitReduce(KernelBuilder &b, kern::ReduceOp op) {
  auto kind = llvm::StringSwitch<std::optional<Kind>>(op.getKernel())
                  .Case("reduce.sum", Kind::Sum)
                  .Case("reduce.mean", Kind::Mean)
                  .Case("reduce.max", Kind::Max)
                  .Case("reduce.min", Kind::Min)
                  .Case("reduce.prod", Kind::Prod)
                  .Case("reduce.l2", Kind::L2)
                  .Default(std::nullopt);
  if (!kind)
    return unknownKernel(op, op.getKernel());
  if (!op->hasAttrOfType<DenseI64ArrayAttr>("axes"))
    return op.emitOpError("needs the attribute 'axes'");
  auto type = cast<MemRefType>(op.getInputs()[0].getType());
  auto target = cast<MemRefType>(op.getInits()[0].getType());
  Type element = type.getElementType();
  bool known =
      element.isF32() ||
      ((element.isInteger(32) || element.isInteger(64)) && *kind != Kind::L2);
  if (!known || type.getRank() == 0 || !type.isLastDimUnitStride() ||
      target.getElementType() != element ||
      (target.getRank() && !target.isLastDimUnitStride()))
    return op.emitOpError(
               "needs contiguous rows of f32, i32 or i64 (l2: f32), found ")
           << type << " and " << target;
  ReduceEmitter(b, op, *kind).emit();
  return success();
}
