//===- Pool.cpp - maximum and mean over windows -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates pool.max and pool.avg on NHWC images, lanes along the channels. A
// window's elements are taken row by row; padding is skipped, but counts in a
// mean with `count_include_pad` (what lies behind the padding never does).

#include "Emitters.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;
using Values = KernelBuilder::Values;

namespace {
/// One of the two dimensions of a window.
struct Axis {
  int64_t kernel, stride, dilation, begin, end; // padding before and after
  Value size;                                   // of the image
};

class PoolEmitter {
public:
  PoolEmitter(KernelBuilder &b, Value x, Value out, ArrayRef<Axis> axes,
              bool isMax, bool countsPadding)
      : b(b), x(x), out(out), high(axes[0]), wide(axes[1]), isMax(isMax),
        countsPadding(countsPadding) {}

  void emit() {
    Value images = b.dim(x, 0), rows = b.dim(out, 1), columns = b.dim(out, 2);
    Value channels = b.dim(x, 3);
    Value work = b.mul(b.mul(columns, channels), high.kernel * wide.kernel);
    forRows(b, b.mul(images, rows), work, [&](Value item) {
      Values at = delinearize(b, item, {images, rows});
      b.forLoop(b.idx(0), columns, 1, [&](Value column) {
        emitWindow({at[0], at[1], column}, channels);
      });
    });
  }

private:
  /// Position of the k-th element of a window, before padding is cut off.
  Value position(const Axis &axis, Value window, Value k) {
    return b.sub(b.add(b.mul(window, axis.stride), b.mul(k, axis.dilation)),
                 b.idx(axis.begin));
  }
  Value isInside(const Axis &axis, Value at) {
    // Unsigned: what is negative is outside.
    return b.cmp(arith::CmpIPredicate::ult, at, axis.size);
  }
  Value isPadded(const Axis &axis, Value at) {
    return b.less(at, b.add(axis.size, axis.end));
  }
  Value both(Value p, Value q) { return b.create<arith::AndIOp>(p, q); }

  /// Loops over a window; `body` gets the position and what is carried.
  Values overWindow(ValueRange at, ValueRange init,
                    function_ref<Values(Value, Value, ValueRange)> body) {
    return b.forLoop(
        b.idx(0), b.idx(high.kernel), 1, init, [&](Value i, ValueRange outer) {
          Value h = position(high, at[1], i);
          return b.forLoop(b.idx(0), b.idx(wide.kernel), 1, outer,
                           [&](Value j, ValueRange inner) {
                             return body(h, position(wide, at[2], j), inner);
                           });
        });
  }

  /// How many elements the mean is taken over, as f32.
  Value countOf(ValueRange at) {
    Values count = overWindow(
        at, ValueRange{b.idx(0)}, [&](Value h, Value w, ValueRange carried) {
          Value counts = countsPadding
                             ? both(isPadded(high, h), isPadded(wide, w))
                             : both(isInside(high, h), isInside(wide, w));
          Value one = b.create<arith::SelectOp>(counts, b.idx(1), b.idx(0));
          return Values{b.add(carried[0], one)};
        });
    Value number =
        b.create<arith::IndexCastOp>(b.getI32Type(), b.max(count[0], b.idx(1)));
    return b.create<arith::SIToFPOp>(b.getF32Type(), number);
  }

  void emitWindow(Values at, Value channels) {
    Value count = isMax ? Value() : b.splat(countOf(at));
    Value start =
        b.splatF32(isMax ? -std::numeric_limits<float>::infinity() : 0);
    forLanes(b, channels, [&](Lanes lanes) {
      Values acc = overWindow(
          at, ValueRange{start}, [&](Value h, Value w, ValueRange carried) {
            using Branch = function_ref<Values()>;
            return b.ifThen(
                both(isInside(high, h), isInside(wide, w)), Branch([&] {
                  Value v = loadLanes(b, x, {at[0], h, w}, lanes);
                  Value c = carried[0];
                  return Values{isMax ? Value(b.create<arith::MaximumFOp>(c, v))
                                      : b.addf(c, v)};
                }),
                Branch([&] { return Values(carried); }));
          });
      storeLanes(b, isMax ? acc[0] : b.divf(acc[0], count), out, at, lanes);
    });
  }

  KernelBuilder &b;
  Value x, out;
  const Axis high, wide;
  bool isMax, countsPadding;
};
} // namespace

LogicalResult quantc::emitPool(KernelBuilder &b, kern::PoolOp op) {
  bool isMax = op.getKernel() == "pool.max";
  if (!isMax && op.getKernel() != "pool.avg")
    return unknownKernel(op, op.getKernel());
  if (failed(checkFloatRows(op)))
    return failure();
  Value x = op.getInputs()[0], out = op.getInits()[0];
  if (cast<MemRefType>(x.getType()).getRank() != 4)
    return op.emitOpError("needs an image [N, H, W, C]");
  auto numbers = [&](StringRef name) {
    auto attr = op->getAttrOfType<DenseI64ArrayAttr>(name);
    return attr ? attr.asArrayRef() : ArrayRef<int64_t>();
  };
  ArrayRef<int64_t> kernel = numbers("kernel_size"),
                    strides = numbers("strides"), pads = numbers("pads"),
                    dilations = numbers("dilations");
  if (kernel.size() != 2 || strides.size() != 2 || dilations.size() != 2 ||
      pads.size() != 4)
    return op.emitOpError(
        "needs 'kernel_size', 'strides' and 'dilations' of two and 'pads' of "
        "four numbers");
  auto countAttr = op->getAttrOfType<BoolAttr>("count_include_pad");
  Axis axes[2];
  for (int d = 0; d < 2; ++d)
    axes[d] = {kernel[d], strides[d],  dilations[d],
               pads[d],   pads[d + 2], b.dim(x, d + 1)};
  PoolEmitter(b, x, out, axes, isMax, countAttr && countAttr.getValue()).emit();
  return success();
}
