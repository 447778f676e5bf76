// Which subnets a training step trains.
#ifndef RTFQ_TRAIN_SUBNET_SAMPLER_H_
#define RTFQ_TRAIN_SUBNET_SAMPLER_H_

#include <vector>

#include "rtfq/core/random.h"
#include "rtfq/models/search_space.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {

// What a subnet learns from on target images: the largest from its own
// confident predictions, intermediate ones from the teacher's largest, the
// smallest from the teacher's intermediate ones.
enum class SubnetRole { kLargest, kIntermediate, kSmallest };

struct SampledSubnet {
  SubnetConfig subnet;
  SubnetRole role = SubnetRole::kIntermediate;
  bool operator==(const SampledSubnet&) const = default;
};

// SandwichQ (paper, section III-F): largest, two drawn, smallest.
std::vector<SampledSubnet> SampleSandwichQ(const SearchSpace& space, Rng& rng);

// The sandwich rule once for each bit width (paper, Table II): largest, two
// drawn, smallest with these bits. Only the largest of all has that role; ours,
// because the others have a better teacher than themselves.
std::vector<SampledSubnet> SampleSandwich(const SearchSpace& space, Rng& rng);

// Largest, six drawn, smallest (paper, Table II).
std::vector<SampledSubnet> SampleMaxKMin(const SearchSpace& space, Rng& rng);

std::vector<SampledSubnet> SampleSubnets(AdaptationConfig::Sampling rule,
                                         const SearchSpace& space, Rng& rng);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_SUBNET_SAMPLER_H_
