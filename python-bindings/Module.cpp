//===- Module.cpp - the Python module's native half -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Artifact and ArtifactState for Python: arrays in through DLPack or buffers,
// NumPy arrays out. Decides nothing. The only part of quantc with exceptions,
// which is how nanobind reports errors.

#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Support/Errors.h"
#include <mutex>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <stdexcept>

namespace nb = nanobind;
using namespace nb::literals;
using namespace quantc;

namespace {
/// Becomes quantc.Error.
struct ModelError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void raise(llvm::Error error) {
  throw ModelError(takeFailure(std::move(error)).message);
}
void check(llvm::Error error) {
  if (error)
    raise(std::move(error));
}
template <typename T> T check(llvm::Expected<T> value) {
  if (!value)
    raise(value.takeError());
  return std::move(*value);
}

/// A model, used by one thread at a time.
struct PyModel {
  Artifact artifact;
  std::shared_ptr<std::mutex> lock = std::make_shared<std::mutex>();
};

struct PyState {
  ArtifactState state;
  Artifact artifact;
  std::string entry;
  std::shared_ptr<std::mutex> lock;
};

/// The arrays of one call and views of them.
struct Inputs {
  std::vector<std::string> names;
  std::vector<nb::ndarray<nb::ro>> arrays;
  std::vector<std::vector<int64_t>> shapes, strides;
  std::vector<TensorView> views;
};
} // namespace

/// NumPy's name of a type; bf16, which NumPy does not know, as its bits.
static std::string numpyName(ElementType type) {
  switch (type.kind) {
  case ElementType::Bool:
    return "bool";
  case ElementType::Float:
    return "float" + std::to_string(type.bits);
  case ElementType::Int:
    return "int" + std::to_string(type.bits);
  default:
    return "uint" + std::to_string(type.bits);
  }
}

static ElementType typeOf(const nb::ndarray<nb::ro> &array) {
  nb::dlpack::dtype type = array.dtype();
  return {static_cast<ElementType::Kind>(type.code), type.bits};
}

/// Arrays stay where they are; numbers and lists become arrays of the type that
/// the input wants.
static nb::ndarray<nb::ro> toArray(const ArtifactEntry &entry,
                                   const std::string &name, nb::handle value) {
  nb::ndarray<nb::ro> array;
  if (nb::try_cast(value, array))
    return array;
  std::string type = "float32";
  for (const ArtifactTensor *input : entry.plainInputs())
    if (input->name == name)
      type = numpyName(input->type);
  nb::object converted =
      nb::module_::import_("numpy").attr("asarray")(value, "dtype"_a = type);
  if (!nb::try_cast(converted, array))
    throw ModelError("input '" + name + "' is not an array of numbers");
  return array;
}

static void addInputs(const ArtifactEntry &entry, nb::dict values,
                      Inputs &inputs) {
  for (auto [key, value] : values) {
    std::string name = nb::cast<std::string>(nb::str(key));
    nb::ndarray<nb::ro> array = toArray(entry, name, value);
    if (array.device_type() != nb::device::cpu::value)
      throw ModelError("input '" + name + "' is not in the CPU's memory");
    std::vector<int64_t> shape, strides;
    for (size_t i = 0; i < array.ndim(); ++i) {
      shape.push_back(static_cast<int64_t>(array.shape(i)));
      strides.push_back(array.stride(i));
    }
    inputs.names.push_back(std::move(name));
    inputs.arrays.push_back(std::move(array));
    inputs.shapes.push_back(std::move(shape));
    inputs.strides.push_back(std::move(strides));
  }
}

/// Inputs given as a dictionary, as keywords, or both.
static Inputs collectInputs(const ArtifactEntry &entry, nb::object dictionary,
                            nb::kwargs keywords) {
  Inputs inputs;
  if (!dictionary.is_none())
    addInputs(entry, nb::cast<nb::dict>(dictionary), inputs);
  addInputs(entry, nb::borrow<nb::dict>(keywords), inputs);
  for (size_t i = 0; i < inputs.names.size(); ++i)
    inputs.views.push_back({inputs.names[i], typeOf(inputs.arrays[i]),
                            inputs.shapes[i], inputs.strides[i],
                            inputs.arrays[i].data()});
  return inputs;
}

/// NumPy arrays that own the outputs' bytes.
static nb::dict toNumPy(NamedArrays outputs) {
  nb::dict result;
  for (auto &[name, array] : outputs) {
    auto *owned = new Array(std::move(array));
    nb::capsule owner(owned, [](void *pointer) noexcept {
      delete static_cast<Array *>(pointer);
    });
    std::vector<size_t> shape(owned->shape.begin(), owned->shape.end());
    auto code = owned->type.kind == ElementType::BFloat ? ElementType::UInt
                                                        : owned->type.kind;
    nb::dlpack::dtype type = {static_cast<uint8_t>(code), owned->type.bits, 1};
    result[name.c_str()] = nb::cast(nb::ndarray<nb::numpy>(
        owned->bytes.data(), shape.size(), shape.data(), owner, nullptr, type));
  }
  return result;
}

static nb::dict runModel(PyModel &model, nb::object dictionary,
                         const std::string &entry, nb::kwargs keywords) {
  const ArtifactEntry *info = check(model.artifact.entry(entry));
  Inputs inputs = collectInputs(*info, dictionary, keywords);
  NamedArrays outputs;
  {
    nb::gil_scoped_release release;
    std::lock_guard guard(*model.lock);
    check(model.artifact.runInto(entry, inputs.views, outputs));
  }
  return toNumPy(std::move(outputs));
}

static nb::dict runState(PyState &state, nb::object dictionary,
                         nb::kwargs keywords) {
  const ArtifactEntry *info = check(state.artifact.entry(state.entry));
  Inputs inputs = collectInputs(*info, dictionary, keywords);
  NamedArrays outputs;
  {
    nb::gil_scoped_release release;
    std::lock_guard guard(*state.lock);
    check(state.state.runInto(inputs.views, outputs));
  }
  return toNumPy(std::move(outputs));
}

static PyModel loadModel(const std::string &path, const std::string &weights,
                         int32_t threads, bool checkWeights) {
  Artifact::Options options;
  options.weightsPath = weights;
  options.numThreads = threads;
  options.skipChecksum = !checkWeights;
  nb::gil_scoped_release release;
  return PyModel{check(Artifact::load(path, options))};
}

static PyState makeState(PyModel &model, int64_t capacity,
                         const std::string &entry) {
  std::lock_guard guard(*model.lock);
  return PyState{check(model.artifact.createState(entry, capacity)),
                 model.artifact, entry, model.lock};
}

static void defineModel(nb::module_ &m) {
  nb::class_<PyModel>(m, "Model", "A compiled model.")
      .def("run", runModel, "inputs"_a = nb::none(), "entry"_a = "main",
           "keywords"_a,
           "Run an entry without state on arrays by name; returns the outputs "
           "by name.")
      .def("state", makeState, "capacity"_a, "entry"_a = "decode",
           "Empty caches with room for `capacity` positions.")
      .def(
          "set_num_threads",
          [](PyModel &model, int32_t count) {
            std::lock_guard guard(*model.lock);
            check(model.artifact.setNumThreads(count));
          },
          "count"_a, "Threads for the following runs; 0: what OpenMP decides.")
      .def(
          "set_precision",
          [](PyModel &model, int32_t bits) {
            std::lock_guard guard(*model.lock);
            check(model.artifact.setPrecision(bits));
          },
          "bits"_a,
          "Bits that weights of planes are read at in the following runs: one "
          "of signature['precisions'].")
      .def_prop_ro(
          "precision",
          [](PyModel &model) {
            std::lock_guard guard(*model.lock);
            return model.artifact.precision();
          },
          "The bits in use; 0 for a model without weights of planes.")
      .def_prop_ro(
          "signature",
          [](PyModel &model) {
            return nb::module_::import_("json").attr("loads")(
                model.artifact.signatureJson().str());
          },
          "Entries, inputs, outputs, recipe and levels.")
      .def_prop_ro(
          "level",
          [](PyModel &model) { return model.artifact.levelName().str(); },
          "The code in use: 'generic', 'v3' or 'v4'.")
      .def_prop_ro(
          "arena_bytes",
          [](PyModel &model) { return model.artifact.arenaBytes(); },
          "Bytes of working memory in use.");
}

static void defineState(nb::module_ &m) {
  nb::class_<PyState>(m, "State", "The caches of one text.")
      .def("run", runState, "inputs"_a = nb::none(), "keywords"_a,
           "Run the entry; the caches grow by the new positions.")
      .def(
          "truncate",
          [](PyState &state, int64_t length) {
            std::lock_guard guard(*state.lock);
            check(state.state.truncate(length));
          },
          "length"_a, "Forget all positions from `length` on.")
      .def_prop_ro(
          "length", [](PyState &state) { return state.state.length(); },
          "Positions that are filled.")
      .def_prop_ro(
          "capacity", [](PyState &state) { return state.state.capacity(); },
          "Positions that there is room for.");
}

NB_MODULE(_quantc, m) {
  m.doc() = "Native half of the module quantc.";
  nb::exception<ModelError>(m, "Error", PyExc_RuntimeError);
  defineModel(m);
  defineState(m);
  m.def("load", loadModel, "path"_a, "weights"_a, "threads"_a, "check"_a,
        "See quantc.load.");
}
