#include "rtfq/ops/code_step.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq::ops {
namespace {

float ByDivision(float v, float step, int max) {
  const float quotient = v / step;
  if (!(quotient > 0)) return 0;
  return std::nearbyint(std::fmin(quotient, static_cast<float>(max)));
}

float ByProducts(float v, const CodeStep& s) {
  const float positive = v > 0 ? v : 0;
  const float c = positive < s.cap ? positive : s.cap;
  return std::nearbyint(std::fma(c, s.high, c * s.low));
}

// Random steps of all sizes that training meets and beyond.
float DrawStep(Rng& rng) {
  return std::ldexp(1.0f + rng.Uniform(0, 1),
                    static_cast<int>(rng.Below(60)) - 40);
}

TEST(CodeStep, ProductsGiveTheCodesOfTheQuotient) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Rng rng(1);
  for (const int max : {255, 63, 15}) {
    for (int i = 0; i < 200; ++i) {
      const float step = DrawStep(rng);
      const CodeStep s(step, max);
      ASSERT_TRUE(s.as_products) << step;
      // Around every change of the code, where a sloppy reciprocal fails...
      for (int code = 0; code <= max; ++code) {
        float v = (static_cast<float>(code) + 0.5f) * step;
        for (int j = 0; j < 8; ++j) v = std::nextafter(v, 0.0f);
        for (int j = 0; j < 16; ++j, v = std::nextafter(v, kInfinity)) {
          ASSERT_EQ(ByProducts(v, s), ByDivision(v, step, max))
              << "v " << v << ", step " << step;
        }
      }
      // ... and anywhere.
      for (int j = 0; j < 1000; ++j) {
        const float v = rng.Uniform(-2, static_cast<float>(max) + 9) * step;
        ASSERT_EQ(ByProducts(v, s), ByDivision(v, step, max)) << v;
      }
    }
  }
}

TEST(CodeStep, EveryFloatOfOneStep) {
  const float step = 0.0312f;
  const CodeStep s(step, 255);
  ASSERT_TRUE(s.as_products);
  constexpr uint32_t kStride = 257;  // of four billion, some 17 million
  for (uint64_t bits = 0; bits <= 0xffffffffu; bits += kStride) {
    const auto word = static_cast<uint32_t>(bits);
    float v;
    std::memcpy(&v, &word, sizeof(v));
    ASSERT_EQ(ByProducts(v, s), ByDivision(v, step, 255)) << v;
  }
  for (const float v : {std::numeric_limits<float>::infinity(),
                        -std::numeric_limits<float>::infinity(), NAN, -0.0f,
                        std::numeric_limits<float>::max(),
                        std::numeric_limits<float>::denorm_min()}) {
    ASSERT_EQ(ByProducts(v, s), ByDivision(v, step, 255)) << v;
  }
}

TEST(CodeStep, OneProductWouldNotDo) {
  // What the two products are for: v / step is just below 0.5 + an integer for
  // some v whose product with the rounded 1 / step is not.
  const float step = 0.1f;
  int wrong = 0;
  for (int code = 0; code < 255; ++code) {
    float v = (static_cast<float>(code) + 0.5f) * step;
    for (const float at :
         {v, std::nextafter(v, 0.0f), std::nextafter(v, 1e9f)}) {
      wrong += std::nearbyint(at * (1.0f / step)) != ByDivision(at, step, 255);
    }
  }
  EXPECT_GT(wrong, 0);
}

TEST(CodeStep, ExtremeStepsKeepTheDivision) {
  EXPECT_FALSE(
      CodeStep(std::numeric_limits<float>::denorm_min(), 255).as_products);
  EXPECT_FALSE(CodeStep(std::numeric_limits<float>::max(), 255).as_products);
  EXPECT_TRUE(CodeStep(1, 255).as_products);
}

}  // namespace
}  // namespace rtfq::ops
