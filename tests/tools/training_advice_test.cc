#include "rtfq/tools/training_advice.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/tools/recipes.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// 2,817 images of two classes.
DomainDataset Amazon() {
  DomainDataset source;
  source.name = "amazon";
  source.classes = {"bike", "desk"};
  source.images.assign(2817, {"a.jpg", 0});
  source.images.back().label = 1;
  return source;
}

TEST(TrainingAdvice, RecipesNeedNone) {
  for (const char* name : {"office31_resnet50", "office31_resnet18",
                           "office31_resnet50_small_batch", "demo", "digits"}) {
    EXPECT_THAT(TrainingAdvice(*Recipe(name), Amazon(), 795, true), IsEmpty())
        << name;
  }
  // Small networks learn from random weights.
  EXPECT_THAT(TrainingAdvice(*Recipe("demo"), Amazon(), 795, false), IsEmpty());
}

TEST(TrainingAdvice, SaysWhatWillDisappoint) {
  TrainConfig config = *Recipe("office31_resnet50");
  EXPECT_THAT(TrainingAdvice(config, Amazon(), 795, false),
              ElementsAre(HasSubstr("no --init")));
  EXPECT_THAT(TrainingAdvice(config, Amazon(), 127, true),
              ElementsAre(HasSubstr("127 images and a batch 128")));
  DomainDataset source = Amazon();
  source.classes = {"bike", "desk", "pen", "mug"};
  EXPECT_THAT(TrainingAdvice(config, source, 795, true),
              ElementsAre(HasSubstr("amazon has no image to learn from of "
                                    "pen, mug")));
  source.classes.resize(20, "x");
  EXPECT_THAT(TrainingAdvice(config, source, 795, true),
              ElementsAre(HasSubstr("x, x and 10 more")));
  config.mutable_data()->set_images_per_domain(32);
  EXPECT_THAT(TrainingAdvice(config, Amazon(), 795, true),
              ElementsAre(HasSubstr("with 32 images a domain may undo the "
                                    "warm-up: 5e-05 would be")));
  config.mutable_adaptation()->mutable_optimizer()->set_learning_rate(5e-5);
  EXPECT_THAT(TrainingAdvice(config, Amazon(), 795, true), IsEmpty());
}

}  // namespace
}  // namespace rtfq
