#include "rtfq/data/paired_loader.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/parallel.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::Speckled;
using test::StatusIs;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class PairedLoaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 10; ++i) {
      const std::string name = std::to_string(i) + ".jpg";
      folder_.WriteJpeg(
          "source/" + std::string(i % 2 == 0 ? "a/" : "b/") + name,
          Speckled(20 + i, 18, i));
      if (i < 3)
        folder_.WriteJpeg("target/a/" + name, Speckled(16, 16, 50 + i));
    }
    source_ = *OpenDomain(folder_.path(), "source");
    target_ = *OpenDomain(folder_.path(), "target", source_.classes);
    options_.images_per_domain = 4;
    options_.seed = 17;
    options_.transform.resize = 14;
    options_.transform.crop = 12;
  }

  std::unique_ptr<PairedLoader> Loader(const ThreadPool& threads) const {
    auto loader = PairedLoader::Create(options_, source_, target_, threads);
    EXPECT_THAT(loader, test::IsOk());
    return *std::move(loader);
  }

  test::TempFolder folder_;
  DomainDataset source_, target_;
  LoaderOptions options_;
};

// Everything in a batch, comparable.
std::vector<float> Flatten(const PairedBatch& batch) {
  std::vector<float> all;
  for (const ImageBatch* images : {&batch.source, &batch.target}) {
    const auto values = images->images.span();
    all.insert(all.end(), values.begin(), values.end());
    all.insert(all.end(), images->labels.begin(), images->labels.end());
    all.insert(all.end(), images->indices.begin(), images->indices.end());
  }
  return all;
}

TEST_F(PairedLoaderTest, BatchesAreWhatTheHeaderSays) {
  const ThreadPool threads(1);
  const auto loader = Loader(threads);
  ASSERT_OK_AND_ASSIGN(const PairedBatch batch, loader->BatchAt(3));
  EXPECT_EQ(batch.source.images.shape(), Shape({4, 12, 12, 3}));
  EXPECT_EQ(batch.target.images.shape(), Shape({4, 12, 12, 3}));
  EXPECT_THAT(batch.target.labels, Each(-1));
  const Rng order = Rng(17).Stream("order").Stream(0);
  const Rng augment = Rng(17).Stream("augment").Stream(0);
  for (int64_t slot = 0; slot < 4; ++slot) {
    const int64_t position = 3 * 4 + slot;
    const int64_t index =
        order.Stream(position / 10).Permutation(10)[position % 10];
    EXPECT_EQ(batch.source.indices[slot], index);
    EXPECT_EQ(batch.source.labels[slot], source_.images[index].label);
    ASSERT_OK_AND_ASSIGN(const RgbImage image,
                         DecodeImageFile(source_.images[index].path));
    Tensor expected = Tensor::Uninitialized({12, 12, 3});
    TrainTransform(image, options_.transform, augment.Stream(position),
                   expected);
    EXPECT_TRUE(std::equal(expected.span().begin(), expected.span().end(),
                           batch.source.images.data() + slot * 12 * 12 * 3))
        << "slot " << slot;
  }
}

TEST_F(PairedLoaderTest, SameBytesForAnyThreadsAheadAndCache) {
  const ThreadPool one(1), four(4);
  std::map<int64_t, std::vector<float>> expected;
  {
    const auto loader = Loader(one);
    for (int64_t step = 0; step < 8; ++step) {
      expected[step] = Flatten(*loader->BatchAt(step));
    }
  }
  EXPECT_NE(expected[0], expected[1]);
  for (const ThreadPool* threads : {&one, &four}) {
    for (const int ahead : {0, 1, 5}) {
      for (const int64_t cache_mib : {0, 1}) {
        options_.batches_ahead = ahead;
        options_.cache_mib = cache_mib;
        const auto loader = Loader(*threads);
        for (int64_t step = 0; step < 8; ++step) {
          EXPECT_EQ(Flatten(*loader->BatchAt(step)), expected[step])
              << "step " << step << ", " << ahead << " ahead";
        }
      }
    }
  }
}

TEST_F(PairedLoaderTest, AnyOrderOfSteps) {
  const ThreadPool threads(4);
  const auto straight = Loader(threads);
  std::map<int64_t, std::vector<float>> expected;
  for (int64_t step = 0; step < 12; ++step) {
    expected[step] = Flatten(*straight->BatchAt(step));
  }
  const auto jumping = Loader(threads);
  for (const int64_t step : {7, 7, 8, 2, 11, 0, 1, 9, 3}) {
    EXPECT_EQ(Flatten(*jumping->BatchAt(step)), expected[step]) << step;
  }
  const auto resumed = Loader(threads);
  EXPECT_EQ(Flatten(*resumed->BatchAt(10)), expected[10]);
}

TEST_F(PairedLoaderTest, EpochsFollowWithoutGap) {
  const ThreadPool threads(2);
  const auto loader = Loader(threads);
  std::map<int64_t, int> source_seen, target_seen;
  for (int64_t step = 0; step < 15; ++step) {  // 60 images: 6 and 20 epochs
    ASSERT_OK_AND_ASSIGN(const PairedBatch batch, loader->BatchAt(step));
    for (const int64_t index : batch.source.indices) ++source_seen[index];
    for (const int64_t index : batch.target.indices) ++target_seen[index];
  }
  for (int64_t i = 0; i < 10; ++i) EXPECT_EQ(source_seen[i], 60 / 10) << i;
  for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(target_seen[i], 60 / 3) << i;
}

TEST_F(PairedLoaderTest, SeedsDiffer) {
  const ThreadPool threads(1);
  const auto first = Flatten(*Loader(threads)->BatchAt(0));
  options_.seed = 18;
  EXPECT_NE(Flatten(*Loader(threads)->BatchAt(0)), first);
}

TEST_F(PairedLoaderTest, FailsNamingTheFirstBadImageOfTheBatch) {
  const ThreadPool threads(4);
  std::optional<std::string> expected;
  {
    const auto loader = Loader(threads);
    ASSERT_OK_AND_ASSIGN(const PairedBatch batch, loader->BatchAt(0));
    expected = source_.images[batch.source.indices[1]].path;
    // Spoil slots 1 and 3.
    for (const int slot : {1, 3}) {
      const auto& path = source_.images[batch.source.indices[slot]].path;
      folder_.Write(std::filesystem::relative(path, folder_.path()).string(),
                    "spoilt");
    }
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(Loader(threads)->BatchAt(0),
                StatusIs(kInvalid, HasSubstr(*expected)));
  }
}

TEST_F(PairedLoaderTest, SkipDropsBadImagesBeforehand) {
  folder_.Write("source/a/0.jpg", "");
  folder_.Write("target/a/2.jpg", "words");
  options_.on_bad_image = BadImagePolicy::kSkip;
  const ThreadPool threads(2);
  const auto loader = Loader(threads);
  EXPECT_EQ(loader->source().images.size(), 9u);
  EXPECT_EQ(loader->target().images.size(), 2u);
  ASSERT_EQ(loader->skipped_source().images.size(), 1u);
  EXPECT_THAT(loader->skipped_source().ToString(), HasSubstr("a/0.jpg"));
  EXPECT_EQ(loader->skipped_target().images[0].index, 2);
  for (int64_t step = 0; step < 6; ++step) {
    EXPECT_THAT(loader->BatchAt(step), test::IsOk());
  }
}

TEST_F(PairedLoaderTest, RefusesWhatCannotWork) {
  const ThreadPool threads(1);
  const auto create = [&](const LoaderOptions& o, const DomainDataset& s,
                          const DomainDataset& t) {
    return PairedLoader::Create(o, s, t, threads).status();
  };
  LoaderOptions o = options_;
  o.images_per_domain = 0;
  EXPECT_THAT(create(o, source_, target_),
              StatusIs(kInvalid, HasSubstr("images_per_domain")));
  o = options_;
  o.batches_ahead = 65;
  EXPECT_THAT(create(o, source_, target_),
              StatusIs(kInvalid, HasSubstr("batches_ahead")));
  o = options_;
  o.cache_mib = -1;
  EXPECT_THAT(create(o, source_, target_),
              StatusIs(kInvalid, HasSubstr("cache_mib")));
  o = options_;
  o.transform.crop = 15;
  EXPECT_THAT(create(o, source_, target_),
              StatusIs(kInvalid, HasSubstr("crop")));
  DomainDataset unlabelled = source_;
  unlabelled.images[4].label = -1;
  EXPECT_THAT(create(options_, unlabelled, target_),
              StatusIs(kInvalid, HasSubstr("needs a label")));
  EXPECT_THAT(create(options_, source_, DomainDataset()), StatusIs(kInvalid));
  EXPECT_THAT(create(options_, source_, unlabelled), test::IsOk());
}

TEST_F(PairedLoaderTest, CountsStalls) {
  options_.batches_ahead = 0;
  const ThreadPool threads(1);
  const auto loader = Loader(threads);
  for (int64_t step = 0; step < 3; ++step) {
    EXPECT_THAT(loader->BatchAt(step), test::IsOk());
  }
  EXPECT_EQ(loader->stalls(), 3);  // nothing is ever ready
}

}  // namespace
}  // namespace rtfq
