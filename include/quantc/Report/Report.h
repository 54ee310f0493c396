//===- Report.h - what a compilation did, layer by layer -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The data of a report and its three forms: JSON, one HTML page, a table for
// the terminal. Filling it is the business of others.

#ifndef QUANTC_REPORT_REPORT_H
#define QUANTC_REPORT_REPORT_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quantc {

/// One product of the model.
struct LayerReport {
  std::string name, op;    ///< of the node in the model
  std::string weights;     ///< "uint4 g64 asymmetric", "float"
  std::string activations; ///< "int8 per token", "float"
  std::string reason;      ///< why it stays in floating point, when it does
  std::string method;      ///< quantizer of the weight
  std::string kernel;      ///< that computes it: "matmul.a16"
  int64_t parameters = 0;  ///< elements of the weight
  /// Stored: codes, scales, zero points and what their layout pads, each filled
  /// up to 64 bytes. What two layers share counts for both.
  uint64_t bytes = 0;
  double bitsNominal = 32;      ///< of one code
  double bitsStored = 32;       ///< 8 * bytes / parameters
  std::optional<double> sqnrDb; ///< of the weight, in decibels
};

/// Feature axes of the model that are rotated together or not at all.
struct FeatureAxis {
  int64_t features = 0; ///< elements of the axis
  int64_t block = 0;    ///< neighbours that stay together: all, or a head's
  int64_t count = 1;    ///< classes like this one
  int64_t writers = 0, readers = 0, norms = 0; ///< of one class
  bool isCached = false;                       ///< a key/value cache holds them
  std::string node;   ///< that writes the first, or that forbids to rotate it
  std::string reason; ///< why it cannot be rotated; empty when it can
};

/// Wall time of a phase in seconds.
struct PhaseTime {
  std::string name;
  double seconds = 0;
};

/// Working memory of one entry.
struct EntryMemory {
  std::string entry;
  std::string sizes;  ///< of the inputs: "N = 1"; empty when all are fixed
  uint64_t bytes = 0; ///< of the arena for these sizes
};

struct CompileReport {
  std::string model, recipe, target;
  std::vector<std::string> levels; ///< instruction-set levels, ascending
  std::string recipeYaml;          ///< the effective recipe
  std::vector<LayerReport> layers;
  std::vector<PhaseTime> phases;
  std::vector<std::string> warnings, files;
  std::vector<FeatureAxis> featureAxes; ///< when they were asked for
  std::vector<EntryMemory> memory;      ///< one an entry, as far as it is known
  uint64_t weightBytes = 0;             ///< all weights, as they are mapped
  uint64_t weightsFileBytes = 0; ///< these and the header; 0: there is no file
  uint64_t libraryBytes = 0;     ///< with embedded weights
  bool hasEmbeddedWeights = false; ///< the library holds them
};

std::string reportToJson(const CompileReport &report);

/// One page without references to other files or hosts; names from the model
/// are escaped.
std::string reportToHtml(const CompileReport &report);

/// Lines for a terminal: one a layer, then the totals.
std::string reportToTable(const CompileReport &report);

} // namespace quantc

#endif // QUANTC_REPORT_REPORT_H
