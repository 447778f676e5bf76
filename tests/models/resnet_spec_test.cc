#include "rtfq/models/resnet_spec.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<ResNetSpec> FromText(const std::string& text,
                                    int64_t num_classes = 31) {
  NetworkConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return MakeResNetSpec(config, num_classes);
}

ResNetSpec Spec(const std::string& text, int64_t num_classes = 31) {
  const auto spec = FromText(text, num_classes);
  EXPECT_TRUE(spec.ok()) << spec.status();
  return *spec;
}

std::string Describe(const ConvSpec& conv) {
  return absl::StrCat(conv.name, " ", conv.bn_name, " ", conv.in_channels, "->",
                      conv.out_channels, " ", conv.kernel, "x", conv.kernel,
                      "/", conv.stride, " pad ", conv.padding, " ",
                      conv.in_size, "->", conv.out_size());
}

std::vector<std::string> DescribeAll(const std::vector<ConvSpec>& convs) {
  std::vector<std::string> lines;
  for (const ConvSpec& conv : convs) lines.push_back(Describe(conv));
  return lines;
}

// The network of the golden training step, at its first and third subnet.
TEST(ResNetSpecTest, TinyFamilyIsTheGoldenNet) {
  const ResNetSpec spec = Spec("family: TINY", 7);
  EXPECT_EQ(spec.num_classes, 7);
  EXPECT_THAT(
      DescribeAll(ConvSpecsAt(spec, 64, 100)),
      ElementsAre("conv1 bn1 3->16 7x7/2 pad 3 64->32",
                  "layer1.0.conv1 layer1.0.bn1 16->8 1x1/1 pad 0 16->16",
                  "layer1.0.conv2 layer1.0.bn2 8->8 3x3/1 pad 1 16->16",
                  "layer1.0.conv3 layer1.0.bn3 8->32 1x1/1 pad 0 16->16",
                  "layer1.0.downsample.0 layer1.0.downsample.1 16->32 1x1/1 "
                  "pad 0 16->16",
                  "layer2.0.conv1 layer2.0.bn1 32->16 1x1/1 pad 0 16->16",
                  "layer2.0.conv2 layer2.0.bn2 16->16 3x3/2 pad 1 16->8",
                  "layer2.0.conv3 layer2.0.bn3 16->64 1x1/1 pad 0 8->8",
                  "layer2.0.downsample.0 layer2.0.downsample.1 32->64 1x1/2 "
                  "pad 0 16->8",
                  "layer3.0.conv1 layer3.0.bn1 64->32 1x1/1 pad 0 8->8",
                  "layer3.0.conv2 layer3.0.bn2 32->32 3x3/2 pad 1 8->4",
                  "layer3.0.conv3 layer3.0.bn3 32->128 1x1/1 pad 0 4->4",
                  "layer3.0.downsample.0 layer3.0.downsample.1 64->128 1x1/2 "
                  "pad 0 8->4",
                  "layer4.0.conv1 layer4.0.bn1 128->64 1x1/1 pad 0 4->4",
                  "layer4.0.conv2 layer4.0.bn2 64->64 3x3/2 pad 1 4->2",
                  "layer4.0.conv3 layer4.0.bn3 64->256 1x1/1 pad 0 2->2",
                  "layer4.0.downsample.0 layer4.0.downsample.1 128->256 1x1/2 "
                  "pad 0 4->2"));
  EXPECT_EQ(FeaturesAt(spec, 100), 256);

  const std::vector<ConvSpec> narrow = ConvSpecsAt(spec, 48, 73);
  ASSERT_EQ(narrow.size(), 17u);
  EXPECT_EQ(Describe(narrow[0]), "conv1 bn1 3->8 7x7/2 pad 3 48->24");
  EXPECT_EQ(Describe(narrow[12]),
            "layer3.0.downsample.0 layer3.0.downsample.1 32->96 1x1/2 pad 0 "
            "6->3");
  EXPECT_EQ(Describe(narrow[16]),
            "layer4.0.downsample.0 layer4.0.downsample.1 96->192 1x1/2 pad 0 "
            "3->2");
}

TEST(ResNetSpecTest, TinyChannelsAreTheGoldenTable) {
  const ResNetSpec spec = Spec("family: TINY", 7);
  const int widths[] = {100, 86, 73, 60};
  const int64_t stems[] = {16, 16, 8, 8};
  const int64_t mids[4][4] = {
      {8, 16, 32, 64}, {8, 16, 24, 56}, {8, 8, 24, 48}, {8, 8, 16, 40}};
  for (int w = 0; w < 4; ++w) {
    EXPECT_EQ(spec.ChannelsAt(16, widths[w]), stems[w]);
    for (int s = 0; s < 4; ++s) {
      EXPECT_EQ(spec.ChannelsAt(int64_t{8} << s, widths[w]), mids[w][s])
          << "width " << widths[w] << " stage " << s;
    }
    EXPECT_EQ(FeaturesAt(spec, widths[w]), 4 * mids[w][3]);
  }
}

// The tables of cost.resnet50.multiple8 and multiple1.
TEST(ResNetSpecTest, ResNet50ChannelsAreTheGoldenTables) {
  const int widths[] = {100, 86, 73, 60};
  const int64_t multiple8[4][5] = {{64, 64, 128, 256, 512},
                                   {56, 56, 112, 224, 440},
                                   {48, 48, 96, 184, 376},
                                   {40, 40, 80, 152, 304}};
  const int64_t multiple1[4][5] = {{64, 64, 128, 256, 512},
                                   {55, 55, 110, 220, 440},
                                   {46, 46, 93, 186, 373},
                                   {38, 38, 76, 153, 307}};
  const ResNetSpec by8 = Spec("");
  const ResNetSpec by1 = Spec("channel_multiple: 1");
  for (int w = 0; w < 4; ++w) {
    for (int s = 0; s < 5; ++s) {
      const int64_t full = multiple8[0][s];
      EXPECT_EQ(by8.ChannelsAt(full, widths[w]), multiple8[w][s]);
      EXPECT_EQ(by1.ChannelsAt(full, widths[w]), multiple1[w][s]);
    }
  }
}

TEST(ResNetSpecTest, RoundsToTheNearestMultipleHalvesUpAtLeastOne) {
  ResNetSpec spec;
  spec.channel_multiple = 8;
  EXPECT_EQ(spec.ChannelsAt(24, 50), 16);  // 12 is 1.5 * 8
  EXPECT_EQ(spec.ChannelsAt(24, 49), 8);   // 11.76
  EXPECT_EQ(spec.ChannelsAt(8, 1), 8);
  spec.channel_multiple = 1;
  EXPECT_EQ(spec.ChannelsAt(8, 99), 7);  // 7.92
  EXPECT_EQ(spec.ChannelsAt(8, 1), 1);   // 0.08
}

TEST(ResNetSpecTest, NoWidthHasMoreChannelsThanAWiderOne) {
  for (const int multiple : {1, 2, 4, 8, 16, 32, 64}) {
    const ResNetSpec spec = Spec(absl::StrCat("channel_multiple: ", multiple));
    for (const int64_t full : {64, 128, 256, 512}) {
      EXPECT_EQ(spec.ChannelsAt(full, 100), full);
      for (int w = 1; w < 100; ++w) {
        EXPECT_LE(spec.ChannelsAt(full, w), spec.ChannelsAt(full, w + 1));
      }
    }
  }
}

// torchvision's names: layerS.B.convN for 3+4+6+3 blocks and a downsample in
// the first of each stage.
TEST(ResNetSpecTest, ResNet50HasTorchvisionsNamesInForwardOrder) {
  std::vector<std::string> expected = {"conv1 bn1"};
  const int blocks[] = {3, 4, 6, 3};
  for (int s = 0; s < 4; ++s) {
    for (int b = 0; b < blocks[s]; ++b) {
      const std::string block = absl::StrCat("layer", s + 1, ".", b);
      for (int c = 1; c <= 3; ++c) {
        expected.push_back(
            absl::StrCat(block, ".conv", c, " ", block, ".bn", c));
      }
      if (b == 0) {
        expected.push_back(
            absl::StrCat(block, ".downsample.0 ", block, ".downsample.1"));
      }
    }
  }
  std::vector<std::string> names;
  for (const ConvSpec& conv : ConvSpecsAt(Spec(""), 224, 100)) {
    names.push_back(conv.name + " " + conv.bn_name);
  }
  EXPECT_EQ(names, expected);
  EXPECT_EQ(names.size(), 1u + 16 * 3 + 4);
}

// torchvision's model sizes less the classifier.
int64_t ConvAndBatchNormParameters(const ResNetSpec& spec) {
  int64_t sum = 0;
  for (const ConvSpec& conv : ConvSpecsAt(spec, 224, 100)) {
    sum += conv.out_channels * conv.in_channels * conv.kernel * conv.kernel;
    sum += 2 * conv.out_channels;  // gamma and beta
  }
  return sum;
}

TEST(ResNetSpecTest, DepthsHaveTorchvisionsParameterCounts) {
  const struct {
    const char* family;
    int64_t features, parameters;  // of the 1000-class model
  } kModels[] = {{"RESNET18", 512, 11689512},
                 {"RESNET34", 512, 21797672},
                 {"RESNET50", 2048, 25557032},
                 {"RESNET101", 2048, 44549160}};
  for (const auto& model : kModels) {
    const ResNetSpec spec = Spec(absl::StrCat("family: ", model.family), 1000);
    EXPECT_EQ(FeaturesAt(spec, 100), model.features) << model.family;
    EXPECT_EQ(ConvAndBatchNormParameters(spec) + 1000 * (model.features + 1),
              model.parameters)
        << model.family;
  }
}

TEST(ResNetSpecTest, BasicBlocksHaveADownsampleOnlyWhereShapesChange) {
  std::set<std::string> downsamples;
  for (const ConvSpec& conv : ConvSpecsAt(Spec("family: RESNET18"), 224, 73)) {
    if (conv.name.find("downsample") != std::string::npos) {
      downsamples.insert(conv.name);
    }
  }
  EXPECT_THAT(downsamples,
              ElementsAre("layer2.0.downsample.0", "layer3.0.downsample.0",
                          "layer4.0.downsample.0"));
}

TEST(ResNetSpecTest, EveryConvolutionReadsWhatTheOneBeforeWrites) {
  for (const char* text :
       {"", "family: RESNET18", "family: RESNET34", "family: TINY",
        "family: TINY tiny { bottleneck: false stage_channels: [16, 24] "
        "stage_blocks: [2, 3] }",
        "family: RESNET18 stem_kernel: 3 stem_stride: 1 stem_max_pool: "
        "false"}) {
    const ResNetSpec spec = Spec(text);
    for (const int width : {100, 86, 73, 60, 1}) {
      const std::vector<ConvSpec> convs = ConvSpecsAt(spec, 40, width);
      int64_t channels = convs[0].out_channels;
      int64_t block_in = channels;
      for (size_t i = 1; i < convs.size(); ++i) {
        if (convs[i].name.ends_with(".conv1")) block_in = channels;
        const bool down = convs[i].name.ends_with(".downsample.0");
        EXPECT_EQ(convs[i].in_channels, down ? block_in : channels)
            << text << " width " << width << ": " << convs[i].name;
        channels = convs[i].out_channels;
      }
      EXPECT_EQ(channels, FeaturesAt(spec, width)) << text;
    }
  }
}

TEST(ResNetSpecTest, StemForSmallImages) {
  const ResNetSpec spec = Spec(
      "family: RESNET18 stem_kernel: 3 stem_stride: 1 stem_max_pool: false");
  const std::vector<ConvSpec> convs = ConvSpecsAt(spec, 32, 100);
  EXPECT_EQ(Describe(convs[0]), "conv1 bn1 3->64 3x3/1 pad 1 32->32");
  EXPECT_EQ(convs[1].in_size, 32);
  EXPECT_EQ(convs.back().out_size(), 4);
}

TEST(ResNetSpecTest, OnlyTheStemHasTheStemsRole) {
  const std::vector<ConvSpec> convs = ConvSpecsAt(Spec(""), 224, 100);
  for (size_t i = 0; i < convs.size(); ++i) {
    EXPECT_EQ(convs[i].role == ConvRole::kStem, i == 0) << convs[i].name;
  }
}

TEST(ResNetSpecTest, MacsOfAConvolution) {
  const ConvSpec conv{"c", "b", ConvRole::kInner, 5, 7, 3, 2, 1, 9};
  EXPECT_EQ(conv.out_size(), 5);
  EXPECT_EQ(conv.macs(), 5 * 5 * 5 * 7 * 3 * 3);
}

TEST(ResNetSpecTest, ErrorsNameFieldAndValue) {
  const struct {
    const char *config, *message;
  } kCases[] = {
      {"stem_kernel: 4", "network.stem_kernel: 4 is even"},
      {"stem_kernel: 0", "network.stem_kernel: 0 is outside 1..7"},
      {"channel_multiple: 0", "network.channel_multiple: 0"},
      {"channel_multiple: 24", "64 is no multiple of channel_multiple (24)"},
      {"tiny {}", "network.tiny: given, but network.family is RESNET50"},
      {"family: TINY tiny { stage_channels: [8, -16] }",
       "network.tiny.stage_channels[1]: -16"},
      {"family: TINY tiny { stage_channels: [8, 12] }",
       "network.tiny.stage_channels[1]: 12 is no multiple"},
      {"family: TINY tiny { stage_channels: [8, 16] stage_blocks: 1 }",
       "network.tiny.stage_blocks: 1 values, but there are 2 stages"},
      {"family: TINY tiny { stage_blocks: [1, 0, 1, 1] }",
       "network.tiny.stage_blocks[1]: 0"},
      {"family: TINY tiny { stem_channels: 0 }",
       "network.tiny.stem_channels: 0"},
      {"family: TINY tiny { stem_channels: 32 }",
       "network.tiny.stem_channels: 32 is 4 times"},
      {"family: TINY tiny { stage_channels: 2147483640 }", "2147483640"},
  };
  for (const auto& c : kCases) {
    const auto spec = FromText(c.config);
    ASSERT_FALSE(spec.ok()) << c.config;
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(spec.status().message()), HasSubstr(c.message));
  }
  EXPECT_FALSE(FromText("", 1).ok());
  EXPECT_FALSE(FromText("", int64_t{1} << 40).ok());
  EXPECT_TRUE(FromText("", 2).ok());
}

}  // namespace
}  // namespace rtfq
