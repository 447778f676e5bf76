#include "rtfq/tools/certificate.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;

Tensor Logits(std::vector<float> values) {
  return Tensor::CopyOf(values, {2, 2});
}

TEST(Certificate, CountsImagesDifferencesAndFlips) {
  LogitComparison comparison;
  comparison.Add(Logits({1, 2, 3, 4}), Logits({1, 2, 3, 4}));
  EXPECT_EQ(comparison.differing_images, 0);
  EXPECT_EQ(comparison.largest_logit, 4);
  comparison.Add(Logits({1, 2, -9, 4}), Logits({1, 2.5, 5, 4}));
  EXPECT_EQ(comparison.differing_images, 2);
  EXPECT_EQ(comparison.top1_flips, 1);
  EXPECT_EQ(comparison.largest_difference, 14);
  EXPECT_EQ(comparison.largest_logit, 9);
  // -0 is not 0: bits are compared.
  LogitComparison zeros;
  zeros.Add(Logits({0, 0, 0, 0}), Logits({0, 0, 0, -0.0f}));
  EXPECT_EQ(zeros.differing_images, 1);
}

TEST(Certificate, HoldsWhenEverySubnetDoes) {
  Certificate certificate;
  certificate.subnets.resize(2);
  certificate.subnets[0].name = "r8-w100-q8";
  // The oracle does not decide.
  certificate.subnets[1].oracle.differing_images = 5;
  certificate.subnets[1].oracle_codes = {
      .codes = 900, .differing = 7, .largest_difference = 1};
  certificate.with_oracle = true;
  EXPECT_THAT(certificate.ToText(), HasSubstr("7 of 900 (1)"));
  EXPECT_THAT(certificate.ToJson(), HasSubstr("\"differing\": 7"));
  EXPECT_TRUE(certificate.holds());
  EXPECT_THAT(certificate.ToText(), HasSubstr("2 of 2 subnets"));
  certificate.subnets[1].evaluation.differing_images = 1;
  EXPECT_FALSE(certificate.holds());
  EXPECT_THAT(certificate.ToText(), HasSubstr("NO: 1 images"));
  EXPECT_THAT(certificate.ToJson(), HasSubstr("\"holds\": false"));
}

}  // namespace
}  // namespace rtfq
