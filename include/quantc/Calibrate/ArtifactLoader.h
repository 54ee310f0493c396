//===- ArtifactLoader.h - compiled models in this process -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Opens the library of a compiled model and runs it on arrays by name. This is
// how quantc itself executes models: in calibration, in its commands and in the
// Python module. It is a user of quantc-c/runtime.h like any other; it knows
// nothing of compiling.

#ifndef QUANTC_CALIBRATE_ARTIFACTLOADER_H
#define QUANTC_CALIBRATE_ARTIFACTLOADER_H

#include "quantc/Calibrate/Array.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <memory>

namespace quantc {

/// One input or output of an entry.
struct ArtifactTensor {
  std::string name;
  ElementType type;
  llvm::SmallVector<int64_t, 4> dims; ///< -1 where dynamic
  std::vector<std::string>
      dimNames;         ///< one a dimension, "" where there is none
  bool isState = false; ///< a cache, which callers do not pass

  /// "f32[batch,3]"
  std::string describe() const;

  /// True for arrays of that type: unsigned numbers may stand for truth values
  /// and, as the interface of models does not always tell the difference, for
  /// signed ones of the same width.
  bool takes(ElementType given) const;
};

/// A function of the artifact.
struct ArtifactEntry {
  std::string name;
  bool isStateful = false;
  std::vector<ArtifactTensor> inputs, outputs; ///< in the order of the call

  /// The inputs that callers pass.
  std::vector<const ArtifactTensor *> plainInputs() const;
};

/// An input that belongs to the caller.
struct TensorView {
  llvm::StringRef name;
  ElementType type;
  llvm::ArrayRef<int64_t> shape;
  llvm::ArrayRef<int64_t> strides; ///< in elements; empty: compact, row-major
  const void *data = nullptr;
};

/// Views of all arrays; they must outlive the result.
std::vector<TensorView> viewsOf(const NamedArrays &arrays);

class ArtifactState;

/// A loaded model. Not for several threads at a time; copies share the model.
class Artifact {
public:
  struct Options {
    std::string weightsPath; ///< empty: the file beside the library
    /// The bytes of the weights file, which outlive the model; empty: the file.
    llvm::ArrayRef<uint8_t> weights;
    int32_t numThreads = 0;    ///< 0: what OpenMP decides
    bool skipChecksum = false; ///< do not read all weights at the start
  };
  /// Called with the number of an observed place and `rows` rows of `cols`
  /// numbers.
  using Observer = std::function<void(int64_t id, const float *data,
                                      int64_t rows, int64_t cols)>;

  /// `path` is the library, or its prefix without ".so". ErrorKind::IO when it
  /// cannot be opened, ErrorKind::BadModel when it is no model of quantc or its
  /// weights are missing or damaged.
  static llvm::Expected<Artifact> load(llvm::StringRef path,
                                       const Options &options);

  llvm::ArrayRef<ArtifactEntry> entries() const;
  /// The entry of that name. ErrorKind::Usage, naming those that exist.
  llvm::Expected<const ArtifactEntry *> entry(llvm::StringRef name) const;
  llvm::StringRef signatureJson() const;
  /// "generic", "v3" or "v4": the code in use.
  llvm::StringRef levelName() const;
  /// Bytes of working memory.
  uint64_t arenaBytes() const;
  /// ErrorKind::BadModel for a negative count; 0: what OpenMP decides.
  llvm::Error setNumThreads(int32_t count);
  /// The bits that weights of planes can be read at, descending; empty for a
  /// model without any.
  llvm::ArrayRef<int64_t> precisions() const;
  /// Which of them the following runs read. ErrorKind::BadModel, naming those
  /// that there are, for another number.
  llvm::Error setPrecision(int32_t bits);
  /// The bits in use; 0 for a model without weights of planes.
  int32_t precision() const;
  /// For models that were compiled for calibration. An empty function ends
  /// observation.
  void setObserver(Observer observer);

  /// Runs an entry on the inputs of these names; others are ignored. A stateful
  /// entry starts with empty caches, with room for `stateCapacity` positions.
  /// ErrorKind::BadModel, naming the input, for one that is missing or has
  /// another type or shape.
  llvm::Expected<NamedArrays> run(llvm::StringRef entry,
                                  const NamedArrays &inputs,
                                  int64_t stateCapacity = 0);

  /// Runs an entry without state on inputs in any order; a name that is no
  /// input is an error too. Buffers in `outputs` of the right size are used
  /// again.
  llvm::Error runInto(llvm::StringRef entry, llvm::ArrayRef<TensorView> inputs,
                      NamedArrays &outputs);

  /// Calls `timed` with a function that runs the entry once, into the same
  /// output buffers each time; that function says whether the run succeeded.
  /// What `run` refuses is refused here.
  llvm::Error
  measure(llvm::StringRef entry, const NamedArrays &inputs,
          llvm::function_ref<void(llvm::function_ref<bool()> once)> timed);

  /// Empty caches of a stateful entry with room for `capacity` positions.
  llvm::Expected<ArtifactState> createState(llvm::StringRef entry,
                                            int64_t capacity);

private:
  friend class ArtifactState;
  struct Model;
  explicit Artifact(std::shared_ptr<Model> model);

  std::shared_ptr<Model> model;
};

/// The caches of one text. Keeps its model alive; copies share the caches.
class ArtifactState {
public:
  int64_t length() const;
  int64_t capacity() const;
  /// Forgets all positions from `length` on. ErrorKind::Usage when there are
  /// fewer.
  llvm::Error truncate(int64_t length);
  /// As Artifact::runInto; the caches grow by the new positions. On an error
  /// they stay as they were.
  llvm::Error runInto(llvm::ArrayRef<TensorView> inputs, NamedArrays &outputs);

private:
  friend class Artifact;
  struct Caches;
  explicit ArtifactState(std::shared_ptr<Caches> caches);

  std::shared_ptr<Caches> caches;
};

} // namespace quantc

#endif // QUANTC_CALIBRATE_ARTIFACTLOADER_H
