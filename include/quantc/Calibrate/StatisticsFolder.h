//===- StatisticsFolder.h - statistics that outlive a run -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A folder of what samples said of a model, one record a finished part, so that
// another compilation, or the same one after it was killed, need not ask again.
// Knows when records are of something else; what they hold is the business of
// who gathers them.

#ifndef QUANTC_CALIBRATE_STATISTICSFOLDER_H
#define QUANTC_CALIBRATE_STATISTICSFOLDER_H

#include "quantc/Support/Progress.h"
#include "quantc/Support/Record.h"
#include <memory>
#include <optional>

namespace quantc {

/// What statistics depend on: parts with names and digests. Statistics with
/// equal fingerprints are equal, bit for bit.
class Fingerprint {
public:
  /// Adds a part, or more to a part that is there. Names are what a user reads
  /// when they differ: "samples".
  void add(llvm::StringRef part, llvm::ArrayRef<uint8_t> bytes);
  void add(llvm::StringRef part, llvm::StringRef text);

  /// {"model": "0123...", "samples": "4567..."}
  std::string toJson() const;
  /// Of all parts.
  std::string digest() const;
  /// Names of the parts that are not as in `json`, which toJson gave; all of
  /// them when it is something else.
  std::vector<std::string> differences(llvm::StringRef json) const;

private:
  std::vector<std::pair<std::string, std::string>> parts;
};

/// The records of one kind of statistics with one fingerprint.
class StatisticsSet {
public:
  /// The record called `name`; nothing when there is none, or, with a warning,
  /// when it is damaged. Names are file names without a suffix.
  std::optional<SafetensorsFile> find(llvm::StringRef name) const;
  /// Keeps a record; it appears whole or not at all.
  llvm::Error store(llvm::StringRef name,
                    llvm::ArrayRef<RecordTensor> tensors) const;
  /// The file of a record.
  std::string pathOf(llvm::StringRef name) const;
  /// Says how much of what is wanted was found, when anything was:
  /// "3 of 20 layers are taken from 'folder'".
  void noteFound(size_t found, size_t wanted, llvm::StringRef things) const;

private:
  friend class StatisticsFolder;
  StatisticsSet(std::string folder, std::string digest,
                ProgressReporter &progress)
      : folder(std::move(folder)), digest(std::move(digest)),
        progress(&progress) {}

  std::string folder, digest;
  ProgressReporter *progress;
};

class StatisticsFolder {
public:
  /// Opens the folder, and makes it when there is none. Until it is closed no
  /// other process can open it; a process that is killed closes it. What a
  /// killed process left unfinished is removed. ErrorKind::IO when it cannot be
  /// used. `progress` gets the warnings and must outlive the folder.
  static llvm::Expected<std::unique_ptr<StatisticsFolder>>
  open(llvm::StringRef path, ProgressReporter &progress);
  ~StatisticsFolder();

  /// The records of this kind ("ranges", "codes") and fingerprint. Those of
  /// another fingerprint are removed, with a warning that says what differs.
  llvm::Expected<StatisticsSet> begin(llvm::StringRef kind,
                                      const Fingerprint &fingerprint);

private:
  StatisticsFolder(std::string path, int lock, ProgressReporter &progress)
      : path(std::move(path)), lock(lock), progress(progress) {}

  std::string path;
  int lock; ///< descriptor of the file that is locked
  ProgressReporter &progress;
};

} // namespace quantc

#endif // QUANTC_CALIBRATE_STATISTICSFOLDER_H
