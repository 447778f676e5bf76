// A confusion matrix as an SVG element.
#ifndef RTFQ_EVAL_SVG_HEAT_MAP_H_
#define RTFQ_EVAL_SVG_HEAT_MAP_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rtfq {

// Cells shaded by their share of the row: rows are truths, columns predictions;
// the diagonal has the class "hit", everything else "miss". Counts are printed
// where there are at most 16 classes, names where there are at most 40. Empty
// cells are not drawn. counts[truth * names.size() + prediction].
std::string HeatMapSvg(const std::vector<std::string>& names,
                       std::span<const int64_t> counts);

}  // namespace rtfq

#endif  // RTFQ_EVAL_SVG_HEAT_MAP_H_
