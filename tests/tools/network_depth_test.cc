#include "rtfq/tools/network_depth.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

TEST(FamilyOfDepth, KnowsFourDepths) {
  EXPECT_EQ(*FamilyOfDepth(18), NetworkConfig::RESNET18);
  EXPECT_EQ(*FamilyOfDepth(34), NetworkConfig::RESNET34);
  EXPECT_EQ(*FamilyOfDepth(50), NetworkConfig::RESNET50);
  EXPECT_EQ(*FamilyOfDepth(101), NetworkConfig::RESNET101);
  EXPECT_THAT(FamilyOfDepth(20),
              test::StatusIs(absl::StatusCode::kInvalidArgument,
                             ::testing::HasSubstr("--depth=20; it takes")));
}

}  // namespace
}  // namespace rtfq
