// Tiny supernets with statistics of their own in every bank: what the tests of
// deployment freeze.
#ifndef TESTS_DEPLOY_SMALL_SUPERNET_H_
#define TESTS_DEPLOY_SMALL_SUPERNET_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/deploy/bundle_writer.h"
#include "rtfq/models/supernet.h"

namespace rtfq::test {

struct SmallSupernetOptions {
  bool bottleneck = true;
  // The others have a max pool, and RESNET50 a convolution for its first
  // block's shortcut.
  NetworkConfig::Family family = NetworkConfig::TINY;
  std::vector<int> stage_blocks = {2, 1};
  std::vector<int> bits = {8, 6, 4};
  BatchNormConfig batch_norm = {};
  int threads = 2;
};

class SmallSupernet {
 public:
  explicit SmallSupernet(const SmallSupernetOptions& options = {});

  Supernet& net() { return *net_; }
  const Engine& engine() const { return *engine_; }
  Tensor Images(int64_t batch, int resolution, uint64_t seed) const;
  // What evaluation computes.
  Tensor Logits(const SubnetConfig& subnet, const Tensor& images);
  // All subnets frozen, with names and preprocessing.
  BundleWriter Frozen() const;

 private:
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<ConvPlans> plans_;
  std::unique_ptr<Supernet> net_;
};

}  // namespace rtfq::test

#endif  // TESTS_DEPLOY_SMALL_SUPERNET_H_
