// All the subnets that share one set of weights.
#ifndef RTFQ_MODELS_SEARCH_SPACE_H_
#define RTFQ_MODELS_SEARCH_SPACE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/core/random.h"
#include "rtfq/models/search_space.pb.h"
#include "rtfq/models/subnet_config.h"

namespace rtfq {

// R x W x Q (paper, section III-B): every combination of the lists, each list
// strictly descending, so that index 0 is the largest subnet and the last index
// the smallest. Index = (i_r * |W| + i_w) * |Q| + i_q. Immutable.
class SearchSpace {
 public:
  // An empty list stands for the paper's. kInvalidArgument naming the field and
  // value: a list that does not descend or has more than 16 values, a
  // resolution outside 8..4096, a width outside 1..100, bits other than 2..8 or
  // 32, or 32 together with others.
  static absl::StatusOr<SearchSpace> Create(const SearchSpaceConfig& config);

  int size() const;
  SubnetConfig At(int index) const;
  // -1 for a subnet that is not in the space.
  int IndexOf(const SubnetConfig& subnet) const;
  SubnetConfig Largest() const { return At(0); }
  SubnetConfig Smallest() const { return At(size() - 1); }
  std::vector<SubnetConfig> All() const;
  // Uniform over all subnets but the largest and the smallest; over all when
  // the space has no others.
  SubnetConfig Draw(Rng& rng) const;

  const std::vector<int>& resolutions() const { return resolutions_; }
  const std::vector<int>& width_percents() const { return width_percents_; }
  const std::vector<BitWidth>& bit_widths() const { return bit_widths_; }
  // True for RTF-F, the full-precision variant (Q = {32}).
  bool is_float() const { return !IsQuantized(bit_widths_.front()); }

 private:
  std::vector<int> resolutions_;
  std::vector<int> width_percents_;
  std::vector<BitWidth> bit_widths_;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_SEARCH_SPACE_H_
