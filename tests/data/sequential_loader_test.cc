#include "rtfq/data/sequential_loader.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/parallel.h"
#include "rtfq/data/image_decoder.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class SequentialLoaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 7; ++i) {
      folder_.WriteJpeg((i < 4 ? "d/a/" : "d/b/") + std::to_string(i) + ".jpg",
                        test::Speckled(20 + i, 18, i));
    }
    dataset_ = *OpenDomain(folder_.path(), "d");
    options_.resize = 14;
    options_.crop = 12;
  }
  test::TempFolder folder_;
  DomainDataset dataset_;
  TransformOptions options_;
};

TEST_F(SequentialLoaderTest, GivesAllImagesInOrder) {
  for (const int num_threads : {1, 4}) {
    const ThreadPool threads(num_threads);
    ASSERT_OK_AND_ASSIGN(
        const auto loader,
        SequentialLoader::Create(dataset_, options_, 3, threads));
    ASSERT_EQ(loader->num_batches(), 3);
    ASSERT_OK_AND_ASSIGN(const ImageBatch last, loader->BatchAt(2));
    EXPECT_EQ(last.images.shape(), Shape({1, 12, 12, 3}));
    ASSERT_OK_AND_ASSIGN(const ImageBatch batch, loader->BatchAt(1));
    EXPECT_THAT(batch.indices, ElementsAre(3, 4, 5));
    EXPECT_THAT(batch.labels, ElementsAre(0, 1, 1));
    for (int64_t i = 0; i < 3; ++i) {
      ASSERT_OK_AND_ASSIGN(const RgbImage image,
                           DecodeImageFile(dataset_.images[3 + i].path));
      Tensor expected = Tensor::Uninitialized({12, 12, 3});
      TestTransform(image, options_, expected);
      EXPECT_TRUE(std::equal(expected.span().begin(), expected.span().end(),
                             batch.images.data() + i * 12 * 12 * 3));
    }
  }
}

TEST_F(SequentialLoaderTest, KeepsUnknownLabelsUnknown) {
  for (ImageRecord& image : dataset_.images) image.label = -1;
  const ThreadPool threads(1);
  ASSERT_OK_AND_ASSIGN(const auto loader, SequentialLoader::Create(
                                              dataset_, options_, 2, threads));
  EXPECT_THAT(loader->BatchAt(0)->labels, ElementsAre(-1, -1));
}

TEST_F(SequentialLoaderTest, NamesOrSkipsBadImages) {
  folder_.Write("d/a/1.jpg", "words");
  const ThreadPool threads(2);
  ASSERT_OK_AND_ASSIGN(const auto strict, SequentialLoader::Create(
                                              dataset_, options_, 3, threads));
  EXPECT_THAT(strict->BatchAt(0), StatusIs(kInvalid, HasSubstr("d/a/1.jpg")));
  EXPECT_THAT(strict->BatchAt(1), test::IsOk());
  ASSERT_OK_AND_ASSIGN(const auto lenient,
                       SequentialLoader::Create(dataset_, options_, 3, threads,
                                                BadImagePolicy::kSkip));
  EXPECT_EQ(lenient->num_batches(), 2);
  EXPECT_EQ(lenient->dataset().images.size(), 6u);
  EXPECT_EQ(lenient->skipped().images.size(), 1u);
  EXPECT_THAT(lenient->BatchAt(0), test::IsOk());
}

TEST_F(SequentialLoaderTest, RefusesWhatCannotWork) {
  const ThreadPool threads(1);
  const auto create = [&](const DomainDataset& dataset, int batch_size) {
    return SequentialLoader::Create(dataset, options_, batch_size, threads)
        .status();
  };
  EXPECT_THAT(create(dataset_, 0), StatusIs(kInvalid, HasSubstr("batch size")));
  EXPECT_THAT(create(DomainDataset(), 1),
              StatusIs(kInvalid, HasSubstr("no usable image")));
  options_.resize = 0;
  EXPECT_THAT(create(dataset_, 1), StatusIs(kInvalid, HasSubstr("resize")));
}

}  // namespace
}  // namespace rtfq
