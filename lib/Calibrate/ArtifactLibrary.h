//===- ArtifactLibrary.h - the functions of a loaded artifact -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// dlopen and the addresses of the C interface. What they mean is in
// quantc-c/runtime.h.

#ifndef QUANTC_LIB_CALIBRATE_ARTIFACTLIBRARY_H
#define QUANTC_LIB_CALIBRATE_ARTIFACTLIBRARY_H

#include "quantc-c/runtime.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace quantc {

/// An artifact in this process; closed at the end.
class ArtifactLibrary {
public:
  /// `path` may lack the ".so". ErrorKind::IO when the file cannot be read,
  /// ErrorKind::BadModel when it is no artifact of this version.
  static llvm::Expected<std::unique_ptr<ArtifactLibrary>>
  open(llvm::StringRef path);
  ~ArtifactLibrary();
  ArtifactLibrary(const ArtifactLibrary &) = delete;

  const std::string path; ///< as the user wrote it

#define QUANTC_RUNTIME_FUNCTIONS(X)                                            \
  X(abi_version)                                                               \
  X(signature_json)                                                            \
  X(model_create)                                                              \
  X(model_create_in_memory)                                                    \
  X(model_destroy)                                                             \
  X(create_error)                                                              \
  X(last_error)                                                                \
  X(set_num_threads)                                                           \
  X(set_precision)                                                             \
  X(precision)                                                                 \
  X(level_name)                                                                \
  X(arena_bytes)                                                               \
  X(output_dims)                                                               \
  X(run)                                                                       \
  X(state_create)                                                              \
  X(state_destroy)                                                             \
  X(state_length)                                                              \
  X(state_capacity)                                                            \
  X(state_truncate)                                                            \
  X(state_output_dims)                                                         \
  X(run_state)                                                                 \
  X(set_observer)
#define DECLARE(name) decltype(&::qc_##name) name = nullptr;
  QUANTC_RUNTIME_FUNCTIONS(DECLARE)
#undef DECLARE

private:
  explicit ArtifactLibrary(llvm::StringRef path) : path(path) {}
  llvm::Error resolve();

  void *handle = nullptr;
};

} // namespace quantc

#endif // QUANTC_LIB_CALIBRATE_ARTIFACTLIBRARY_H
