#include "rtfq/eval/svg_heat_map.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/eval/sample_report.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SvgHeatMapTest, HitsOnTheDiagonalMissesBesideNothingWhereEmpty) {
  const std::vector<int64_t> counts = {3, 1,  //
                                       0, 4};
  const std::string svg = HeatMapSvg({"mug", "bike"}, counts);
  EXPECT_EQ(test::WhatIsUnbalanced(svg), "");
  EXPECT_THAT(svg,
              HasSubstr("class=\"hit\" fill-opacity=\"0.78\"><title>3 of 4"));
  EXPECT_THAT(svg,
              HasSubstr("class=\"miss\" fill-opacity=\"0.34\"><title>1 of 4 "
                        "&quot;mug&quot; taken for &quot;bike&quot;"));
  EXPECT_THAT(svg,
              HasSubstr("class=\"hit\" fill-opacity=\"1.00\"><title>4 of 4"));
  EXPECT_THAT(svg, Not(HasSubstr("0 of")));
}

TEST(SvgHeatMapTest, NamesAreEscapedAndShortenedBetweenCharacters) {
  const std::vector<int64_t> counts = {1, 0, 0, 1};
  // The 17th byte is the second of an umlaut.
  const std::string svg =
      HeatMapSvg({"0123456789012345\xC3\xBC_and_more", "<b>"}, counts);
  EXPECT_EQ(test::WhatIsUnbalanced(svg), "");
  EXPECT_THAT(svg, HasSubstr(">0123456789012345\xE2\x80\xA6</text>"));
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;"));
}

TEST(SvgHeatMapTest, ManyClassesHaveNeitherNamesNorNumbers) {
  constexpr size_t kClasses = 41;
  const std::vector<std::string> names(kClasses, "zebra");
  std::vector<int64_t> counts(kClasses * kClasses, 0);
  counts[0] = 7;
  const std::string svg = HeatMapSvg(names, counts);
  EXPECT_THAT(svg, Not(HasSubstr("<text")));
  EXPECT_THAT(svg, HasSubstr("class=\"hit\""));
}

}  // namespace
}  // namespace rtfq
