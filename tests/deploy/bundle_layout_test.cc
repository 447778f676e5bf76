#include "rtfq/deploy/bundle_layout.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;

// Stem 3 -> 8, one block 8 -> 5 -> 16 with a downsample.
BundleGraph Graph() {
  BundleGraph graph;
  const int sizes[][3] = {{3, 8, 7}, {8, 5, 1}, {5, 16, 3}, {8, 16, 1}};
  for (const auto& [in, out, kernel] : sizes) {
    auto& conv = *graph.add_convolutions();
    conv.set_in_channels(in);
    conv.set_out_channels(out);
    conv.set_kernel(kernel);
  }
  auto& block = *graph.add_blocks();
  block.add_units(1);
  block.add_units(2);
  block.set_downsample(3);
  return graph;
}

TEST(BundleLayout, RowsBeginWithABytePartsWithSixtyFour) {
  const BundleGraph graph = Graph();
  // 5 * 9 codes of 6 bits: 270 bits, 34 bytes.
  EXPECT_EQ(RowCodes(graph.convolutions(2)), 45);
  EXPECT_EQ(RowBytes(graph.convolutions(2), BitWidth::k6), 34);
  const PartLayout weights = LayoutOfWeights(graph, BitWidth::k6);
  // 5 rows of 6 bytes; 16 rows of 34; 16 rows of 6.
  EXPECT_THAT(weights.offsets, ElementsAre(0, 0, 64, 64 + 576));
  EXPECT_EQ(weights.size, 64 + 576 + 128);
}

TEST(BundleLayout, StemAndClassifier) {
  const PartLayout outer = LayoutOfOuter(Graph(), 10);
  // 8 * 147 = 1176 bytes, then 10 * 16 codes, then 40 bytes.
  EXPECT_THAT(outer.offsets, ElementsAre(0, 1216, 1216 + 192));
  EXPECT_EQ(outer.size, 1216 + 192 + 64);
}

TEST(BundleLayout, ChannelsOfASubnet) {
  BundleSubnet subnet;
  for (const int channels : {4, 3, 8, 8}) subnet.add_out_channels(channels);
  EXPECT_THAT(InChannels(Graph(), subnet), ElementsAre(3, 4, 3, 4));
  EXPECT_EQ(OutputConvolution(Graph()), 2);
  const PartLayout affine = LayoutOfAffine(subnet);
  EXPECT_THAT(affine.offsets, ElementsAre(0, 64, 128, 192));
  EXPECT_EQ(affine.size, 256);
}

}  // namespace
}  // namespace rtfq
