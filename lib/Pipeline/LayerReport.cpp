//===- LayerReport.cpp - the layers of a model for the report -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sizes follow from the schemes, so that a plan is exact before anything is
// quantized.

#include "quantc/Pipeline/LayerReport.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;

static std::string describeWeights(qnt::SchemeAttr scheme) {
  if (scheme.isNone())
    return "float";
  std::string text =
      llvm::formatv("{0}{1}", qnt::stringifyCodeKind(scheme.getCode()),
                    scheme.getBits())
          .str();
  if (scheme.getGroupSize())
    text += " g" + std::to_string(scheme.getGroupSize());
  else
    text += " per channel";
  return text + (scheme.getZeroPoint() ? " asymmetric" : " symmetric");
}

static std::string describeActivations(qnt::SchemeAttr scheme) {
  if (scheme.isNone())
    return "float";
  return scheme.getDynamic() ? "int8 per token" : "int8 per tensor";
}

/// Bytes of the packed weight `[n, k]` with its scales and zero points.
static uint64_t storedBytes(qnt::SchemeAttr scheme, int64_t n, int64_t k) {
  if (scheme.isNone())
    return 4 * n * k;
  auto layout =
      qnt::PackLayoutAttr::get(scheme.getContext(), qnt::LayoutKind::Panel16K4);
  auto packed =
      qnt::PackedType::get(scheme.getContext(), {n, k}, scheme, layout);
  int64_t groups = n * scheme.groupCount(k);
  return packed.getByteSize() + groups * (scheme.getZeroPoint() ? 5 : 4);
}

static LayerReport describe(Operation *op, qnt::AssignOp weight,
                            qnt::AssignOp activation) {
  LayerReport layer;
  auto name = dyn_cast<NameLoc>(op->getLoc());
  layer.name = name ? name.getName().str() : op->getName().getStringRef().str();
  layer.op = isa<nn::ConvOp>(op) ? "Conv" : "MatMul";
  qnt::SchemeAttr scheme = weight.getScheme();
  layer.weights = describeWeights(scheme);
  layer.activations =
      activation ? describeActivations(activation.getScheme()) : "float";
  if (scheme.isNone() && scheme.getReason())
    layer.reason = scheme.getReason().str();
  layer.method = weight.isFromModel() ? "from model"
                                      : weight.getMethod().value_or("").str();
  if (activation && weight.isFromModel() && activation.getScheme().isNone())
    layer.reason = activation.getScheme().getReason().str();
  auto type = cast<RankedTensorType>(weight.getType());
  auto matmul = dyn_cast<nn::MatMulOp>(op);
  int64_t n = type.getDimSize(matmul && !matmul.getTransposeRhs() ? 1 : 0);
  layer.parameters = type.getNumElements();
  layer.bytes = n ? storedBytes(scheme, n, layer.parameters / n) : 0;
  layer.bitsNominal = scheme.isNone() ? 32 : scheme.getBits();
  if (layer.parameters)
    layer.bitsStored = 8.0 * static_cast<double>(layer.bytes) /
                       static_cast<double>(layer.parameters);
  return layer;
}

void quantc::describeLayers(ModuleOp module, CompileReport &report) {
  report.layers.clear();
  module.walk([&](Operation *op) {
    if (!isa<nn::MatMulOp, nn::ConvOp>(op))
      return;
    if (auto weight = op->getOperand(1).getDefiningOp<qnt::AssignOp>())
      report.layers.push_back(describe(
          op, weight, op->getOperand(0).getDefiningOp<qnt::AssignOp>()));
  });
}
