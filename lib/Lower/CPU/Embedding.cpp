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

  /// Decodes the panel that holds the row, and takes its lane: 16 times the
  /// work of one row, but of what products decode for every token, nothing.
  void decodeRow(Value row, ValueRange to) {
    PanelDecoder decoder(b, *codes);
    Value panel = b.floorDiv(row, kLanes), lane = b.rem(row, kLanes);
    int64_t columns = codes->lineColumns();
    auto decodeLine = [&](Value line, int64_t present) {
      Value first = b.mul(line, columns);
      Value group = b.floorDiv(first, codes->groupSize);
      Value negativeZero = decoder.negativeZeroPoint(panel, group);
      Value scale = decoder.scale(panel, group);
      LineWords words = decoder.loadWords(panel, line);
      for (int64_t c = 0; c < present; ++c) {
        Value number = b.mulf(decoder.number(words, c, negativeZero), scale);
        Values target(to);
        target.push_back(b.add(first, c));
        b.store(b.create<vector::ExtractOp>(number, lane), out, target);
      }
    };
    int64_t full = codes->k / columns;
    b.forLoop(b.idx(0), b.idx(full), 1,
              [&](Value line) { decodeLine(line, columns); });
    if (int64_t rest = codes->k % columns)
      decodeLine(b.idx(full), rest);
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
