//===- Page.cpp - frame, cards and tables of pages --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Html.h. Charts have files of their own.

#include "Html.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include <cmath>

using namespace quantc;
using namespace quantc::html;
using llvm::StringRef;

std::string html::escape(StringRef text) {
  std::string escaped;
  for (char c : llvm::json::fixUTF8(text)) {
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

static constexpr const char *style = R"(
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:92rem;padding:0 1rem;color:#1c2430}
h1{font-size:1.5rem;margin-bottom:.2rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{padding:.25rem .5rem;text-align:left;border-bottom:1px solid #dde3ea}
th{cursor:pointer;position:sticky;top:0;background:#f3f6f9}td.n{text-align:right;font-variant-numeric:tabular-nums}
td.b{font-weight:700;background:#e4eefb}
pre{background:#f3f6f9;padding:.8rem;overflow:auto}.cards{display:flex;gap:1rem;flex-wrap:wrap}
.card{background:#f3f6f9;border-radius:.5rem;padding:.6rem 1rem}.card b{display:block;font-size:1.2rem}
svg{background:#f9fbfc;border:1px solid #dde3ea;width:100%;height:auto}.why{color:#8a4b00}
.wide{overflow-x:auto}.small{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.8rem;max-height:40rem;overflow:auto}
figure{margin:0}figcaption{font-size:11px;overflow-wrap:anywhere}
)";

static constexpr const char *script = R"(<script>
document.querySelectorAll('th').forEach(th=>th.onclick=()=>{const b=th.closest('table').tBodies[0];
const up=th.dataset.up=th.dataset.up==='1'?'0':'1';const v=r=>r.cells[th.cellIndex].firstChild?.textContent??'';
[...b.rows].sort((x,y)=>{const p=v(x),q=v(y),c=isNaN(p)||isNaN(q)?p.localeCompare(q):p-q;return up==='1'?c:-c})
.forEach(r=>b.append(r))});
</script></body></html>
)";

void html::beginPage(llvm::raw_ostream &os, StringRef title) {
  os << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
     << "<title>quantc report</title><style>" << style
     << "</style></head><body>\n<h1>" << escape(title) << "</h1>";
}

void html::endPage(llvm::raw_ostream &os) { os << script; }

void html::writeHeading(llvm::raw_ostream &os, StringRef text) {
  os << "<h2>" << escape(text) << "</h2>";
}

void html::writeNote(llvm::raw_ostream &os, StringRef text) {
  os << "<p>" << escape(text) << "</p>";
}

void html::writePreformatted(llvm::raw_ostream &os, StringRef text) {
  os << "<pre>" << escape(text) << "</pre>\n";
}

void html::writeCards(llvm::raw_ostream &os, llvm::ArrayRef<Card> cards) {
  os << "<div class=\"cards\">";
  for (const Card &card : cards)
    os << "<div class=\"card\">" << escape(card.title) << "<b>"
       << escape(card.value) << "</b></div>";
  os << "</div>\n";
}

Cell html::textCell(StringRef text) { return {text.str()}; }

Cell html::numberCell(std::optional<double> number, int digits) {
  Cell cell{"", /*isNumber=*/true};
  if (number && std::isfinite(*number))
    llvm::raw_string_ostream(cell.text)
        << llvm::format("%.*f", digits, *number);
  else if (number)
    cell.text = std::isnan(*number) ? "-" : "inf";
  return cell;
}

Cell html::integerCell(int64_t number) {
  return {std::to_string(number), /*isNumber=*/true};
}

static void writeCell(llvm::raw_ostream &os, const Cell &cell) {
  os << "<td";
  if (cell.isNumber || cell.isMarked)
    os << " class=\"" << (cell.isNumber ? "n" : "")
       << (cell.isMarked ? " b" : "") << "\"";
  os << ">" << escape(cell.text);
  if (!cell.note.empty())
    os << "<div class=\"why\">" << escape(cell.note) << "</div>";
  os << "</td>";
}

void html::writeTable(llvm::raw_ostream &os, llvm::ArrayRef<std::string> titles,
                      llvm::ArrayRef<std::vector<Cell>> rows) {
  os << "<div class=\"wide\"><table><thead><tr>";
  for (const std::string &title : titles)
    os << "<th>" << escape(title) << "</th>";
  os << "</tr></thead><tbody>";
  for (const std::vector<Cell> &row : rows) {
    os << "<tr>";
    for (const Cell &cell : row)
      writeCell(os, cell);
    os << "</tr>\n";
  }
  os << "</tbody></table></div>\n";
}

void html::writeExclusion(llvm::raw_ostream &os, StringRef rules) {
  if (rules.empty())
    return;
  writeHeading(os, "Worst layers");
  writeNote(os, "These rules in the recipe keep them in floating point; where "
                "it has rules already, add the lines behind these.");
  writePreformatted(os, rules);
}
