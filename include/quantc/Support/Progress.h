//===- Progress.h - progress on a terminal or in a log ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Tells a person how far a long step is: a bar on a terminal, plain lines
// elsewhere. Not for reports: those are files.

#ifndef QUANTC_SUPPORT_PROGRESS_H
#define QUANTC_SUPPORT_PROGRESS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace quantc {

enum class Verbosity { Quiet, Normal, Verbose };

/// Reports one step at a time. All functions may be called from any thread.
///
/// On a terminal a bar is redrawn in place, at most ten times a second, and
/// replaced by one line with the time taken. Elsewhere there is one line when a
/// step begins and one when it ends; Verbose adds a line every tenth. Quiet
/// writes nothing but warnings.
class ProgressReporter {
public:
  ProgressReporter(llvm::raw_ostream &os, bool isTerminal, Verbosity level);
  ~ProgressReporter();

  /// Starts a step of `total` units; 0 means that the number is not known. An
  /// unfinished step is ended first.
  void begin(llvm::StringRef title, int64_t total);
  /// `count` more units are done.
  void step(int64_t count = 1);
  void end();

  /// A line of its own, from Normal on.
  void note(llvm::StringRef line);
  /// A line of its own, only when Verbose.
  void detail(llvm::StringRef line);
  /// A line that starts with "warning: ", at every level.
  void warning(llvm::StringRef line);

private:
  void draw();
  void clearBar();
  void finish();
  void writeLine(llvm::StringRef prefix, llvm::StringRef line);
  double secondsSinceStart() const;

  llvm::raw_ostream &os;
  bool terminal;
  Verbosity level;
  std::mutex mutex;
  std::string title;
  int64_t total = 0, done = 0, tenthsShown = 0;
  bool running = false, barShown = false;
  std::chrono::steady_clock::time_point start, lastDraw;
};

/// The reporter on the standard error stream; draws bars if that is a terminal.
ProgressReporter makeStderrProgress(Verbosity level);

} // namespace quantc

#endif // QUANTC_SUPPORT_PROGRESS_H
