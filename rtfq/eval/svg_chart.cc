#include "rtfq/eval/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rtfq/eval/html.h"

namespace rtfq {
namespace {

constexpr double kNameSpacing = 17;  // between two names at the right

bool IsFinite(const ChartPoint& point) {
  return std::isfinite(point.x) && std::isfinite(point.y);
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void Include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// The ranges of all finite points; false when there is none.
bool FindRanges(const Chart& chart, Range& x, Range& y) {
  bool any = false;
  for (const ChartSeries& series : chart.series) {
    for (const auto* points : {&series.marks, &series.line, &series.faint}) {
      for (const ChartPoint& point : *points) {
        if (!IsFinite(point)) continue;
        x.Include(point.x);
        y.Include(point.y);
        any = true;
      }
    }
  }
  return any;
}

// The rectangle in which data are drawn, and how to get there.
struct Frame {
  double left, top, right, bottom;
  Axis x, y;

  double X(double value) const {
    return left + x.PositionOf(value) * (right - left);
  }
  double Y(double value) const {
    return bottom - y.PositionOf(value) * (bottom - top);
  }
};

std::string Open(const Chart& chart) {
  return absl::StrCat("<svg class=\"chart\" viewBox=\"0 0 ", chart.width, " ",
                      chart.height, "\" role=\"img\" aria-label=\"",
                      EscapeHtml(chart.title), "\">");
}

std::string Text(double x, double y, const char* anchor, const char* css_class,
                 const std::string& text) {
  return absl::StrFormat(
      "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>",
      x, y, anchor, css_class, EscapeHtml(text));
}

std::string Line(double x1, double y1, double x2, double y2,
                 const char* css_class) {
  return absl::StrFormat(
      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>",
      x1, y1, x2, y2, css_class);
}

std::string Axes(const Chart& chart, const Frame& frame) {
  std::string svg;
  const int y_ticks = std::max(2, chart.height / 55);
  for (const Tick& tick : frame.y.Ticks(y_ticks)) {
    const double y = frame.Y(tick.value);
    svg += Line(frame.left, y, frame.right, y, "grid");
    svg += Text(frame.left - 8, y + 4, "end", "tick", tick.label);
  }
  const int x_ticks = std::max(2, chart.width / 75);
  for (const Tick& tick : frame.x.Ticks(x_ticks)) {
    const double x = frame.X(tick.value);
    svg += Line(x, frame.bottom, x, frame.bottom + 5, "axis");
    svg += Text(x, frame.bottom + 20, "middle", "tick", tick.label);
  }
  svg += Line(frame.left, frame.bottom, frame.right, frame.bottom, "axis");
  if (!chart.x_title.empty()) {
    svg += Text((frame.left + frame.right) / 2, frame.bottom + 42, "middle",
                "axis-title", chart.x_title);
  }
  if (!chart.y_title.empty()) {
    const double y = (frame.top + frame.bottom) / 2;
    absl::StrAppendFormat(
        &svg, "<g transform=\"translate(14 %.1f) rotate(-90)\">", y);
    absl::StrAppend(&svg, Text(0, 0, "middle", "axis-title", chart.y_title),
                    "</g>");
  }
  return svg;
}

std::string Polyline(const std::vector<ChartPoint>& points, const Frame& frame,
                     const char* css_class) {
  std::string coordinates;
  for (const ChartPoint& point : points) {
    if (!IsFinite(point)) continue;
    absl::StrAppendFormat(&coordinates, "%s%.1f,%.1f",
                          coordinates.empty() ? "" : " ", frame.X(point.x),
                          frame.Y(point.y));
  }
  if (coordinates.empty()) return "";
  return absl::StrCat("<polyline class=\"", css_class, "\" points=\"",
                      coordinates, "\"/>");
}

// Circle, square, triangle, diamond, ...: shapes tell series apart where
// colours do not.
std::string Mark(double x, double y, int style, const std::string& tooltip) {
  std::string shape;
  switch (style % 4) {
    case 0:
      shape = absl::StrFormat("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"", x, y);
      break;
    case 1:
      shape = absl::StrFormat(
          "<rect x=\"%.1f\" y=\"%.1f\" width=\"7.2\" height=\"7.2\"", x - 3.6,
          y - 3.6);
      break;
    case 2:
      shape =
          absl::StrFormat("<path d=\"M%.1f %.1fl4.8 8.2h-9.6z\"", x, y - 5.2);
      break;
    default:
      shape = absl::StrFormat(
          "<path d=\"M%.1f %.1fl4.8 4.8l-4.8 4.8l-4.8-4.8z\"", x, y - 4.8);
  }
  if (tooltip.empty()) return absl::StrCat(shape, " class=\"mark\"/>");
  const size_t element_end = shape.find(' ');
  return absl::StrCat(shape, " class=\"mark\"><title>", EscapeHtml(tooltip),
                      "</title></", shape.substr(1, element_end - 1), ">");
}

std::string DrawSeries(const ChartSeries& series, const Frame& frame) {
  std::string svg =
      absl::StrCat("<g class=\"s", std::clamp(series.style, 0, 5), "\">");
  svg += Polyline(series.faint, frame, "faint");
  svg += Polyline(series.line, frame, series.dashed ? "line dashed" : "line");
  for (const ChartPoint& point : series.marks) {
    if (!IsFinite(point)) continue;
    svg +=
        Mark(frame.X(point.x), frame.Y(point.y), series.style, point.tooltip);
  }
  return svg + "</g>";
}

std::string Legend(const Chart& chart, double left) {
  std::string svg = "<g class=\"legend\">";
  double x = left;
  for (const ChartSeries& series : chart.series) {
    absl::StrAppend(
        &svg, "<g class=\"s", std::clamp(series.style, 0, 5), "\">",
        Line(x, 14, x + 24, 14, series.dashed ? "line dashed" : "line"));
    if (!series.marks.empty()) svg += Mark(x + 12, 14, series.style, "");
    absl::StrAppend(&svg, "</g>",
                    Text(x + 30, 18, "start", "tick", series.name));
    x += 52 + 7 * static_cast<double>(series.name.size());
  }
  return svg + "</g>";
}

// Names where the lines end, moved apart where they would overlap.
std::string EndNames(const Chart& chart, const Frame& frame) {
  struct Name {
    double y;
    const ChartSeries* series;
  };
  std::vector<Name> names;
  for (const ChartSeries& series : chart.series) {
    if (series.line.empty() || !IsFinite(series.line.back())) continue;
    names.push_back({frame.Y(series.line.back().y), &series});
  }
  std::stable_sort(names.begin(), names.end(),
                   [](const Name& a, const Name& b) { return a.y < b.y; });
  for (size_t i = 1; i < names.size(); ++i) {
    names[i].y = std::max(names[i].y, names[i - 1].y + kNameSpacing);
  }
  // Pushed out at the bottom, they go up again.
  double limit = frame.bottom;
  for (size_t i = names.size(); i-- > 0; limit -= kNameSpacing) {
    names[i].y = std::min(names[i].y, limit);
  }
  std::string svg;
  for (const Name& name : names) {
    absl::StrAppend(&svg, "<g class=\"s", std::clamp(name.series->style, 0, 5),
                    "\">",
                    Text(frame.right + 8, name.y + 4, "start", "series-name",
                         name.series->name),
                    "</g>");
  }
  return svg;
}

}  // namespace

std::string ToSvg(const Chart& chart) {
  Range x;
  Range y;
  std::string svg = Open(chart);
  if (!FindRanges(chart, x, y)) {
    return absl::StrCat(svg,
                        Text(chart.width / 2.0, chart.height / 2.0, "middle",
                             "axis-title", "no data"),
                        "</svg>");
  }
  size_t longest = 0;
  for (const ChartSeries& series : chart.series) {
    longest = std::max(longest, series.name.size());
  }
  const double right_margin =
      chart.names ? 16 + 7 * static_cast<double>(longest) : 16;
  const Frame frame = {chart.y_title.empty() ? 52.0 : 70.0,
                       chart.names ? 36.0 : 12.0,
                       std::max(chart.width - right_margin, 0.5 * chart.width),
                       chart.height - (chart.x_title.empty() ? 30.0 : 52.0),
                       Axis(x.low, x.high, chart.x_scale, chart.x_format),
                       Axis(y.low, y.high, Scale::kLinear, chart.y_format)};
  svg += Axes(chart, frame);
  for (const ChartSeries& series : chart.series) {
    svg += DrawSeries(series, frame);
  }
  if (chart.names) {
    svg += Legend(chart, frame.left);
    svg += EndNames(chart, frame);
  }
  return svg + "</svg>";
}

}  // namespace rtfq
