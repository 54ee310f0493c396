//===- Sensitivity.cpp - what the bits of each layer cost -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Errors of weights and of the model's outputs come from the candidate's method
// where that needs no samples, else from rounding to nearest; errors of the
// layers' outputs come from that method.

#include "Sensitivity.h"
#include "Calibration.h"
#include "ChangedModel.h"
#include "Diagnostics.h"
#include "HessianCalibration.h"
#include "ModelFingerprint.h"
#include "SensitivityRows.h"
#include "SparsitySensitivity.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Methods/Method.h"
#include "quantc/Methods/OutputError.h"
#include "quantc/Quantize/WeightMatrix.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace quantc;

/// Positions of samples, such as tokens, that say how much the outputs of one
/// layer mean to those of the model.
static constexpr int64_t positionsForWeights = 2048;

/// Rows of a weight on which errors of its outputs are measured, at most, and
/// how many of them are neighbours: rows are rounded apart, and these many
/// speak for all.
static constexpr int64_t mostRows = 256, rowsTogether = 16;

namespace {
/// A weight as the matrix that methods take, and back.
class WeightMatrix {
public:
  static llvm::Expected<WeightMatrix> read(const WeightedLayer &layer,
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
  /// mostRows of it, evenly spread, or all if there are no more.
  WeightMatrix sample() const {
    WeightMatrix few = *this;
    if (rows <= mostRows)
      return few;
    few.rows = mostRows;
    few.numbers.clear();
    int64_t sets = mostRows / rowsTogether;
    for (int64_t set = 0; set < sets; ++set) {
      int64_t first = set * (rows - rowsTogether) / (sets - 1);
      auto begin = numbers.begin() + first * cols;
      few.numbers.insert(few.numbers.end(), begin, begin + rowsTogether * cols);
    }
    return few;
  }
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

/// The codes of a candidate of a layer by a method.
llvm::Expected<ChosenCodes> roundTo(const WeightedLayer &layer,
                                    const BitCandidate &candidate,
                                    MatrixRef matrix, StringRef method) {
  auto codes =
      chooseCodes(*lookupMethod(method), matrix, schemeOf(layer, candidate));
  if (!codes)
    return makeError(ErrorKind::BadModel, "node '{0}': {1}", layer.name,
                     llvm::toString(codes.takeError()));
  return codes;
}

/// The method whose errors of outputs stand for those of the candidate's: what
/// quantizing other layers changes is not known yet.
StringRef methodWithHessian(const WeightedLayer &layer,
                            const BitCandidate &candidate) {
  StringRef method = methodOf(layer, candidate);
  return lookupMethod(method)->needs == MethodNeeds::HessianAndDrift ? "gptq"
                                                                     : method;
}

/// The same without samples: the usual method of the codes if need be.
StringRef methodWithoutHessian(const WeightedLayer &layer,
                               const BitCandidate &candidate) {
  StringRef method = methodOf(layer, candidate);
  return lookupMethod(method)->needs == MethodNeeds::Nothing
             ? method
             : usualMethod(schemeOf(layer, candidate));
}

/// Fills in the errors of a table that has all else.
class ErrorMeasure {
public:
  ErrorMeasure(ArrayRef<WeightedLayer> layers, SensitivityTable &table)
      : layers(layers), table(table) {}

  llvm::Error ofWeights(ProgressReporter &progress) {
    progress.begin("sensitivity", layers.size());
    for (auto [layer, row] : llvm::zip_equal(layers, table.layers)) {
      auto matrix = WeightMatrix::read(layer, reader);
      if (!matrix)
        return matrix.takeError();
      double signal = matrix->signal();
      for (BitCandidate &candidate : row.candidates) {
        auto codes = roundTo(layer, candidate, matrix->ref(),
                             methodWithoutHessian(layer, candidate));
        if (!codes)
          return codes.takeError();
        double noise = std::visit(
            [&](const auto &one) { return one.squaredError(matrix->ref()); },
            *codes);
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
      WeightMatrix few = matrix->sample();
      MatrixRef ref = few.ref();
      ref.hessian = hessian;
      auto errorOf = [&](const BitCandidate &candidate,
                         StringRef method) -> llvm::Expected<double> {
        auto codes = roundTo(layers[i], candidate, ref, method);
        if (!codes)
          return codes.takeError();
        return relativeOutputError(ref, reconstruct(*codes));
      };
      const BitCandidate &nearest = reference(i);
      auto reference =
          errorOf(nearest, methodWithoutHessian(layers[i], nearest));
      if (!reference)
        return reference.takeError();
      outputs[i].reference = *reference;
      for (const BitCandidate &candidate : table.layers[i].candidates) {
        auto error =
            errorOf(candidate, methodWithHessian(layers[i], candidate));
        if (!error)
          return error.takeError();
        outputs[i].errors.push_back(*error);
      }
    }
    return llvm::Error::success();
  }

  /// Weighs what ofLayers found by what one such error does to the model, which
  /// is the error of the reference now.
  void weighOutputs() {
    for (const SmallVector<size_t> &members : groupsOfWeights(layers)) {
      double sum = 0, divergence = 0;
      for (size_t i : members) {
        sum += outputs[i].reference;
        divergence += std::max(reference(i).error, 0.0);
      }
      for (size_t i : members)
        for (auto [candidate, error] :
             llvm::zip_equal(table.layers[i].candidates, outputs[i].errors))
          candidate.error = sum > 0 ? divergence / sum * error : 0;
    }
  }

  /// Compiles the model only when there is something to measure. With
  /// `onlyReference` the errors of the reference only.
  llvm::Error
  ofOutputs(llvm::function_ref<llvm::Expected<std::unique_ptr<ChangedModel>>()>
                makeModel,
            std::optional<StatisticsSet> known, bool onlyReference,
            ProgressReporter &progress) {
    kept = std::move(known);
    SmallVector<Measurement> left;
    size_t count = 0;
    for (auto [number, group] : llvm::enumerate(groupsOfWeights(layers)))
      for (const BitCandidate &candidate :
           table.layers[group.front()].candidates) {
        if (onlyReference && &candidate != &reference(group.front()))
          continue;
        Measurement one{group, candidate, recordOf(number, candidate)};
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
    double reference = 0;       ///< of the reference, without samples
    std::vector<double> errors; ///< of the candidates
  };

  /// The candidate of a layer with a small error: that nearest to 4 bits, the
  /// first of equals.
  const BitCandidate &reference(size_t layer) const {
    const std::vector<BitCandidate> &all = table.layers[layer].candidates;
    return *llvm::min_element(all, [](const auto &a, const auto &b) {
      return std::abs(int(a.bits) - 4) < std::abs(int(b.bits) - 4);
    });
  }

  /// What a record of a candidate is called: by all that it says.
  static std::string recordOf(size_t group, const BitCandidate &candidate) {
    std::string name = std::to_string(candidate.bits) + "-bits";
    if (candidate.isFormat()) {
      std::string all =
          llvm::formatv("{0} {1}", candidate.scheme, candidate.method).str();
      name = llvm::formatv("format-{0:x-}", llvm::xxh3_64bits(all));
    }
    return llvm::formatv("layer-{0,0+4}-{1}", group, name);
  }

  /// The divergence when some layers have that candidate.
  struct Measurement {
    SmallVector<size_t> members;
    BitCandidate candidate; ///< of the first
    std::string record;
  };

  /// The candidate of a layer that is the same choice, or null.
  BitCandidate *sameChoice(size_t layer, const BitCandidate &like) {
    auto &all = table.layers[layer].candidates;
    auto found = llvm::find_if(all, [&](const BitCandidate &one) {
      return one.bits == like.bits && one.format == like.format;
    });
    return found == all.end() ? nullptr : &*found;
  }

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
      const BitCandidate *own = sameChoice(i, one.candidate);
      if (!own) // which the layers then cannot share
        continue;
      auto matrix = WeightMatrix::read(layers[i], reader);
      if (!matrix)
        return matrix.takeError();
      auto codes = roundTo(layers[i], *own, matrix->ref(),
                           methodWithoutHessian(layers[i], *own));
      if (!codes)
        return codes.takeError();
      if (llvm::Error error = model.replace(
              layers[i].name, matrix->toParameter(reconstruct(*codes))))
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
      if (BitCandidate *own = sameChoice(i, one.candidate))
        own->error = divergence / double(one.members.size());
  }

  std::vector<Outputs> outputs;
  std::optional<StatisticsSet> kept;
  ArrayRef<WeightedLayer> layers;
  SensitivityTable &table;
  qnt::DataReader reader;
};

/// What is known of outputs; nothing without a folder.
llvm::Expected<std::optional<StatisticsSet>>
openRecords(ModuleOp assigned, ArrayRef<WeightedLayer> layers, int64_t samples,
            StringRef measure, const SensitivityOptions &options) {
  if (!options.statistics)
    return std::nullopt;
  auto data = readArrays(options.dataPath);
  if (!data)
    return data.takeError();
  auto fingerprint = fingerprintOf(assigned, *data, samples);
  if (!fingerprint)
    return fingerprint.takeError();
  for (WeightedLayer layer : layers)
    fingerprint->add(
        "recipe",
        llvm::formatv("{0} {1}", layer.name, layer.weight.getScheme()).str());
  // The other measures that run the model see divergences.
  if (measure == "loss")
    fingerprint->add("recipe", "loss");
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
llvm::Error measureAll(ModuleOp assigned, ArrayRef<WeightedLayer> layers,
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
  auto known = openRecords(assigned, layers, samples, name, options);
  if (!known)
    return known.takeError();
  auto makeModel = [&] {
    return ChangedModel::create(
        assigned,
        {options.dataPath, samples, options.scratchPrefix, name == "loss"},
        progress);
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
  SmallVector<WeightedLayer> layers = weightedLayersOf(**assigned);
  auto table = rowsOf(**assigned, layers, recipe);
  if (!table)
    return table;
  table->measure = budget.measure;
  ErrorMeasure measure(layers, *table);
  if (llvm::Error error =
          measureAll(**assigned, layers, recipe, options, measure, progress))
    return std::move(error);
  for (LayerSensitivity &row : table->layers)
    for (size_t i = 1; i < row.candidates.size(); ++i)
      if (!row.candidates[i].isFormat())
        row.candidates[i].error =
            std::min(row.candidates[i].error, row.candidates[i - 1].error);
  if (!budget.bytesPerToken || !recipe.isSparse())
    return table;
  if (llvm::Error error = addSparseCandidates(*table, **assigned, recipe))
    return std::move(error);
  if (llvm::Error error =
          measureSparsity(*table, **assigned, recipe, options, progress))
    return std::move(error);
  return table;
}

void quantc::attachSensitivity(ModuleOp module, const SensitivityTable &table) {
  llvm::StringMap<const LayerSensitivity *> rows;
  for (const LayerSensitivity &row : table.layers)
    rows[row.name] = &row;
  module.walk([&](Operation *op) {
    if (isa<nn::MatMulOp, nn::ConvOp>(op))
      if (const LayerSensitivity *row = rows.lookup(layerNameOf(op)))
        writeCandidates(op, row->candidates);
  });
}
