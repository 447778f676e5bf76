#include "rtfq/models/conv_plans.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

constexpr ops::Conv2dGeometry kNarrow = {.batch = 1,
                                         .in_channels = 3,
                                         .out_channels = 8,
                                         .in_size = 5,
                                         .kernel = 3,
                                         .stride = 1,
                                         .padding = 1};
constexpr ops::Conv2dGeometry kWide = {.batch = 1,
                                       .in_channels = 3,
                                       .out_channels = 16,
                                       .in_size = 5,
                                       .kernel = 3,
                                       .stride = 1,
                                       .padding = 1};

TEST(ConvPlans, APlanIsMadeOnce) {
  const auto engine = Engine::Create(1).value();
  ConvPlans plans(*engine);
  EXPECT_EQ(&plans.engine(), engine.get());
  EXPECT_EQ(plans.num_created(), 0);
  for (const bool warm : {false, true}) {
    const int64_t before = plans.num_created();
    for (const auto& geometry : {kNarrow, kWide}) {
      EXPECT_THAT(plans.PrepareFloat(geometry), IsOk());
      EXPECT_THAT(plans.PrepareBf16Forward(geometry), IsOk());
      EXPECT_THAT(plans.PrepareBf16Gradients(geometry), IsOk());
      for (const BitWidth bits : {BitWidth::k8, BitWidth::k4}) {
        for (const Sign sign : {Sign::kSigned, Sign::kUnsigned}) {
          EXPECT_THAT(plans.PrepareInteger(geometry, bits, sign), IsOk());
        }
      }
    }
    // Two geometries: three plans, and one for each of two bits and two signs.
    EXPECT_EQ(plans.num_created() - before, warm ? 0 : 2 * (3 + 2 * 2));
  }
}

TEST(ConvPlans, ReturnsThePlanOfTheGeometry) {
  const auto engine = Engine::Create(1).value();
  ConvPlans plans(*engine);
  ASSERT_THAT(plans.PrepareFloat(kNarrow), IsOk());
  ASSERT_THAT(plans.PrepareInteger(kNarrow, BitWidth::k8, Sign::kSigned),
              IsOk());
  const ops::Conv2dPlan* first = &plans.Float(kNarrow);
  const ops::Conv2dInt8Plan* first_integer =
      &plans.Integer(kNarrow, BitWidth::k8, Sign::kSigned);
  EXPECT_EQ(first->geometry(), kNarrow);
  EXPECT_EQ(first_integer->geometry(), kNarrow);

  ASSERT_THAT(plans.PrepareFloat(kWide), IsOk());
  ASSERT_THAT(plans.PrepareInteger(kNarrow, BitWidth::k4, Sign::kSigned),
              IsOk());
  ASSERT_THAT(plans.PrepareInteger(kWide, BitWidth::k8, Sign::kSigned), IsOk());
  EXPECT_EQ(plans.Float(kWide).geometry(), kWide);
  EXPECT_EQ(plans.Integer(kWide, BitWidth::k8, Sign::kSigned).geometry(),
            kWide);
  EXPECT_NE(&plans.Integer(kNarrow, BitWidth::k4, Sign::kSigned),
            first_integer);
  // Others do not move what is there.
  EXPECT_EQ(&plans.Float(kNarrow), first);
  EXPECT_EQ(&plans.Integer(kNarrow, BitWidth::k8, Sign::kSigned),
            first_integer);
}

TEST(ConvPlans, AnImpossibleConvolutionIsAnErrorAndLeavesNothing) {
  const auto engine = Engine::Create(1).value();
  ConvPlans plans(*engine);
  ops::Conv2dGeometry g = kNarrow;
  g.in_size = 2;
  g.kernel = 7;  // greater than the image and its padding
  const auto refusal =
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("7x7"));
  EXPECT_THAT(plans.PrepareFloat(g), refusal);
  EXPECT_THAT(plans.PrepareInteger(g, BitWidth::k8, Sign::kUnsigned), refusal);
  EXPECT_THAT(plans.PrepareBf16Forward(g), refusal);
  EXPECT_THAT(plans.PrepareBf16Gradients(g), refusal);
  EXPECT_EQ(plans.num_created(), 0);
}

TEST(ConvPlansDeathTest, APlanThatWasNotPreparedIsOurBug) {
  const auto engine = Engine::Create(1).value();
  ConvPlans plans(*engine);
  ASSERT_THAT(plans.PrepareFloat(kNarrow), IsOk());
  ASSERT_THAT(plans.PrepareInteger(kNarrow, BitWidth::k8, Sign::kSigned),
              IsOk());
  EXPECT_DEATH(plans.Float(kWide), "RTFQ_CHECK");
  // A key is all three: geometry, bits and sign.
  EXPECT_DEATH(plans.Integer(kWide, BitWidth::k8, Sign::kSigned), "RTFQ_CHECK");
  EXPECT_DEATH(plans.Integer(kNarrow, BitWidth::k4, Sign::kSigned),
               "RTFQ_CHECK");
  EXPECT_DEATH(plans.Integer(kNarrow, BitWidth::k8, Sign::kUnsigned),
               "RTFQ_CHECK");
  EXPECT_DEATH(plans.Bf16Forward(kNarrow), "RTFQ_CHECK");
  EXPECT_DEATH(plans.Bf16Gradients(kNarrow), "RTFQ_CHECK");
}

}  // namespace
}  // namespace rtfq
