//===- LayerReport.cpp - the layers of a model for the report -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What was decided is read behind Assign; kernels and sizes behind Select,
// where every constant has its final type and place.

#include "quantc/Pipeline/LayerReport.h"
#include "quantc/Assign/Candidates.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Target/CodeLines.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;

static std::string describeWeights(qnt::SchemeAttr scheme) {
  if (scheme.isNone())
    return "float";
  // Other codes have their bits in their name.
  bool isInteger = scheme.getCode() == qnt::CodeKind::UInt ||
                   scheme.getCode() == qnt::CodeKind::Int;
  std::string text = qnt::stringifyCodeKind(scheme.getCode()).str();
  if (scheme.getCodebookDim())
    text += llvm::formatv(" of {0} patterns of {1}", scheme.getCodebookSize(),
                          scheme.getCodebookDim())
                .str();
  if (isInteger)
    text += std::to_string(scheme.getBits());
  if (!scheme.widths().empty()) {
    auto bits = llvm::map_range(scheme.widths(),
                                [](int64_t w) { return std::to_string(w); });
    text += llvm::join(bits, "/");
  }
  if (scheme.getGroupSize())
    text += " g" + std::to_string(scheme.getGroupSize());
  else
    text += " per channel";
  if (isInteger)
    text += scheme.getZeroPoint() ? " asymmetric" : " symmetric";
  if (scheme.getZero() == qnt::ZeroKind::F16)
    text += ", f16 zero points";
  if (scheme.getScale() != qnt::ScaleKind::F32)
    text += ", " + qnt::stringifyScaleKind(scheme.getScale()).str() + " scales";
  return text;
}

/// Bits of the codes, for one weight.
static double nominalBits(qnt::SchemeAttr scheme) {
  if (scheme.isNone())
    return 32;
  return double(scheme.getBits()) /
         double(std::max<int64_t>(scheme.getCodebookDim(), 1));
}

static std::string describeActivations(qnt::SchemeAttr scheme) {
  if (scheme.isNone())
    return "float";
  if (scheme.getCode() == qnt::CodeKind::Binary)
    return "binary per tensor";
  std::string code = "int" + std::to_string(scheme.getBits());
  return code + (scheme.getDynamic() ? " per token" : " per tensor");
}

/// What Assign says of the inputs that `op` leaves out.
static std::optional<SparsityReport> describeSparsity(Operation *op) {
  SparsityReport sparsity;
  if (auto reason = op->getAttrOfType<StringAttr>(denseName))
    sparsity.reason = reason.str();
  else if (auto target = op->getAttrOfType<FloatAttr>(sparsityName))
    sparsity.target = target.getValueAsDouble();
  else
    return std::nullopt;
  return sparsity;
}

/// Says of how many inputs a weight has halves.
static std::string describeSplit(qnt::AssignOp weight) {
  qnt::TransformOp split = qnt::TransformOp::splitOf(weight.getInput());
  if (!split)
    return "";
  auto sizeOf = [](Value value, uint64_t axis) {
    return cast<RankedTensorType>(value.getType())
        .getDimSize(static_cast<unsigned>(axis));
  };
  return llvm::formatv(", {0} of {1} inputs split", sizeOf(split.getBy(), 0),
                       sizeOf(split.getInput(), split.getAxis()));
}

static LayerReport describe(Operation *op, qnt::AssignOp weight,
                            qnt::AssignOp activation) {
  LayerReport layer;
  layer.name = nodeOf(op);
  layer.op = isa<nn::ConvOp>(op) ? "Conv" : "MatMul";
  qnt::SchemeAttr scheme = weight.getScheme();
  layer.weights = describeWeights(scheme) + describeSplit(weight);
  layer.activations =
      activation ? describeActivations(activation.getScheme()) : "float";
  if (scheme.isNone() && scheme.getReason())
    layer.reason = scheme.getReason().str();
  layer.method = weight.isFromModel() ? "from model"
                                      : weight.getMethod().value_or("").str();
  // Why codes of the activation become numbers; numbers need no reason.
  bool hasCodes =
      activation && activation.getInput().getDefiningOp<qnt::DequantizeOp>();
  if (hasCodes && weight.isFromModel() && activation.getScheme().isNone())
    layer.reason = activation.getScheme().getReason().str();
  layer.parameters = weight.countOfModel();
  layer.bitsNominal = nominalBits(scheme);
  layer.sparsity = describeSparsity(op);
  if (auto format = op->getAttrOfType<StringAttr>(formatAttr))
    layer.format = format.str();
  return layer;
}

/// A product whose weight came packed, as MatMulNBits has it.
static LayerReport describePacked(qnt::MatMulOp op) {
  LayerReport layer;
  layer.name = nodeOf(op);
  layer.op = "MatMul";
  qnt::PackedType weight = op.getWeight().getType();
  layer.weights = describeWeights(weight.getScheme());
  layer.activations = "float";
  layer.method = "from model";
  layer.parameters = weight.getShape()[0] * weight.getShape()[1];
  layer.bitsNominal = nominalBits(weight.getScheme());
  return layer;
}

void quantc::describeLayers(ModuleOp module, CompileReport &report) {
  report.layers.clear();
  module.walk([&](Operation *op) {
    if (auto packed = dyn_cast<qnt::MatMulOp>(op))
      return report.layers.push_back(describePacked(packed));
    if (!isa<nn::MatMulOp, nn::ConvOp>(op))
      return;
    if (auto weight = op->getOperand(1).getDefiningOp<qnt::AssignOp>())
      report.layers.push_back(describe(
          op, weight, op->getOperand(0).getDefiningOp<qnt::AssignOp>()));
  });
}

static std::optional<double> numberAt(Operation *op, StringRef name) {
  auto found = op->getAttrOfType<FloatAttr>(name);
  return found ? std::optional(found.getValueAsDouble()) : std::nullopt;
}

/// Errors of the widths of planes, which describeKernels completes.
static void noteSqnr(Operation *product, LayerReport &layer) {
  auto matmul = dyn_cast<qnt::MatMulOp>(product);
  auto errors = product->getAttrOfType<DenseF64ArrayAttr>("qnt.plane_sqnr");
  if (!matmul || !errors)
    return;
  layer.precisions.clear();
  ArrayRef<int64_t> widths = matmul.getWeight().getType().getScheme().widths();
  for (auto [width, sqnr] : llvm::zip(widths, errors.asArrayRef()))
    layer.precisions.push_back({static_cast<unsigned>(width), 0, sqnr});
}

void quantc::describeErrors(ModuleOp module, CompileReport &report) {
  llvm::StringMap<Operation *> products;
  module.walk([&](Operation *op) {
    if (op->hasAttr("qnt.weight_sqnr"))
      products.try_emplace(nodeOf(op), op);
  });
  for (LayerReport &layer : report.layers)
    if (Operation *product = products.lookup(layer.name)) {
      layer.sqnrDb = numberAt(product, "qnt.weight_sqnr");
      layer.cosine = numberAt(product, "qnt.weight_cosine");
      layer.saturated = numberAt(product, "qnt.weight_saturated");
      noteSqnr(product, layer);
    }
}

void quantc::describeClipping(ModuleOp module, CompileReport &report) {
  llvm::StringMap<std::optional<double>> shares;
  module.walk([&](Operation *op) {
    if (isa<nn::MatMulOp, nn::ConvOp>(op))
      if (auto input = op->getOperand(0).getDefiningOp<qnt::AssignOp>())
        shares.try_emplace(nodeOf(op), numberAt(input, "qnt.clipped"));
  });
  for (LayerReport &layer : report.layers)
    layer.inputSaturated = shares.lookup(layer.name);
}

/// Bytes of the weights that a kernel reads, without its bias.
static uint64_t weightBytesOf(Operation *kernel) {
  uint64_t bytes = 0;
  for (Value operand : kernel->getOperands()) {
    auto constant = operand.getDefiningOp<kern::ConstantOp>();
    if (!constant)
      continue;
    auto type = cast<RankedTensorType>(constant.getType());
    uint64_t element = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    if (type.getRank() > 1)
      bytes += llvm::alignTo(type.getNumElements() * element, 64);
  }
  // Column scales stand before the kernel, in whatever computes its input.
  if (auto scales = kernel->getAttrOfType<IntegerAttr>("input_scale_bytes"))
    bytes += llvm::alignTo(static_cast<uint64_t>(scales.getInt()), 64);
  return bytes;
}

/// Bytes of the channels that a kernel's input takes when the model runs, for
/// the first of the layers that read them.
static uint64_t channelBytesOf(Operation *kernel,
                               llvm::SmallPtrSetImpl<Operation *> &counted) {
  Operation *input = kernel->getOperand(0).getDefiningOp();
  if (!isa_and_present<kern::TakeOp, kern::QuantizeOp>(input) ||
      input->getNumOperands() < 2 || !counted.insert(input).second)
    return 0;
  auto channels = input->getOperand(1).getDefiningOp<kern::ConstantOp>();
  if (!channels)
    return 0;
  auto type = cast<RankedTensorType>(channels.getType());
  return llvm::alignTo(type.getNumElements() * sizeof(int32_t), 64);
}

/// What a call at each width of a kernel of planes reads of the bytes of its
/// layer: not the planes below the width, nor what other widths have of their
/// own.
static void describePrecisions(Operation *kernel, LayerReport &layer) {
  auto widths = kernel->getAttrOfType<DenseI64ArrayAttr>("widths");
  auto bits = kernel->getAttrOfType<IntegerAttr>("bits");
  if (!widths || !bits)
    return;
  SmallVector<uint64_t> sizes; // of planes, scales and weight sums
  for (Value operand : kernel->getOperands())
    if (auto constant = operand.getDefiningOp<kern::ConstantOp>()) {
      auto type = cast<RankedTensorType>(constant.getType());
      sizes.push_back(
          llvm::alignTo(type.getNumElements() *
                            llvm::divideCeil(type.getElementTypeBitWidth(), 8),
                        64));
    }
  int64_t planes = planeCount(unsigned(bits.getInt())), count = widths.size();
  int64_t sets = kernel->hasAttr("has_row_zero_points") ? 2 : 1;
  layer.precisions.resize(count);
  for (auto [i, width] : llvm::enumerate(widths.asArrayRef())) {
    uint64_t read = layer.bytes;
    for (int64_t plane = planeCount(unsigned(width)); plane < planes; ++plane)
      read -= sizes[plane];
    for (int64_t j = 0; j < sets * count; ++j)
      if (j % count != int64_t(i))
        read -= sizes[planes + j];
    layer.precisions[i].bits = unsigned(width);
    layer.precisions[i].bytesRead = read;
  }
}

/// The first half of the low-rank branch of a product, or null.
static kern::ProjectOp branchOf(Operation *kernel) {
  for (Value operand : kernel->getOperands())
    if (auto branch = operand.getDefiningOp<kern::ProjectOp>())
      return kernel->hasAttr("has_branch") ? branch : kern::ProjectOp();
  return {};
}

void quantc::describeKernels(ModuleOp module, CompileReport &report) {
  // The entry with caches repeats the layers of the one without.
  llvm::StringMap<Operation *> kernels;
  module.walk([&](Operation *op) {
    if (isa<kern::MatMulOp, kern::BatchMatMulOp, kern::ConvOp,
            kern::DepthwiseConvOp, kern::BinaryMatMulOp, kern::BinaryConvOp>(
            op))
      kernels.try_emplace(nodeOf(op), op);
  });
  llvm::SmallPtrSet<Operation *, 16> counted;
  for (LayerReport &layer : report.layers) {
    Operation *kernel = kernels.lookup(layer.name);
    if (!kernel)
      continue;
    layer.kernel = kernel->getAttrOfType<StringAttr>("kernel").str();
    layer.bytes = weightBytesOf(kernel);
    describePrecisions(kernel, layer);
    layer.bytes += channelBytesOf(kernel, counted);
    if (kern::ProjectOp branch = branchOf(kernel)) {
      layer.rank =
          cast<RankedTensorType>(branch.getInputs()[1].getType()).getDimSize(0);
      layer.bytes += weightBytesOf(branch);
      layer.weights += ", rank " + std::to_string(layer.rank);
    }
    if (layer.parameters)
      layer.bitsStored = 8.0 * static_cast<double>(layer.bytes) /
                         static_cast<double>(layer.parameters);
  }
}
