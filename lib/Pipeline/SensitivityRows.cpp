//===- SensitivityRows.cpp - candidates of layers, and their bytes --------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See SensitivityRows.h.

#include "SensitivityRows.h"
#include "Calibration.h"
#include "Diagnostics.h"
#include "SparsityCalibration.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Assign/WeightSchemes.h"
#include "quantc/Fuse/Passes.h"
#include "quantc/Methods/Method.h"
#include "quantc/Pipeline/LayerReport.h"
#include "quantc/Quantize/Passes.h"
#include "quantc/Quantize/WeightMatrix.h"
#include "quantc/Select/Passes.h"
#include "quantc/Support/Errors.h"
#include "quantc/Target/CodeLines.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include <set>

using namespace mlir;
using namespace quantc;

std::string quantc::layerNameOf(Operation *op) {
  auto name = dyn_cast<NameLoc>(op->getLoc());
  return name ? name.getName().str() : op->getName().getStringRef().str();
}

llvm::Expected<OwningOpRef<ModuleOp>> quantc::assignCopy(ModuleOp module,
                                                         const Recipe &recipe) {
  OwningOpRef<ModuleOp> copy = module.clone();
  DiagnosticCollector collector(module.getContext());
  PassManager pm(module.getContext());
  pm.addPass(createAssignRecipe(recipe));
  if (failed(pm.run(*copy)))
    return makeError(ErrorKind::Usage, "phase assign failed: {0}",
                     collector.text());
  if (weightedLayersOf(*copy).empty())
    return makeError(ErrorKind::Usage,
                     "recipe '{0}': there is a budget, but no layer is "
                     "quantized that it could be for; say 'weights'",
                     recipe.name());
  return std::move(copy);
}

SmallVector<WeightedLayer> quantc::weightedLayersOf(ModuleOp assigned) {
  SmallVector<WeightedLayer> layers;
  assigned.walk([&](Operation *op) {
    if (!isa<nn::MatMulOp, nn::ConvOp>(op))
      return;
    auto weight = op->getOperand(1).getDefiningOp<qnt::AssignOp>();
    if (weight && !weight.getScheme().isNone() && !weight.isFromModel())
      layers.push_back({op, weight, layerNameOf(op)});
  });
  return layers;
}

std::vector<SmallVector<size_t>>
quantc::groupsOfWeights(ArrayRef<WeightedLayer> layers) {
  llvm::MapVector<const void *, SmallVector<size_t>> groups;
  for (auto [i, layer] : llvm::enumerate(layers)) {
    Value input = qnt::AssignOp(layer.weight).getInput();
    nn::ParamOp param = qnt::TransformOp::paramOf(input);
    groups[param ? param.getNameAttr().getAsOpaquePointer()
                 : input.getAsOpaquePointer()]
        .push_back(i);
  }
  std::vector<SmallVector<size_t>> lists;
  for (auto &[weight, members] : groups)
    lists.push_back(members);
  return lists;
}

qnt::SchemeAttr quantc::schemeOf(const WeightedLayer &layer,
                                 const BitCandidate &candidate) {
  qnt::AssignOp weight = layer.weight;
  return candidate.isFormat() ? candidate.scheme
                              : withBits(weight.getScheme(), candidate.bits);
}

StringRef quantc::methodOf(const WeightedLayer &layer,
                           const BitCandidate &candidate) {
  qnt::AssignOp weight = layer.weight;
  return candidate.isFormat() ? StringRef(candidate.method)
                              : weight.getMethod().value_or("rtn");
}

StringRef quantc::usualMethod(qnt::SchemeAttr scheme) {
  if (!scheme.hasSigns())
    return "rtn";
  return scheme.getCodebookDim() ? "btc" : "arb";
}

/// Bits whose groups kernels can read. Codes other than integers have theirs.
static bool canHave(const WeightedLayer &layer, unsigned bits) {
  qnt::AssignOp weight = layer.weight;
  qnt::SchemeAttr scheme = weight.getScheme();
  if (groupSchemeOf(scheme).steps)
    return scheme.getBits() == bits;
  return hasCodeKernels(bits) &&
         scheme.getGroupSize() % codeLineColumns(bits) == 0;
}

/// Whether `method` gives the codes of a scheme.
static llvm::Error checkMethod(StringRef method, qnt::SchemeAttr scheme) {
  const Method *found = lookupMethod(method);
  return scheme.hasSigns() ? found->check(binarySchemeOf(scheme))
                           : found->check(groupSchemeOf(scheme));
}

/// The recipe's method, where it was chosen and gives such codes; else the
/// format's or the usual one.
static std::string chooseMethod(const WeightedLayer &layer,
                                const BudgetFormat &format,
                                qnt::SchemeAttr scheme) {
  qnt::AssignOp weight = layer.weight;
  StringRef own = weight.getMethod().value_or("rtn");
  if (format.isMethodGiven)
    return format.method;
  llvm::Error refused = checkMethod(own, scheme);
  bool isRefused = static_cast<bool>(refused);
  llvm::consumeError(std::move(refused));
  if (!isRefused && own != "rtn")
    return own.str();
  return format.method.empty() ? usualMethod(scheme).str() : format.method;
}

static ActivationChoice activationOf(Operation *product) {
  ActivationChoice choice;
  auto assign = product->getOperand(0).getDefiningOp<qnt::AssignOp>();
  if (assign && !assign.getScheme().isNone())
    choice.kind = assign.getScheme().getDynamic()
                      ? ActivationChoice::DynamicToken
                      : ActivationChoice::StaticTensor;
  return choice;
}

/// Why no kernel computes a layer with such a weight, or nothing.
static std::string obstacleOf(const WeightedLayer &layer,
                              const BudgetFormat &format) {
  ActivationChoice activation = activationOf(layer.op);
  std::string obstacle = findObstacle(layer.op, format.weights, activation);
  if (obstacle.empty())
    obstacle = findSignActivationObstacle(format.weights, activation.kind);
  if (!obstacle.empty() || !format.weights.hasSigns())
    return obstacle;
  // Embeddings have no kernel for signs.
  qnt::AssignOp weight = layer.weight;
  nn::ParamOp param = qnt::TransformOp::paramOf(weight.getInput());
  bool isShared = false;
  layer.op->getParentOfType<ModuleOp>().walk([&](nn::EmbeddingOp op) {
    auto table = op.getTable().getDefiningOp<qnt::AssignOp>();
    isShared |= table && qnt::TransformOp::paramOf(table.getInput()) &&
                qnt::TransformOp::paramOf(table.getInput()).getName() ==
                    param.getName();
  });
  return isShared ? "an embedding shares its table" : "";
}

/// A candidate of a format without bytes and error.
static BitCandidate candidateOf(const WeightedLayer &layer,
                                const BudgetFormat &format) {
  qnt::AssignOp weight = layer.weight;
  BitCandidate candidate;
  candidate.scheme = weightScheme(weight.getContext(), format.weights,
                                  weight.getScheme().getAxis());
  candidate.bits = candidate.scheme.getBits();
  candidate.format = format.name;
  candidate.method = chooseMethod(layer, format, candidate.scheme);
  return candidate;
}

namespace {
/// A choice of the budget, without a layer: bits, or a format.
struct Choice {
  unsigned bits;
  const BudgetFormat *format; ///< null for bits

  std::string name() const {
    return format ? format->name : std::to_string(bits) + " bits";
  }
  /// Why the layer cannot have it, or nothing.
  std::string obstacle(const WeightedLayer &layer) const {
    if (format)
      return obstacleOf(layer, *format);
    if (canHave(layer, bits))
      return "";
    qnt::AssignOp weight = layer.weight;
    if (groupSchemeOf(weight.getScheme()).steps)
      return "its codes have their own bits";
    if (!hasCodeKernels(bits))
      return std::to_string(bits) + "-bit weights have no kernel";
    return "groups of " + std::to_string(weight.getScheme().getGroupSize()) +
           " are no multiple of " + std::to_string(codeLineColumns(bits));
  }
  BitCandidate candidate(const WeightedLayer &layer) const {
    return format ? candidateOf(layer, *format) : BitCandidate{bits};
  }
};
} // namespace

/// Decides what leaves out inputs: what the recipe says, or, where a budget
/// chooses that later, nothing unless `inColumns`.
static llvm::Error assumeSparsity(ModuleOp module, const Recipe &recipe,
                                  bool inColumns,
                                  DiagnosticCollector &collector) {
  if (!recipe.isSparse())
    return llvm::Error::success();
  if (recipe.budget()->bytesPerToken && !inColumns) {
    module.walk([](qnt::AssignOp op) { op.dropRemainder(); });
    return llvm::Error::success();
  }
  PassManager pm(module.getContext());
  pm.addPass(createAssignSparsity(recipe));
  if (failed(pm.run(module)))
    return makeError(ErrorKind::Usage, "phase assign failed: {0}",
                     collector.text());
  assumeThresholds(module, recipe);
  return llvm::Error::success();
}

/// Bytes of every layer with a choice, where it can have it, by name.
static llvm::Expected<llvm::StringMap<int64_t>>
planBytes(ModuleOp assigned, const Choice &choice, const Recipe &recipe,
          bool inColumns = false) {
  OwningOpRef<ModuleOp> copy = assigned.clone();
  for (const WeightedLayer &layer : weightedLayersOf(*copy))
    if (choice.obstacle(layer).empty())
      setCandidate(layer.weight, choice.candidate(layer));
  DiagnosticCollector collector(copy->getContext());
  if (llvm::Error error = assumeSparsity(*copy, recipe, inColumns, collector))
    return std::move(error);
  assumeRanges(*copy);
  CompileReport report;
  describeLayers(*copy, report);
  PassManager pm(copy->getContext());
  buildQuantizePhase(pm, "plan", /*sizesOnly=*/true);
  buildFusePhase(pm);
  buildSelectPhase(pm);
  if (failed(pm.run(*copy)))
    return makeError(ErrorKind::Unsupported,
                     "the model cannot be planned with weights of {0}: {1}",
                     choice.name(), collector.text());
  describeKernels(*copy, report);
  llvm::StringMap<int64_t> bytes;
  for (const LayerReport &layer : report.layers)
    bytes[layer.name] = int64_t(layer.bytes);
  return bytes;
}

/// All numbers of bits that some layer can have, and all formats.
static std::vector<Choice> choicesOf(ArrayRef<WeightedLayer> layers,
                                     const BudgetChoice &budget) {
  SmallVector<unsigned> bits(budget.bits.begin(), budget.bits.end());
  bool isAll = bits.empty() && budget.formats.empty();
  if (isAll)
    bits = bitsWithKernels();
  std::set<unsigned> used(bits.begin(), bits.end());
  for (WeightedLayer layer : layers)
    if (groupSchemeOf(layer.weight.getScheme()).steps)
      used.insert(layer.weight.getScheme().getBits());
  std::vector<Choice> choices;
  for (unsigned one : used)
    if (llvm::any_of(layers,
                     [&](const auto &layer) { return canHave(layer, one); }) ||
        !isAll)
      choices.push_back({one, nullptr});
  for (const BudgetFormat &format : budget.formats)
    choices.push_back({0, &format});
  return choices;
}

/// ErrorKind::Usage when a method does not give the codes of a choice.
static llvm::Error checkMethods(ArrayRef<WeightedLayer> layers,
                                const Choice &choice) {
  for (const WeightedLayer &layer : layers) {
    if (!choice.obstacle(layer).empty())
      continue;
    BitCandidate candidate = choice.candidate(layer);
    if (llvm::Error error =
            checkMethod(methodOf(layer, candidate), schemeOf(layer, candidate)))
      return makeError(ErrorKind::Usage, "candidate '{0}', node '{1}': {2}",
                       choice.name(), layer.name,
                       llvm::toString(std::move(error)));
  }
  return llvm::Error::success();
}

/// Takes away formats that layers cannot have because of others that share
/// their weight: they get the same choice.
static void keepCommonFormats(ArrayRef<WeightedLayer> layers,
                              SensitivityTable &table) {
  for (const SmallVector<size_t> &members : groupsOfWeights(layers))
    for (size_t lacking : members)
      for (const LeftOutFormat &missing : table.layers[lacking].leftOut)
        for (size_t i : members) {
          LayerSensitivity &row = table.layers[i];
          size_t before = row.candidates.size();
          llvm::erase_if(row.candidates, [&](const BitCandidate &one) {
            return one.isFormat() && one.format == missing.format;
          });
          if (row.candidates.size() < before)
            row.leftOut.push_back(
                {missing.format, "'" + table.layers[lacking].name +
                                     "' shares its weight and cannot have it"});
        }
}

llvm::Expected<SensitivityTable> quantc::rowsOf(ModuleOp assigned,
                                                ArrayRef<WeightedLayer> layers,
                                                const Recipe &recipe) {
  SensitivityTable table;
  for (const WeightedLayer &layer : layers) {
    auto type = cast<RankedTensorType>(layer.op->getOperand(1).getType());
    table.layers.push_back({layer.name, type.getNumElements(), {}, {}});
  }
  for (const Choice &choice : choicesOf(layers, *recipe.budget())) {
    if (llvm::Error error = checkMethods(layers, choice))
      return std::move(error);
    auto bytes = planBytes(assigned, choice, recipe);
    if (!bytes)
      return bytes.takeError();
    for (auto [layer, row] : llvm::zip_equal(layers, table.layers)) {
      std::string obstacle = choice.obstacle(layer);
      if (!obstacle.empty()) {
        row.leftOut.push_back({choice.name(), std::move(obstacle)});
        continue;
      }
      BitCandidate candidate = choice.candidate(layer);
      candidate.bytes = bytes->lookup(layer.name);
      row.candidates.push_back(std::move(candidate));
    }
  }
  keepCommonFormats(layers, table);
  for (const LayerSensitivity &row : table.layers)
    if (row.candidates.empty())
      return makeError(ErrorKind::Usage,
                       "node '{0}' can have none of the budget's candidates: "
                       "'{1}', {2}",
                       row.name, row.leftOut.front().format,
                       row.leftOut.front().reason);
  return table;
}

llvm::Expected<llvm::StringMap<int64_t>>
quantc::bytesInColumns(ModuleOp assigned, unsigned bits, const Recipe &recipe) {
  return planBytes(assigned, Choice{bits, nullptr}, recipe, /*inColumns=*/true);
}
