//===- Driver.cpp - from a model file to an artifact -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Opens the model, runs the phases and writes the files of the artifact. What a
// phase does is its own business.

#include "quantc/Pipeline/Driver.h"
#include "BudgetReport.h"
#include "Calibration.h"
#include "Certificate.h"
#include "Codegen.h"
#include "KernelTimes.h"
#include "OpenModel.h"
#include "Reproducer.h"
#include "SampleSteps.h"
#include "SparsityCalibration.h"
#include "TransformReport.h"
#include "quantc/Calibrate/StatisticsFolder.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Emit/Link.h"
#include "quantc/Emit/Program.h"
#include "quantc/Methods/Method.h"
#include "quantc/Pipeline/LayerReport.h"
#include "quantc/Pipeline/Pipeline.h"
#include "quantc/Pipeline/Registration.h"
#include "quantc/Quantize/WeightMatrix.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/OutputFile.h"
#include "quantc/Support/Safetensors.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace quantc;

namespace {
/// A folder that disappears with everything in it, if it has a path.
struct ScratchFolder {
  std::string path;
  ~ScratchFolder() {
    if (!path.empty())
      llvm::sys::fs::remove_directories(path);
  }
};

/// One compilation from beginning to end.
class Compilation {
public:
  Compilation(const CompileOptions &options, CompileReport &report,
              ProgressReporter &progress)
      : options(options), report(report), progress(progress),
        context(makeRegistry()) {}

  llvm::Error run();
  llvm::Error plan();

private:
  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerDialects(registry);
    return registry;
  }
  llvm::Error prepare();
  llvm::Error chooseScratch();
  llvm::Error openModel();
  llvm::Error runRoad(unsigned first, unsigned last);
  llvm::Error measureLayers(ModuleOp module);
  llvm::Error beforeLower(ModuleOp module);
  llvm::Error beforeTransform(ModuleOp module);
  llvm::Error afterTransform(ModuleOp module);
  llvm::Error afterAssign(ModuleOp module);
  llvm::Error writeLibrary(const StoredWeights &stored, StringRef weightsFile);
  void chooseWorkFile(unsigned first, llvm::FileRemover &remover);
  llvm::Error writeFiles();
  void describeFiles();
  void measureTimes(const StoredWeights &stored);
  llvm::Error afterPhase(unsigned number, const Phase &phase, ModuleOp module);

  const CompileOptions &options;
  CompileReport &report;
  ProgressReporter &progress;
  MLIRContext context;
  std::optional<Recipe> recipe;
  llvm::SmallVector<Level> levels;
  OwningOpRef<ModuleOp> module;
  OwningOpRef<ModuleOp> normalized; ///< when transforms are to be certified
  ModelSignature signature;
  std::string workFile;
  ScratchFolder scratch; ///< of statistics that are not kept
  std::unique_ptr<StatisticsFolder> statistics; ///< null: nothing is kept
  std::optional<SampleSteps> samples;
  std::string reproducer; ///< file for the IR before a fault of quantc
  bool isPlan = false;
  std::chrono::steady_clock::time_point phaseStart;
};
} // namespace

llvm::Expected<Recipe> quantc::loadRecipe(StringRef presetOrPath) {
  auto recipe = Recipe::load(presetOrPath);
  if (!recipe)
    return recipe;
  for (const std::string &name : recipe->methods()) {
    auto method = requireMethod(name);
    if (!method)
      return makeError(ErrorKind::Usage, "recipe '{0}': {1}", recipe->name(),
                       llvm::toString(method.takeError()));
  }
  return recipe;
}

llvm::Error Compilation::prepare() {
  auto loaded = loadRecipe(options.recipeOrPreset);
  if (!loaded)
    return loaded.takeError();
  recipe = std::move(*loaded);
  auto chosen = levelsOfTarget(options.target);
  if (!chosen)
    return chosen.takeError();
  levels = std::move(*chosen);
  report.model = options.model;
  report.recipe = recipe->name().str();
  report.recipeYaml = recipe->toYaml();
  report.target = options.target;
  for (const Level &level : levels)
    report.levels.push_back(level.name.str());
  if (!options.calibrationData.empty() &&
      !llvm::sys::fs::exists(options.calibrationData))
    return makeError(ErrorKind::IO, "cannot open '{0}': no such file",
                     options.calibrationData);
  if (!options.statisticsDir.empty()) {
    auto opened = StatisticsFolder::open(options.statisticsDir, progress);
    if (!opened)
      return opened.takeError();
    statistics = std::move(*opened);
  }
  if (llvm::Error error = chooseScratch())
    return error;
  if (options.keepDir.empty())
    return llvm::Error::success();
  if (std::error_code error =
          llvm::sys::fs::create_directories(options.keepDir))
    return makeError(ErrorKind::IO, "cannot make folder '{0}': {1}",
                     options.keepDir, error.message());
  return llvm::Error::success();
}

/// Where files lie that samples need meanwhile: a plan leaves the folder of the
/// model alone.
llvm::Error Compilation::chooseScratch() {
  SampleOptions where;
  where.dataPath = options.calibrationData;
  where.scratchPrefix = options.outputPrefix;
  where.statistics = statistics.get();
  if (isPlan) {
    llvm::SmallString<64> folder;
    if (std::error_code error =
            llvm::sys::fs::createUniqueDirectory("quantc-plan", folder))
      return makeError(ErrorKind::IO, "cannot make a temporary folder: {0}",
                       error.message());
    scratch.path = folder.str().str();
    where.scratchPrefix = scratch.path + "/model";
  } else if (options.keepDir.empty()) {
    scratch.path = where.hessianFolder =
        options.outputPrefix + ".calibration.statistics";
  } else {
    where.hessianFolder = options.keepDir + "/statistics";
  }
  samples.emplace(*recipe, std::move(where), report, progress);
  return llvm::Error::success();
}

llvm::Error Compilation::openModel() {
  auto opened = quantc::openModel(options.model, context);
  if (!opened)
    return opened.takeError();
  module = std::move(*opened);
  return checkStart(options.model, *module, options.fromPhase);
}

/// Measures a budget's layers, for the phase Assign and the report.
llvm::Error Compilation::measureLayers(ModuleOp module) {
  auto table = samples->measureBudget(module);
  if (!table)
    return table.takeError();
  const BudgetChoice &budget = *recipe->budget();
  describeBudget(*table, budget, report);
  std::string path = options.outputPrefix + ".sensitivity.json";
  bool isFile = llvm::sys::fs::equivalent(path, budget.sensitivity);
  if (isPlan || isFile)
    return llvm::Error::success();
  report.files.push_back(path);
  return writeFileAtomically(path, toJson(*table));
}

llvm::Error Compilation::beforeTransform(ModuleOp module) {
  if (options.explain)
    describeFeatureAxes(module, report);
  warnOfRotations(module, recipe->transforms(), report);
  if (options.certify)
    normalized = module.clone();
  return isPlan ? llvm::Error::success() : samples->beforeTransform(module);
}

llvm::Error Compilation::afterTransform(ModuleOp module) {
  if (recipe->transforms().splitsChannels())
    describeSplits(module, options.explain, report);
  if (!normalized)
    return llvm::Error::success();
  auto certificate = certify(*normalized, module);
  normalized = {};
  if (!certificate)
    return certificate.takeError();
  std::string path = options.outputPrefix + ".certificate.json";
  report.files.push_back(path);
  if (llvm::Error error = writeFileAtomically(path, certificate->toJson()))
    return error;
  return certificate->holds()
             ? llvm::Error::success()
             : makeError(ErrorKind::Internal,
                         "transforms changed the function of the model, see "
                         "'{0}'",
                         path);
}

/// What is known best where every kernel is chosen and nothing is lowered yet.
llvm::Error Compilation::beforeLower(ModuleOp module) {
  auto read = readSignature(module);
  if (failed(read))
    return makeError(
        ErrorKind::Unsupported,
        "the model has inputs or outputs of a type that callers cannot pass");
  signature = std::move(*read);
  describeKernels(module, report);
  auto size = sizeOfWeightsFile(module);
  if (!size)
    return size.takeError();
  report.weightBytes = size->data;
  report.weightsFileBytes = size->file;
  return llvm::Error::success();
}

/// ErrorKind::Usage when a method does not take the scheme of a weight.
static llvm::Error checkMethods(ModuleOp module, StringRef recipe) {
  llvm::Error problem = llvm::Error::success();
  module.walk([&](qnt::AssignOp op) {
    const Method *method = lookupMethod(op.getMethod().value_or(""));
    if (!method)
      return WalkResult::advance();
    qnt::SchemeAttr scheme = op.getScheme();
    llvm::Error error = scheme.hasSigns()
                            ? method->check(binarySchemeOf(scheme))
                            : method->check(groupSchemeOf(scheme));
    if (!error)
      return WalkResult::advance();
    auto node = dyn_cast<NameLoc>(op.getLoc());
    problem = makeError(ErrorKind::Usage, "recipe '{0}', node '{1}': {2}",
                        recipe, node ? node.getName().getValue() : "",
                        llvm::toString(std::move(error)));
    return WalkResult::interrupt();
  });
  return problem;
}

llvm::Error Compilation::afterAssign(ModuleOp module) {
  if (llvm::Error error = checkMethods(module, recipe->name()))
    return error;
  describeLayers(module, report);
  if (report.budget)
    describeChosenBits(report);
  if (isPlan) {
    assumeRanges(module);
    assumeThresholds(module, *recipe);
    return llvm::Error::success();
  }
  if (llvm::Error error = describeNumbers(module, report))
    return error;
  if (llvm::Error error = samples->afterAssign(module))
    return error;
  describeClipping(module, report);
  return llvm::Error::success();
}

llvm::Error Compilation::afterPhase(unsigned number, const Phase &phase,
                                    ModuleOp module) {
  auto now = std::chrono::steady_clock::now();
  report.phases.push_back(
      {phase.name.str(),
       std::chrono::duration<double>(now - phaseStart).count()});
  phaseStart = now;
  progress.step();
  if (phase.name == "normalize")
    if (llvm::Error error = beforeTransform(module))
      return error;
  if (phase.name == "transform")
    if (llvm::Error error = afterTransform(module))
      return error;
  if (phase.name == "transform" && recipe->budget())
    if (llvm::Error error = measureLayers(module))
      return error;
  if (phase.name == "assign") {
    if (llvm::Error error = afterAssign(module))
      return error;
  }
  if (phase.name == "quantize")
    describeErrors(module, report);
  if (phase.name == "select")
    if (llvm::Error error = beforeLower(module))
      return error;
  if (options.keepDir.empty())
    return llvm::Error::success();
  // With the names of nodes, so that --from goes on as if nothing had been
  // kept.
  std::string name = options.keepDir + "/" + std::to_string(number) + "-" +
                     phase.name.str() + ".mlir";
  report.files.push_back(name);
  return writeFileAtomically(name, printKept(module, phase.name));
}

llvm::Error Compilation::runRoad(unsigned first, unsigned last) {
  progress.begin("compile", last - first + 1);
  PhaseOptions phaseOptions;
  phaseOptions.recipe = &*recipe;
  phaseOptions.workFile = workFile;
  phaseOptions.sizesOnly = isPlan;
  phaseOptions.reproducer = reproducer;
  phaseStart = std::chrono::steady_clock::now();
  llvm::Error error =
      runPhases(*module, first, last, phaseOptions,
                [&](unsigned number, const Phase &phase, ModuleOp done) {
                  return afterPhase(number, phase, done);
                });
  progress.end();
  return error;
}

llvm::Error Compilation::writeLibrary(const StoredWeights &stored,
                                      StringRef weightsFile) {
  const std::string &prefix = options.outputPrefix;
  auto code =
      generateCode(*module, levels, options.keepDir, reproducer, progress);
  if (!code)
    return code.takeError();
  llvm::append_range(report.warnings, code->warnings);
  readSizeChecks(*module, signature);
  signature.recipe = report.recipe;
  for (const Level &level : levels)
    signature.levels.push_back(level.name.str());
  WeightsReference reference;
  reference.stored = stored;
  std::optional<SafetensorsFile> embedded;
  if (options.embedWeights) {
    auto file = SafetensorsFile::open(weightsFile);
    if (!file)
      return file.takeError();
    embedded = std::move(*file);
    reference.embedded = embedded->data();
  } else {
    reference.fileName = llvm::sys::path::filename(prefix).str() + ".weights";
  }
  llvm::LLVMContext llvmContext;
  auto program =
      buildProgram(llvmContext, signature, levels, reference, code->images);
  auto object = toObject(*program, levels.front());
  if (!object)
    return object.takeError();
  code->objects.push_back(std::move(*object));
  return linkLibrary(code->objects, prefix + ".so");
}

llvm::Error Compilation::writeFiles() {
  const std::string &prefix = options.outputPrefix;
  // Under its own name only when the library is there too.
  std::string unfinished = prefix + ".weights.unfinished";
  llvm::FileRemover removeUnfinished(unfinished);
  auto stored = writeWeights(*module, unfinished, progress);
  if (!stored)
    return stored.takeError();
  if (llvm::Error error = writeLibrary(*stored, unfinished))
    return error;
  std::error_code error =
      options.embedWeights
          ? std::error_code()
          : llvm::sys::fs::rename(unfinished, prefix + ".weights");
  if (error)
    return makeError(ErrorKind::IO, "cannot write '{0}.weights': {1}", prefix,
                     error.message());
  if (llvm::Error error = writeFileAtomically(
          prefix + ".h",
          signatureToHeader(signature, llvm::sys::path::filename(prefix))))
    return error;
  if (llvm::Error error = writeFileAtomically(
          prefix + ".json", signatureToJson(signature) + "\n"))
    return error;
  describeFiles();
  if (options.measureTimes)
    measureTimes(*stored);
  return llvm::Error::success();
}

void Compilation::describeFiles() {
  const std::string &prefix = options.outputPrefix;
  uint64_t size = 0;
  llvm::sys::fs::file_size(prefix + ".so", size);
  report.libraryBytes = size;
  report.hasEmbeddedWeights = options.embedWeights;
  if (options.embedWeights)
    report.weightsFileBytes = 0;
  for (StringRef suffix : {".so", ".weights", ".h", ".json"})
    if (suffix != ".weights" || !options.embedWeights)
      report.files.push_back((prefix + suffix).str());
  describeMemory(*module, signature, report);
}

/// A model that does not run at the smallest sizes has no times, and a warning.
void Compilation::measureTimes(const StoredWeights &stored) {
  if (!levels.front().gpu.empty()) {
    report.warnings.push_back("no times are measured of kernels of a GPU");
    return;
  }
  TimingOptions timing;
  timing.levels = levels;
  timing.stored = stored;
  timing.weightsPath =
      options.outputPrefix +
      (options.embedWeights ? ".weights.unfinished" : ".weights");
  timing.scratchPrefix = options.outputPrefix + ".timing";
  if (llvm::Error error =
          measureKernels(*module, signature, timing, report, progress))
    report.warnings.push_back("no times could be measured: " +
                              llvm::toString(std::move(error)));
}

/// Quantized constants stay beside kept IR, which refers to them.
void Compilation::chooseWorkFile(unsigned first, llvm::FileRemover &remover) {
  bool isKept = !options.keepDir.empty();
  workFile = isKept ? options.keepDir + "/quantized.data"
                    : options.outputPrefix + ".quantized.unfinished";
  if (!isKept)
    remover.setFile(workFile);
  // Later phases of an earlier run still need what is there.
  for (const Phase &phase : allPhases().drop_front(first))
    if (phase.name == "quantize")
      llvm::sys::fs::remove(workFile);
}

llvm::Error Compilation::run() {
  if (llvm::Error error = prepare())
    return error;
  unsigned last = allPhases().size() - 1, first = 0;
  bool isPart = !options.fromPhase.empty() || !options.toPhase.empty();
  for (auto [name, position] :
       {std::pair<StringRef, unsigned *>{options.fromPhase, &first},
        {options.toPhase, &last}}) {
    if (name.empty())
      continue;
    auto found = findPhase(name);
    if (!found)
      return found.takeError();
    *position = *found;
  }
  reproducer = options.outputPrefix + ".failed.mlir";
  llvm::FileRemover removeWorkFile;
  chooseWorkFile(first, removeWorkFile);
  if (llvm::Error error = openModel())
    return error;
  if (allPhases()[first].name == "lower")
    if (llvm::Error error = beforeLower(*module))
      return error;
  if (llvm::Error error = runRoad(first, last))
    return error;
  return isPart && last + 1 < allPhases().size() ? llvm::Error::success()
                                                 : writeFiles();
}

llvm::Error Compilation::plan() {
  isPlan = true;
  if (llvm::Error error = prepare())
    return error;
  if (llvm::Error error = openModel())
    return error;
  workFile = "plan"; // is named in the IR and not written
  auto last = findPhase("select");
  if (!last)
    return last.takeError();
  return runRoad(0, *last);
}

llvm::Error quantc::compileModel(const CompileOptions &options,
                                 CompileReport &report,
                                 ProgressReporter &progress) {
  return Compilation(options, report, progress).run();
}

llvm::Error quantc::planModel(const CompileOptions &options,
                              CompileReport &report,
                              ProgressReporter &progress) {
  return Compilation(options, report, progress).plan();
}

std::vector<TargetInfo> quantc::allTargets() {
  std::vector<TargetInfo> targets;
  for (const Level &level : allLevels())
    targets.push_back({(level.number ? "x86-64-" : "") + level.name.str(),
                       level.name.str(), level.cpu.str(),
                       level.features.str()});
  for (const GPU &gpu : allGPUs())
    targets.push_back({("cuda:" + gpu.name).str(), "cuda", gpu.name.str(), ""});
  for (llvm::StringRef name : {"cuda-sim", "cuda-sim-backward"})
    targets.push_back({name.str(), name.drop_front(5).str(), "native", ""});
  return targets;
}
