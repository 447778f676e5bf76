// Line and point charts as SVG elements to be put into a page.
#ifndef RTFQ_EVAL_SVG_CHART_H_
#define RTFQ_EVAL_SVG_CHART_H_

#include <string>
#include <vector>

#include "rtfq/eval/axis.h"

namespace rtfq {

struct ChartPoint {
  double x = 0;
  double y = 0;
  std::string tooltip;  // shown by the browser over a mark; may be empty
};

// One colour of a chart. Points that are not finite are left out.
struct ChartSeries {
  std::string name = {};
  int style = 0;                       // 0..5: colour and shape of the marks
  std::vector<ChartPoint> marks = {};  // drawn as shapes
  std::vector<ChartPoint> line = {};   // drawn as a line, left to right
  std::vector<ChartPoint> faint = {};  // drawn as a thin pale line behind
  bool dashed = false;
};

struct Chart {
  std::string title;  // read out by screen readers
  std::string x_title;
  std::string y_title;
  Scale x_scale = Scale::kLinear;
  TickFormat x_format = TickFormat::kSi;
  TickFormat y_format = TickFormat::kSi;
  std::vector<ChartSeries> series;
  int width = 640;  // of the drawing; a page scales it
  int height = 400;
  // A legend above, and the series' names at the ends of their lines.
  bool names = true;
};

// An <svg> element without scripts. Colours are the page's: classes s0..s5 on
// series, and grid, axis, tick, axis-title, legend, series-name, mark, line,
// dashed, faint on what their names say. Texts are escaped. A chart without a
// single finite point says "no data".
std::string ToSvg(const Chart& chart);

}  // namespace rtfq

#endif  // RTFQ_EVAL_SVG_CHART_H_
