//===- WeightSchemes.cpp - choices for weights as schemes -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See WeightSchemes.h.

#include "quantc/Assign/WeightSchemes.h"
#include "ModelSchemes.h"
#include "quantc/Target/CodeLines.h"

using namespace mlir;
using namespace quantc;

/// Numbers in a filter of one channel.
static int64_t tapsOf(nn::ConvOp conv) {
  auto filter = cast<RankedTensorType>(conv.getFilter().getType());
  return filter.getNumElements() / filter.getDimSize(0);
}

/// The same for weights of signs.
static std::string findSignObstacle(Operation *product,
                                    const WeightChoice &weights) {
  if (!isa<nn::MatMulOp>(product))
    return "binary and codebook weights have kernels for matrix products only";
  int64_t line = weights.codebookDim ? weights.codebookDim : codeLineColumns(1);
  if (weights.groupSize % line != 0)
    return "groups of " + std::to_string(weights.groupSize) +
           " are no multiple of " + std::to_string(line);
  return "";
}

std::string quantc::findObstacle(Operation *product,
                                 const WeightChoice &weights,
                                 const ActivationChoice &activations) {
  auto conv = dyn_cast<nn::ConvOp>(product);
  int64_t rank =
      cast<RankedTensorType>(product->getOperand(1).getType()).getRank();
  if (!conv && rank != 2)
    return "weights of rank " + std::to_string(rank) +
           " have no kernel for codes";
  if (conv && conv.getGroups() != 1 && !isDepthwise(conv))
    return "grouped convolutions have no integer kernel";
  if (conv && activations.kind == ActivationChoice::DynamicToken)
    return "convolutions have kernels for static or float activations only";
  unsigned bits = weights.bits;
  if (weights.hasSigns())
    return findSignObstacle(product, weights);
  if (conv && weights.code != "uint")
    return "convolutions have no kernel for " + weights.code + " codes";
  if (conv && weights.scale != "f32" && weights.scale != "f16")
    return "convolutions have no kernel for " + weights.scale + " scales";
  if (conv && weights.realZeros)
    return "convolutions have no kernel for zero points that are numbers";
  if (!hasCodeKernels(bits))
    return std::to_string(bits) + "-bit weights have no kernel";
  if (conv && conv.getGroups() != 1 && weights.groupSize &&
      weights.groupSize < tapsOf(conv))
    return "convolutions with one filter a channel take one scale a channel";
  // Groups are whole lines of the packed weight.
  int64_t line = weights.hasPlanes() ? kPlaneLineInputs : codeLineColumns(bits);
  if (weights.groupSize % line != 0)
    return "groups of " + std::to_string(weights.groupSize) +
           " are no multiple of " + std::to_string(line);
  return "";
}

std::string
quantc::findSignActivationObstacle(const WeightChoice &weights,
                                   ActivationChoice::Kind activations) {
  if (!weights.hasSigns() || activations == ActivationChoice::Float)
    return "";
  if (weights.codebookDim > 0)
    return "codebook weights, which have kernels for float activations only";
  if (activations == ActivationChoice::StaticTensor)
    return "binary weights, which have kernels for float or dynamic "
           "activations only";
  return "";
}

qnt::SchemeAttr quantc::weightScheme(MLIRContext *context,
                                     const WeightChoice &choice,
                                     int64_t reduction) {
  bool hasGroups = choice.groupSize > 0;
  DenseI64ArrayAttr widths;
  if (!choice.widths.empty())
    widths = DenseI64ArrayAttr::get(context, choice.widths);
  return qnt::SchemeAttr::get(
      context, *qnt::symbolizeCodeKind(choice.code), choice.bits,
      hasGroups ? qnt::Granularity::Group : qnt::Granularity::Channel,
      reduction, choice.groupSize, !choice.symmetric,
      choice.realZeros ? qnt::ZeroKind::F16 : qnt::ZeroKind::Code,
      *qnt::symbolizeScaleKind(choice.scale), choice.codebookSize,
      choice.codebookDim, false, {}, widths);
}
