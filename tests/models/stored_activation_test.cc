#include "rtfq/models/stored_activation.h"

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

TEST(StoredActivation, IsTheTensorItselfOrRounded) {
  const auto engine = Engine::Create(1).value();
  const ThreadPool& threads = engine->threads();
  // bf16 has 7 bits of fraction: 1 + 2^-7 is a number of it, 1 + 2^-9 is not.
  Tensor x = Tensor::CopyOf(
      std::vector<float>{1 + 1.0f / 128, 1 + 1.0f / 512, -3, 0}, {2, 2});

  const StoredActivation wide(threads, x, ActivationStorage::kF32);
  EXPECT_EQ(wide.Load(threads).data(), x.data());
  EXPECT_EQ(wide.shape(), x.shape());

  const StoredActivation narrow(threads, x, ActivationStorage::kBf16);
  EXPECT_EQ(narrow.shape(), x.shape());
  EXPECT_THAT(narrow.Load(threads),
              test::HasBitsOf(Tensor::CopyOf(
                  std::vector<float>{1 + 1.0f / 128, 1, -3, 0}, {2, 2})));
}

TEST(StoredActivation, MayBeOfNothing) {
  const auto engine = Engine::Create(1).value();
  EXPECT_EQ(StoredActivation().shape(), Shape({0}));
  EXPECT_TRUE(StoredActivation().Load(engine->threads()).empty());
}

}  // namespace
}  // namespace rtfq
