//===- HistogramChart.cpp - distributions before and after ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Html.h. Each chart is one outline a distribution, in units of its root
// mean square, so that outliers show as tails whatever the scale.

#include "Html.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>

using namespace quantc;
using namespace quantc::html;

namespace {
constexpr double width = 240, height = 84, base = 70;

/// The outline of the shares of the bins, logarithmic from 1e-6 to 1.
std::string outlineOf(const Histogram &histogram) {
  std::string path;
  llvm::raw_string_ostream os(path);
  double step = width / static_cast<double>(Histogram::bins);
  os << llvm::formatv("M0 {0:F0}", base);
  for (auto [i, count] : llvm::enumerate(histogram.counts)) {
    double share =
        static_cast<double>(count) / static_cast<double>(histogram.count);
    double size = count ? std::max(0.0, 6 + std::log10(share)) / 6 * base : 0;
    os << llvm::formatv("V{0:F1}H{1:F1}", base - size,
                        step * static_cast<double>(i + 1));
  }
  os << llvm::formatv("V{0:F0}Z", base);
  return path;
}

void writeOutline(llvm::raw_ostream &os, const Histogram &histogram,
                  const char *color) {
  if (histogram.count)
    os << llvm::formatv("<path d=\"{0}\" fill=\"{1}\" fill-opacity=\".35\" "
                        "stroke=\"{1}\"/>",
                        outlineOf(histogram), color);
}

void writePair(llvm::raw_ostream &os, const HistogramPair &pair) {
  os << "<figure><svg viewBox=\"0 0 " << width << " " << height << "\">";
  writeOutline(os, pair.before, "#d08a2e");
  if (pair.after)
    writeOutline(os, *pair.after, "#2f6db5");
  for (double at : {-1.0, 0.0, 1.0})
    os << llvm::formatv("<text x=\"{0:F0}\" y=\"81\" font-size=\"9\" "
                        "text-anchor=\"{1}\">{2}</text>",
                        width / 2 + at * (width / 2 - 4),
                        at < 0   ? "start"
                        : at > 0 ? "end"
                                 : "middle",
                        static_cast<int>(at * Histogram::reach));
  os << "</svg><figcaption>" << escape(pair.name)
     << llvm::formatv("<br>peak {0:F1}", pair.before.peak());
  if (pair.after)
    os << llvm::formatv(" to {0:F1}", pair.after->peak());
  os << "</figcaption></figure>\n";
}
} // namespace

void html::writeHistograms(llvm::raw_ostream &os, llvm::StringRef title,
                           llvm::StringRef note,
                           llvm::ArrayRef<HistogramPair> pairs) {
  if (pairs.empty())
    return;
  writeHeading(os, title);
  writeNote(os, note);
  os << "<div class=\"small\">";
  for (const HistogramPair &pair : pairs)
    writePair(os, pair);
  os << "</div>\n";
}
