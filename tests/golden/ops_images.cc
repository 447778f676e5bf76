// Costs, and images from file to tensor.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/data/image_decoder.h"
#include "rtfq/data/resize.h"
#include "rtfq/data/transforms.h"
#include "rtfq/eval/budget.h"
#include "rtfq/eval/cost_model.h"
#include "rtfq/models/resnet_spec.h"
#include "rtfq/models/search_space.h"
#include "rtfq/ops/resize_bilinear.h"
#include "tests/golden/golden_files.h"
#include "tests/golden/ops_checks.h"

namespace rtfq {
namespace {

using test::ErrorBound;
using test::IsCloseTo;

// Bytes [H,W,3].
RgbImage ImageOf(GoldenCase& c, const std::string& tensor) {
  const std::vector<int64_t> shape = c.ShapeOf(tensor);
  RgbImage image(static_cast<int>(shape[1]), static_cast<int>(shape[0]));
  std::ranges::copy(c.Ints(tensor), image.pixels.begin());
  return image;
}

void ExpectImage(GoldenCase& c, const std::string& tensor,
                 const RgbImage& actual) {
  SCOPED_TRACE(tensor);
  const std::vector<int64_t> shape = {actual.height, actual.width, 3};
  EXPECT_EQ(shape, c.ShapeOf(tensor));
  EXPECT_THAT(actual.pixels, IsCloseTo(c.Values(tensor), ErrorBound{}));
}

// [3,H,W] as [H,W,3].
std::vector<double> ChannelsLast(const std::vector<double>& values) {
  const size_t pixels = values.size() / 3;
  std::vector<double> out(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    out[i % pixels * 3 + i / pixels] = values[i];
  }
  return out;
}

void CheckChannels(GoldenCase& c, const ResNetSpec& spec,
                   const SearchSpace& space) {
  std::vector<int64_t> stem, mid, out;
  for (const int width : space.width_percents()) {
    for (const ConvSpec& conv : ConvSpecsAt(spec, 224, width)) {
      if (conv.name == "conv1") stem.push_back(conv.out_channels);
      // A stage's first block stands for it: "layer1.0.conv2", ...
      if (conv.name.find(".0.conv2") != std::string::npos) {
        mid.push_back(conv.out_channels);
      }
      if (conv.name.find(".0.conv3") != std::string::npos) {
        out.push_back(conv.out_channels);
      }
    }
  }
  EXPECT_EQ(stem, c.Ints("stem_channels"));
  EXPECT_EQ(mid, c.Ints("mid_channels"));
  EXPECT_EQ(out, c.Ints("out_channels"));
}

}  // namespace

void CheckCost(GoldenCase& c) {
  NetworkConfig config;  // ResNet-50
  config.set_channel_multiple(c.NameHas("multiple8") ? 8 : 1);
  const ResNetSpec spec = *MakeResNetSpec(config, 31);
  const SearchSpace space = *SearchSpace::Create(SearchSpaceConfig());
  CheckChannels(c, spec, space);

  std::vector<int64_t> macs, bit_ops;
  for (const SubnetConfig& subnet : space.All()) {
    macs.push_back(Macs(spec, subnet));
    bit_ops.push_back(BitOps(spec, subnet));
  }
  EXPECT_EQ(macs, c.Ints("macs"));
  EXPECT_EQ(bit_ops, c.Ints("bit_operations"));
  SubnetConfig full = space.Largest();
  full.bits = BitWidth::kFloat;
  EXPECT_EQ(BitOps(spec, full),
            c.Int("full_precision_bit_operations_of_largest"));

  std::vector<double> edges;
  std::vector<int64_t> admitted;
  for (const Budget& budget : MakeBudgets(macs)) {
    edges.push_back(budget.max_macs);
    std::vector<int64_t> row(macs.size());
    for (const int i : budget.admitted) row[i] = 1;
    admitted.insert(admitted.end(), row.begin(), row.end());
  }
  EXPECT_THAT(edges, IsCloseTo(c.Values("budget_edges"), ErrorBound{0, 1e-15}));
  EXPECT_EQ(admitted, c.Ints("admitted"));
}

void CheckResize(GoldenCase& c) {
  const RgbImage image = ImageOf(c, "pixels");
  ExpectImage(c, "pixels_32x32", ResizeBilinear(image, 32, 32));
  ExpectImage(c, "pixels_64x48", ResizeBilinear(image, 64, 48));
  ExpectImage(c, "pixels_256x256", ResizeBilinear(image, 256, 256));
}

void CheckCenterCrop(GoldenCase& c) {
  const RgbImage image = ImageOf(c, "pixels");
  const int side = static_cast<int>(c.ShapeOf("cropped")[0]);
  const std::vector<int64_t> corner = {(image.height - side) / 2,
                                       (image.width - side) / 2};
  EXPECT_EQ(corner, c.Ints("top_left"));
  ExpectImage(c, "cropped", CenterCrop(image, side));
}

void CheckFlip(GoldenCase& c) {
  ExpectImage(c, "flipped", FlipHorizontal(ImageOf(c, "pixels")));
}

void CheckNormalize(GoldenCase& c) {
  const RgbImage image = ImageOf(c, "pixels");
  std::array<float, 3> mean, std;
  std::ranges::copy(c.Values("mean"), mean.begin());
  std::ranges::copy(c.Values("std"), std.begin());
  Tensor out = Tensor::Uninitialized({image.height, image.width, 3});
  NormalizeInto(image, mean, std, out);
  EXPECT_THAT(out,
              IsCloseTo(ChannelsLast(c.Values("tensor")), GoldenBound(1e-7)));
}

void CheckAlignCorners(GoldenCase& c) {
  const ThreadPool threads(2);
  const Tensor chw = c.Get("tensor");
  const int64_t from = chw.shape()[1];
  const std::vector<double> values = ChannelsLast(test::DoublesOf(chw));
  Tensor x = Tensor::Uninitialized({1, from, from, 3});
  std::ranges::copy(values, x.data());
  for (const int64_t side : {56, 48, 40}) {
    SCOPED_TRACE(side);
    Tensor y = Tensor::Uninitialized({1, side, side, 3});
    ops::ResizeAlignCorners(threads, x, y);
    EXPECT_THAT(
        y, IsCloseTo(ChannelsLast(c.Values("resized_" + std::to_string(side))),
                     GoldenBound(5e-6)));
  }
}

void CheckDecode(GoldenCase& c) {
  for (const std::string name : {"image.jpg", "image.png"}) {
    const auto image = DecodeImageFile(GoldenPath(name));
    ASSERT_TRUE(image.ok()) << image.status();
    ExpectImage(c, name, *image);
  }
}

}  // namespace rtfq
