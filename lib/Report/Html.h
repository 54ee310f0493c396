//===- Html.h - the parts of HTML pages -------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What pages are made of. A page needs no other file: style, plots as inline
// SVG and the sorting of tables are inside. Every function escapes the text it
// is given; what pages say is the business of their own files. Internal to
// Report.

#ifndef QUANTC_LIB_REPORT_HTML_H
#define QUANTC_LIB_REPORT_HTML_H

#include "quantc/Report/Report.h"
#include "llvm/Support/raw_ostream.h"

namespace quantc::html {

/// `text` for between tags or inside of quoted attributes.
std::string escape(llvm::StringRef text);

void beginPage(llvm::raw_ostream &os, llvm::StringRef title);
void endPage(llvm::raw_ostream &os);
void writeHeading(llvm::raw_ostream &os, llvm::StringRef text);
void writeNote(llvm::raw_ostream &os, llvm::StringRef text);
void writePreformatted(llvm::raw_ostream &os, llvm::StringRef text);

/// A fact at the top of a page.
struct Card {
  std::string title, value;
};
void writeCards(llvm::raw_ostream &os, llvm::ArrayRef<Card> cards);

struct Cell {
  std::string text;
  bool isNumber = false; ///< aligned to the right
  std::string note = {}; ///< second line, set off
  bool isMarked = false; ///< set in bold
};
Cell textCell(llvm::StringRef text);
/// Empty without a number; "inf" for infinity.
Cell numberCell(std::optional<double> number, int digits);
Cell integerCell(int64_t number);

/// A table that a click on a heading sorts. Rows are as long as the titles.
void writeTable(llvm::raw_ostream &os, llvm::ArrayRef<std::string> titles,
                llvm::ArrayRef<std::vector<Cell>> rows);

/// One layer in a chart over depth.
struct DepthBar {
  std::string name;
  std::optional<double> value; ///< nothing is drawn unless it is finite
  std::optional<double> inner; ///< part of it, drawn darker
  bool isFloat = false;        ///< drawn in another color
};
/// The root mean square of an error in percent of that of its signal.
std::optional<double> errorPercent(std::optional<double> sqnrDb);
/// Bars over the depth of the model; nothing when no value is above 0.
void writeDepthChart(llvm::raw_ostream &os, llvm::StringRef title,
                     llvm::ArrayRef<DepthBar> bars);

/// Two distributions of one tensor.
struct HistogramPair {
  std::string name;
  Histogram before;
  std::optional<Histogram> after;
};
/// Small charts side by side, counts in a logarithmic scale; nothing without
/// pairs.
void writeHistograms(llvm::raw_ostream &os, llvm::StringRef title,
                     llvm::StringRef note, llvm::ArrayRef<HistogramPair> pairs);

/// What each number of bits would cost each layer, and what was chosen.
void writeBudget(llvm::raw_ostream &os, const BudgetReport &budget);

/// The rules of `exclusionRules`, to paste; nothing when there are none.
void writeExclusion(llvm::raw_ostream &os, llvm::StringRef rules);

} // namespace quantc::html

#endif // QUANTC_LIB_REPORT_HTML_H
