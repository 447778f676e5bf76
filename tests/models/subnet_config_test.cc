#include "rtfq/models/subnet_config.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;

TEST(SubnetConfigTest, PrintsResolutionWidthAndBits) {
  EXPECT_EQ((SubnetConfig{192, 73, BitWidth::k6}).ToString(), "r192-w73-q6");
  EXPECT_EQ((SubnetConfig{128, 60, BitWidth::kFloat}).ToString(),
            "r128-w60-q32");
  EXPECT_EQ(SubnetConfig().ToString(), "r224-w100-q8");
}

TEST(SubnetConfigTest, ParsesWhatItPrints) {
  for (const int resolution : {1, 40, 224, 4096}) {
    for (const int width : {1, 60, 100}) {
      for (const int bits : {2, 3, 4, 5, 6, 7, 8, 32}) {
        const SubnetConfig subnet{resolution, width,
                                  static_cast<BitWidth>(bits)};
        const auto parsed = ParseSubnetConfig(subnet.ToString());
        ASSERT_TRUE(parsed.ok()) << parsed.status();
        EXPECT_EQ(*parsed, subnet) << subnet.ToString();
      }
    }
  }
}

TEST(SubnetConfigTest, RefusesEveryOtherTextAndNamesIt) {
  for (const std::string text : {"",
                                 "r224",
                                 "r224-w100",
                                 "r224-w100-q",
                                 "r224-w100-q8 ",
                                 " r224-w100-q8",
                                 "r224-w100-q8-q8",
                                 "R224-w100-q8",
                                 "r224-w100-q9",
                                 "r224-w100-q1",
                                 "r224-w100-q16",
                                 "r224-w0-q8",
                                 "r224-w101-q8",
                                 "r0-w100-q8",
                                 "r4097-w100-q8",
                                 "r-224-w100-q8",
                                 "r+224-w100-q8",
                                 "r0224-w100-q8",
                                 "r224-w100-q08",
                                 "r99999999999999999999-w100-q8",
                                 "r22.4-w100-q8",
                                 "w100-r224-q8",
                                 "r224_w100_q8"}) {
    const auto parsed = ParseSubnetConfig(text);
    ASSERT_FALSE(parsed.ok()) << "'" << text << "' was accepted";
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(parsed.status().message()),
                HasSubstr("subnet '" + text + "'"));
    EXPECT_THAT(std::string(parsed.status().message()),
                HasSubstr("r192-w73-q6"));
  }
}

TEST(SubnetConfigTest, EmbeddedZeroByteIsNotTheEnd) {
  const std::string text("r224-w100-q8\0x", 14);
  EXPECT_FALSE(ParseSubnetConfig(text).ok());
}

TEST(SubnetConfigTest, LongTextIsNotEchoedWhole) {
  const auto parsed = ParseSubnetConfig(std::string(100000, 'r'));
  ASSERT_FALSE(parsed.ok());
  EXPECT_LT(parsed.status().message().size(), 300u);
}

TEST(SubnetConfigTest, OrdersByResolutionThenWidthThenBits) {
  const SubnetConfig a{128, 100, BitWidth::k8};
  const SubnetConfig b{224, 60, BitWidth::k4};
  const SubnetConfig c{224, 60, BitWidth::k8};
  EXPECT_LT(a, b);
  EXPECT_LT(b, c);
  EXPECT_NE(b, c);
}

}  // namespace
}  // namespace rtfq
