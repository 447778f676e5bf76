#include "rtfq/train/subnet_sampler.h"

#include <vector>

namespace rtfq {
namespace {

std::vector<SampledSubnet> LargestDrawnSmallest(const SearchSpace& space,
                                                int num_drawn, Rng& rng) {
  std::vector<SampledSubnet> sampled = {
      {space.Largest(), SubnetRole::kLargest}};
  for (int i = 0; i < num_drawn; ++i) {
    sampled.push_back({space.Draw(rng), SubnetRole::kIntermediate});
  }
  sampled.push_back({space.Smallest(), SubnetRole::kSmallest});
  return sampled;
}

SubnetConfig WithBits(SubnetConfig subnet, BitWidth bits) {
  subnet.bits = bits;
  return subnet;
}

}  // namespace

std::vector<SampledSubnet> SampleSandwichQ(const SearchSpace& space, Rng& rng) {
  return LargestDrawnSmallest(space, 2, rng);
}

std::vector<SampledSubnet> SampleMaxKMin(const SearchSpace& space, Rng& rng) {
  return LargestDrawnSmallest(space, 6, rng);
}

std::vector<SampledSubnet> SampleSandwich(const SearchSpace& space, Rng& rng) {
  std::vector<SampledSubnet> sampled;
  for (const BitWidth bits : space.bit_widths()) {
    const SubnetConfig largest = WithBits(space.Largest(), bits);
    const SubnetConfig smallest = WithBits(space.Smallest(), bits);
    sampled.push_back({largest, largest == space.Largest()
                                    ? SubnetRole::kLargest
                                    : SubnetRole::kIntermediate});
    for (int drawn = 0; drawn < 2;) {
      const int64_t r =
          rng.Below(static_cast<int64_t>(space.resolutions().size()));
      const int64_t w =
          rng.Below(static_cast<int64_t>(space.width_percents().size()));
      const SubnetConfig subnet = {.resolution = space.resolutions()[r],
                                   .width_percent = space.width_percents()[w],
                                   .bits = bits};
      const bool has_others =
          space.resolutions().size() * space.width_percents().size() > 2;
      if (has_others && (subnet == largest || subnet == smallest)) continue;
      sampled.push_back({subnet, SubnetRole::kIntermediate});
      ++drawn;
    }
    sampled.push_back({smallest, SubnetRole::kSmallest});
  }
  return sampled;
}

std::vector<SampledSubnet> SampleSubnets(AdaptationConfig::Sampling rule,
                                         const SearchSpace& space, Rng& rng) {
  switch (rule) {
    case AdaptationConfig::SANDWICH_Q:
      return SampleSandwichQ(space, rng);
    case AdaptationConfig::SANDWICH:
      return SampleSandwich(space, rng);
    case AdaptationConfig::MAX_K_MIN:
      return SampleMaxKMin(space, rng);
  }
  return SampleSandwichQ(space, rng);
}

}  // namespace rtfq
