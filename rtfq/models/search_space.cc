#include "rtfq/models/search_space.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

// A list of more entries than this is a mistake, and a space of millions of
// subnets would be allocated below it.
constexpr int kMaxEntries = 16;

absl::Status FieldError(std::string_view field, std::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(
      "search_space.", absl::string_view(field.data(), field.size()),
      absl::string_view(problem.data(), problem.size())));
}

// The field's values, or the paper's `defaults` when it was left empty.
absl::StatusOr<std::vector<int>> ReadList(
    std::string_view field, const google::protobuf::RepeatedField<int>& values,
    std::initializer_list<int> defaults, int low, int high) {
  if (values.empty()) return std::vector<int>(defaults);
  if (values.size() > kMaxEntries) {
    return FieldError(field,
                      absl::StrCat(": ", values.size(), " values, at most ",
                                   kMaxEntries, " are accepted"));
  }
  for (int i = 0; i < values.size(); ++i) {
    if (values[i] < low || values[i] > high) {
      return FieldError(field, absl::StrCat("[", i, "]: ", values[i],
                                            " is outside ", low, "..", high));
    }
    if (i > 0 && values[i] >= values[i - 1]) {
      return FieldError(
          field, absl::StrCat("[", i, "]: ", values[i], " follows ",
                              values[i - 1], ", but the list must descend"));
    }
  }
  return std::vector<int>(values.begin(), values.end());
}

absl::Status CheckBits(const std::vector<int>& bits) {
  for (size_t i = 0; i < bits.size(); ++i) {
    if (!IsBitWidth(bits[i])) {
      return FieldError("bit_widths", absl::StrCat("[", i, "]: ", bits[i],
                                                   " is not one of 2..8, 32"));
    }
  }
  if (bits.front() == BitsOf(BitWidth::kFloat) && bits.size() > 1) {
    return FieldError("bit_widths",
                      ": 32 (full precision) must be alone; give another run "
                      "the quantized bit widths");
  }
  return absl::OkStatus();
}

// Position of `value` in a list, or -1.
template <typename T>
int PositionOf(const std::vector<T>& list, T value) {
  const auto found = std::find(list.begin(), list.end(), value);
  return found == list.end() ? -1 : static_cast<int>(found - list.begin());
}

}  // namespace

absl::StatusOr<SearchSpace> SearchSpace::Create(
    const SearchSpaceConfig& config) {
  SearchSpace space;
  RTFQ_ASSIGN_OR_RETURN(space.resolutions_,
                        ReadList("resolutions", config.resolutions(),
                                 {224, 192, 160, 128}, 8, 4096));
  RTFQ_ASSIGN_OR_RETURN(space.width_percents_,
                        ReadList("width_percents", config.width_percents(),
                                 {100, 86, 73, 60}, 1, 100));
  RTFQ_ASSIGN_OR_RETURN(
      const std::vector<int> bits,
      ReadList("bit_widths", config.bit_widths(), {8, 6, 4}, 2, 32));
  RTFQ_RETURN_IF_ERROR(CheckBits(bits));
  for (const int b : bits) {
    space.bit_widths_.push_back(static_cast<BitWidth>(b));
  }
  return space;
}

int SearchSpace::size() const {
  return static_cast<int>(resolutions_.size() * width_percents_.size() *
                          bit_widths_.size());
}

SubnetConfig SearchSpace::At(int index) const {
  RTFQ_CHECK(index >= 0 && index < size());
  const int num_widths = static_cast<int>(width_percents_.size());
  const int num_bits = static_cast<int>(bit_widths_.size());
  return {resolutions_[index / num_bits / num_widths],
          width_percents_[index / num_bits % num_widths],
          bit_widths_[index % num_bits]};
}

int SearchSpace::IndexOf(const SubnetConfig& subnet) const {
  const int r = PositionOf(resolutions_, subnet.resolution);
  const int w = PositionOf(width_percents_, subnet.width_percent);
  const int q = PositionOf(bit_widths_, subnet.bits);
  if (r < 0 || w < 0 || q < 0) return -1;
  return (r * static_cast<int>(width_percents_.size()) + w) *
             static_cast<int>(bit_widths_.size()) +
         q;
}

std::vector<SubnetConfig> SearchSpace::All() const {
  std::vector<SubnetConfig> subnets;
  subnets.reserve(static_cast<size_t>(size()));
  for (int i = 0; i < size(); ++i) subnets.push_back(At(i));
  return subnets;
}

SubnetConfig SearchSpace::Draw(Rng& rng) const {
  if (size() <= 2) return At(static_cast<int>(rng.Below(size())));
  return At(1 + static_cast<int>(rng.Below(size() - 2)));
}

}  // namespace rtfq
