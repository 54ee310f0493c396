//===- ElementNest.cpp - loops over the elements of buffers -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ElementNest.h. Loops that all accesses walk as one become one; then the
// innermost loop runs in vectors where memory allows it, in blocks where inputs
// and outputs are contiguous along different loops, else element by element. A
// GPU has a thread for an element.

#include "ElementNest.h"
#include "MathHalf.h"
#include "Rows.h"
#include "mlir/Dialect/Affine/Utils.h"

using namespace mlir;
using namespace quantc;

/// Sides of the blocks of a transposition: 16 fp32 are a cache line; 64 lines
/// and as many elements of the output stay in the nearest cache.
static constexpr int64_t kCrossBlock = 16, kLastBlock = 64;

//===-- analysis
//-----------------------------------------------------------===//

ElementNest::Stride ElementNest::strideOf(const Access &access,
                                          int64_t loop) const {
  if (access.isScalar() || !access.map.isFunctionOfDim(loop))
    return Stride::None;
  auto results = access.map.getResults();
  for (AffineExpr expr : results.drop_back())
    if (expr.isFunctionOfDim(loop))
      return Stride::Other;
  bool plain =
      results.back() == getAffineDimExpr(loop, access.map.getContext());
  return plain && access.type().isLastDimUnitStride() ? Stride::One
                                                      : Stride::Other;
}

bool ElementNest::canVectorize() const {
  if (!onVectors || sizes.empty())
    return false;
  auto isVector = [&](const Access &access) {
    // A bit in memory is a byte, in a vector it is a bit. Partial vectors of
    // 16-bit floats become calls of a library.
    Type element = access.type().getElementType();
    return strideOf(access, last()) == Stride::One && !element.isInteger(1) &&
           !isHalf(element);
  };
  return llvm::all_of(outputs, isVector) &&
         llvm::all_of(inputs, [&](const Access &access) {
           return strideOf(access, last()) == Stride::None || isVector(access);
         });
}

int64_t ElementNest::crossLoop() const {
  for (const Access &access : llvm::concat<const Access>(inputs, outputs))
    for (size_t loop = 0; loop < last(); ++loop)
      if (strideOf(access, loop) == Stride::One)
        return loop;
  return -1;
}

//===-- fusing loops
//-------------------------------------------------------===//

/// The position of result `loop` in a map, if `loop` and the next are results
/// one after the other; nothing if neither occurs; failure otherwise.
static FailureOr<std::optional<int64_t>>
fusedResult(const ElementNest::Access &access, int64_t loop) {
  if (access.isScalar())
    return std::optional<int64_t>();
  AffineMap map = access.map;
  if (!map.isFunctionOfDim(loop) && !map.isFunctionOfDim(loop + 1))
    return std::optional<int64_t>();
  std::optional<int64_t> place;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    if (expr == getAffineDimExpr(loop, map.getContext()))
      place = i;
    else if (expr == getAffineDimExpr(loop + 1, map.getContext())) {
      if (place != int64_t(i) - 1)
        return failure();
    } else if (expr.isFunctionOfDim(loop) || expr.isFunctionOfDim(loop + 1))
      return failure();
  }
  if (!place || *place + 1 == map.getNumResults() ||
      map.getResult(*place + 1) != getAffineDimExpr(loop + 1, map.getContext()))
    return failure();
  return place;
}

static SmallVector<ReassociationIndices> mergePair(int64_t rank,
                                                   int64_t first) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t d = 0; d < rank; ++d)
    if (d == first + 1)
      groups.back().push_back(d);
    else
      groups.push_back({d});
  return groups;
}

bool ElementNest::canFuse(int64_t loop) const {
  return llvm::all_of(
      llvm::concat<const Access>(inputs, outputs), [&](const Access &access) {
        auto place = fusedResult(access, loop);
        if (llvm::failed(place))
          return false;
        return !*place ||
               memref::CollapseShapeOp::isGuaranteedCollapsible(
                   access.type(), mergePair(access.type().getRank(), **place));
      });
}

void ElementNest::fuse(KernelBuilder &b, int64_t loop) {
  MLIRContext *context = b.getContext();
  SmallVector<AffineExpr> renamed;
  for (size_t d = 0; d < sizes.size(); ++d)
    renamed.push_back(getAffineDimExpr(int64_t(d) > loop ? d - 1 : d, context));
  for (Access &access : llvm::concat<Access>(inputs, outputs)) {
    if (access.isScalar())
      continue;
    std::optional<int64_t> place = *fusedResult(access, loop);
    AffineMap map = access.map;
    if (place) {
      auto groups = mergePair(access.type().getRank(), *place);
      access.value = b.create<memref::CollapseShapeOp>(access.value, groups);
      map = map.dropResult(*place + 1);
    }
    access.map = map.replaceDimsAndSymbols(renamed, {}, sizes.size() - 1, 0);
  }
  sizes[loop] = b.mul(sizes[loop], sizes[loop + 1]);
  sizes.erase(sizes.begin() + loop + 1);
}

void ElementNest::fuseLoops(KernelBuilder &b) {
  for (int64_t loop = int64_t(sizes.size()) - 2; loop >= 0; --loop)
    if (canFuse(loop))
      fuse(b, loop);
}

//===-- emission
//-----------------------------------------------------------===//

ElementNest::Values ElementNest::indices(KernelBuilder &b, const Access &access,
                                         const Values &loops) {
  auto result = affine::expandAffineMap(b, b.getLoc(), access.map, loops);
  assert(result && "maps of linalg operations are always expandable");
  return Values(result->begin(), result->end());
}

Value ElementNest::load(KernelBuilder &b, const Access &access,
                        const Values &loops) {
  return access.isScalar() ? access.value
                           : b.load(access.value, indices(b, access, loops));
}

void ElementNest::emitPoint(KernelBuilder &b, Values loops) {
  Values elements;
  for (const Access &access : inputs)
    elements.push_back(load(b, access, loops));
  FailureOr<Values> results = (*body)(elements, loops, 0);
  if (llvm::failed(results)) {
    failed = true;
    return;
  }
  for (auto [access, result] : llvm::zip(outputs, *results))
    b.store(result, access.value, indices(b, access, loops));
}

void ElementNest::emitVectorRow(KernelBuilder &b, Values outer, Value begin,
                                Value end) {
  // What is the same along the row is read before it: the stores might alias.
  Values same(inputs.size());
  outer.push_back(b.idx(0));
  for (auto [i, access] : llvm::enumerate(inputs))
    if (strideOf(access, last()) == Stride::None)
      same[i] = b.splat(load(b, access, outer));
  forLanes(b, b.sub(end, begin), [&](Lanes lanes) {
    outer.back() = b.add(begin, lanes.begin);
    Values elements;
    auto place = [&](const Access &access, Lanes &at) {
      Values row = indices(b, access, outer);
      at.begin = row.pop_back_val();
      return row;
    };
    Lanes at = lanes;
    for (auto [i, access] : llvm::enumerate(inputs)) {
      if (same[i]) {
        elements.push_back(same[i]);
        continue;
      }
      Values row = place(access, at);
      elements.push_back(loadLanes(b, access.value, row, at));
    }
    FailureOr<Values> results = (*body)(elements, outer, kLanes);
    if (llvm::failed(results)) {
      failed = true;
      return;
    }
    for (auto [access, result] : llvm::zip(outputs, *results)) {
      Values row = place(access, at);
      Value vector =
          isa<VectorType>(result.getType()) ? result : b.splat(result);
      storeLanes(b, vector, access.value, row, at);
    }
  });
}

static Value product(KernelBuilder &b, ArrayRef<Value> sizes) {
  Value result = b.idx(1);
  for (Value size : sizes)
    result = b.mul(result, size);
  return result;
}

void ElementNest::emitVectors(KernelBuilder &b) {
  Value width = sizes.back();
  const int64_t grain = b.chunk(kGrain);
  if (sizes.size() == 1)
    return b.parallelFor(b.ceilDiv(width, grain), [&](Value item) {
      Value begin = b.mul(item, grain);
      emitVectorRow(b, {}, begin, b.min(b.add(begin, grain), width));
    });
  auto outer = ArrayRef<Value>(sizes).drop_back();
  forRows(b, product(b, outer), width, [&](Value row) {
    emitVectorRow(b, delinearize(b, row, outer), b.idx(0), width);
  });
}

void ElementNest::emitScalars(KernelBuilder &b) {
  if (sizes.empty())
    return emitPoint(b, {});
  auto outer = ArrayRef<Value>(sizes).drop_back();
  if (outer.empty())
    return forRows(b, sizes.back(), b.idx(1),
                   [&](Value i) { emitPoint(b, {i}); });
  forRows(b, product(b, outer), sizes.back(), [&](Value row) {
    Values loops = delinearize(b, row, outer);
    b.forLoop(b.idx(0), sizes.back(), 1, [&](Value i) {
      Values point = loops;
      point.push_back(i);
      emitPoint(b, point);
    });
  });
}

void ElementNest::emitCrossed(KernelBuilder &b, int64_t cross) {
  // Work items: one block along `cross` for each index of the other loops.
  Values items(sizes.begin(), sizes.end() - 1);
  items[cross] = b.ceilDiv(sizes[cross], kCrossBlock);
  forRows(b, product(b, items), b.mul(sizes.back(), kCrossBlock),
          [&](Value item) {
            Values loops = delinearize(b, item, items);
            Value begin = b.mul(loops[cross], kCrossBlock);
            Value end = b.min(b.add(begin, kCrossBlock), sizes[cross]);
            loops.push_back(nullptr);
            b.forLoop(b.idx(0), sizes.back(), kLastBlock, [&](Value block) {
              Value stop = b.min(b.add(block, kLastBlock), sizes.back());
              b.forLoop(begin, end, 1, [&](Value i) {
                b.forLoop(block, stop, 1, [&](Value j) {
                  Values point = loops;
                  point[cross] = i;
                  point.back() = j;
                  emitPoint(b, point);
                });
              });
            });
          });
}

void ElementNest::emitReduction(KernelBuilder &b) {
  Values parallel, point(sizes.size());
  SmallVector<int64_t> numbers;
  for (int64_t loop = 0, e = sizes.size(); loop < e; ++loop)
    if (!llvm::is_contained(reductions, loop)) {
      parallel.push_back(sizes[loop]);
      numbers.push_back(loop);
    }
  Value work = b.idx(1);
  for (int64_t loop : reductions)
    work = b.mul(work, sizes[loop]);
  forRows(b, product(b, parallel), work, [&](Value item) {
    for (auto [loop, index] :
         llvm::zip(numbers, delinearize(b, item, parallel)))
      point[loop] = index;
    auto nest = [&](auto &&self, size_t depth) -> void {
      if (depth == reductions.size())
        return emitPoint(b, point);
      b.forLoop(b.idx(0), sizes[reductions[depth]], 1, [&](Value i) {
        point[reductions[depth]] = i;
        self(self, depth + 1);
      });
    };
    nest(nest, 0);
  });
}

/// A GPU has a thread for an element, so that neighbours read neighbours.
void ElementNest::emitElements(KernelBuilder &b) {
  b.parallelFor(product(b, sizes),
                [&](Value item) { emitPoint(b, delinearize(b, item, sizes)); });
}

LogicalResult ElementNest::emit(KernelBuilder &b, Body computes) {
  body = computes;
  if (!reductions.empty()) {
    emitReduction(b);
    return failure(failed);
  }
  if (!usesLoops)
    fuseLoops(b);
  if (b.level().isDevice()) {
    emitElements(b);
    return failure(failed);
  }
  int64_t cross = sizes.size() < 2 ? -1 : crossLoop();
  if (canVectorize())
    emitVectors(b);
  else if (cross >= 0)
    emitCrossed(b, cross);
  else
    emitScalars(b);
  return failure(failed);
}
