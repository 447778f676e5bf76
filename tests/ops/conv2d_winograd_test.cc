// The sums themselves are held by conv2d_int8_test, too; here every size at
// which images and channels are cut.
#include "rtfq/ops/conv2d_winograd.h"

#include <cstdint>
#include <utility>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "tests/testing/code_site.h"
#include "tests/testing/cpu_features.h"

namespace rtfq::ops {
namespace {

Conv2dGeometry GeometryOf(int64_t batch, int64_t in, int64_t out,
                          int64_t size) {
  return {.batch = batch,
          .in_channels = in,
          .out_channels = out,
          .in_size = size,
          .kernel = 3,
          .stride = 1,
          .padding = 1};
}

TEST(Conv2dWinograd, EverySizeIsExact) {
  if (!test::HasAvx512Vnni()) GTEST_SKIP() << "needs AVX-512 VNNI";
  const auto engine = Engine::Create(3).value();
  for (const int64_t batch : {1, 3}) {
    // Even, odd; rows of tiles that a block ends in; several blocks.
    for (const int64_t size : {4, 5, 7, 14, 17}) {
      for (const int64_t in : {4, 20, 72}) {
        // One vector, a tile and a half, more than a block.
        for (const int64_t out : {5, 40, 70, 200}) {
          const Conv2dGeometry g = GeometryOf(batch, in, out, size);
          SCOPED_TRACE(g.ToString());
          test::CodeSite(g, BitWidth::k4, Sign::kUnsigned)
              .ExpectExact(Conv2dWinograd(*engine, g));
        }
      }
    }
  }
}

TEST(Conv2dWinograd, SuitsWhatIsExactAndFaster) {
  const auto suits = [](const Conv2dGeometry& g, BitWidth bits = BitWidth::k4,
                        Sign sign = Sign::kUnsigned) {
    return Conv2dWinograd::Suits(g, bits, sign);
  };
  const Conv2dGeometry good = GeometryOf(1, 128, 128, 14);
  EXPECT_TRUE(suits(good));
  EXPECT_FALSE(suits(good, BitWidth::k6));
  EXPECT_FALSE(suits(good, BitWidth::k8));
  EXPECT_FALSE(suits(good, BitWidth::k4, Sign::kSigned));
  EXPECT_FALSE(suits(GeometryOf(1, 126, 128, 14)));  // no whole steps
  EXPECT_FALSE(suits(GeometryOf(1, 64, 128, 14)));   // few channels
  EXPECT_TRUE(suits(GeometryOf(1, 128, 128, 7)));    // 16 * 16 to 9 * 49
  EXPECT_TRUE(suits(GeometryOf(1, 128, 128, 5)));    // 16 * 9 to 9 * 25
  EXPECT_FALSE(suits(GeometryOf(1, 128, 128, 3)));   // 16 * 4 to 9 * 9
  EXPECT_FALSE(suits(GeometryOf(1, 512, 512, 7)));   // 4 MiB for 16 tiles
  EXPECT_TRUE(suits(GeometryOf(2, 512, 512, 7)));
  Conv2dGeometry other = good;
  other.stride = 2;
  EXPECT_FALSE(suits(other));
  other = good;
  other.kernel = 1;
  other.padding = 0;
  EXPECT_FALSE(suits(other));
}

}  // namespace
}  // namespace rtfq::ops
