#include "rtfq/eval/metrics.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Status AddTo(MetricsAccumulator& metrics, std::vector<float> logits,
                   const std::vector<int64_t>& labels) {
  const int64_t images = static_cast<int64_t>(labels.size());
  const int64_t classes = static_cast<int64_t>(logits.size()) / images;
  return metrics.Add(View<const float>(logits.data(), {images, classes}),
                     labels);
}

Metrics MetricsOf(const std::vector<float>& logits,
                  const std::vector<int64_t>& labels, int64_t classes) {
  MetricsAccumulator metrics(classes);
  const absl::Status status = AddTo(metrics, logits, labels);
  EXPECT_TRUE(status.ok()) << status;
  return metrics.Result();
}

// Both ends solve |x - p| = z * sqrt(x (1 - x) / n): the definition.
TEST(WilsonIntervalTest, EndsSolveItsEquation) {
  constexpr double kZ = 1.959963984540054;
  for (const int64_t n : {1, 7, 100, 795}) {
    for (int64_t correct = 0; correct <= n;
         correct += std::max<int64_t>(1, n / 7)) {
      const double p = static_cast<double>(correct) / static_cast<double>(n);
      const Interval interval = WilsonInterval(correct, n);
      for (const double x : {interval.low, interval.high}) {
        EXPECT_NEAR((x - p) * (x - p),
                    kZ * kZ * x * (1 - x) / static_cast<double>(n), 1e-14)
            << correct << " of " << n;
      }
      EXPECT_LE(interval.low, p);
      EXPECT_GE(interval.high, p);
    }
  }
}

TEST(WilsonIntervalTest, StaysInsideZeroToOne) {
  EXPECT_EQ(WilsonInterval(0, 10).low, 0);
  EXPECT_GT(WilsonInterval(0, 10).high, 0);
  EXPECT_EQ(WilsonInterval(10, 10).high, 1);
  EXPECT_LT(WilsonInterval(10, 10).low, 1);
}

TEST(MetricsTest, CountsByTruthAndPrediction) {
  const Metrics metrics = MetricsOf({5, 0, 0,   // 0 right
                                     0, 5, 0,   // taken for 1
                                     0, 5, 0,   // 1 right
                                     0, 0, 5},  // 1 taken for 2
                                    {0, 0, 1, 1}, 3);
  EXPECT_EQ(metrics.images, 4);
  EXPECT_EQ(metrics.labelled, 4);
  EXPECT_EQ(metrics.correct, 2);
  EXPECT_EQ(metrics.accuracy, 2.0 / 4);
  EXPECT_THAT(metrics.confusion, ElementsAre(1, 1, 0,  //
                                             0, 1, 1,  //
                                             0, 0, 0));
  EXPECT_THAT(metrics.per_class,
              ElementsAre(0.5, 0.5, std::optional<double>()));
  EXPECT_EQ(metrics.mean_per_class, (0.5 + 0.5) / 2);
  EXPECT_EQ(metrics.interval->low, WilsonInterval(2, 4).low);
}

TEST(MetricsTest, MeanPerClassWeighsClassesNotImages) {
  const Metrics metrics = MetricsOf({5, 0, 5, 0, 5, 0, 5, 0}, {0, 0, 0, 1}, 2);
  EXPECT_EQ(metrics.accuracy, 3.0 / 4);
  EXPECT_EQ(metrics.mean_per_class, (1.0 + 0.0) / 2);
}

TEST(MetricsTest, EqualLogitsTakeTheFirstClass) {
  EXPECT_EQ(MetricsOf({1, 1, 1}, {0}, 3).correct, 1);
  EXPECT_EQ(MetricsOf({0, 1, 1}, {1}, 3).correct, 1);
}

TEST(MetricsTest, WithoutLabelsAccuraciesAreBlankAndTheScoreIsNot) {
  const Metrics metrics = MetricsOf({9, 0, 0, 9}, {-1, -1}, 2);
  EXPECT_EQ(metrics.images, 2);
  EXPECT_EQ(metrics.labelled, 0);
  EXPECT_FALSE(metrics.accuracy);
  EXPECT_FALSE(metrics.interval);
  EXPECT_FALSE(metrics.mean_per_class);
  EXPECT_THAT(metrics.per_class, ElementsAre(std::nullopt, std::nullopt));
  EXPECT_TRUE(metrics.im_score);
}

TEST(MetricsTest, UnlabelledImagesDoNotCountInAccuracy) {
  const Metrics metrics = MetricsOf({9, 0, 9, 0, 0, 9}, {0, -1, -1}, 2);
  EXPECT_EQ(metrics.accuracy, 1.0);
  EXPECT_EQ(metrics.labelled, 1);
}

// Certain and spread: H(p) is 0 but for the guard, the mean is uniform.
TEST(MetricsTest, ScoreOfCertainAndDiverseAnswersIsLogOfTheClasses) {
  const Metrics metrics = MetricsOf({200, 0, 0, 200}, {-1, -1}, 2);
  const double certain = -std::log(1 + 1e-5);
  const double uniform = -std::log(0.5 + 1e-5);
  EXPECT_NEAR(*metrics.im_score, uniform - certain, 1e-15);
}

TEST(MetricsTest, ScoreOfOneAnswerForAllIsZero) {
  EXPECT_NEAR(*MetricsOf({3, 1, 3, 1}, {-1, -1}, 2).im_score, 0, 1e-15);
}

// The loss's formula, written out.
TEST(MetricsTest, ScoreIsMinusTheLoss) {
  Rng rng(5);
  constexpr int kImages = 40;
  constexpr int kClasses = 7;
  std::vector<float> logits(kImages * kClasses);
  for (float& logit : logits) logit = static_cast<float>(3 * rng.Normal());
  std::vector<double> mean(kClasses, 0);
  double entropies = 0;
  for (int n = 0; n < kImages; ++n) {
    double sum = 0;
    for (int k = 0; k < kClasses; ++k) {
      sum += std::exp(double{logits[n * kClasses + k]});
    }
    for (int k = 0; k < kClasses; ++k) {
      const double p = std::exp(double{logits[n * kClasses + k]}) / sum;
      entropies -= p * std::log(p + 1e-5) / kImages;
      mean[k] += p / kImages;
    }
  }
  double diversity = 0;
  for (const double p : mean) diversity -= p * std::log(p + 1e-5);
  const Metrics metrics =
      MetricsOf(logits, std::vector<int64_t>(kImages, -1), kClasses);
  // About kImages * kClasses roundings of terms below 2.
  EXPECT_NEAR(*metrics.im_score, diversity - entropies,
              2 * kImages * kClasses * 1.2e-16);
}

TEST(MetricsTest, BatchesAddUp) {
  Rng rng(6);
  std::vector<float> logits(10 * 3);
  std::vector<int64_t> labels(10);
  for (float& logit : logits) logit = static_cast<float>(rng.Normal());
  for (int64_t& label : labels) label = rng.Below(4) - 1;
  MetricsAccumulator parts(3);
  ASSERT_TRUE(AddTo(parts, {logits.begin(), logits.begin() + 12},
                    {labels.begin(), labels.begin() + 4})
                  .ok());
  ASSERT_TRUE(AddTo(parts, {logits.begin() + 12, logits.end()},
                    {labels.begin() + 4, labels.end()})
                  .ok());
  const Metrics whole = MetricsOf(logits, labels, 3);
  EXPECT_EQ(parts.Result().confusion, whole.confusion);
  EXPECT_EQ(parts.Result().im_score, whole.im_score);  // the same order
}

TEST(MetricsTest, NoImagesNoNumbers) {
  const Metrics metrics = MetricsAccumulator(3).Result();
  EXPECT_EQ(metrics.images, 0);
  EXPECT_FALSE(metrics.accuracy);
  EXPECT_FALSE(metrics.im_score);
}

TEST(MetricsTest, BadInputIsNamedAndAddsNothing) {
  MetricsAccumulator metrics(2);
  ASSERT_TRUE(AddTo(metrics, {1, 0, 0, 1}, {0, 1}).ok());
  const absl::Status label = AddTo(metrics, {1, 0, 0, 1}, {0, 2});
  EXPECT_EQ(label.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(label.message()),
              HasSubstr("image 3: label 2 is outside 0..1"));
  EXPECT_FALSE(AddTo(metrics, {1, 0}, {-2}).ok());
  for (const float bad : {std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN()}) {
    const absl::Status logit = AddTo(metrics, {1, 0, 0, bad}, {0, 1});
    EXPECT_THAT(std::string(logit.message()),
                HasSubstr("image 3: the logit of class 1 is"));
  }
  EXPECT_EQ(metrics.Result().images, 2);
}

TEST(MetricsTest, ManyClassesKeepAccuraciesButNoMatrix) {
  constexpr int64_t kClasses = kMaxConfusionClasses + 1;
  std::vector<float> logits(kClasses, 0);
  logits[7] = 1;
  const Metrics metrics = MetricsOf(logits, {7}, kClasses);
  EXPECT_TRUE(metrics.confusion.empty());
  EXPECT_EQ(metrics.accuracy, 1.0);
  EXPECT_EQ(metrics.per_class[7], 1.0);
}

}  // namespace
}  // namespace rtfq
