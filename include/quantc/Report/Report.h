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

#include "quantc/Report/Histogram.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quantc {

/// The numbers of a weight as the model has them, and as transforms leave them.
struct WeightHistograms {
  Histogram before;
  std::optional<Histogram> after; ///< nothing where no transform applies
};

/// Inputs of a product that are left out because they are small.
struct SparsityReport {
  double target = 0;    ///< share that was asked for
  double threshold = 0; ///< magnitude up to which inputs are left out
  /// Share that samples had, with all thresholds in force.
  std::optional<double> realised;
  std::string reason; ///< why nothing is left out, when it was asked for
};

/// A weight of planes at one of its widths.
struct PrecisionReport {
  unsigned bits = 0;
  uint64_t bytesRead = 0; ///< by a call at that width: its planes and scales
  std::optional<double> sqnrDb; ///< of the weight, in decibels
};

/// One product of the model.
struct LayerReport {
  std::string name, op;    ///< of the node in the model
  std::string weights;     ///< "uint4 g64 asymmetric", "float"
  std::string activations; ///< "int8 per token", "float"
  std::string reason;      ///< why it stays in floating point, when it does
  std::string method;      ///< quantizer of the weight
  std::string format;      ///< that a budget chose; empty for integers
  std::string kernel;      ///< that computes it: "matmul.a16"
  int64_t parameters = 0;  ///< elements of the weight
  int64_t rank = 0;        ///< of the low-rank branch; 0 without one
  /// Stored: codes, scales, zero points, the branch and what their layout pads,
  /// each filled up to 64 bytes. What two layers share counts for both.
  uint64_t bytes = 0;
  double bitsNominal = 32;         ///< of one code
  double bitsStored = 32;          ///< 8 * bytes / parameters
  std::optional<double> sqnrDb;    ///< of the weight, in decibels
  std::optional<double> cosine;    ///< of the weight and what its codes mean
  std::optional<double> saturated; ///< share of the weights that are clipped
  std::optional<double> inputSaturated;   ///< share of its inputs beyond static
                                          ///< ranges, in calibration
  std::optional<double> microseconds;     ///< of a run, where it was measured
  std::optional<SparsityReport> sparsity; ///< where the recipe asks for it
  std::optional<WeightHistograms> histograms; ///< where numbers were read
  std::vector<PrecisionReport> precisions;    ///< of planes, bits descending
};

/// What a number of bits or another format would cost a layer.
struct BitCost {
  unsigned bits = 0; ///< of one code
  int64_t bytes = 0;
  double error = 0;
  double sparsity = 0; ///< share of its inputs that is left out
  std::string format =
      {}; ///< as the recipe names it; empty for integers of `bits`

  /// "4 bits" or the format.
  std::string title() const {
    return format.empty() ? std::to_string(bits) + " bits" : format;
  }
};

/// The choices that a budget had, as they were measured.
struct BudgetReport {
  struct Layer {
    std::string name;
    int64_t weights = 0;
    unsigned chosenBits = 0;
    std::vector<BitCost> candidates; ///< bits ascending, then formats
    double chosenSparsity = 0;
    std::string chosenFormat = {}; ///< empty for integers of chosenBits
    /// Candidates of the recipe that it cannot have: titles and reasons.
    std::vector<std::pair<std::string, std::string>> leftOut = {};

    /// The candidate that was chosen, or null.
    const BitCost *chosen() const;
  };
  std::string measure;               ///< what an error is, as in the recipe
  std::optional<double> allowedBits; ///< a weight, where that was asked for
  int64_t allowedBytes = 0;          ///< of all layers that take part
  std::vector<Layer> layers;

  int64_t chosenBytes() const;
  double chosenError() const;
  /// Titles of what some layer could have, bits ascending, then formats.
  std::vector<std::string> allTitles() const;
  /// What layers could not have, a line for each reason.
  std::vector<std::string> leftOutLines() const;
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

/// Input channels of a product that are split in two halves.
struct ChannelSplits {
  std::string node;
  int64_t channels = 0, split = 0; ///< inputs that there were; halved ones
  bool isInWeights = false;        ///< nothing is left to do at run time
  /// Why they are copied at run time, or why none is split.
  std::string reason;
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

/// Time of all calls of one kernel.
struct KernelTime {
  std::string kernel;
  int64_t calls = 0;
  double microseconds = 0;
};

/// Where the time of a run goes: medians of several runs.
struct RunTimes {
  std::string entry;
  std::string sizes;       ///< of the inputs: "N = 1"; empty when all are fixed
  std::string level;       ///< instruction set
  double microseconds = 0; ///< of all kernels
  std::vector<KernelTime> kernels; ///< longest first
};

struct CompileReport {
  std::string model, recipe, target;
  std::vector<std::string> levels; ///< instruction-set levels, ascending
  std::string recipeYaml;          ///< the effective recipe
  std::vector<LayerReport> layers;
  std::vector<PhaseTime> phases;
  std::vector<std::string> warnings, files;
  std::optional<RunTimes> times;            ///< when they were measured
  std::optional<BudgetReport> budget;       ///< when the recipe has one
  std::vector<FeatureAxis> featureAxes;     ///< when they were asked for
  std::vector<ChannelSplits> channelSplits; ///< the same
  std::vector<EntryMemory> memory; ///< one an entry, as far as it is known
  uint64_t weightBytes = 0;        ///< all weights, as they are mapped
  uint64_t weightsFileBytes = 0; ///< these and the header; 0: there is no file
  uint64_t libraryBytes = 0;     ///< with embedded weights
  bool hasEmbeddedWeights = false; ///< the library holds them

  /// Share of the measured time that a layer takes; nothing when none was.
  std::optional<double> timeShare(const LayerReport &layer) const;
};

/// What follows from the layers of a report, for all its forms.
struct ReportTotals {
  int64_t parameters = 0;
  uint64_t bytes = 0;
  double bitsNominal = 0, bitsStored = 0; ///< mean of all parameters
  std::vector<size_t> worst; ///< positions of the worst layers, worst first
  std::string exclusion;     ///< recipe rules that skip these

  /// Share of the bytes of weights that a layer has: what it takes of the time
  /// of a run that waits for weights. An estimate.
  double byteShare(const LayerReport &layer) const;
  static ReportTotals of(const CompileReport &report);
};

/// The layers of a report that reportToJson wrote: names, schemes, kernels,
/// bytes, bits and times. ErrorKind::IO when the file cannot be read,
/// ErrorKind::BadModel when it is no report.
llvm::Expected<std::vector<LayerReport>>
readLayerReports(const std::string &path);

std::string reportToJson(const CompileReport &report);

/// One page without references to other files or hosts; names from the model
/// are escaped.
std::string reportToHtml(const CompileReport &report);

/// Lines for a terminal: one a layer, then the totals.
std::string reportToTable(const CompileReport &report);

} // namespace quantc

#endif // QUANTC_REPORT_REPORT_H
