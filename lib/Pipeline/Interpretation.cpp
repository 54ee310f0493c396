//===- Interpretation.cpp - models run by the interpreter -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Brings a model to the phase that is asked for and hands it to Interpret with
// arrays as values.

#include "quantc/Pipeline/Interpretation.h"
#include "Diagnostics.h"
#include "LayerRecorder.h"
#include "OpenModel.h"
#include "SampleSteps.h"
#include "quantc/Interpret/Interpret.h"
#include "quantc/Pipeline/Pipeline.h"
#include "quantc/Pipeline/Registration.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace quantc;

//===-- arrays and values ------------------------------------------------===//

static std::string nameOf(DictionaryAttr attributes, StringRef kind,
                          size_t number) {
  auto name =
      attributes ? attributes.getAs<StringAttr>("nn.name") : StringAttr();
  return name ? name.str() : (kind + Twine(number)).str();
}

/// The type of an array that holds elements of `type`.
static ElementType arrayType(Type type, DictionaryAttr attributes) {
  auto bits = static_cast<uint8_t>(8 * elementBytes(type));
  if (isa<FloatType>(type))
    return {type.isBF16() ? ElementType::BFloat : ElementType::Float, bits};
  bool isUnsigned = type.isUnsignedInteger() ||
                    (attributes && attributes.contains("nn.unsigned"));
  return {type.isInteger(1) ? ElementType::Bool
          : isUnsigned      ? ElementType::UInt
                            : ElementType::Int,
          bits};
}

/// The inputs of `function` from arrays of their names.
static llvm::Expected<std::vector<Tensor>>
bindInputs(func::FuncOp function, const NamedArrays &arrays) {
  std::vector<Tensor> inputs;
  for (BlockArgument argument : function.getArguments()) {
    unsigned i = argument.getArgNumber();
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    DictionaryAttr attributes = function.getArgAttrDict(i);
    std::string name = nameOf(attributes, "input", i);
    const Array *array = findArray(arrays, name);
    if (!array || !type)
      return makeError(ErrorKind::BadModel, "input '{0}' is missing", name);
    ElementType wanted = arrayType(type.getElementType(), attributes);
    if (!(array->type == wanted) ||
        failed(verifyCompatibleShape(type.getShape(), array->shape)))
      return makeError(
          ErrorKind::BadModel,
          "input '{0}' is {1}, expected {2} elements in the shape of {3}", name,
          describe(array->type, array->shape), wanted.name(), Type(type));
    inputs.emplace_back(type.getElementType(), array->shape, array->bytes,
                        nullptr);
  }
  return inputs;
}

static NamedArrays nameOutputs(func::FuncOp function,
                               ArrayRef<Tensor> outputs) {
  NamedArrays arrays;
  for (auto [i, output] : llvm::enumerate(outputs)) {
    DictionaryAttr attributes = function.getResultAttrDict(i);
    Array array;
    array.type = arrayType(output.type(), attributes);
    array.shape.assign(output.shape().begin(), output.shape().end());
    array.bytes.assign(output.bytes().begin(), output.bytes().end());
    arrays.emplace_back(nameOf(attributes, "output", i), std::move(array));
  }
  return arrays;
}

static bool hasPlanes(ModuleOp module) {
  return module
      .walk([](qnt::MatMulOp op) {
        return op.getWeight().getType().getScheme().widths().empty()
                   ? WalkResult::advance()
                   : WalkResult::interrupt();
      })
      .wasInterrupted();
}

/// Runs @main; diagnostics become the error. `precision`: of planes; 0 for all
/// of their bits.
static llvm::Expected<NamedArrays> runMain(ModuleOp module,
                                           const NamedArrays &arrays,
                                           ResultCallback afterOp,
                                           int64_t precision = 0) {
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function)
    return makeError(ErrorKind::BadModel, "the module has no function @main");
  auto inputs = bindInputs(function, arrays);
  if (!inputs)
    return inputs.takeError();
  DiagnosticCollector collector(module.getContext());
  qnt::DataReader reader;
  if (precision && !hasPlanes(module))
    return makeError(ErrorKind::Usage,
                     "no weight is quantized to planes, so that no precision "
                     "can be chosen");
  auto outputs = interpret(function, *inputs, reader, afterOp, precision);
  if (failed(outputs))
    return makeError(ErrorKind::Unsupported, "cannot interpret the model: {0}",
                     collector.text());
  return nameOutputs(function, *outputs);
}

//===-- phases -----------------------------------------------------------===//

using VisitIR = function_ref<llvm::Error(StringRef phase, ModuleOp module)>;

namespace {
/// A folder that disappears with everything in it.
class ScratchFolder {
public:
  ScratchFolder()
      : error(llvm::sys::fs::createUniqueDirectory("quantc", path)) {}
  ~ScratchFolder() {
    if (!error)
      llvm::sys::fs::remove_directories(path);
  }

  llvm::SmallString<128> path;
  std::error_code error;
};
} // namespace

/// Number of the last phase that is asked for.
static llvm::Expected<unsigned> lastPhaseOf(const InterpretOptions &options) {
  StringRef standard =
      options.recipeOrPreset == "float" ? "normalize" : "quantize";
  StringRef name =
      options.lastPhase.empty() ? standard : StringRef(options.lastPhase);
  auto last = findPhase(name), fuse = findPhase("fuse");
  if (!last)
    return last.takeError();
  if (*last > cantFail(std::move(fuse)))
    return makeError(ErrorKind::Usage,
                     "IR after the phase {0} cannot be interpreted; import to "
                     "fuse can",
                     name);
  return last;
}

/// What the phase behind `phase` needs of samples.
static llvm::Error sampleAfter(StringRef phase, ModuleOp module,
                               const Recipe &recipe, SampleSteps &samples) {
  if (phase == "normalize")
    return samples.beforeTransform(module);
  if (phase == "transform" && recipe.budget())
    return samples.measureBudget(module).takeError();
  if (phase == "assign")
    return samples.afterAssign(module);
  return llvm::Error::success();
}

/// Runs the phases up to the last one; `visit` sees the IR after each.
static llvm::Error runRoad(ModuleOp module, const InterpretOptions &options,
                           ProgressReporter &progress, VisitIR visit) {
  auto last = lastPhaseOf(options);
  if (!last)
    return last.takeError();
  auto recipe = Recipe::load(options.recipeOrPreset);
  if (!recipe)
    return recipe.takeError();
  ScratchFolder scratch;
  if (scratch.error)
    return makeError(ErrorKind::IO, "cannot make a temporary folder: {0}",
                     scratch.error.message());
  SampleOptions where;
  where.dataPath = options.calibrationData;
  where.scratchPrefix = (scratch.path + "/model").str();
  where.hessianFolder = (scratch.path + "/statistics").str();
  where.sensitivity = options.sensitivity;
  CompileReport unread;
  SampleSteps samples(*recipe, std::move(where), unread, progress);
  PhaseOptions phaseOptions;
  phaseOptions.recipe = &*recipe;
  phaseOptions.workFile = (scratch.path + "/quantized").str();
  auto afterPhase = [&](unsigned number, const Phase &phase,
                        ModuleOp done) -> llvm::Error {
    // What is interpreted behind Assign has its ranges and thresholds.
    if (number <= *last || phase.name == "assign")
      if (llvm::Error error = sampleAfter(phase.name, done, *recipe, samples))
        return error;
    return visit(phase.name, done);
  };
  return runPhases(module, 0, *last, phaseOptions, afterPhase);
}

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registerDialects(registry);
  return registry;
}

llvm::Expected<NamedArrays>
quantc::interpretModel(const InterpretOptions &options,
                       const NamedArrays &inputs, ProgressReporter &progress) {
  MLIRContext context(makeRegistry());
  auto module = openModel(options.model, context);
  if (!module)
    return module.takeError();
  if (isIRFile(options.model))
    return runMain(**module, inputs, nullptr, options.precision);
  auto last = lastPhaseOf(options);
  if (!last)
    return last.takeError();
  NamedArrays outputs;
  if (llvm::Error error =
          runRoad(**module, options, progress,
                  [&](StringRef phase, ModuleOp done) -> llvm::Error {
                    if (phase != allPhases()[*last].name)
                      return llvm::Error::success();
                    auto found =
                        runMain(done, inputs, nullptr, options.precision);
                    if (!found)
                      return found.takeError();
                    outputs = std::move(*found);
                    return llvm::Error::success();
                  }))
    return error;
  return outputs;
}

//===-- layers -----------------------------------------------------------===//

static llvm::Expected<std::vector<RecordedLayer>>
runLayers(ModuleOp module, const NamedArrays &inputs, int64_t precision) {
  LayerRecorder recorder(module);
  if (auto function = module.lookupSymbol<func::FuncOp>("main"))
    for (BlockArgument argument : function.getArguments()) {
      unsigned i = argument.getArgNumber();
      const Array *array =
          findArray(inputs, nameOf(function.getArgAttrDict(i), "input", i));
      if (array && array->type == ElementType{ElementType::Float, 32})
        recorder.given(argument, array->as<float>());
    }
  auto outputs = runMain(
      module, inputs,
      [&](Operation *op, ArrayRef<Tensor> results) {
        recorder.after(op, results);
      },
      precision);
  if (!outputs)
    return outputs.takeError();
  return recorder.take();
}

/// True when features of the model are in another basis, or scaled.
static bool isTransformed(ModuleOp module) {
  return module.walk([](qnt::TransformOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

/// Gives layers what the transformed model computes for them: the same function
/// of the model, but features that are rotated can only be compared with
/// rotated ones. What they read stays.
static void takeOutputs(std::vector<RecordedLayer> &layers,
                        std::vector<RecordedLayer> transformed) {
  llvm::StringMap<SmallVector<RecordedLayer *>> byName;
  for (RecordedLayer &layer : llvm::reverse(transformed))
    byName[layer.name].push_back(&layer);
  for (RecordedLayer &layer : layers) {
    auto &same = byName[layer.name];
    if (same.empty())
      continue;
    layer.output = std::move(same.pop_back_val()->output);
  }
}

/// Layers of one name are matched in their order.
static std::vector<LayerDifference> match(ArrayRef<RecordedLayer> wanted,
                                          ArrayRef<RecordedLayer> found) {
  llvm::StringMap<SmallVector<const RecordedLayer *>> byName;
  for (const RecordedLayer &layer : llvm::reverse(wanted))
    byName[layer.name].push_back(&layer);
  std::vector<LayerDifference> result;
  for (const RecordedLayer &layer : found) {
    auto &same = byName[layer.name];
    if (same.empty() || same.back()->output.size() != layer.output.size())
      continue;
    result.push_back({layer.name,
                      layer.op,
                      layer.isQuantized,
                      {},
                      same.back()->input,
                      layer.input,
                      layer.saturated});
    result.back().difference.add(same.back()->output, layer.output);
    same.pop_back();
  }
  return result;
}

llvm::Expected<std::vector<LayerDifference>>
quantc::compareLayers(const InterpretOptions &options,
                      const NamedArrays &inputs, ProgressReporter &progress) {
  MLIRContext context(makeRegistry());
  auto module = openModel(options.model, context);
  if (!module)
    return module.takeError();
  InterpretOptions upToQuantize = options;
  upToQuantize.lastPhase = "quantize";
  std::vector<RecordedLayer> wanted, found;
  auto visit = [&](StringRef phase, ModuleOp done) -> llvm::Error {
    bool isWanted = phase == "normalize" || phase == "quantize" ||
                    (phase == "transform" && isTransformed(done));
    if (!isWanted)
      return llvm::Error::success();
    auto layers =
        runLayers(done, inputs, phase == "quantize" ? options.precision : 0);
    if (!layers)
      return layers.takeError();
    if (phase == "transform")
      takeOutputs(wanted, std::move(*layers));
    else
      (phase == "normalize" ? wanted : found) = std::move(*layers);
    return llvm::Error::success();
  };
  llvm::Error error = runRoad(**module, upToQuantize, progress, visit);
  if (error)
    return error;
  return match(wanted, found);
}
