//===- Norm.cpp - root mean square and layer norm ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates norm.rms and norm.layer. Sums are taken in 16 lanes and combined as
// a tree, so the result depends on the row alone. The variance is summed from
// differences to the mean (two passes). On a GPU a block has a row, which it
// keeps in shared memory if it is known to fit.

#include "BlockRows.h"
#include "Emitters.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;

namespace {
class NormEmitter {
public:
  NormEmitter(KernelBuilder &b, kern::NormOp op, float epsilon)
      : b(b), x(op.getInputs()[0]), gamma(op.getInputs()[1]),
        out(op.getInits()[0]), epsilon(epsilon) {
    if (op->hasAttr("has_beta"))
      beta = op.getInputs()[2];
    width = b.dim(x, cast<MemRefType>(x.getType()).getRank() - 1);
    Value i = b.create<arith::IndexCastOp>(b.getI32Type(), width);
    floatWidth = b.create<arith::SIToFPOp>(b.getF32Type(), i);
  }

  void rms(Value row) {
    Value squares =
        sum(row, [&](Value v, Lanes, Value acc) { return b.fma(v, v, acc); });
    scale(row, nullptr, inverseRoot(squares));
  }

  void layer(Value row) {
    Value total =
        sum(row, [&](Value v, Lanes, Value acc) { return b.addf(acc, v); });
    Value mean = b.divf(total, floatWidth);
    Value squares = sum(row, [&](Value v, Lanes lanes, Value acc) {
      Value d = fillLanes(b, b.subf(v, like(v, mean)), lanes, b.splatF32(0));
      return b.fma(d, d, acc);
    });
    scale(row, mean, inverseRoot(squares));
  }

  /// Runs `norm` for every row in a block of a GPU.
  void forBlocks(function_ref<void(Value)> norm) {
    std::optional<int64_t> size = KernelBuilder::constantOf(width);
    SmallVector<SharedBuffer> shared;
    if (size && *size <= kRowBlockNumbers)
      shared.push_back({{*size}, b.getF32Type()});
    launchBlocks(b, b.rows(x), kRowBlockWarps, shared,
                 [&](const BlockThread &given) {
                   at = &given;
                   if (!shared.empty())
                     keepRow(given.block, given.shared[0]);
                   norm(given.block);
                 });
  }

  Value width;

private:
  Value like(Value v, Value number) {
    auto vector = dyn_cast<VectorType>(v.getType());
    return vector ? b.splat(number, vector.getNumElements()) : number;
  }

  void keepRow(Value row, Value buffer) {
    auto indices = rowIndices(b, x, row);
    int64_t lanes = rowVector(x);
    dealRow(b, *at, width, lanes, [&](Value i) {
      auto from = indices;
      from.push_back(i);
      b.storeAligned(b.loadAligned(x, from, lanes), buffer, i);
    });
    barrier(b);
    kept = buffer;
  }

  Value sum(Value row, function_ref<Value(Value, Lanes, Value)> step) {
    auto indices = rowIndices(b, x, row);
    if (at)
      return foldRow(
          b, *at, width, b.f32(0),
          [&](Value i) {
            if (kept)
              return b.load(kept, i);
            auto from = indices;
            from.push_back(i);
            return b.load(x, from);
          },
          [&](Value v, Value acc) { return step(v, {}, acc); },
          [&](Value one, Value other) { return b.addf(one, other); });
    auto acc =
        forLanes(b, width, ValueRange{b.splatF32(0)},
                 [&](Lanes lanes, ValueRange carried) {
                   return KernelBuilder::Values{step(
                       loadLanes(b, x, indices, lanes), lanes, carried[0])};
                 });
    return sumLanes(b, acc[0]);
  }

  /// 1 / sqrt(sum / width + epsilon).
  Value inverseRoot(Value total) {
    Value mean = b.divf(total, floatWidth);
    return b.divf(b.f32(1),
                  b.create<math::SqrtOp>(b.addf(mean, b.f32(epsilon))));
  }

  /// (v - mean) * factor * gamma + beta.
  Value scaled(Value v, Value mean, Value factor,
               function_ref<Value(Value)> load) {
    if (mean)
      v = b.subf(v, like(v, mean));
    v = b.mulf(b.mulf(v, like(v, factor)), load(gamma));
    return beta ? b.addf(v, load(beta)) : v;
  }

  void scale(Value row, Value mean, Value factor) {
    auto from = rowIndices(b, x, row), to = rowIndices(b, out, row);
    if (at)
      return scaleTogether(from, to, mean, factor);
    forLanes(b, width, [&](Lanes lanes) {
      Value v = scaled(loadLanes(b, x, from, lanes), mean, factor,
                       [&](Value of) { return loadLanes(b, of, {}, lanes); });
      storeLanes(b, v, out, to, lanes);
    });
  }

  void scaleTogether(ArrayRef<Value> from, ArrayRef<Value> to, Value mean,
                     Value factor) {
    int64_t lanes = kept ? rowVector({x, out, gamma}) : 1;
    if (beta)
      lanes = std::min(lanes, rowVector(beta));
    if (!kept)
      barrier(b); // others may still read what is written in place
    dealRow(b, *at, width, lanes, [&](Value i) {
      auto place = [&](ArrayRef<Value> row) {
        KernelBuilder::Values indices(row);
        indices.push_back(i);
        return indices;
      };
      Value v = kept ? b.loadAligned(kept, i, lanes)
                     : b.loadAligned(x, place(from), lanes);
      v = scaled(v, mean, factor,
                 [&](Value of) { return b.loadAligned(of, i, lanes); });
      b.storeAligned(v, out, place(to));
    });
  }

  const BlockThread *at = nullptr; ///< null for one thread a row
  Value kept; ///< the block's row in shared memory, or null
  KernelBuilder &b;
  Value x, gamma, beta, out, floatWidth;
  float epsilon;
};
} // namespace

LogicalResult quantc::emitNorm(KernelBuilder &b, kern::NormOp op) {
  bool isLayer = op.getKernel() == "norm.layer";
  if (!isLayer && op.getKernel() != "norm.rms")
    return unknownKernel(op, op.getKernel());
  auto epsilon = op->getAttrOfType<FloatAttr>("epsilon");
  if (!epsilon)
    return op.emitOpError("needs the attribute 'epsilon'");
  if (failed(checkFloatRows(op)))
    return failure();
  NormEmitter emitter(b, op, epsilon.getValueAsDouble());
  auto norm = [&](Value row) {
    if (isLayer)
      emitter.layer(row);
    else
      emitter.rms(row);
  };
  if (b.level().isDevice())
    emitter.forBlocks(norm);
  else
    forRows(b, b.rows(op.getInputs()[0]), emitter.width, norm);
  return success();
}
