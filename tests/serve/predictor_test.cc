#include "rtfq/serve/predictor.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::HasBitsOf;
using test::IsOk;
using test::StatusIs;

RgbImage Noise(int width, int height, uint64_t seed) {
  RgbImage image(width, height);
  Rng rng(seed);
  for (uint8_t& v : image.pixels) v = static_cast<uint8_t>(rng.Uniform(0, 256));
  return image;
}

class PredictorTest : public ::testing::Test {
 protected:
  test::SmallSupernet small_;
  const std::string bytes_ = small_.Frozen().Serialize();
  const std::shared_ptr<const Bundle> bundle_ =
      Bundle::FromBytes(bytes_, "small.rtfq").value();
  const std::unique_ptr<Predictor> predictor_ =
      Predictor::Create(small_.engine(), bundle_).value();
};

TEST_F(PredictorTest, ReadsImagesAsEvaluationDoes) {
  const RgbImage image = Noise(50, 41, 1);
  TransformOptions transform;
  transform.resize = 36;
  transform.crop = 32;
  transform.mean = {0.5f, 0.5f, 0.5f};
  transform.std = {0.25f, 0.25f, 0.25f};
  Tensor x = Tensor::Uninitialized({1, 32, 32, 3});
  TestTransform(image, transform, View<float>(x.data(), {32, 32, 3}));
  const SubnetConfig largest = small_.net().space().Largest();
  const auto logits = predictor_->Logits(largest.ToString(), {image});
  ASSERT_THAT(logits, IsOk());
  EXPECT_THAT(*logits, HasBitsOf(small_.Logits(largest, x)));
}

TEST_F(PredictorTest, EveryImageOfABatchAsAlone) {
  const std::string subnet = small_.net().space().Smallest().ToString();
  const auto both =
      predictor_->Logits(subnet, {Noise(40, 40, 1), Noise(33, 70, 2)});
  const auto second = predictor_->Logits(subnet, {Noise(33, 70, 2)});
  ASSERT_THAT(both, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Tensor::CopyOf(both->span().subspan(5, 5), {1, 5}),
              HasBitsOf(*second));
}

TEST_F(PredictorTest, KeepsCompiledGraphs) {
  const auto once = predictor_->Graph("r32-w100-q8", 1);
  const auto other = predictor_->Graph("r24-w60-q4", 1);
  const auto again = predictor_->Graph("r32-w100-q8", 1);
  ASSERT_THAT(once, IsOk());
  EXPECT_EQ(once->get(), again->get());
  EXPECT_NE(once->get(), other->get());
  EXPECT_THAT(predictor_->Graph("r9-w9-q9", 1),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(PredictorTest, AnyNumberOfThreadsMayAsk) {
  const std::vector<std::string> subnets = {"r32-w100-q8", "r24-w60-q4",
                                            "r32-w60-q6"};
  const RgbImage image = Noise(40, 40, 1);
  std::vector<Tensor> expected;
  const auto other = Predictor::Create(small_.engine(), bundle_).value();
  for (const std::string& subnet : subnets) {
    expected.push_back(other->Logits(subnet, {image}).value());
  }
  std::vector<std::thread> threads;
  std::vector<Tensor> logits(6);
  for (size_t i = 0; i < logits.size(); ++i) {
    threads.emplace_back([&, i] {
      logits[i] = predictor_->Logits(subnets[i % 3], {image}).value();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < logits.size(); ++i) {
    EXPECT_THAT(logits[i], HasBitsOf(expected[i % 3])) << i;
  }
  // One graph each, whoever made it.
  for (const std::string& subnet : subnets) {
    EXPECT_EQ(predictor_->Graph(subnet, 1)->get(),
              predictor_->Graph(subnet, 1)->get());
  }
}

TEST_F(PredictorTest, TopIsSortedAndSumsToOne) {
  Tensor logits = Tensor::Zeros({2, 5});
  logits.data()[5 + 3] = 2;
  logits.data()[5 + 1] = 1;
  const std::vector<Prediction> top = predictor_->Top(logits, 1, 9);
  ASSERT_EQ(top.size(), 5u);
  EXPECT_EQ(top[0].class_name, "class 3");
  EXPECT_EQ(top[1].label, 1);
  EXPECT_EQ(top[2].label, 0);  // the first of equals
  double sum = 0;
  for (const Prediction& p : top) sum += p.probability;
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_NEAR(top[0].probability / top[1].probability, std::exp(1.0), 1e-9);
}

}  // namespace
}  // namespace rtfq
