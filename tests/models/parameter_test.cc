#include "rtfq/models/parameter.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr auto kWeight = ParameterKind::kWeight;

TEST(ParameterStore, FindsByNameAndKeepsTheOrder) {
  ParameterStore store(/*with_gradients=*/true);
  const Tensor value = Tensor::Filled({2, 3}, 4.0f);
  Parameter* fc = store.Add("fc.weight", kWeight, value);
  Parameter* bn =
      store.Add("bn1.weight", ParameterKind::kBatchNormAffine, Tensor());
  Parameter* step = store.Add("fc.step", ParameterKind::kStep, Tensor());
  Buffer* mean = store.AddBuffer("bn1.running_mean", Tensor::Zeros({3}));
  Buffer* count = store.AddBuffer("a.count", value);

  std::vector<const Parameter*> parameters;
  for (const Parameter& p : store.parameters()) parameters.push_back(&p);
  EXPECT_THAT(parameters, ElementsAre(fc, bn, step));
  EXPECT_EQ(fc->name, "fc.weight");
  EXPECT_EQ(fc->kind, kWeight);
  EXPECT_EQ(bn->kind, ParameterKind::kBatchNormAffine);
  EXPECT_EQ(step->kind, ParameterKind::kStep);
  EXPECT_EQ(fc->value.data(), value.data()) << "a tensor is a handle";
  EXPECT_EQ(store.Find("bn1.weight"), bn);
  EXPECT_EQ(store.Find("bn1.weigh"), nullptr);

  std::vector<const Buffer*> buffers;
  for (const Buffer& b : store.buffers()) buffers.push_back(&b);
  EXPECT_THAT(buffers, ElementsAre(mean, count));
  EXPECT_EQ(store.FindBuffer("a.count"), count);
  // Each kind is found by its own function alone.
  EXPECT_EQ(store.FindBuffer("fc.weight"), nullptr);
  EXPECT_EQ(store.Find("a.count"), nullptr);
}

TEST(ParameterStore, AddressesStayValidWhileItGrows) {
  ParameterStore store(/*with_gradients=*/true);
  Parameter* first = store.Add("0", kWeight, Tensor::Filled({1}, 7.0f));
  Buffer* first_buffer = store.AddBuffer("0", Tensor::Filled({1}, 8.0f));
  for (int i = 1; i < 1000; ++i) {
    store.Add(std::to_string(i), kWeight, Tensor::Zeros({1}));
    store.AddBuffer(std::to_string(i), Tensor::Zeros({1}));
  }
  EXPECT_EQ(store.Find("0"), first);
  EXPECT_EQ(store.FindBuffer("0"), first_buffer);
  EXPECT_EQ(first->value.data()[0], 7.0f);
  EXPECT_EQ(first_buffer->value.data()[0], 8.0f);
}

TEST(ParameterStore, ZeroesTheGradientsThatWereTouched) {
  ParameterStore store(/*with_gradients=*/true);
  Parameter* a = store.Add("a", kWeight, Tensor::Filled({2, 3}, 1.0f));
  Parameter* b = store.Add("b", kWeight, Tensor::Filled({4}, 1.0f));
  EXPECT_EQ(a->gradient.shape(), Shape({2, 3}));
  EXPECT_THAT(a->gradient.span(), Each(0.0f));
  EXPECT_FALSE(a->touched);

  a->Touch().data()[5] = 2.0f;
  EXPECT_EQ(a->gradient.data()[5], 2.0f);
  EXPECT_TRUE(a->touched);
  EXPECT_FALSE(b->touched);
  // Past Touch(): shows which gradients are written.
  b->gradient.data()[0] = 3.0f;

  store.ZeroGradients();
  EXPECT_THAT(a->gradient.span(), Each(0.0f));
  EXPECT_FALSE(a->touched);
  EXPECT_THAT(b->gradient.span(), ElementsAre(3.0f, 0.0f, 0.0f, 0.0f));
  EXPECT_THAT(a->value.span(), Each(1.0f)) << "values are not gradients";
}

TEST(ParameterStore, WithoutGradientsHasNoMemoryForThem) {
  ParameterStore store(/*with_gradients=*/false);
  const Parameter* p = store.Add("p", kWeight, Tensor::Filled({5}, 1.0f));
  EXPECT_TRUE(p->gradient.empty());
  EXPECT_THAT(p->value.span(), Each(1.0f));
  store.ZeroGradients();
  EXPECT_TRUE(p->gradient.empty());
}

TEST(ParameterStoreDeathTest, ANameIsGivenOnce) {
  ParameterStore store(/*with_gradients=*/true);
  store.Add("p", kWeight, Tensor::Zeros({1}));
  store.AddBuffer("b", Tensor::Zeros({1}));
  EXPECT_DEATH(store.Add("p", ParameterKind::kStep, Tensor::Zeros({1})),
               "parameter_by_name_");
  EXPECT_DEATH(store.AddBuffer("b", Tensor::Zeros({1})), "buffer_by_name_");
}

}  // namespace
}  // namespace rtfq
