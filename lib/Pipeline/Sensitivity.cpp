//===- Sensitivity.cpp - what the bits of each layer cost -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Bytes come from planning the model once with each number of bits, so they are
// those that are stored. Errors of weights and of the model's outputs come from
// rounding to nearest, whatever method the recipe names; errors of the layers'
// outputs come from that method.

#include "Sensitivity.h"
#include "Calibration.h"
#include "ChangedModel.h"
#include "Diagnostics.h"
#include "HessianCalibration.h"
#include "ModelFingerprint.h"
#include "SparsitySensitivity.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Fuse/Passes.h"
#include "quantc/Methods/Method.h"
#include "quantc/Methods/OutputError.h"
#include "quantc/Pipeline/LayerReport.h"
#include "quantc/Quantize/Passes.h"
#include "quantc/Quantize/WeightMatrix.h"
#include "quantc/Select/Passes.h"
#include "quantc/Support/Errors.h"
#include "quantc/Target/CodeLines.h"
#include "llvm/ADT/MapVector.h"
#include <set>

using namespace mlir;
using namespace quantc;

/// Positions of samples, such as tokens, that say how much the outputs of one
/// layer mean to those of the model.
static constexpr int64_t positionsForWeights = 512;

namespace {
/// A product whose weight the recipe quantizes.
struct Layer {
  Operation *op;
  qnt::AssignOp weight;
  std::string name;
};

/// The layers of `assigned`, which Assign has left.
SmallVector<Layer> layersOf(ModuleOp assigned) {
  SmallVector<Layer> layers;
  assigned.walk([&](Operation *op) {
    if (!isa<nn::MatMulOp, nn::ConvOp>(op))
      return;
    auto weight = op->getOperand(1).getDefiningOp<qnt::AssignOp>();
    if (weight && !weight.getScheme().isNone() && !weight.isFromModel())
      layers.push_back({op, weight, nodeOf(op)});
  });
  return layers;
}

/// A copy with the recipe's schemes.
llvm::Expected<OwningOpRef<ModuleOp>> assignCopy(ModuleOp module,
                                                 const Recipe &recipe) {
  OwningOpRef<ModuleOp> copy = module.clone();
  DiagnosticCollector collector(module.getContext());
  PassManager pm(module.getContext());
  pm.addPass(createAssignRecipe(recipe));
  if (failed(pm.run(*copy)))
    return makeError(ErrorKind::Usage, "phase assign failed: {0}",
                     collector.text());
  return std::move(copy);
}

/// Bits whose groups kernels can read. Codes other than integers have theirs.
SmallVector<unsigned> bitsFor(const Layer &layer, ArrayRef<unsigned> bits) {
  qnt::AssignOp weight = layer.weight;
  if (groupSchemeOf(weight.getScheme()).steps)
    return {weight.getScheme().getBits()};
  SmallVector<unsigned> possible;
  for (unsigned one : bits)
    if (hasCodeKernels(one) &&
        weight.getScheme().getGroupSize() % codeLineColumns(one) == 0)
      possible.push_back(one);
  return possible;
}

/// Bytes of every layer with `bits`, by name.
llvm::Expected<llvm::StringMap<int64_t>> planBytes(ModuleOp assigned,
                                                   unsigned bits) {
  OwningOpRef<ModuleOp> copy = assigned.clone();
  for (const Layer &layer : layersOf(*copy))
    if (llvm::is_contained(bitsFor(layer, bits), bits))
      setWeightBits(layer.weight, bits);
  assumeRanges(*copy);
  CompileReport report;
  describeLayers(*copy, report);
  DiagnosticCollector collector(copy->getContext());
  PassManager pm(copy->getContext());
  buildQuantizePhase(pm, "plan", /*sizesOnly=*/true);
  buildFusePhase(pm);
  buildSelectPhase(pm);
  if (failed(pm.run(*copy)))
    return makeError(ErrorKind::Unsupported,
                     "the model cannot be planned with {0}-bit weights: {1}",
                     bits, collector.text());
  describeKernels(*copy, report);
  llvm::StringMap<int64_t> bytes;
  for (const LayerReport &layer : report.layers)
    bytes[layer.name] = int64_t(layer.bytes);
  return bytes;
}

/// A weight as the matrix that methods take, and back.
class WeightMatrix {
public:
  static llvm::Expected<WeightMatrix> read(const Layer &layer,
                                           qnt::DataReader &reader) {
    qnt::AssignOp weight = layer.weight;
    auto numbers = qnt::readRounded(weight.getInput(), reader);
    if (!numbers)
      return numbers.takeError();
    auto type = cast<RankedTensorType>(weight.getType());
    WeightMatrix matrix;
    auto matmul = dyn_cast<nn::MatMulOp>(layer.op);
    matrix.isTransposed = matmul && !matmul.getTransposeRhs();
    matrix.rows = type.getDimSize(matrix.isTransposed ? 1 : 0);
    matrix.cols = type.getNumElements() / std::max<int64_t>(matrix.rows, 1);
    matrix.numbers = matrix.turn(*numbers, matrix.isTransposed);
    return matrix;
  }

  MatrixRef ref() const { return {numbers, rows, cols}; }
  /// Numbers of the matrix in the order of the parameter.
  std::vector<float> toParameter(const std::vector<float> &matrix) const {
    if (!isTransposed)
      return matrix;
    std::vector<float> turned(matrix.size());
    for (int64_t n = 0; n < rows; ++n)
      for (int64_t k = 0; k < cols; ++k)
        turned[k * rows + n] = matrix[n * cols + k];
    return turned;
  }
  double signal() const {
    double sum = 0;
    for (float number : numbers)
      sum += double(number) * double(number);
    return sum;
  }

private:
  std::vector<float> turn(const std::vector<float> &from, bool swap) const {
    if (!swap)
      return from;
    std::vector<float> turned(from.size());
    for (int64_t k = 0; k < cols; ++k)
      for (int64_t n = 0; n < rows; ++n)
        turned[n * cols + k] = from[k * rows + n];
    return turned;
  }

  bool isTransposed = false;
  int64_t rows = 0, cols = 0;
  std::vector<float> numbers;
};

llvm::Expected<QuantizedMatrix> roundTo(const Layer &layer, unsigned bits,
                                        MatrixRef matrix,
                                        StringRef method = "rtn") {
  qnt::AssignOp weight = layer.weight;
  GroupScheme groups = groupSchemeOf(weight.getScheme());
  if (!groups.steps)
    groups.bits = bits;
  auto codes = lookupMethod(method)->quantize(matrix, groups);
  if (!codes)
    return makeError(ErrorKind::BadModel, "node '{0}': {1}", layer.name,
                     llvm::toString(codes.takeError()));
  return codes;
}

/// The method whose errors of outputs stand for those of the recipe's: what
/// quantizing other layers changes is not known yet.
StringRef methodFor(const Layer &layer) {
  qnt::AssignOp weight = layer.weight;
  StringRef method = weight.getMethod().value_or("rtn");
  return lookupMethod(method)->needs == MethodNeeds::HessianAndDrift ? "gptq"
                                                                     : method;
}

/// Fills in the errors of a table that has all else.
class ErrorMeasure {
public:
  ErrorMeasure(ArrayRef<Layer> layers, SensitivityTable &table)
      : layers(layers), table(table) {}

  llvm::Error ofWeights(ProgressReporter &progress) {
    progress.begin("sensitivity", layers.size());
    for (auto [layer, row] : llvm::zip_equal(layers, table.layers)) {
      auto matrix = WeightMatrix::read(layer, reader);
      if (!matrix)
        return matrix.takeError();
      double signal = matrix->signal();
      for (BitCandidate &candidate : row.candidates) {
        auto codes = roundTo(layer, candidate.bits, matrix->ref());
        if (!codes)
          return codes.takeError();
        double noise = codes->squaredError(matrix->ref());
        candidate.error = signal > 0 ? noise / signal : 0;
      }
      progress.step();
    }
    progress.end();
    return llvm::Error::success();
  }

  /// The errors of outputs that these products make, given the Hessian of the
  /// input that all of them read; for weighOutputs.
  llvm::Error ofLayers(ArrayRef<Operation *> products,
                       ArrayRef<float> hessian) {
    outputs.resize(layers.size());
    for (Operation *product : products) {
      size_t i = size_t(
          llvm::find_if(layers, [&](auto &one) { return one.op == product; }) -
          layers.begin());
      auto matrix = WeightMatrix::read(layers[i], reader);
      if (!matrix)
        return matrix.takeError();
      MatrixRef ref = matrix->ref();
      ref.hessian = hessian;
      auto errorOf = [&](unsigned bits,
                         StringRef method) -> llvm::Expected<double> {
        auto codes = roundTo(layers[i], bits, ref, method);
        if (!codes)
          return codes.takeError();
        return relativeOutputError(ref, codes->reconstruct());
      };
      auto reference = errorOf(referenceBits(i), "rtn");
      if (!reference)
        return reference.takeError();
      outputs[i].reference = *reference;
      for (const BitCandidate &candidate : table.layers[i].candidates) {
        auto error = errorOf(candidate.bits, methodFor(layers[i]));
        if (!error)
          return error.takeError();
        outputs[i].errors.push_back(*error);
      }
    }
    return llvm::Error::success();
  }

  /// Weighs what ofLayers found by what one such error does to the model, which
  /// is the error of referenceBits now.
  void weighOutputs() {
    for (const SmallVector<size_t> &members : groupsOfInputs()) {
      double sum = 0, divergence = 0;
      for (size_t i : members) {
        sum += outputs[i].reference;
        for (const BitCandidate &candidate : table.layers[i].candidates)
          if (candidate.bits == referenceBits(i))
            divergence += std::max(candidate.error, 0.0);
      }
      for (size_t i : members)
        for (auto [candidate, error] :
             llvm::zip_equal(table.layers[i].candidates, outputs[i].errors))
          candidate.error = sum > 0 ? divergence / sum * error : 0;
    }
  }

  /// Compiles the model only when there is something to measure. With
  /// `onlyReference` the errors of referenceBits only.
  llvm::Error
  ofOutputs(llvm::function_ref<llvm::Expected<std::unique_ptr<ChangedModel>>()>
                makeModel,
            std::optional<StatisticsSet> known, bool onlyReference,
            ProgressReporter &progress) {
    kept = std::move(known);
    SmallVector<Measurement> left;
    size_t count = 0;
    for (auto [number, group] : llvm::enumerate(groupsOfInputs()))
      for (const BitCandidate &candidate :
           table.layers[group.front()].candidates) {
        if (onlyReference && candidate.bits != referenceBits(group.front()))
          continue;
        Measurement one{
            group, candidate.bits,
            llvm::formatv("group-{0,0+4}-{1}-bits", number, candidate.bits)};
        ++count;
        if (!find(one))
          left.push_back(std::move(one));
      }
    if (kept)
      kept->noteFound(count - left.size(), count, "sensitivities");
    if (left.empty())
      return llvm::Error::success();
    auto model = makeModel();
    if (!model)
      return model.takeError();
    progress.begin("sensitivity", left.size());
    for (const Measurement &one : left) {
      if (llvm::Error error = measure(**model, one))
        return error;
      progress.step();
    }
    progress.end();
    return llvm::Error::success();
  }

private:
  /// Errors of a layer's outputs.
  struct Outputs {
    double reference = 0;       ///< rounded to nearest in referenceBits
    std::vector<double> errors; ///< of the candidates
  };

  /// Layers that read the same input.
  std::vector<SmallVector<size_t>> groupsOfInputs() const {
    llvm::MapVector<Value, SmallVector<size_t>> groups;
    for (auto [i, layer] : llvm::enumerate(layers)) {
      Value input = layer.op->getOperand(0);
      if (auto assign = input.getDefiningOp<qnt::AssignOp>())
        input = assign.getInput();
      groups[input].push_back(i);
    }
    std::vector<SmallVector<size_t>> lists;
    for (auto &[input, members] : groups)
      lists.push_back(members);
    return lists;
  }

  /// A small error: that of the candidate nearest to 4 bits.
  unsigned referenceBits(size_t layer) const {
    unsigned nearest = 0;
    for (const BitCandidate &candidate : table.layers[layer].candidates)
      if (!nearest ||
          std::abs(int(candidate.bits) - 4) < std::abs(int(nearest) - 4))
        nearest = candidate.bits;
    return nearest;
  }

  /// The divergence when some layers have that many bits.
  struct Measurement {
    SmallVector<size_t> members;
    unsigned bits;
    std::string record;
  };

  /// True when the divergence was measured before.
  bool find(const Measurement &one) {
    std::optional<SafetensorsFile> record =
        kept ? kept->find(one.record) : std::nullopt;
    auto divergence = record
                          ? readTensor<double>(*record, "divergence", "F64", 1)
                          : std::nullopt;
    if (!divergence || divergence->size() != 1)
      return false;
    note(one, divergence->front());
    return true;
  }

  llvm::Error measure(ChangedModel &model, const Measurement &one) {
    for (size_t i : one.members) {
      auto matrix = WeightMatrix::read(layers[i], reader);
      if (!matrix)
        return matrix.takeError();
      auto codes = roundTo(layers[i], one.bits, matrix->ref());
      if (!codes)
        return codes.takeError();
      if (llvm::Error error = model.replace(
              layers[i].name, matrix->toParameter(codes->reconstruct())))
        return error;
    }
    auto divergence = model.divergence();
    model.restore();
    if (!divergence)
      return divergence.takeError();
    note(one, *divergence);
    std::vector<double> number = {*divergence};
    return kept ? kept->store(one.record,
                              {{"divergence", "F64", {1}, bytesOf(number)}})
                : llvm::Error::success();
  }

  void note(const Measurement &one, double divergence) {
    for (size_t i : one.members)
      for (BitCandidate &candidate : table.layers[i].candidates)
        if (candidate.bits == one.bits)
          candidate.error = divergence / double(one.members.size());
  }

  std::vector<Outputs> outputs;
  std::optional<StatisticsSet> kept;
  ArrayRef<Layer> layers;
  SensitivityTable &table;
  qnt::DataReader reader;
};

/// Rows with bits and bytes, without errors.
llvm::Expected<SensitivityTable>
rowsOf(ModuleOp assigned, ArrayRef<Layer> layers, ArrayRef<unsigned> bits) {
  SensitivityTable table;
  for (const Layer &layer : layers) {
    auto type = cast<RankedTensorType>(layer.op->getOperand(1).getType());
    table.layers.push_back({layer.name, type.getNumElements(), {}});
  }
  std::set<unsigned> used;
  for (const Layer &layer : layers)
    for (unsigned one : bitsFor(layer, bits))
      used.insert(one);
  for (unsigned one : used) {
    auto bytes = planBytes(assigned, one);
    if (!bytes)
      return bytes.takeError();
    for (auto [layer, row] : llvm::zip_equal(layers, table.layers))
      if (llvm::is_contained(bitsFor(layer, bits), one))
        row.candidates.push_back({one, bytes->lookup(layer.name), 0});
  }
  return table;
}

/// What is known of outputs; nothing without a folder.
llvm::Expected<std::optional<StatisticsSet>>
openRecords(ModuleOp assigned, ArrayRef<Layer> layers, int64_t samples,
            const SensitivityOptions &options) {
  if (!options.statistics)
    return std::nullopt;
  auto data = readArrays(options.dataPath);
  if (!data)
    return data.takeError();
  auto fingerprint = fingerprintOf(assigned, *data, samples);
  if (!fingerprint)
    return fingerprint.takeError();
  for (Layer layer : layers)
    fingerprint->add(
        "recipe",
        llvm::formatv("{0} {1}", layer.name, layer.weight.getScheme()).str());
  return options.statistics->begin("sensitivity", *fingerprint);
}

/// Samples with about positionsForWeights positions: those of texts are the
/// second dimension of their ids.
llvm::Expected<int64_t> samplesForWeights(StringRef dataPath) {
  auto data = readArrays(dataPath);
  if (!data)
    return data.takeError();
  int64_t positions = 1;
  for (const auto &[name, array] : *data)
    if (array.type.kind == ElementType::Int && array.shape.size() > 1)
      positions = std::max(positions, array.shape[1]);
  return std::max<int64_t>(1, positionsForWeights / positions);
}

/// Fills in the errors by the recipe's measure.
llvm::Error measureAll(ModuleOp assigned, ArrayRef<Layer> layers,
                       const Recipe &recipe, const SensitivityOptions &options,
                       ErrorMeasure &measure, ProgressReporter &progress) {
  StringRef name = recipe.budget()->measure;
  if (name == "weights")
    return measure.ofWeights(progress);
  bool isOfLayers = name == "outputs";
  int64_t samples = recipe.calibration().samples;
  if (isOfLayers) {
    if (llvm::Error error = observeHessians(
            assigned, recipe.calibration(), options.dataPath,
            options.scratchPrefix, progress,
            [&](ArrayRef<Operation *> products, ArrayRef<float> hessian) {
              return measure.ofLayers(products, hessian);
            }))
      return error;
    auto enough = samplesForWeights(options.dataPath);
    if (!enough)
      return enough.takeError();
    samples = samples == 0 ? *enough : std::min(samples, *enough);
  }
  auto known = openRecords(assigned, layers, samples, options);
  if (!known)
    return known.takeError();
  auto makeModel = [&] {
    return ChangedModel::create(
        assigned, {options.dataPath, samples, options.scratchPrefix}, progress);
  };
  if (llvm::Error error =
          measure.ofOutputs(makeModel, std::move(*known), isOfLayers, progress))
    return error;
  if (isOfLayers)
    measure.weighOutputs();
  return llvm::Error::success();
}
} // namespace

llvm::Expected<SensitivityTable>
quantc::measureSensitivity(ModuleOp module, const Recipe &recipe,
                           const SensitivityOptions &options,
                           ProgressReporter &progress) {
  const BudgetChoice &budget = *recipe.budget();
  if (budget.measure != "weights" && options.dataPath.empty())
    return makeError(ErrorKind::Usage,
                     "the recipe's budget measures outputs: give samples with "
                     "--calibrate DATA.npz, or say 'measure: weights'");
  auto assigned = assignCopy(module, recipe);
  if (!assigned)
    return assigned.takeError();
  SmallVector<Layer> layers = layersOf(**assigned);
  SmallVector<unsigned> bits(budget.bits.begin(), budget.bits.end());
  if (bits.empty())
    bits = bitsWithKernels();
  auto table = rowsOf(**assigned, layers, bits);
  if (!table)
    return table.takeError();
  table->measure = budget.measure;
  ErrorMeasure measure(layers, *table);
  if (llvm::Error error =
          measureAll(**assigned, layers, recipe, options, measure, progress))
    return std::move(error);
  for (LayerSensitivity &row : table->layers)
    for (size_t i = 1; i < row.candidates.size(); ++i)
      row.candidates[i].error =
          std::min(row.candidates[i].error, row.candidates[i - 1].error);
  if (budget.bytesPerToken && recipe.isSparse())
    if (llvm::Error error =
            addSparseCandidates(*table, **assigned, recipe, options, progress))
      return std::move(error);
  return table;
}

llvm::Error quantc::attachSensitivity(ModuleOp module, const Recipe &recipe,
                                      const SensitivityTable &table) {
  auto assigned = assignCopy(module, recipe);
  if (!assigned)
    return assigned.takeError();
  SmallVector<Layer> layers = layersOf(**assigned);
  if (layers.empty())
    return makeError(ErrorKind::Usage,
                     "recipe '{0}': there is a budget, but no layer is "
                     "quantized that it could be for; say 'weights'",
                     recipe.name());
  llvm::StringMap<const LayerSensitivity *> rows;
  for (const LayerSensitivity &row : table.layers)
    rows[row.name] = &row;
  llvm::StringMap<const LayerSensitivity *> wanted;
  for (const Layer &layer : layers) {
    const LayerSensitivity *row = rows.lookup(layer.name);
    auto type = cast<RankedTensorType>(layer.op->getOperand(1).getType());
    if (!row || row->weights != type.getNumElements())
      return makeError(ErrorKind::BadModel,
                       "the sensitivities are of another model: they have no "
                       "layer '{0}' of {1} weights",
                       layer.name, type.getNumElements());
    wanted[layer.name] = row;
  }
  module.walk([&](Operation *op) {
    if (isa<nn::MatMulOp, nn::ConvOp>(op))
      if (const LayerSensitivity *row = wanted.lookup(nodeOf(op)))
        writeCandidates(op, row->candidates);
  });
  return llvm::Error::success();
}
