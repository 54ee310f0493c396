//===- Widen.cpp - models in fp64 -------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The same IR with f64 in place of its float types. For certificates: what
// differs then is not the rounding of fp32.

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantc/Interpret/Interpret.h"

using namespace mlir;
using namespace quantc;

static Type widen(Type type) {
  Type f64 = Float64Type::get(type.getContext());
  if (isa<FloatType>(type))
    return f64;
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType>(tensor.getElementType()) ? tensor.clone(f64)
                                                           : type;
}

static APFloat widen(APFloat number) {
  bool losesInfo;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return number;
}

static void widenConstant(arith::ConstantOp constant) {
  Type f64 = Float64Type::get(constant.getContext());
  if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
    constant.setValueAttr(FloatAttr::get(f64, widen(number.getValue())));
  auto dense = dyn_cast<DenseFPElementsAttr>(constant.getValue());
  if (!dense)
    return;
  constant.setValueAttr(dense.mapValues(f64, [](const APFloat &number) {
    return widen(number).bitcastToAPInt();
  }));
}

void quantc::widenToDouble(func::FuncOp function) {
  function.walk([](Operation *op) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      widenConstant(constant);
    for (Value result : op->getResults())
      result.setType(widen(result.getType()));
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setType(widen(argument.getType()));
  });
  SmallVector<Type> inputs, results;
  for (Type type : function.getFunctionType().getInputs())
    inputs.push_back(widen(type));
  for (Type type : function.getFunctionType().getResults())
    results.push_back(widen(type));
  function.setFunctionType(
      FunctionType::get(function.getContext(), inputs, results));
}
