#include "rtfq/tools/recipes.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/models/search_space.h"
#include "rtfq/train/train_config.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

class RecipesTest : public ::testing::TestWithParam<const char*> {};

// Parsing names every field; an unknown one would fail here.
TEST_P(RecipesTest, ParsesAndDescribesARun) {
  const auto config = Recipe(GetParam());
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(ValidateTrainConfig(*config), IsOk());
  const auto resolved = ResolveTrainConfig(*config, 1000, 1000);
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(SearchSpace::Create(resolved->search_space())->size(), 48);
  EXPECT_EQ(resolved->adaptation().method(), AdaptationConfig::RTFQ);
}

INSTANTIATE_TEST_SUITE_P(All, RecipesTest,
                         ::testing::Values("demo", "digits",
                                           "office31_resnet18",
                                           "office31_resnet50",
                                           "office31_resnet50_small_batch"));

TEST(Recipe, Office31IsThePapers) {
  const auto config =
      ResolveTrainConfig(*Recipe("office31_resnet50"), 2817, 795);
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->network().family(), NetworkConfig::RESNET50);
  EXPECT_EQ(config->data().images_per_domain(), 128);
  EXPECT_FLOAT_EQ(config->adaptation().optimizer().learning_rate(), 2e-4f);
  EXPECT_EQ(config->adaptation().steps(), 30 * 23);  // ceil(2817 / 128) = 23
  EXPECT_EQ(config->adaptation().classification_weight(), 16);
}

TEST(Recipe, UnknownOnesNameThoseThereAre) {
  EXPECT_THAT(Recipe("office32"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("digits")));
}

}  // namespace
}  // namespace rtfq
