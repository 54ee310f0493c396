//===- TransformScaleInputs.cpp - features divided by numbers ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// (x / s) (diag(s) W) = x W: who writes x divides, who reads it multiplies.
// Which numbers was decided before, from samples.

#include "Constants.h"
#include "quantc/Transform/Passes.h"
#include "quantc/Transform/ScalePlaces.h"
#include <cmath>

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_TRANSFORMSCALEINPUTS
#include "quantc/Transform/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
struct TransformScaleInputs
    : quantc::impl::TransformScaleInputsBase<TransformScaleInputs> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.getBody().hasOneBlock())
        for (const ScalePlace &place : findScalePlaces(function))
          if (failed(scale(place, symbols)))
            return signalPassFailure();
    WalkResult left = getOperation().walk([](nn::MatMulOp op) {
      if (!op->hasAttr(inputScalesName))
        return WalkResult::advance();
      op.emitError("has scales for its inputs, but not all that writes and "
                   "reads these inputs can take a scale");
      return WalkResult::interrupt();
    });
    if (left.wasInterrupted())
      signalPassFailure();
  }

private:
  /// The scales that a reader of `place` has; all readers lose theirs.
  DenseF32ArrayAttr takeScales(const ScalePlace &place) {
    DenseF32ArrayAttr found;
    for (const ConstantAxis &reader : place.readers)
      if (Attribute left =
              reader.operand->getOwner()->removeAttr(inputScalesName))
        found = dyn_cast<DenseF32ArrayAttr>(left);
    return found;
  }

  LogicalResult scale(const ScalePlace &place, SymbolTable &symbols) {
    DenseF32ArrayAttr scales = takeScales(place);
    if (!scales)
      return success();
    Operation *at = place.readers.front().operand->getOwner();
    if (scales.size() != place.scales)
      return at->emitError("has ")
             << scales.size() << " scales for its inputs, expected "
             << place.scales;
    for (float number : scales.asArrayRef())
      if (!(number > 0) || !std::isfinite(number))
        return at->emitError("has the scale ")
               << number << " for an input, expected positive numbers";
    for (const ConstantAxis &writer : place.writers)
      apply(writer, scales.asArrayRef(), /*inverse=*/true, symbols);
    for (const ConstantAxis &reader : place.readers)
      apply(reader, scales.asArrayRef(), /*inverse=*/false, symbols);
    ++places;
    return success();
  }

  void apply(const ConstantAxis &constant, ArrayRef<float> scales, bool inverse,
             SymbolTable &symbols) {
    Value weight = constant.operand->get();
    int64_t size = cast<RankedTensorType>(weight.getType())
                       .getDimSize(static_cast<unsigned>(constant.axis));
    std::vector<float> numbers;
    for (int64_t i = 0; i < size; ++i)
      numbers.push_back(scales[i % scales.size()]);
    OpBuilder b(constant.operand->getOwner());
    auto type = RankedTensorType::get({size}, b.getF32Type());
    StringRef name = qnt::TransformOp::paramOf(weight).getName();
    Value by = makeConstant(symbols, b, weight.getLoc(),
                            (name + (inverse ? ".divided" : ".scaled")).str(),
                            DenseElementsAttr::get(type, ArrayRef(numbers)));
    constant.operand->set(qnt::TransformOp::create(
        b, weight.getLoc(), weight.getType(), qnt::TransformKind::Scale, weight,
        by, constant.axis, 0, 0, inverse, qnt::SchemeAttr()));
    ++weights;
  }
};
} // namespace
