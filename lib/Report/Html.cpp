//===- Html.cpp - a report as one HTML page -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A page that needs nothing else: style, plots as inline SVG and the sorting of
// the table are inside. Everything that comes from a model is escaped.

#include "quantc/Report/Report.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>

using namespace quantc;

static std::string escape(const std::string &text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
    case '&':
      escaped += "&amp;";
      break;
    case '<':
      escaped += "&lt;";
      break;
    case '>':
      escaped += "&gt;";
      break;
    case '"':
      escaped += "&quot;";
      break;
    case '\'':
      escaped += "&#39;";
      break;
    default:
      // Other control characters have no place in HTML.
      escaped += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
    }
  }
  return escaped;
}

static constexpr const char *head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>quantc report</title><style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1c2430}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{padding:.25rem .5rem;text-align:left;border-bottom:1px solid #dde3ea}
th{cursor:pointer;position:sticky;top:0;background:#f3f6f9}td.n{text-align:right;font-variant-numeric:tabular-nums}
pre{background:#f3f6f9;padding:.8rem;overflow:auto}.cards{display:flex;gap:1rem;flex-wrap:wrap}
.card{background:#f3f6f9;border-radius:.5rem;padding:.6rem 1rem}.card b{display:block;font-size:1.2rem}
svg{background:#f9fbfc;border:1px solid #dde3ea;width:100%;height:auto}.why{color:#8a4b00}
</style></head><body>
)";

static constexpr const char *tail = R"(<script>
document.querySelectorAll('th').forEach((th,i)=>th.onclick=()=>{const b=th.closest('table').tBodies[0];
const up=th.dataset.up=th.dataset.up==='1'?'0':'1';const v=r=>r.cells[i].dataset.v??r.cells[i].textContent;
[...b.rows].sort((x,y)=>{const p=v(x),q=v(y),c=isNaN(p)||isNaN(q)?p.localeCompare(q):p-q;return up==='1'?c:-c})
.forEach(r=>b.append(r))});
</script></body></html>
)";

/// Bars of one number a layer, over the depth of the model.
static void
plot(llvm::raw_ostream &os, const CompileReport &report, const char *title,
     llvm::function_ref<std::optional<double>(const LayerReport &)> valueOf) {
  auto finite = [&](const LayerReport &layer) {
    std::optional<double> value = valueOf(layer);
    return value && std::isfinite(*value) ? value : std::nullopt;
  };
  double highest = 0;
  for (const LayerReport &layer : report.layers)
    highest = std::max(highest, finite(layer).value_or(0));
  if (highest <= 0)
    return;
  const double width = 1000, height = 160, base = 140;
  double step = (width - 50) / static_cast<double>(report.layers.size());
  os << "<h2>" << title << "</h2><svg viewBox=\"0 0 " << width << " " << height
     << "\" role=\"img\" aria-label=\"" << title << "\">";
  for (int part = 0; part <= 2; ++part) {
    double y = base - part * 60;
    os << llvm::formatv(
        "<line x1=\"40\" x2=\"990\" y1=\"{0:F1}\" y2=\"{0:F1}\" "
        "stroke=\"#dde3ea\"/>"
        "<text x=\"4\" y=\"{1:F1}\" font-size=\"11\">{2:F1}</text>",
        y, y + 4, highest * part / 2);
  }
  double x = 42;
  for (const LayerReport &layer : report.layers) {
    if (std::optional<double> value = finite(layer)) {
      double size = std::max(0.0, *value) / highest * 120;
      os << llvm::formatv(
          "<rect x=\"{0:F2}\" y=\"{1:F2}\" width=\"{2:F2}\" height=\"{3:F2}\" "
          "fill=\"{4}\"><title>{5}: {6:F2}</title></rect>",
          x, base - size, std::max(0.5, step * 0.85), size,
          layer.reason.empty() ? "#2f6db5" : "#d08a2e", escape(layer.name),
          *value);
    }
    x += step;
  }
  os << "</svg>";
}

static void writeLayers(llvm::raw_ostream &os, const CompileReport &report) {
  os << "<h2>Layers</h2><table><thead><tr>";
  for (const char *title :
       {"#", "layer", "operator", "weights", "activations", "method", "kernel",
        "parameters", "bytes", "bits", "SQNR dB"})
    os << "<th>" << title << "</th>";
  os << "</tr></thead><tbody>";
  int64_t number = 0;
  for (const LayerReport &layer : report.layers) {
    os << "<tr><td class=\"n\">" << ++number << "</td><td>"
       << escape(layer.name);
    if (!layer.reason.empty())
      os << "<div class=\"why\">float: " << escape(layer.reason) << "</div>";
    os << "</td><td>" << escape(layer.op) << "</td><td>"
       << escape(layer.weights) << "</td><td>" << escape(layer.activations)
       << "</td><td>" << escape(layer.method) << "</td><td>"
       << escape(layer.kernel)
       << llvm::formatv("</td><td class=\"n\">{0}</td><td class=\"n\">{1}</td>"
                        "<td class=\"n\">{2:F2}</td><td class=\"n\">",
                        layer.parameters, layer.bytes, layer.bitsStored);
    if (layer.sqnrDb)
      os << llvm::formatv("{0:F1}", *layer.sqnrDb);
    os << "</td></tr>\n";
  }
  os << "</tbody></table>";
}

static void writeCards(llvm::raw_ostream &os, const CompileReport &report) {
  auto card = [&](const char *title, const std::string &value) {
    os << "<div class=\"card\">" << title << "<b>" << value << "</b></div>";
  };
  os << "<div class=\"cards\">";
  card("recipe", escape(report.recipe));
  card("target", escape(report.target));
  card("layers", std::to_string(report.layers.size()));
  auto megabytes = [](uint64_t bytes) {
    return llvm::formatv("{0:F2} MB", static_cast<double>(bytes) / 1e6).str();
  };
  card(report.hasEmbeddedWeights ? "weights, inside the library" : "weights",
       megabytes(report.weightBytes));
  card("library", megabytes(report.libraryBytes));
  for (const EntryMemory &entry : report.memory)
    card(escape("working memory of " + entry.entry +
                (entry.sizes.empty() ? "" : " at " + entry.sizes))
             .c_str(),
         megabytes(entry.bytes));
  double seconds = 0;
  for (const PhaseTime &phase : report.phases)
    seconds += phase.seconds;
  card("phases", llvm::formatv("{0:F1} s", seconds).str());
  os << "</div>";
}

std::string quantc::reportToHtml(const CompileReport &report) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << head << "<h1>" << escape(report.model) << "</h1>";
  writeCards(os, report);
  for (const std::string &warning : report.warnings)
    os << "<p class=\"why\">" << escape(warning) << "</p>";
  plot(os, report, "Stored bits per weight over depth",
       [](const LayerReport &layer) {
         return std::optional<double>(layer.bitsStored);
       });
  plot(os, report, "SQNR of the weights over depth, in dB",
       [](const LayerReport &layer) { return layer.sqnrDb; });
  writeLayers(os, report);
  os << "<h2>Effective recipe</h2><pre>" << escape(report.recipeYaml)
     << "</pre>";
  os << tail;
  return text;
}
