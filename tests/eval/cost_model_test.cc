#include "rtfq/eval/cost_model.h"

#include <cstdint>

#include "gtest/gtest.h"
#include "rtfq/models/network.pb.h"
#include "rtfq/models/search_space.h"

namespace rtfq {
namespace {

ResNetSpec ResNet50(int channel_multiple) {
  NetworkConfig config;
  config.set_channel_multiple(channel_multiple);
  return *MakeResNetSpec(config, 31);
}

// Two basic blocks of one stage on 8x8 images: small enough to count by hand.
ResNetSpec HandNet() {
  ResNetSpec spec;
  spec.block = BlockKind::kBasic;
  spec.stem_channels = 8;
  spec.stem_kernel = 3;
  spec.stem_stride = 1;
  spec.max_pool = false;
  spec.stages = {{8, 1, 1}, {16, 1, 2}};
  spec.num_classes = 5;
  return spec;
}

constexpr int64_t kStemMacs = 8 * 8 * (3 * 8 * 3 * 3);
constexpr int64_t kInnerMacs = 8 * 8 * (8 * 8 * 3 * 3) * 2 +  // layer1.0
                               4 * 4 * (8 * 16 * 3 * 3) +     // layer2.0.conv1
                               4 * 4 * (16 * 16 * 3 * 3) +    // layer2.0.conv2
                               4 * 4 * (8 * 16);              // downsample
constexpr int64_t kClassifierMacs = 16 * 5;

constexpr int64_t kStemWeights = 3 * 8 * 3 * 3;
constexpr int64_t kInnerWeights =
    2 * 8 * 8 * 9 + 8 * 16 * 9 + 16 * 16 * 9 + 8 * 16;
constexpr int64_t kChannels = 8 + 8 + 8 + 16 + 16 + 16;

TEST(CostModelTest, MacsCountedByHand) {
  EXPECT_EQ(Macs(HandNet(), {8, 100, BitWidth::k4}),
            kStemMacs + kInnerMacs + kClassifierMacs);
}

TEST(CostModelTest, BitOpsWeighStemAndClassifierAsEightByEight) {
  const ResNetSpec net = HandNet();
  for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
    EXPECT_EQ(BitOps(net, {8, 100, bits}),
              (kStemMacs + kClassifierMacs) * 8 * 8 +
                  kInnerMacs * BitsOf(bits) * BitsOf(bits));
  }
  EXPECT_EQ(BitOps(net, {8, 100, BitWidth::kFloat}),
            (kStemMacs + kInnerMacs + kClassifierMacs) * 32 * 32);
}

TEST(CostModelTest, BytesCountedByHand) {
  const ResNetSpec net = HandNet();
  for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
    // All layers here hold a multiple of 8 codes, so packing leaves no gaps.
    EXPECT_EQ(WeightBytes(net, {8, 100, bits}),
              kStemWeights + kInnerWeights * BitsOf(bits) / 8 +
                  kChannels * (4 + 4) + 16 * 5 + 4 + 5 * 4);
  }
  EXPECT_EQ(
      WeightBytes(net, {8, 100, BitWidth::kFloat}),
      (kStemWeights + kInnerWeights + 16 * 5) * 4 + kChannels * 4 + 5 * 4);
}

TEST(CostModelTest, CodesAreRoundedUpToBytesLayerByLayer) {
  ResNetSpec net = HandNet();
  net.channel_multiple = 1;
  // At 62 % the channels are 4, 4 and 9: downsample 4 * 9 codes of 3 bits are
  // 108 bits, 14 bytes.
  const int64_t inner = (2 * (4 * 4 * 9) * 3) / 8 + (4 * 9 * 9 * 3 + 7) / 8 +
                        (9 * 9 * 9 * 3 + 7) / 8 + 14;
  EXPECT_EQ(WeightBytes(net, {8, 62, BitWidth::k3}),
            3 * 4 * 9 + inner + (4 + 4 + 4 + 9 + 9 + 9) * 8 + 9 * 5 + 4 + 20);
}

// The oracle's table for ResNet-50 with 31 classes, by resolution and width.
TEST(CostModelTest, ResNet50MacsAreTheGoldenTables) {
  const int64_t multiple8[16] = {4087199744, 3123005664, 2237466592, 1541456960,
                                 3002857472, 2294467616, 1643865376, 1132508992,
                                 2085337088, 1593396960, 1141587424, 786476096,
                                 1334638592, 1019793696, 730632736,  503358272};
  const int64_t multiple1[16] = {4087199744, 3032770400, 2173439635, 1481132403,
                                 3002857472, 2228172320, 1596825064, 1088189008,
                                 2085337088, 1547358560, 1108920427, 755698443,
                                 1334638592, 990329120,  709725724,  483660708};
  const SearchSpace space = *SearchSpace::Create(SearchSpaceConfig());
  const ResNetSpec by8 = ResNet50(8);
  const ResNetSpec by1 = ResNet50(1);
  for (int i = 0; i < space.size(); ++i) {
    EXPECT_EQ(Macs(by8, space.At(i)), multiple8[i / 3])
        << space.At(i).ToString();
    EXPECT_EQ(Macs(by1, space.At(i)), multiple1[i / 3])
        << space.At(i).ToString();
  }
}

TEST(CostModelTest, ResNet50BitOpsAreTheGoldenOnes) {
  const ResNetSpec net = ResNet50(8);
  EXPECT_EQ(BitOps(net, {224, 100, BitWidth::k8}), 261580783616);
  EXPECT_EQ(BitOps(net, {224, 100, BitWidth::k6}), 150445359104);
  EXPECT_EQ(BitOps(net, {224, 100, BitWidth::k4}), 71062913024);
  EXPECT_EQ(BitOps(net, {192, 73, BitWidth::k6}), 61001245696);
  EXPECT_EQ(BitOps(net, {128, 60, BitWidth::k4}), 9211596800);
  EXPECT_EQ(BitOps(net, {224, 100, BitWidth::kFloat}), 4185292537856);
}

TEST(CostModelTest, BytesDoNotDependOnTheResolution) {
  const ResNetSpec net = ResNet50(8);
  EXPECT_EQ(WeightBytes(net, {224, 73, BitWidth::k6}),
            WeightBytes(net, {128, 73, BitWidth::k6}));
  EXPECT_LT(WeightBytes(net, {224, 73, BitWidth::k4}),
            WeightBytes(net, {224, 73, BitWidth::k6}));
}

}  // namespace
}  // namespace rtfq
