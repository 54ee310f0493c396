//===- Embedding.cpp - rows of a table --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates embedding and embedding.panels: copies the rows that ids name;
// elements of any type of whole bytes. An id outside the table is reported to
// the runtime and gives zeros, so that no memory outside the table is read.

#include "DecodePanel.h"
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
  /// `codes`: of the table when it is packed, or null.
  EmbeddingEmitter(KernelBuilder &b, kern::EmbeddingOp op, const Product *codes)
      : b(b), op(op), ids(op.getInputs()[0]), table(op.getInputs()[1]),
        out(op.getInits()[0]), isPanels(op.getKernel() == "embedding.panels"),
        codes(codes) {
    int64_t outRank = typeOf(out).getRank(), idRank = typeOf(ids).getRank();
    idSizes = sizes(ids, 0, idRank);
    inner = sizes(out, idRank, outRank - 1);
    width = b.dim(out, outRank - 1);
    auto rows = op->getAttrOfType<IntegerAttr>("rows");
    count = rows ? b.idx(rows.getInt()) : b.dim(table, 0);
  }

  void emit() {
    if (b.level().isDevice())
      return emitUnits();
    Value elements = b.mul(product(inner), width);
    forRows(b, product(idSizes), elements, [&](Value number) {
      emitId(
          number, [&](ValueRange place, Value row) { writeRow(place, row); },
          [&](Value id) { callReport(b, op, kIndexOutside, id); });
    });
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

  /// Calls `write` with the place of an id and its row, or null, before which
  /// `report` is called with the id.
  void emitId(Value number, function_ref<void(ValueRange, Value)> write,
              function_ref<void(Value)> report) {
    Values place = delinearize(b, number, idSizes);
    Value id =
        b.create<arith::IndexCastOp>(b.getIndexType(), b.load(ids, place));
    Value fromEnd = b.less(id, b.idx(0));
    Value row = b.create<arith::SelectOp>(fromEnd, b.add(id, count), id);
    // Unsigned, so that negative numbers are outside too.
    Value inside = b.cmp(arith::CmpIPredicate::ult, row, count);
    b.ifThen(
        inside, [&] { write(place, row); },
        [&] {
          report(id);
          write(place, nullptr);
        });
  }

  /// A thread of a GPU has an element of a row, or a line of a packed one; the
  /// first one of a row reports.
  void emitUnits() {
    Values sizes = inner;
    sizes.push_back(codes ? b.idx(codes->lines()) : width);
    Value units = product(sizes);
    b.parallelFor(b.mul(product(idSizes), units), [&](Value item) {
      Value unit = b.rem(item, units);
      emitId(
          b.floorDiv(item, units),
          [&](ValueRange to, Value row) {
            if (codes)
              writeLine(row, to, unit);
            else
              writeElement(row, to, delinearize(b, unit, sizes));
          },
          [&](Value id) {
            b.ifThen(b.equal(unit, b.idx(0)),
                     [&] { callReport(b, op, kIndexOutside, id); });
          });
    });
  }

  void writeElement(Value row, ValueRange to, ArrayRef<Value> place) {
    Values target(to), source{row};
    target.append(place.begin(), place.end());
    source.append(place.begin(), place.end());
    if (row && isPanels)
      source = {b.floorDiv(row, kLanes), place.back(), b.rem(row, kLanes)};
    Value zero = b.constant(typeOf(out).getElementType(), 0);
    b.store(row ? b.load(table, source) : zero, out, target);
  }

  void writeLine(Value row, ValueRange to, Value line) {
    int64_t columns = codes->lineColumns(), full = codes->k / columns;
    auto write = [&](int64_t present) {
      if (row)
        return decodeLine(row, to, line, present);
      for (int64_t c = 0; c < present; ++c)
        storeColumn(b.f32(0), to, b.add(b.mul(line, columns), c));
    };
    int64_t rest = codes->k % columns;
    if (!rest)
      return write(columns);
    b.ifThen(
        b.less(line, b.idx(full)), [&] { write(columns); },
        [&] { write(rest); });
  }

  void storeColumn(Value number, ValueRange to, Value column) {
    Values target(to);
    target.push_back(column);
    b.store(number, out, target);
  }

  /// Copies a row of the table; zeros if there is none.
  void writeRow(ValueRange place, Value row) {
    Value zeros = b.constant(b.vecType(typeOf(out).getElementType()), 0);
    b.forLoop(b.idx(0), product(inner), 1, [&](Value i) {
      Values middle = delinearize(b, i, inner), to(place), from{row};
      to.append(middle);
      from.append(middle);
      if (row && isPanels)
        return gatherElements(row, to);
      if (row && codes)
        return decodeRow(row, to);
      if (isHalf(typeOf(out)))
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
    Value zero = b.constant(typeOf(out).getElementType(), 0);
    b.forLoop(b.idx(0), width, 1, [&](Value i) {
      Values source(from), target(to);
      source.push_back(i);
      target.push_back(i);
      b.store(isCopy ? b.load(table, source) : zero, out, target);
    });
  }

  /// A row of the table is a lane of a panel.
  void gatherElements(Value row, ValueRange to) {
    Value panel = b.floorDiv(row, kLanes), lane = b.rem(row, kLanes);
    b.forLoop(b.idx(0), width, 1, [&](Value i) {
      Values target(to);
      target.push_back(i);
      b.store(b.load(table, {panel, i, lane}), out, target);
    });
  }

  void decodeRow(Value row, ValueRange to) {
    int64_t columns = codes->lineColumns(), full = codes->k / columns;
    b.forLoop(b.idx(0), b.idx(full), 1,
              [&](Value line) { decodeLine(row, to, line, columns); });
    if (int64_t rest = codes->k % columns)
      decodeLine(row, to, b.idx(full), rest);
  }

  /// Decodes the panel that holds the row, and takes its lane: 16 times the
  /// work of one row, but of what products decode for every token, nothing. A
  /// GPU decodes the lane alone.
  void decodeLine(Value row, ValueRange to, Value line, int64_t present) {
    Value panel = b.floorDiv(row, kLanes), lane = b.rem(row, kLanes);
    PanelPart part;
    if (b.level().isDevice())
      part = {1, lane};
    PanelDecoder decoder(b, *codes, part);
    Value first = b.mul(line, codes->lineColumns());
    Value group = b.floorDiv(first, codes->groupSize);
    Value negativeZero = decoder.negativeZeroPoint(panel, group);
    Value scale = decoder.scale(panel, group);
    LineWords words = decoder.loadWords(panel, line);
    for (int64_t c = 0; c < present; ++c) {
      Value number = b.mulf(decoder.number(words, c, negativeZero), scale);
      Value own = part.isWhole()
                      ? Value(b.create<vector::ExtractOp>(number, lane))
                      : Value(b.create<vector::ExtractOp>(number, 0));
      storeColumn(own, to, b.add(first, c));
    }
  }

  KernelBuilder &b;
  Operation *op;
  Value ids, table, out;
  bool isPanels;
  const Product *codes;
  Value width, count;
  Values idSizes, inner;
};
} // namespace

/// The codes of `embedding.codes`.
static FailureOr<Product> readTable(KernelBuilder &b, kern::EmbeddingOp op) {
  Product p;
  ValueRange inputs = op.getInputs();
  bool hasZeroPoints = op->hasAttr("has_zero_points"),
       hasUnit = op->hasAttr("scales");
  auto out = cast<MemRefType>(op.getInits()[0].getType());
  if (inputs.size() != 3u + hasUnit + hasZeroPoints || !op->hasAttr("rows"))
    return op.emitOpError("needs ids, lines, scales, a scale unit and zero "
                          "points where it says so, and the attribute 'rows'");
  auto ids = cast<MemRefType>(inputs[0].getType());
  p.k = out.getShape().back();
  if (ShapedType::isDynamic(p.k) || out.getRank() != ids.getRank() + 1 ||
      !out.getElementType().isF32())
    return op.emitOpError("needs fp32 rows of a static size, found ") << out;
  p.weight = inputs[1];
  p.scales = inputs[2];
  p.scaleUnit = hasUnit ? inputs[3] : Value();
  p.zeroPoints = hasZeroPoints ? inputs.back() : Value();
  if (failed(readCodes(op, p)))
    return failure();
  return p;
}

LogicalResult quantc::emitEmbedding(KernelBuilder &b, kern::EmbeddingOp op) {
  if (op.getKernel() == "embedding.codes") {
    FailureOr<Product> codes = readTable(b, op);
    if (failed(codes))
      return failure();
    EmbeddingEmitter(b, op, &*codes).emit();
    return success();
  }
  bool isPanels = op.getKernel() == "embedding.panels";
  if (!isPanels && op.getKernel() != "embedding")
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
  if (isPanels && (type.getRank() != 3 || type.getDimSize(2) != kLanes ||
                   !op->hasAttr("rows")))
    return op.emitOpError("needs panels of 16 rows and the attribute 'rows'");
  EmbeddingEmitter(b, op, nullptr).emit();
  return success();
}
