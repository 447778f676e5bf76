#include "rtfq/tools/precision_choice.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/ops/conv2d_bf16_gradients.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

bool HasBf16(const Engine& engine) {
  return ops::Conv2dBf16Gradients::Create(
             engine, {.in_channels = 64, .out_channels = 64, .in_size = 14})
      .value()
      ->native();
}

TEST(PrecisionChoice, IsTheFasterOneAndTellsTheRates) {
  const auto engine = Engine::Create(2).value();
  // Each reading is a second after the one before, so that both take as long.
  double now = 0;
  const auto tied = ChoosePrecision(*engine, [&now] { return now += 1; });
  ASSERT_THAT(tied, IsOk());
  EXPECT_EQ(tied->precision, AdaptationConfig::INT8);
  // Both gradients of 8 * 14^2 * (256 * 256 * 3^2 + 1024 * 256) = 1.34e9
  // multiply-adds, in one second for each of two geometries.
  EXPECT_THAT(tied->reason,
              HasSubstr("precision INT8: gradients at 1 GMAC/s in f32, 1 in "
                        "bf16"));

  // Two convolutions, f32 before bf16, three runs of two readings each.
  int readings = 0;
  const auto bf16_is_faster = ChoosePrecision(
      *engine, [&] { return now += readings++ / 6 % 2 == 0 ? 2 : 1; });
  ASSERT_THAT(bf16_is_faster, IsOk());
  if (HasBf16(*engine)) {
    EXPECT_EQ(bf16_is_faster->precision, AdaptationConfig::BF16);
    EXPECT_THAT(bf16_is_faster->reason, Not(HasSubstr("wrong")));
  } else {
    EXPECT_EQ(bf16_is_faster->precision, AdaptationConfig::INT8);
    EXPECT_THAT(bf16_is_faster->reason, HasSubstr("no fast bf16"));
  }
}

}  // namespace
}  // namespace rtfq
