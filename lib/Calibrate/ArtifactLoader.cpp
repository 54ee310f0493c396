//===- ArtifactLoader.cpp - compiled models in this process -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Calls the C functions of an artifact with arrays by name. Names and types are
// checked here, so that messages say what was expected; sizes are checked by
// the runtime.

#include "quantc/Calibrate/ArtifactLoader.h"
#include "ArtifactLibrary.h"
#include "ArtifactSignature.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace quantc;

/// Whose fault a status of the runtime is.
static ErrorKind kindOf(qc_status status) {
  switch (status) {
  case QC_NO_MEMORY:
    return ErrorKind::Internal;
  case QC_NO_DEVICE:
    return ErrorKind::IO;
  default:
    return ErrorKind::BadModel;
  }
}

struct Artifact::Model {
  ~Model() {
    if (handle)
      library->model_destroy(handle);
  }
  Error lastError(qc_status status) const {
    return makeError(kindOf(status), "'{0}': {1}", library->path,
                     library->last_error(handle));
  }

  std::unique_ptr<ArtifactLibrary> library;
  qc_model *handle = nullptr;
  std::vector<ArtifactEntry> entries;
  std::vector<int64_t> precisions;
  Observer observer;
};

struct ArtifactState::Caches {
  ~Caches() { model->library->state_destroy(handle); }

  std::shared_ptr<Artifact::Model> model;
  const ArtifactEntry *entry = nullptr;
  qc_state *handle = nullptr;
};

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

static DLTensor toDLPack(const void *data, ElementType type,
                         ArrayRef<int64_t> shape, ArrayRef<int64_t> strides) {
  DLTensor tensor = {};
  tensor.data = const_cast<void *>(data);
  tensor.device = {kDLCPU, 0};
  tensor.ndim = static_cast<int32_t>(shape.size());
  tensor.dtype = {static_cast<uint8_t>(type.kind), type.bits, 1};
  tensor.shape = const_cast<int64_t *>(shape.data());
  tensor.strides =
      strides.empty() ? nullptr : const_cast<int64_t *>(strides.data());
  return tensor;
}

bool ArtifactTensor::takes(ElementType given) const {
  bool isSameKind =
      given.kind == type.kind ||
      (given.kind == ElementType::UInt &&
       (type.kind == ElementType::Int || type.kind == ElementType::Bool));
  return isSameKind && given.bits == type.bits;
}

/// Every view must have the name of an input.
static Error checkNames(const ArtifactEntry &entry,
                        ArrayRef<TensorView> views) {
  SmallVector<StringRef> names;
  for (const ArtifactTensor *input : entry.plainInputs())
    names.push_back(input->name);
  for (const TensorView &view : views)
    if (!is_contained(names, view.name))
      return makeError(ErrorKind::BadModel, "entry '{0}' has no input '{1}'{2}",
                       entry.name, view.name, didYouMean(view.name, names));
  return Error::success();
}

/// The views of the entry's inputs, in its order.
static Error orderInputs(const ArtifactEntry &entry, ArrayRef<TensorView> views,
                         SmallVectorImpl<DLTensor> &tensors) {
  for (const ArtifactTensor *input : entry.plainInputs()) {
    const TensorView *view = find_if(
        views, [&](const TensorView &v) { return v.name == input->name; });
    if (view == views.end()) {
      SmallVector<StringRef> given;
      for (const TensorView &v : views)
        given.push_back(v.name);
      return makeError(ErrorKind::BadModel, "input '{0}' {1} is missing{2}",
                       input->name, input->describe(),
                       didYouMean(input->name, given));
    }
    if (!input->takes(view->type) || view->shape.size() != input->dims.size())
      return makeError(ErrorKind::BadModel, "input '{0}' is {1}, expected {2}",
                       view->name, describe(view->type, view->shape),
                       input->describe());
    tensors.push_back(
        toDLPack(view->data, view->type, view->shape, view->strides));
  }
  return Error::success();
}

/// Makes room for outputs; `dims` holds the sizes of all, one after the other.
static Error prepareOutputs(const ArtifactEntry &entry, ArrayRef<int64_t> dims,
                            NamedArrays &outputs) {
  outputs.resize(entry.outputs.size());
  for (auto [info, output] : zip(entry.outputs, outputs)) {
    ArrayRef<int64_t> shape = dims.take_front(info.dims.size());
    dims = dims.drop_front(info.dims.size());
    auto bytes = byteCount(info.type, shape);
    if (!bytes || *bytes > (uint64_t(1) << 46))
      return makeError(ErrorKind::BadModel,
                       "output '{0}' would be {1}, which is too large",
                       info.name, describe(info.type, shape));
    output.first = info.name;
    output.second.type = info.type;
    output.second.shape.assign(shape.begin(), shape.end());
    output.second.bytes.resize(*bytes);
  }
  return Error::success();
}

std::vector<TensorView> quantc::viewsOf(const NamedArrays &arrays) {
  std::vector<TensorView> views;
  for (const auto &[name, array] : arrays)
    views.push_back({name, array.type, array.shape, {}, array.bytes.data()});
  return views;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

namespace {
/// One call in the form of the C interface. Inputs and outputs belong to the
/// caller and must stay where they are.
class Call {
public:
  Call(const ArtifactLibrary &library, qc_model *model,
       const ArtifactEntry &entry, qc_state *state)
      : library(library), model(model), entry(entry), state(state) {}

  /// Checks the inputs and makes room for the outputs. Errors of the runtime
  /// are left in `status`.
  Error prepare(ArrayRef<TensorView> views, NamedArrays &outputs,
                qc_status &status) {
    if (Error error = orderInputs(entry, views, inputs))
      return error;
    for (const DLTensor &input : inputs)
      inputPointers.push_back(&input);
    SmallVector<int64_t> dims;
    status = outputDims(dims);
    if (status != QC_OK)
      return Error::success();
    if (Error error = prepareOutputs(entry, dims, outputs))
      return error;
    for (auto &[name, array] : outputs)
      results.push_back(
          toDLPack(array.bytes.data(), array.type, array.shape, {}));
    for (DLTensor &result : results)
      resultPointers.push_back(&result);
    return Error::success();
  }

  qc_status run() const {
    auto numInputs = static_cast<int32_t>(inputs.size()),
         numOutputs = static_cast<int32_t>(results.size());
    if (state)
      return library.run_state(model, state, inputPointers.data(), numInputs,
                               resultPointers.data(), numOutputs);
    return library.run(model, entry.name.c_str(), inputPointers.data(),
                       numInputs, resultPointers.data(), numOutputs);
  }

private:
  qc_status outputDims(SmallVectorImpl<int64_t> &dims) const {
    size_t rank = 0;
    for (const ArtifactTensor &output : entry.outputs)
      rank += output.dims.size();
    dims.resize(rank);
    auto numInputs = static_cast<int32_t>(inputs.size()),
         capacity = static_cast<int32_t>(rank);
    if (state)
      return library.state_output_dims(model, state, inputPointers.data(),
                                       numInputs, dims.data(), capacity,
                                       nullptr);
    return library.output_dims(model, entry.name.c_str(), inputPointers.data(),
                               numInputs, dims.data(), capacity, nullptr);
  }

  const ArtifactLibrary &library;
  qc_model *model;
  const ArtifactEntry &entry;
  qc_state *state;
  SmallVector<DLTensor> inputs, results;
  SmallVector<const DLTensor *> inputPointers;
  SmallVector<DLTensor *> resultPointers;
};
} // namespace

//===----------------------------------------------------------------------===//
// Artifact
//===----------------------------------------------------------------------===//

Artifact::Artifact(std::shared_ptr<Model> model) : model(std::move(model)) {}

Expected<Artifact> Artifact::load(StringRef path, const Options &options) {
  auto library = ArtifactLibrary::open(path);
  if (!library)
    return library.takeError();
  auto model = std::make_shared<Model>();
  model->library = std::move(*library);
  auto entries = parseSignature(model->library->signature_json(), path);
  if (!entries)
    return entries.takeError();
  model->entries = std::move(*entries);
  model->precisions = parsePrecisions(model->library->signature_json());
  qc_options passed = {options.numThreads, options.skipChecksum};
  const char *weights =
      options.weightsPath.empty() ? nullptr : options.weightsPath.c_str();
  qc_status status =
      options.weights.empty()
          ? model->library->model_create(weights, &passed, &model->handle)
          : model->library->model_create_in_memory(options.weights.data(),
                                                   options.weights.size(),
                                                   &passed, &model->handle);
  if (status != QC_OK)
    return makeError(
        status == QC_NO_DEVICE ? ErrorKind::IO : ErrorKind::BadModel,
        "cannot use '{0}': {1}", path, model->library->create_error());
  return Artifact(std::move(model));
}

ArrayRef<ArtifactEntry> Artifact::entries() const { return model->entries; }

Expected<const ArtifactEntry *> Artifact::entry(StringRef name) const {
  SmallVector<StringRef> names;
  for (const ArtifactEntry &entry : model->entries) {
    if (entry.name == name)
      return &entry;
    names.push_back(entry.name);
  }
  return makeError(ErrorKind::Usage, "'{0}' has no entry '{1}'; it has {2}",
                   model->library->path, name, join(names, ", "));
}

StringRef Artifact::signatureJson() const {
  return model->library->signature_json();
}

StringRef Artifact::levelName() const {
  return model->library->level_name(model->handle);
}

uint64_t Artifact::arenaBytes() const {
  return model->library->arena_bytes(model->handle);
}

Error Artifact::setNumThreads(int32_t count) {
  qc_status status = model->library->set_num_threads(model->handle, count);
  return status == QC_OK ? Error::success() : model->lastError(status);
}

ArrayRef<int64_t> Artifact::precisions() const { return model->precisions; }

Error Artifact::setPrecision(int32_t bits) {
  qc_status status = model->library->set_precision(model->handle, bits);
  return status == QC_OK ? Error::success() : model->lastError(status);
}

int32_t Artifact::precision() const {
  return model->library->precision(model->handle);
}

void Artifact::setObserver(Observer observer) {
  model->observer = std::move(observer);
  auto forward = [](void *user, int64_t id, const float *data, int64_t rows,
                    int64_t cols) {
    (*static_cast<Observer *>(user))(id, data, rows, cols);
  };
  model->library->set_observer(
      model->handle, model->observer ? +forward : nullptr, &model->observer);
}

Expected<NamedArrays> Artifact::run(StringRef name, const NamedArrays &inputs,
                                    int64_t stateCapacity) {
  auto found = entry(name);
  if (!found)
    return found.takeError();
  std::optional<ArtifactState> state;
  if ((*found)->isStateful) {
    auto created = createState(name, stateCapacity);
    if (!created)
      return created.takeError();
    state = std::move(*created);
  }
  Call call(*model->library, model->handle, **found,
            state ? state->caches->handle : nullptr);
  NamedArrays outputs;
  qc_status status = QC_OK;
  if (Error error = call.prepare(viewsOf(inputs), outputs, status))
    return std::move(error);
  if (status == QC_OK)
    status = call.run();
  if (status != QC_OK)
    return model->lastError(status);
  return outputs;
}

Error Artifact::runInto(StringRef name, ArrayRef<TensorView> inputs,
                        NamedArrays &outputs) {
  auto found = entry(name);
  if (!found)
    return found.takeError();
  if (Error error = checkNames(**found, inputs))
    return error;
  Call call(*model->library, model->handle, **found, nullptr);
  qc_status status = QC_OK;
  if (Error error = call.prepare(inputs, outputs, status))
    return error;
  if (status == QC_OK)
    status = call.run();
  return status == QC_OK ? Error::success() : model->lastError(status);
}

Error Artifact::measure(StringRef name, const NamedArrays &inputs,
                        function_ref<void(function_ref<bool()>)> timed) {
  auto found = entry(name);
  if (!found)
    return found.takeError();
  if ((*found)->isStateful)
    return makeError(ErrorKind::Usage,
                     "entry '{0}' keeps caches; measure one that does not",
                     name);
  Call call(*model->library, model->handle, **found, nullptr);
  NamedArrays outputs;
  qc_status status = QC_OK;
  std::vector<TensorView> views = viewsOf(inputs);
  if (Error error = call.prepare(views, outputs, status))
    return error;
  if (status == QC_OK)
    timed([&] { return status == QC_OK && (status = call.run()) == QC_OK; });
  return status == QC_OK ? Error::success() : model->lastError(status);
}

Expected<ArtifactState> Artifact::createState(StringRef name,
                                              int64_t capacity) {
  auto found = entry(name);
  if (!found)
    return found.takeError();
  qc_state *state = nullptr;
  qc_status status = model->library->state_create(
      model->handle, (*found)->name.c_str(), capacity, &state);
  if (status != QC_OK)
    return model->lastError(status);
  auto caches = std::make_shared<ArtifactState::Caches>();
  caches->model = model;
  caches->entry = *found;
  caches->handle = state;
  return ArtifactState(std::move(caches));
}

//===----------------------------------------------------------------------===//
// ArtifactState
//===----------------------------------------------------------------------===//

ArtifactState::ArtifactState(std::shared_ptr<Caches> caches)
    : caches(std::move(caches)) {}

int64_t ArtifactState::length() const {
  return caches->model->library->state_length(caches->handle);
}

int64_t ArtifactState::capacity() const {
  return caches->model->library->state_capacity(caches->handle);
}

Error ArtifactState::truncate(int64_t newLength) {
  if (caches->model->library->state_truncate(caches->handle, newLength) ==
      QC_OK)
    return Error::success();
  return makeError(ErrorKind::Usage,
                   "cannot cut a state of {0} positions to {1}", length(),
                   newLength);
}

Error ArtifactState::runInto(ArrayRef<TensorView> inputs,
                             NamedArrays &outputs) {
  const Artifact::Model &model = *caches->model;
  if (Error error = checkNames(*caches->entry, inputs))
    return error;
  Call call(*model.library, model.handle, *caches->entry, caches->handle);
  qc_status status = QC_OK;
  if (Error error = call.prepare(inputs, outputs, status))
    return error;
  if (status == QC_OK)
    status = call.run();
  return status == QC_OK ? Error::success() : model.lastError(status);
}
