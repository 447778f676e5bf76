#include "rtfq/deploy/int8_graph.h"

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::HasBitsOf;
using test::SmallSupernet;
using test::SmallSupernetOptions;
using ::testing::HasSubstr;

// A bundle in memory that keeps its bytes.
std::shared_ptr<const Bundle> OpenBytes(const std::string& bytes) {
  auto kept = std::make_shared<const std::string>(bytes);
  auto bundle = Bundle::FromBytes(*kept, "test.rtfq");
  EXPECT_TRUE(bundle.ok()) << bundle.status();
  return std::shared_ptr<const Bundle>(bundle->release(),
                                       [kept](const Bundle* b) { delete b; });
}

// Every subnet of the frozen supernet gives evaluation's bits.
void ExpectTrainedIsDeployed(const SmallSupernetOptions& options,
                             int64_t batch) {
  SmallSupernet small(options);
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  for (const SubnetConfig& subnet : small.net().space().All()) {
    SCOPED_TRACE(subnet.ToString());
    const auto graph =
        Int8Graph::Create(small.engine(), bundle, subnet.ToString(), batch);
    ASSERT_TRUE(graph.ok()) << graph.status();
    const Tensor images = small.Images(batch, subnet.resolution, 7);
    const Tensor expected = small.Logits(subnet, images);
    EXPECT_THAT((*graph)->Forward(images), HasBitsOf(expected));
    EXPECT_GT((*graph)->packed_bytes(), 0);
  }
}

TEST(Int8Graph, BottlenecksGiveTheBitsOfEvaluation) {
  ExpectTrainedIsDeployed({}, 3);
  ExpectTrainedIsDeployed({}, 1);
}

TEST(Int8Graph, BasicBlocksGiveTheBitsOfEvaluation) {
  ExpectTrainedIsDeployed({.bottleneck = false}, 2);
}

TEST(Int8Graph, MaxPoolAndIdentityShortcuts) {
  ExpectTrainedIsDeployed({.family = NetworkConfig::RESNET18, .bits = {8, 4}},
                          1);
}

TEST(Int8Graph, MaxPoolBeforeAShortcutByConvolution) {
  ExpectTrainedIsDeployed({.family = NetworkConfig::RESNET50, .bits = {6}}, 2);
}

TEST(Int8Graph, OddBitWidths) {
  ExpectTrainedIsDeployed({.bits = {7, 5, 3, 2}}, 2);
}

TEST(Int8Graph, SharedBatchNorms) {
  BatchNormConfig shared;
  shared.set_affine(BatchNormConfig::SHARED_PREFIX);
  ExpectTrainedIsDeployed({.batch_norm = shared}, 2);
}

TEST(Int8Graph, ThreadsDoNotMatter) {
  SmallSupernet small;
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  const std::string subnet = small.net().space().Largest().ToString();
  const Tensor images = small.Images(2, 32, 3);
  const auto one = Engine::Create(1).value();
  const auto three = Engine::Create(3).value();
  EXPECT_THAT(
      Int8Graph::Create(*one, bundle, subnet, 2).value()->Forward(images),
      HasBitsOf(Int8Graph::Create(*three, bundle, subnet, 2)
                    .value()
                    ->Forward(images)));
}

TEST(Int8Graph, AnImagesLogitsDoNotDependOnItsNeighbours) {
  SmallSupernet small;
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  const std::string subnet = small.net().space().Largest().ToString();
  const Tensor images = small.Images(4, 32, 5);
  const Tensor all = Int8Graph::Create(small.engine(), bundle, subnet, 4)
                         .value()
                         ->Forward(images);
  const auto alone = Int8Graph::Create(small.engine(), bundle, subnet, 1);
  for (int64_t n = 0; n < 4; ++n) {
    const int64_t size = images.count() / 4;
    const Tensor logits = (*alone)->Forward(
        Tensor::CopyOf(images.span().subspan(n * size, size), {1, 32, 32, 3}));
    EXPECT_THAT(logits, HasBitsOf(Tensor::CopyOf(all.span().subspan(n * 5, 5),
                                                 {1, 5})));
  }
}

TEST(Int8Graph, PartsOfABatchGiveItsBits) {
  SmallSupernet small;
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  const std::string subnet = small.net().space().Largest().ToString();
  const Tensor images = small.Images(6, 40, 5);  // resized to 32 on the way
  const auto one_thread = Engine::Create(1).value();
  EXPECT_EQ(Int8Graph::Create(small.engine(), bundle, subnet, 6, 1)
                .value()
                ->images_at_once(),
            2);  // its threads
  const auto create = [&](int64_t cache_bytes) {
    return Int8Graph::Create(*one_thread, bundle, subnet, 6, cache_bytes)
        .value();
  };
  const auto whole = create(Int8Graph::kCacheBytes);
  EXPECT_EQ(whole->images_at_once(), 6);
  const Tensor expected = whole->Forward(images);
  // The cache's size at which another divisor fits, found by trying all.
  std::set<int64_t> sizes;
  int64_t before = 1;
  for (int64_t bytes = 1; sizes.size() < 4; bytes *= 2) {
    const auto parts = create(bytes);
    EXPECT_GE(parts->images_at_once(), before) << bytes;
    before = parts->images_at_once();
    if (!sizes.insert(before).second) continue;
    EXPECT_EQ(6 % before, 0);
    EXPECT_THAT(parts->Forward(images), HasBitsOf(expected)) << before;
    if (before == 6) break;
  }
  EXPECT_THAT(sizes, ::testing::IsSupersetOf({1, 6}));
  EXPECT_GT(sizes.size(), 2u);
}

TEST(Int8Graph, ManyThreadsMayRunIt) {
  SmallSupernet small;
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  const auto graph = Int8Graph::Create(
      small.engine(), bundle, small.net().space().Smallest().ToString(), 1);
  ASSERT_TRUE(graph.ok());
  std::vector<Tensor> images, expected;
  for (uint64_t i = 0; i < 4; ++i) {
    images.push_back(small.Images(1, 24, i));
    expected.push_back((*graph)->Forward(images.back()));
  }
  std::vector<int> wrong(4);
  std::vector<std::thread> callers;
  for (size_t i = 0; i < 4; ++i) {
    callers.emplace_back([&, i] {
      for (int repeat = 0; repeat < 20; ++repeat) {
        const Tensor logits = (*graph)->Forward(images[i]);
        wrong[i] += !test::HaveSameBits(logits.span(), expected[i].span());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_THAT(wrong, ::testing::Each(0));
}

TEST(Int8Graph, NamesTheSubnetsThereAre) {
  SmallSupernet small;
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  const auto graph =
      Int8Graph::Create(small.engine(), bundle, "r224-w100-q8", 1);
  EXPECT_EQ(graph.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(graph.status().message()),
              HasSubstr("it has r32-w100-q8, r32-w100-q6"));
  EXPECT_EQ(Int8Graph::Create(small.engine(), bundle, "r32-w100-q8", 0)
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace rtfq
