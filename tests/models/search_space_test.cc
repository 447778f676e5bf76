#include "rtfq/models/search_space.h"

#include <cmath>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<SearchSpace> FromText(const std::string& text) {
  SearchSpaceConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return SearchSpace::Create(config);
}

SearchSpace PaperSpace() { return *SearchSpace::Create(SearchSpaceConfig()); }

TEST(SearchSpaceTest, EmptyConfigIsThePapersSpace) {
  const SearchSpace space = PaperSpace();
  EXPECT_THAT(space.resolutions(), ElementsAre(224, 192, 160, 128));
  EXPECT_THAT(space.width_percents(), ElementsAre(100, 86, 73, 60));
  EXPECT_THAT(space.bit_widths(),
              ElementsAre(BitWidth::k8, BitWidth::k6, BitWidth::k4));
  EXPECT_EQ(space.size(), 4 * 4 * 3);
  EXPECT_FALSE(space.is_float());
  EXPECT_EQ(space.Largest().ToString(), "r224-w100-q8");
  EXPECT_EQ(space.Smallest().ToString(), "r128-w60-q4");
}

TEST(SearchSpaceTest, IndexIsBijective) {
  const SearchSpace space = PaperSpace();
  std::set<std::string> names;
  for (int i = 0; i < space.size(); ++i) {
    EXPECT_EQ(space.IndexOf(space.At(i)), i);
    names.insert(space.At(i).ToString());
  }
  EXPECT_EQ(static_cast<int>(names.size()), space.size());
}

TEST(SearchSpaceTest, IndexIsResolutionMajorThenWidthThenBits) {
  const SearchSpace space = PaperSpace();
  for (int r = 0; r < 4; ++r) {
    for (int w = 0; w < 4; ++w) {
      for (int q = 0; q < 3; ++q) {
        EXPECT_EQ(
            space.IndexOf({space.resolutions()[r], space.width_percents()[w],
                           space.bit_widths()[q]}),
            (4 * r + w) * 3 + q);
      }
    }
  }
  EXPECT_EQ(space.All().size(), 48u);
  EXPECT_EQ(space.All()[17], space.At(17));
}

TEST(SearchSpaceTest, StrangersHaveNoIndex) {
  const SearchSpace space = PaperSpace();
  EXPECT_EQ(space.IndexOf({200, 100, BitWidth::k8}), -1);
  EXPECT_EQ(space.IndexOf({224, 99, BitWidth::k8}), -1);
  EXPECT_EQ(space.IndexOf({224, 100, BitWidth::kFloat}), -1);
}

TEST(SearchSpaceTest, DrawIsUniformOverAllButTheEnds) {
  const SearchSpace space = PaperSpace();
  Rng rng(7);
  constexpr int kDraws = 46000;
  std::vector<int> counts(space.size(), 0);
  for (int i = 0; i < kDraws; ++i) ++counts[space.IndexOf(space.Draw(rng))];
  EXPECT_EQ(counts.front(), 0);
  EXPECT_EQ(counts.back(), 0);
  // A count is binomial: mean 1000, deviation sqrt(1000 * 45/46).
  const double deviation = std::sqrt(1000.0 * 45 / 46);
  for (int i = 1; i < 47; ++i) {
    EXPECT_NEAR(counts[i], 1000, 5 * deviation) << space.At(i).ToString();
  }
}

TEST(SearchSpaceTest, DrawFromOneOrTwoSubnetsTakesAny) {
  Rng rng(3);
  const auto one =
      FromText("resolutions: 64 width_percents: 100 bit_widths: 8");
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->Largest(), one->Smallest());
  EXPECT_EQ(one->Draw(rng), one->Largest());

  const auto two =
      FromText("resolutions: 64 width_percents: 100 bit_widths: [8, 4]");
  ASSERT_TRUE(two.ok()) << two.status();
  std::set<int> drawn;
  for (int i = 0; i < 64; ++i) drawn.insert(two->IndexOf(two->Draw(rng)));
  EXPECT_THAT(drawn, ElementsAre(0, 1));
}

TEST(SearchSpaceTest, FullPrecisionIsAloneAndGivesSixteen) {
  const auto space = FromText("bit_widths: 32");
  ASSERT_TRUE(space.ok()) << space.status();
  EXPECT_EQ(space->size(), 16);
  EXPECT_TRUE(space->is_float());
  EXPECT_EQ(space->Smallest().ToString(), "r128-w60-q32");
}

void ExpectRefused(const std::string& config, const std::string& message) {
  const auto space = FromText(config);
  ASSERT_FALSE(space.ok()) << config;
  EXPECT_EQ(space.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(space.status().message()), HasSubstr(message));
}

TEST(SearchSpaceTest, ErrorsNameFieldPlaceAndValue) {
  ExpectRefused("resolutions: [224, 192, 192]",
                "search_space.resolutions[2]: 192 follows 192");
  ExpectRefused("resolutions: [128, 224]",
                "search_space.resolutions[1]: 224 follows 128");
  ExpectRefused("resolutions: 7", "search_space.resolutions[0]: 7 is outside");
  ExpectRefused("resolutions: 4097", "resolutions[0]: 4097");
  ExpectRefused("width_percents: [100, 0]",
                "search_space.width_percents[1]: 0 is outside 1..100");
  ExpectRefused("width_percents: 101", "width_percents[0]: 101");
  ExpectRefused("bit_widths: [8, 1]", "search_space.bit_widths[1]: 1");
  ExpectRefused("bit_widths: 16", "bit_widths[0]: 16 is not one of 2..8, 32");
  ExpectRefused("bit_widths: [4, 8]", "bit_widths[1]: 8 follows 4");
  ExpectRefused("bit_widths: [32, 8]", "32 (full precision) must be alone");
}

TEST(SearchSpaceTest, RefusesListsWithoutEnd) {
  SearchSpaceConfig config;
  for (int r = 4000; r > 1000; --r) config.add_resolutions(r);
  const auto space = SearchSpace::Create(config);
  ASSERT_FALSE(space.ok());
  EXPECT_THAT(std::string(space.status().message()),
              HasSubstr("resolutions: 3000 values"));
}

}  // namespace
}  // namespace rtfq
