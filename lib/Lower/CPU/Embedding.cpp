//===- Embedding.cpp - rows of a table --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates embedding: copies the rows that ids name; elements of any type of
// whole bytes. An id outside the table is reported to the runtime and gives
// zeros, so that no memory outside the table is read.

#include "Emitters.h"
#include "MathHalf.h"
#include "Rows.h"
#include "RuntimeCalls.h"

using namespace mlir;
using namespace quantc;
using Values = KernelBuilder::Values;

/// The code of include/quantc-c/program.h for an index outside a table.
static constexpr int32_t kIndexOutside = 1;

namespace {
class EmbeddingEmitter {
public:
  EmbeddingEmitter(KernelBuilder &b, kern::EmbeddingOp op)
      : b(b), op(op), ids(op.getInputs()[0]), table(op.getInputs()[1]),
        out(op.getInits()[0]) {
    idSizes = sizes(ids, 0, typeOf(ids).getRank());
    inner = sizes(table, 1, typeOf(table).getRank() - 1);
    width = b.dim(table, typeOf(table).getRank() - 1);
  }

  void emit() {
    Value elements = b.mul(product(inner), width);
    forRows(b, product(idSizes), elements,
            [&](Value number) { emitId(number); });
  }

private:
  static MemRefType typeOf(Value memref) {
    return cast<MemRefType>(memref.getType());
  }
  Values sizes(Value memref, int64_t from, int64_t to) {
    Values result;
    for (int64_t d = from; d < to; ++d)
      result.push_back(b.dim(memref, d));
    return result;
  }
  Value product(ArrayRef<Value> values) {
    Value result = b.idx(1);
    for (Value value : values)
      result = b.mul(result, value);
    return result;
  }

  void emitId(Value number) {
    Values place = delinearize(b, number, idSizes);
    Value id =
        b.create<arith::IndexCastOp>(b.getIndexType(), b.load(ids, place));
    Value count = b.dim(table, 0);
    Value fromEnd = b.less(id, b.idx(0));
    Value row = b.create<arith::SelectOp>(fromEnd, b.add(id, count), id);
    // Unsigned, so that negative numbers are outside too.
    Value inside = b.cmp(arith::CmpIPredicate::ult, row, count);
    b.ifThen(
        inside, [&] { writeRow(place, row); },
        [&] {
          callReport(b, op, kIndexOutside, id);
          writeRow(place, nullptr);
        });
  }

  /// Copies a row of the table; zeros if there is none.
  void writeRow(ValueRange place, Value row) {
    Value zeros = b.constant(b.vecType(typeOf(table).getElementType()), 0);
    b.forLoop(b.idx(0), product(inner), 1, [&](Value i) {
      Values middle = delinearize(b, i, inner), to(place), from{row};
      to.append(middle);
      from.append(middle);
      if (isHalf(typeOf(table)))
        return writeElements(from, to, bool(row));
      forLanes(b, width, [&](Lanes lanes) {
        storeLanes(b, row ? loadLanes(b, table, from, lanes) : zeros, out, to,
                   lanes);
      });
    });
  }

  /// Element by element: partial vectors of 16-bit floats become calls of a
  /// library.
  void writeElements(ValueRange from, ValueRange to, bool isCopy) {
    Value zero = b.constant(typeOf(table).getElementType(), 0);
    b.forLoop(b.idx(0), width, 1, [&](Value i) {
      Values source(from), target(to);
      source.push_back(i);
      target.push_back(i);
      b.store(isCopy ? b.load(table, source) : zero, out, target);
    });
  }

  KernelBuilder &b;
  Operation *op;
  Value ids, table, out, width;
  Values idSizes, inner;
};
} // namespace

LogicalResult quantc::emitEmbedding(KernelBuilder &b, kern::EmbeddingOp op) {
  if (op.getKernel() != "embedding")
    return unknownKernel(op, op.getKernel());
  Value table = op.getInputs()[1];
  auto type = cast<MemRefType>(table.getType());
  Type element = type.getElementType();
  if (type.getRank() < 2 || !hasContiguousRows(table) ||
      !hasContiguousRows(op.getInits()[0]) || !element.isIntOrFloat() ||
      element.getIntOrFloatBitWidth() % 8 != 0)
    return op.emitOpError(
               "needs a table of contiguous rows of whole bytes, found ")
           << type;
  EmbeddingEmitter(b, op).emit();
  return success();
}
