//===- RowRotation.cpp - rotation of one row --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// First the factors and the butterflies inside vectors, then those between
// vectors, then the core. Blocks follow one another without a gap, and the
// Sylvester parts in them do, too: the butterflies of a row need not know where
// a block begins. Each number is rounded as in quantc/Dialect/Qnt/Rotation.h,
// by whichever thread.

#include "RowRotation.h"
#include "Rows.h"
#include "Warps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "quantc/Dialect/Qnt/Rotation.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// A constant of the program.
static Value table(KernelBuilder &b, Operation *op, const Twine &name,
                   ArrayRef<int64_t> shape, ArrayRef<float> numbers) {
  auto module = op->getParentOfType<ModuleOp>();
  auto type = MemRefType::get(shape, b.getF32Type());
  std::string symbol = name.str();
  if (!SymbolTable::lookupSymbolIn(module, symbol)) {
    OpBuilder outer = OpBuilder::atBlockBegin(module.getBody());
    auto values = DenseElementsAttr::get(
        RankedTensorType::get(shape, b.getF32Type()), numbers);
    memref::GlobalOp::create(outer, op->getLoc(), symbol,
                             outer.getStringAttr("private"), type, values,
                             /*constant=*/true, outer.getI64IntegerAttr(64));
  }
  return b.create<memref::GetGlobalOp>(type, symbol);
}

FailureOr<RowRotation> RowRotation::of(KernelBuilder &b, Operation *op,
                                       Value input) {
  auto block = op->getAttrOfType<IntegerAttr>("block");
  auto seed = op->getAttrOfType<IntegerAttr>("seed");
  if (!block || !seed)
    return op->emitOpError("needs the attributes 'block' and 'seed'");
  auto type = cast<MemRefType>(input.getType());
  int64_t width = type.getShape().back(), size = block.getInt();
  if (ShapedType::isDynamic(width) || size < 1 || width % size != 0)
    return op->emitOpError("rotates blocks of ")
           << size << ", which do not divide the rows of " << type;
  auto rotation = qnt::Rotation::of(size, seed.getInt());
  if (!rotation)
    return op->emitOpError("rotates blocks of ")
           << size << ", for which no Hadamard matrix is known";
  RowRotation result;
  result.rowWidth = width;
  int64_t order = result.coreOrder = rotation->matrix.sizeOfCore();
  result.powerOrder = rotation->matrix.sizeOfPower();
  std::vector<float> factors;
  for (int64_t i = 0; i < width; ++i)
    factors.push_back(rotation->factors[i % size]);
  result.factors = table(b, op,
                         "rotation_" + Twine(width) + "_" + Twine(size) + "_" +
                             Twine(seed.getInt()),
                         {width}, factors);
  if (order == 1)
    return result;
  std::vector<float> signs;
  for (int64_t to = 0; to < order; ++to)
    for (int64_t from = 0; from < order; ++from)
      signs.push_back(rotation->matrix.core()[from * order + to]);
  result.core = table(b, op, "hadamard_" + Twine(order), {order, order}, signs);
  return result;
}

int64_t RowRotation::steps() const {
  int64_t stages = 1 + (coreOrder > 1 ? 2 * coreOrder : 0);
  for (int64_t half = 1; half < powerOrder; half *= 2)
    ++stages;
  return rowWidth * stages;
}

/// The butterflies inside a vector: lane i with the lane whose number differs
/// in one bit. a - b is -b + a, so each lane adds once.
Value RowRotation::spread(KernelBuilder &b, Value vector) const {
  for (int64_t half = 1; half < std::min(powerOrder, kLanes); half *= 2) {
    SmallVector<int64_t> partners;
    SmallVector<float> signs;
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      partners.push_back(lane ^ half);
      signs.push_back(lane & half ? -1.0f : 1.0f);
    }
    Value partner = b.create<vector::ShuffleOp>(vector, vector, partners);
    Value own =
        b.mulf(vector, b.create<arith::ConstantOp>(DenseElementsAttr::get(
                           b.f32Vec(), ArrayRef<float>(signs))));
    vector = b.addf(partner, own);
  }
  return vector;
}

static Values withLast(ValueRange row, Value last) {
  Values indices(row);
  indices.push_back(last);
  return indices;
}

/// The butterflies between vectors.
void RowRotation::combineFar(KernelBuilder &b, Value row, ValueRange at) const {
  for (int64_t half = kLanes; half < powerOrder; half *= 2)
    b.forLoop(b.idx(0), b.idx(rowWidth), 2 * half, [&](Value start) {
      b.forLoop(b.idx(0), b.idx(half), kLanes, [&](Value i) {
        Values near = withLast(at, b.add(start, i));
        Values far = withLast(at, b.add(b.add(start, i), half));
        Value x = b.loadVec(row, near), y = b.loadVec(row, far);
        b.storeVec(b.addf(x, y), row, near);
        b.storeVec(b.subf(x, y), row, far);
      });
    });
}

/// Sums over the core, for several places of the Sylvester part at once.
void RowRotation::multiplyCore(KernelBuilder &b, Value row,
                               ValueRange at) const {
  int64_t lanes = std::min(powerOrder, kLanes);
  Value order = b.idx(coreOrder);
  Value copy = b.scratch({coreOrder, lanes}, b.getF32Type());
  auto place = [&](Value first, Value k) {
    return withLast(at, b.add(first, b.mul(k, powerOrder)));
  };
  auto sumUp = [&](Value first) {
    b.forLoop(b.idx(0), order, 1, [&](Value k) {
      b.storeVec(b.loadVec(row, place(first, k), lanes), copy, {k, b.idx(0)});
    });
    b.forLoop(b.idx(0), order, 1, [&](Value to) {
      auto term = [&](Value from) {
        return b.mulf(b.loadVec(copy, {from, b.idx(0)}, lanes),
                      b.loadSplat(core, {to, from}, lanes));
      };
      Values init{term(b.idx(0))};
      Values sum = b.forLoop(b.idx(1), order, 1, init,
                             [&](Value from, ValueRange carried) {
                               return Values{b.addf(carried[0], term(from))};
                             });
      b.storeVec(sum[0], row, place(first, to));
    });
  };
  b.forLoop(b.idx(0), b.idx(rowWidth), coreOrder * powerOrder,
            [&](Value start) {
              b.forLoop(b.idx(0), b.idx(powerOrder), lanes,
                        [&](Value j) { sumUp(b.add(start, j)); });
            });
}

void RowRotation::emit(KernelBuilder &b, Value from, ValueRange fromRow,
                       Value to, ValueRange toRow) const {
  forLanes(b, b.idx(rowWidth), [&](Lanes lanes) {
    Value x = b.mulf(loadLanes(b, from, fromRow, lanes),
                     loadLanes(b, factors, {}, lanes));
    storeLanes(b, spread(b, x), to, toRow, lanes);
  });
  combineFar(b, to, toRow);
  if (coreOrder > 1)
    multiplyCore(b, to, toRow);
}

//===-- the threads of a block
//---------------------------------------------===//

/// One place of the Sylvester part, in registers.
void RowRotation::multiplyCoreAt(KernelBuilder &b, Value row, ValueRange at,
                                 Value first) const {
  auto place = [&](Value k) {
    return withLast(at, b.add(first, b.mul(k, powerOrder)));
  };
  Values numbers;
  for (int64_t k = 0; k < coreOrder; ++k)
    numbers.push_back(b.load(row, place(b.idx(k))));
  b.forLoop(b.idx(0), b.idx(coreOrder), 1, [&](Value to) {
    Value sum;
    for (int64_t from = 0; from < coreOrder; ++from) {
      Value term = b.mulf(numbers[from], b.load(core, {to, b.idx(from)}));
      sum = sum ? b.addf(sum, term) : term;
    }
    b.store(sum, row, place(to));
  });
}

void RowRotation::emitTogether(KernelBuilder &b, Value from, ValueRange fromRow,
                               Value to, ValueRange toRow, Value thread,
                               int64_t threads) const {
  auto deal = [&](int64_t count, llvm::function_ref<void(Value)> body) {
    b.forLoop(thread, b.idx(count), threads, body);
  };
  deal((rowWidth + kLanes - 1) / kLanes, [&](Value vector) {
    Lanes lanes{b.mul(vector, kLanes), nullptr};
    if (rowWidth % kLanes)
      lanes.count = b.min(b.sub(b.idx(rowWidth), lanes.begin), b.idx(kLanes));
    Value x = b.mulf(loadLanes(b, from, fromRow, lanes),
                     loadLanes(b, factors, {}, lanes));
    storeLanes(b, spread(b, x), to, toRow, lanes);
  });
  for (int64_t half = kLanes; half < powerOrder; half *= 2) {
    barrier(b);
    int64_t vectors = half / kLanes;
    deal(rowWidth / (2 * kLanes), [&](Value pair) {
      Value start = b.mul(b.floorDiv(pair, vectors), 2 * half);
      Value near = b.add(start, b.mul(b.rem(pair, vectors), kLanes));
      Values low = withLast(toRow, near),
             high = withLast(toRow, b.add(near, half));
      Value x = b.loadVec(to, low), y = b.loadVec(to, high);
      b.storeVec(b.addf(x, y), to, low);
      b.storeVec(b.subf(x, y), to, high);
    });
  }
  if (coreOrder == 1)
    return;
  barrier(b);
  deal(rowWidth / coreOrder, [&](Value place) {
    Value start = b.mul(b.floorDiv(place, powerOrder), coreOrder * powerOrder);
    multiplyCoreAt(b, to, toRow, b.add(start, b.rem(place, powerOrder)));
  });
}
