#include "rtfq/eval/evaluator.h"

#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/data/synthetic_domains.h"
#include "rtfq/eval/batch_norm_calibration.h"
#include "rtfq/models/supernet_init.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

class EvaluatorTest : public testing::Test {
 protected:
  static std::string Root() { return testing::TempDir() + "/evaluator_test"; }
  static void SetUpTestSuite() {
    SyntheticOptions options;
    options.images_per_class = 3;
    ASSERT_TRUE(WriteSyntheticDomains(options, Root(), ThreadPool(2)).ok());
  }

  EvaluatorTest() {
    engine_ = Engine::Create(2).value();
    plans_ = std::make_unique<ConvPlans>(*engine_);
    SearchSpaceConfig config;
    for (const int r : {32, 24}) config.add_resolutions(r);
    config.add_width_percents(100);
    for (const int b : {8, 4}) config.add_bit_widths(b);
    const SearchSpace space = SearchSpace::Create(config).value();
    dataset_ = OpenDomain(Root(), "shifted").value();
    NetworkConfig network;
    network.set_family(NetworkConfig::TINY);
    const int classes = static_cast<int>(dataset_.classes.size());
    net_ = std::make_unique<Supernet>(MakeResNetSpec(network, classes).value(),
                                      space, BatchNormConfig(), *plans_, false);
    InitializeRandomly(Rng(2), *net_);
    for (Parameter& p : net_->store().parameters()) {
      if (p.name.find("input_step") != std::string::npos)
        *p.value.data() = 0.05f;
    }
    subnets_ = space.All();
  }

  std::unique_ptr<SequentialLoader> Loader(const DomainDataset& dataset,
                                           int batch) {
    TransformOptions transform;
    transform.resize = 40;
    transform.crop = 32;
    return SequentialLoader::Create(dataset, transform, batch,
                                    engine_->threads())
        .value();
  }

  std::unique_ptr<Engine> engine_;
  std::unique_ptr<ConvPlans> plans_;
  DomainDataset dataset_;
  std::unique_ptr<Supernet> net_;
  std::vector<SubnetConfig> subnets_;
};

TEST_F(EvaluatorTest, SeesEveryImageOnceWhateverTheBatch) {
  const int64_t images = static_cast<int64_t>(dataset_.images.size());
  const auto shuffled = Shuffled(dataset_, Rng(1));
  ASSERT_TRUE(CalibrateBatchNorm(subnets_, Domain::kTarget,
                                 *Loader(shuffled, 8), 2, *net_, [](int64_t) {})
                  .ok());
  std::vector<Metrics> first;
  for (const int batch : {5, 16}) {
    int64_t batches = 0;
    const auto loader = Loader(dataset_, batch);
    const auto metrics =
        EvaluateSubnets(subnets_, Domain::kTarget, *loader, *net_,
                        [&](int64_t done) { batches = done; });
    ASSERT_TRUE(metrics.ok()) << metrics.status();
    EXPECT_EQ(batches, (images + batch - 1) / batch);
    ASSERT_EQ(metrics->size(), subnets_.size());
    for (size_t i = 0; i < metrics->size(); ++i) {
      EXPECT_EQ((*metrics)[i].images, images);
      if (first.size() == metrics->size()) {
        EXPECT_EQ((*metrics)[i].correct, first[i].correct);
      }
    }
    first = *metrics;
  }
}

TEST_F(EvaluatorTest, EvaluationMovesNothingAndCalibrationOnlyItsDomain) {
  const auto buffers = [&] {
    std::vector<Tensor> all;
    for (const Buffer& b : net_->store().buffers())
      all.push_back(b.value.Clone());
    return all;
  };
  const auto start = buffers();
  ASSERT_TRUE(EvaluateSubnets(subnets_, Domain::kTarget, *Loader(dataset_, 16),
                              *net_, [](int64_t) {})
                  .ok());
  size_t i = 0;
  for (const Tensor& b : buffers()) EXPECT_THAT(b, test::HasBitsOf(start[i++]));
  ASSERT_TRUE(CalibrateBatchNorm(subnets_, Domain::kTarget,
                                 *Loader(dataset_, 8), 2, *net_, [](int64_t) {})
                  .ok());
  i = 0;
  for (const Buffer& b : net_->store().buffers()) {
    const bool same = test::HaveSameBits(b.value.span(), start[i++].span());
    EXPECT_EQ(same, b.name.find(".source.") != std::string::npos) << b.name;
  }
}

// The stem reads the same images whatever the bits, so its statistics are the
// same with both bit widths in one bank as with one of them.
TEST_F(EvaluatorTest, SubnetsOfOneBankCountAlike) {
  BatchNormConfig shared;
  shared.set_switch_on_bits(false);
  Supernet net(net_->spec(), net_->space(), shared, *plans_, false);
  InitializeRandomly(Rng(2), net);
  for (Parameter& p : net.store().parameters()) {
    if (p.name.find("input_step") != std::string::npos) *p.value.data() = 0.05f;
  }
  const std::vector<SubnetConfig> both = {{32, 100, BitWidth::k8},
                                          {32, 100, BitWidth::k4}};
  std::vector<Tensor> means;
  for (const std::vector<SubnetConfig>& subnets : {{both[0]}, both}) {
    ASSERT_TRUE(CalibrateBatchNorm(subnets, Domain::kTarget,
                                   *Loader(Shuffled(dataset_, Rng(1)), 8), 3,
                                   net, [](int64_t) {})
                    .ok());
    const int key = net.switches().KeyOf(both[0]);
    means.push_back(net.batch_norms()[0]
                        ->BankOf(Domain::kTarget, key)
                        .running_mean->value.Clone());
  }
  ASSERT_GT(means[0].count(), 0);
  for (int64_t c = 0; c < means[0].count(); ++c) {
    // Six updates of a mean in f32, each within 2^-24 of values below 4.
    ASSERT_LT(std::abs(means[0].data()[c]), 4);
    EXPECT_NEAR(means[1].data()[c], means[0].data()[c], 6 * 4 * 0x1p-24);
  }
}

TEST_F(EvaluatorTest, CalibrationDoesNotLookAtLabels) {
  DomainDataset blind = dataset_;
  for (ImageRecord& record : blind.images) record.label = -1;
  std::vector<Tensor> first;
  for (const DomainDataset& dataset : {dataset_, blind}) {
    ASSERT_TRUE(CalibrateBatchNorm(subnets_, Domain::kTarget,
                                   *Loader(Shuffled(dataset, Rng(1)), 8), 2,
                                   *net_, [](int64_t) {})
                    .ok());
    size_t i = 0;
    const bool fill = first.empty();
    for (const Buffer& b : net_->store().buffers()) {
      if (fill) {
        first.push_back(b.value.Clone());
      } else {
        EXPECT_THAT(b.value, test::HasBitsOf(first[i++])) << b.name;
      }
    }
  }
}

TEST_F(EvaluatorTest, ShufflingKeepsEveryImage) {
  const DomainDataset shuffled = Shuffled(dataset_, Rng(1));
  std::multiset<std::string> a, b;
  bool moved = false;
  for (size_t i = 0; i < dataset_.images.size(); ++i) {
    a.insert(dataset_.images[i].path);
    b.insert(shuffled.images[i].path);
    moved |= dataset_.images[i].path != shuffled.images[i].path;
  }
  EXPECT_EQ(a, b);
  EXPECT_TRUE(moved);
}

}  // namespace
}  // namespace rtfq
