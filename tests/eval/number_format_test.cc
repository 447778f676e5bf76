#include "rtfq/eval/number_format.h"

#include <cmath>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(NumberFormatTest, SiHasThreeDigitsAndAPrefix) {
  EXPECT_EQ(FormatSi(4087199744.0), "4.09 G");
  EXPECT_EQ(FormatSi(71062913024.0), "71.1 G");
  EXPECT_EQ(FormatSi(261580783616.0), "262 G");
  EXPECT_EQ(FormatSi(4185292537856.0), "4.19 T");
  EXPECT_EQ(FormatSi(1000), "1.00 k");
  EXPECT_EQ(FormatSi(512), "512");
  EXPECT_EQ(FormatSi(0), "0");
  EXPECT_EQ(FormatSi(0.25), "0.250");
  EXPECT_EQ(FormatSi(-1500), "-1.50 k");
}

TEST(NumberFormatTest, SiNeverPrintsAThousand) {
  EXPECT_EQ(FormatSi(999), "999");
  EXPECT_EQ(FormatSi(999.6), "1.00 k");
  EXPECT_EQ(FormatSi(999499), "999 k");
  EXPECT_EQ(FormatSi(999500), "1.00 M");
}

TEST(NumberFormatTest, ShortSiDropsZeros) {
  EXPECT_EQ(FormatSiShort(1.5e9, 3), "1.5 G");
  EXPECT_EQ(FormatSiShort(2e9, 3), "2 G");
  EXPECT_EQ(FormatSiShort(0.05, 3), "0.05");
  EXPECT_EQ(FormatSiShort(2.034, 3), "2.03");
  EXPECT_EQ(FormatSiShort(2.034, 4), "2.034");
}

TEST(NumberFormatTest, Bytes) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(512), "512 B");
  EXPECT_EQ(FormatBytes(139284), "139 kB");
  EXPECT_EQ(FormatBytes(23508032), "23.5 MB");
}

TEST(NumberFormatTest, PercentAndPoints) {
  EXPECT_EQ(FormatPercent(0.8125), "81.2");
  EXPECT_EQ(FormatPercent(1), "100.0");
  EXPECT_EQ(FormatPoints(0.153), "+15.3 points");
  EXPECT_EQ(FormatPoints(-0.02), "-2.0 points");
}

TEST(NumberFormatTest, Seconds) {
  EXPECT_EQ(FormatSeconds(0.4), "0 s");
  EXPECT_EQ(FormatSeconds(59.4), "59 s");
  EXPECT_EQ(FormatSeconds(59.6), "1 min 00 s");
  EXPECT_EQ(FormatSeconds(125), "2 min 05 s");
  EXPECT_EQ(FormatSeconds(3 * 3600 + 20 * 60 + 59), "3 h 20 min");
}

TEST(NumberFormatTest, WhatIsNoNumberIsADash) {
  EXPECT_EQ(FormatSi(std::nan("")), "-");
  EXPECT_EQ(FormatSi(-INFINITY), "-");
  EXPECT_EQ(FormatPercent(std::nan("")), "-");
  EXPECT_EQ(FormatPoints(INFINITY), "-");
  EXPECT_EQ(FormatSeconds(-1), "-");
  EXPECT_EQ(FormatSeconds(INFINITY), "-");
}

}  // namespace
}  // namespace rtfq
