#include "rtfq/core/nearest_names.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_join.h"

namespace rtfq {

int EditDistance(std::string_view a, std::string_view b) {
  // One row of the table: distances of a's first i letters to b's first j.
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string NearestFirst(std::vector<std::string> names,
                         const std::string& wanted) {
  std::stable_sort(names.begin(), names.end(),
                   [&](const std::string& a, const std::string& b) {
                     return EditDistance(a, wanted) < EditDistance(b, wanted);
                   });
  return absl::StrJoin(names, ", ");
}

}  // namespace rtfq
