#include "rtfq/ops/skipped_pixels.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace rtfq::ops {
namespace {

TEST(SkippedPixels, AreLeftOutAndTheOthersKeepTheirOrder) {
  for (const int threads : {1, 3}) {
    for (const int stride : {2, 3}) {
      const Conv2dGeometry g = {.batch = 2,
                                .in_channels = 3,
                                .out_channels = 8,
                                .in_size = 7,
                                .kernel = 1,
                                .stride = stride};
      ASSERT_TRUE(SkipsPixels(g));
      std::vector<int32_t> x(g.x_shape().count());
      for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<int32_t>(i);
      std::vector<int32_t> expected;
      for (int n = 0; n < 2; ++n)
        for (int h = 0; h < 7; h += stride)
          for (int w = 0; w < 7; w += stride)
            for (int c = 0; c < 3; ++c)
              expected.push_back(((n * 7 + h) * 7 + w) * 3 + c);
      const Conv2dGeometry run = WithoutSkipping(g);
      EXPECT_EQ(run.y_shape(), g.y_shape());
      EXPECT_EQ(run.stride, 1);
      std::vector<int32_t> gathered(run.x_shape().count(), -1);
      GatherPixels(ThreadPool(threads), g, x.data(), gathered.data());
      EXPECT_EQ(gathered, expected) << stride;
    }
  }
}

TEST(SkippedPixels, OnlyAOneByOneKernelSkipsAny) {
  const Conv2dGeometry wide = {.in_channels = 8,
                               .out_channels = 8,
                               .in_size = 7,
                               .kernel = 3,
                               .stride = 2,
                               .padding = 1};
  EXPECT_FALSE(SkipsPixels(wide));
  EXPECT_EQ(WithoutSkipping(wide), wide);
  EXPECT_FALSE(SkipsPixels({.in_channels = 8,
                            .out_channels = 8,
                            .in_size = 7,
                            .kernel = 1,
                            .stride = 1}));
}

}  // namespace
}  // namespace rtfq::ops
