//===- Progress.cpp - progress on a terminal or in a log --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Draws a bar on terminals and writes plain lines elsewhere.

#include "quantc/Support/Progress.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace llvm;
using namespace quantc;

static constexpr int64_t kBarWidth = 30;
static constexpr auto kRedrawInterval = std::chrono::milliseconds(100);

ProgressReporter::ProgressReporter(raw_ostream &os, bool isTerminal,
                                   Verbosity level)
    : os(os), terminal(isTerminal), level(level) {}

ProgressReporter::~ProgressReporter() {
  if (running)
    finish();
}

ProgressReporter quantc::makeStderrProgress(Verbosity level) {
  return ProgressReporter(errs(), errs().is_displayed(), level);
}

double ProgressReporter::secondsSinceStart() const {
  std::chrono::duration<double> taken =
      std::chrono::steady_clock::now() - start;
  return taken.count();
}

void ProgressReporter::begin(StringRef newTitle, int64_t newTotal) {
  std::lock_guard<std::mutex> lock(mutex);
  if (running)
    finish();
  title = newTitle.str();
  total = std::max<int64_t>(newTotal, 0);
  done = tenthsShown = 0;
  running = true;
  start = std::chrono::steady_clock::now();
  if (level == Verbosity::Quiet)
    return;
  if (terminal)
    return draw();
  os << title << " ...\n";
  os.flush();
}

void ProgressReporter::step(int64_t count) {
  std::lock_guard<std::mutex> lock(mutex);
  done += count;
  if (!running || level == Verbosity::Quiet)
    return;
  if (terminal) {
    if (std::chrono::steady_clock::now() - lastDraw >= kRedrawInterval)
      draw();
    return;
  }
  if (level != Verbosity::Verbose || total == 0 || done >= total)
    return;
  if (int64_t tenths = done * 10 / total; tenths > tenthsShown) {
    tenthsShown = tenths;
    os << formatv("{0}: {1} %\n", title, tenths * 10);
    os.flush();
  }
}

void ProgressReporter::end() {
  std::lock_guard<std::mutex> lock(mutex);
  if (running)
    finish();
}

void ProgressReporter::note(StringRef line) {
  if (level != Verbosity::Quiet)
    writeLine("", line);
}

void ProgressReporter::detail(StringRef line) {
  if (level == Verbosity::Verbose)
    writeLine("", line);
}

void ProgressReporter::warning(StringRef line) { writeLine("warning: ", line); }

void ProgressReporter::writeLine(StringRef prefix, StringRef line) {
  std::lock_guard<std::mutex> lock(mutex);
  bool redraw = barShown;
  clearBar();
  os << prefix << line << '\n';
  if (redraw)
    draw();
  os.flush();
}

/// Redraws the bar. The caller holds the lock.
void ProgressReporter::draw() {
  clearBar();
  os << title;
  if (total > 0) {
    int64_t shown = std::min(done, total);
    int64_t filled = shown * kBarWidth / total;
    os << " [" << std::string(size_t(filled), '=')
       << std::string(size_t(kBarWidth - filled), ' ') << "] " << shown << '/'
       << total;
    if (shown > 0 && shown < total)
      os << formatv(", {0:F0} s left", secondsSinceStart() *
                                           double(total - shown) /
                                           double(shown));
  } else {
    os << " ... " << done;
  }
  os.flush();
  barShown = true;
  lastDraw = std::chrono::steady_clock::now();
}

/// Removes the bar from the current line of the terminal.
void ProgressReporter::clearBar() {
  if (barShown)
    os << "\r\x1b[K";
  barShown = false;
}

/// Ends the running step. The caller holds the lock.
void ProgressReporter::finish() {
  running = false;
  if (level == Verbosity::Quiet)
    return;
  clearBar();
  os << formatv("{0}: done in {1:F1} s\n", title, secondsSinceStart());
  os.flush();
}
