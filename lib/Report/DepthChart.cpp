//===- DepthChart.cpp - bars over the depth of a model ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Html.h. One bar a layer, with three lines to read values off.

#include "Html.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>

using namespace quantc;
using namespace quantc::html;

namespace {
constexpr double width = 1000, height = 160, base = 140, top = 20, left = 42;

double finite(std::optional<double> value) {
  return value && std::isfinite(*value) ? std::max(0.0, *value) : 0;
}

void writeScale(llvm::raw_ostream &os, double highest) {
  for (int part = 0; part <= 2; ++part) {
    double y = base - part * (base - top) / 2;
    os << llvm::formatv(
        "<line x1=\"40\" x2=\"990\" y1=\"{0:F1}\" y2=\"{0:F1}\" "
        "stroke=\"#dde3ea\"/>"
        "<text x=\"4\" y=\"{1:F1}\" font-size=\"11\">{2:F1}</text>",
        y, y + 4, highest * part / 2);
  }
}

void writeBar(llvm::raw_ostream &os, double x, double barWidth, double size,
              const char *color, const std::string &label) {
  os << llvm::formatv("<rect x=\"{0:F2}\" y=\"{1:F2}\" width=\"{2:F2}\" "
                      "height=\"{3:F2}\" fill=\"{4}\"><title>{5}</title>"
                      "</rect>",
                      x, base - size, barWidth, size, color, label);
}
} // namespace

std::optional<double> html::errorPercent(std::optional<double> sqnrDb) {
  return sqnrDb ? std::optional(100 * std::pow(10, -*sqnrDb / 20))
                : std::nullopt;
}

void html::writeDepthChart(llvm::raw_ostream &os, llvm::StringRef title,
                           llvm::ArrayRef<DepthBar> bars) {
  double highest = 0;
  for (const DepthBar &bar : bars)
    highest = std::max(highest, finite(bar.value));
  if (highest <= 0)
    return;
  writeHeading(os, title);
  os << "<svg viewBox=\"0 0 " << width << " " << height
     << "\" role=\"img\" aria-label=\"" << escape(title) << "\">";
  writeScale(os, highest);
  double step = (width - 50) / static_cast<double>(bars.size()), x = left;
  double barWidth = std::max(0.5, step * 0.85);
  for (const DepthBar &bar : bars) {
    if (bar.value && std::isfinite(*bar.value)) {
      double unit = (base - top) / highest;
      std::string label =
          llvm::formatv("{0}: {1:F2}", escape(bar.name), *bar.value);
      bool hasInner = bar.inner && !bar.isFloat;
      writeBar(os, x, barWidth, finite(bar.value) * unit,
               bar.isFloat ? "#d08a2e"
               : hasInner  ? "#9cc0ea"
                           : "#2f6db5",
               label);
      if (hasInner)
        writeBar(os, x, barWidth,
                 std::min(finite(bar.inner), finite(bar.value)) * unit,
                 "#2f6db5", label);
    }
    x += step;
  }
  os << "</svg>\n";
}
