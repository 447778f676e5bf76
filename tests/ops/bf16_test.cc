#include "rtfq/ops/bf16.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"

namespace rtfq::ops {
namespace {

// The neighbour of v that bf16 holds, found by looking at both.
uint16_t SlowlyRounded(float v) {
  const auto bits = std::bit_cast<uint32_t>(v);
  const auto low = static_cast<uint16_t>(bits >> 16);
  const auto at = [](uint32_t upper) {
    return static_cast<double>(std::bit_cast<float>(upper << 16));
  };
  // The next one away from 0, as if exponents did not end.
  const double ulp = std::ldexp(1.0, std::ilogb(at(low)) - 7);
  const double below = at(low);
  const double above = below + std::copysign(ulp, v);
  const double to_below = std::abs(v - below), to_above = std::abs(above - v);
  if (to_below < to_above) return low;
  if (to_below > to_above) return static_cast<uint16_t>(low + 1);
  return static_cast<uint16_t>(low + (low & 1));
}

class Bf16Test : public testing::Test {
 protected:
  std::vector<uint16_t> Round(const std::vector<float>& values, float factor) {
    const Tensor v =
        Tensor::CopyOf(values, {static_cast<int64_t>(values.size())});
    auto rounded = TensorOf<Bf16>::Uninitialized(v.shape());
    RoundToBf16(engine_->threads(), v, factor, rounded.view());
    std::vector<uint16_t> result;
    for (const Bf16& r : rounded.span()) result.push_back(r.bits);
    return result;
  }

  const std::unique_ptr<Engine> engine_ = Engine::Create(2).value();
};

TEST_F(Bf16Test, RoundsToTheNearestAndTiesToEven) {
  std::vector<float> values;
  for (uint32_t exponent : {60u, 120u, 127u, 200u}) {
    for (uint32_t fraction = 0; fraction < (1u << 23); fraction += 0x1237) {
      values.push_back(std::bit_cast<float>(exponent << 23 | fraction));
      values.push_back(-values.back());
    }
    // Ties, below odd and even neighbours, and right beside them.
    for (uint32_t fraction : {0x8000u, 0x18000u, 0x7FFFu, 0x8001u, 0x7F8000u}) {
      values.push_back(std::bit_cast<float>(exponent << 23 | fraction));
    }
  }
  const std::vector<uint16_t> rounded = Round(values, 1);
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(rounded[i], SlowlyRounded(values[i])) << values[i];
  }
}

TEST_F(Bf16Test, RoundsTheProduct) {
  EXPECT_EQ(Round({3.0f}, 0.5f), Round({1.5f}, 1));
  EXPECT_EQ(Round({3.0f}, -0.25f), Round({-0.75f}, 1));
}

TEST_F(Bf16Test, KeepsWhatIsNoNumber) {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Round({0.0f, -0.0f, inf, -inf}, 1),
            (std::vector<uint16_t>{0, 0x8000, 0x7F80, 0xFF80}));
  // Beyond the largest bf16 lies infinity.
  EXPECT_EQ(Round({std::numeric_limits<float>::max()}, 1),
            (std::vector<uint16_t>{0x7F80}));
  for (const uint32_t nan : {0x7F800001u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    const uint16_t bits = Round({std::bit_cast<float>(nan)}, 1)[0];
    EXPECT_GT(bits & 0x7FFF, 0x7F80) << std::hex << nan;
  }
}

TEST_F(Bf16Test, HoldsEveryCode) {
  auto u8 = TensorOf<uint8_t>::Uninitialized({256});
  auto s8 = TensorOf<int8_t>::Uninitialized({256});
  for (int i = 0; i < 256; ++i) {
    u8.data()[i] = static_cast<uint8_t>(i);
    s8.data()[i] = static_cast<int8_t>(i - 128);
  }
  auto narrow = TensorOf<Bf16>::Uninitialized({256});
  Tensor wide = Tensor::Uninitialized({256});
  CodesToBf16(engine_->threads(), u8, narrow.view());
  Widen(engine_->threads(), narrow, wide.view());
  for (int i = 0; i < 256; ++i) EXPECT_EQ(wide.data()[i], i);
  CodesToBf16(engine_->threads(), s8, narrow.view());
  Widen(engine_->threads(), narrow, wide.view());
  for (int i = 0; i < 256; ++i) EXPECT_EQ(wide.data()[i], i - 128);
}

}  // namespace
}  // namespace rtfq::ops
