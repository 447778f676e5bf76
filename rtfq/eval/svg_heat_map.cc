#include "rtfq/eval/svg_heat_map.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rtfq/core/check.h"
#include "rtfq/eval/html.h"

namespace rtfq {
namespace {

constexpr size_t kMaxPrinted = 16;
constexpr size_t kMaxNamed = 40;
constexpr size_t kMaxNameLength = 18;

// Cut between characters: never inside a UTF-8 sequence.
std::string Shortened(const std::string& name) {
  if (name.size() <= kMaxNameLength) return name;
  size_t end = kMaxNameLength - 1;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) {
    --end;
  }
  return absl::StrCat(name.substr(0, end), "\xE2\x80\xA6");
}

std::string Names(const std::vector<std::string>& names, double cell,
                  double margin) {
  std::string svg;
  const double middle = cell / 2 + 4;
  for (size_t k = 0; k < names.size(); ++k) {
    const std::string name = EscapeHtml(Shortened(names[k]));
    const double at = margin + cell * static_cast<double>(k) + middle;
    absl::StrAppendFormat(&svg,
                          "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" "
                          "class=\"tick\">%s</text>",
                          margin - 8, at, name);
    absl::StrAppendFormat(
        &svg,
        "<text transform=\"translate(%.1f %.1f) rotate(-60)\" "
        "class=\"tick\">%s</text>",
        at - 2, margin - 8, name);
  }
  return svg;
}

std::string Cell(double x, double y, double cell, bool hit, int64_t count,
                 double share, const std::string& tooltip, bool print) {
  std::string svg = absl::StrFormat(
      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\" "
      "fill-opacity=\"%.2f\"><title>%s</title></rect>",
      x + 0.5, y + 0.5, cell - 1, cell - 1, hit ? "hit" : "miss",
      0.12 + 0.88 * share, tooltip);
  if (print) {
    absl::StrAppendFormat(&svg,
                          "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" "
                          "class=\"count%s\">%d</text>",
                          x + cell / 2, y + cell / 2 + 4,
                          share > 0.55 ? " strong" : "", count);
  }
  return svg;
}

}  // namespace

std::string HeatMapSvg(const std::vector<std::string>& names,
                       std::span<const int64_t> counts) {
  const size_t classes = names.size();
  RTFQ_CHECK(counts.size() == classes * classes && classes >= 1);
  const bool named = classes <= kMaxNamed;
  const double margin = named ? 130 : 10;
  const double cell =
      std::clamp(560.0 / static_cast<double>(classes), 3.0, 46.0);
  const double side = margin + cell * static_cast<double>(classes) + 10;
  // Room for the last slanted name.
  const double width = side + (named ? 60 : 0);
  std::string svg = absl::StrFormat(
      "<svg class=\"chart heat\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
      "style=\"max-width:%.0fpx\" aria-label=\"Confusion matrix\">",
      width, side, width);
  absl::StrAppendFormat(&svg,
                        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                        "height=\"%.1f\" class=\"plate\"/>",
                        margin, margin, cell * static_cast<double>(classes),
                        cell * static_cast<double>(classes));
  if (named) svg += Names(names, cell, margin);
  for (size_t row = 0; row < classes; ++row) {
    const std::span<const int64_t> cells =
        counts.subspan(row * classes, classes);
    int64_t total = 0;
    for (const int64_t count : cells) total += count;
    for (size_t column = 0; column < classes; ++column) {
      const int64_t count = cells[column];
      if (count <= 0) continue;
      const double share =
          static_cast<double>(count) / static_cast<double>(total);
      svg +=
          Cell(margin + cell * static_cast<double>(column),
               margin + cell * static_cast<double>(row), cell, row == column,
               count, share,
               EscapeHtml(absl::StrCat(count, " of ", total, " \"", names[row],
                                       "\" taken for \"", names[column], "\"")),
               classes <= kMaxPrinted);
    }
  }
  return svg + "</svg>";
}

}  // namespace rtfq
