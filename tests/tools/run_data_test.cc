#include "rtfq/tools/run_data.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/data/synthetic_domains.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

class RunDataTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    SyntheticOptions options;
    options.side = 16;
    options.images_per_class = 4;
    ASSERT_THAT(WriteSyntheticDomains(options, folder_, threads_), IsOk());
    request_.mutable_source()->set_root(folder_);
    request_.mutable_source()->set_name(kCleanDomain);
    request_.mutable_target()->set_root(folder_);
    request_.mutable_target()->set_name(kShiftedDomain);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Some image of a domain.
  std::filesystem::path Image(const char* domain) const {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_ / domain)) {
      if (entry.path().extension() == ".jpg") return entry.path();
    }
    return {};
  }

  ThreadPool threads_{2};
  std::filesystem::path folder_;
  RunData request_;
};

TEST_F(RunDataTest, FindsBothDomainsAgain) {
  const auto domains = OpenRunDomains(request_, threads_);
  ASSERT_THAT(domains, IsOk());
  EXPECT_EQ(domains->left_out, "");
  EXPECT_EQ(domains->source.images.size(), domains->source.classes.size() * 4);
  EXPECT_EQ(domains->data.class_names_size(),
            static_cast<int>(domains->source.classes.size()));
  EXPECT_EQ(domains->data.target().images(),
            static_cast<int64_t>(domains->target.images.size()));
  const auto again = OpenRunDomains(domains->data, threads_);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->data.source().manifest_sha256(),
            domains->data.source().manifest_sha256());
}

TEST_F(RunDataTest, ChangedImagesAreNoticed) {
  const auto domains = OpenRunDomains(request_, threads_);
  ASSERT_THAT(domains, IsOk());
  std::filesystem::remove(Image(kShiftedDomain));
  EXPECT_THAT(OpenRunDomains(domains->data, threads_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("shifted has changed since the run began")));
}

TEST_F(RunDataTest, BadImagesAreNamedAllAtOnce) {
  const std::string first = Image(kCleanDomain), second = Image(kShiftedDomain);
  std::ofstream(first) << "not an image";
  std::ofstream(second, std::ios::trunc).close();
  const absl::Status status = OpenRunDomains(request_, threads_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr(first));
  EXPECT_THAT(message, HasSubstr(second));
  EXPECT_THAT(message, HasSubstr("--on_bad_image=skip"));

  request_.set_skip_bad_images(true);
  const auto domains = OpenRunDomains(request_, threads_);
  ASSERT_THAT(domains, IsOk());
  EXPECT_THAT(domains->left_out, HasSubstr(first));
  EXPECT_EQ(domains->source.images.size(),
            domains->source.classes.size() * 4 - 1);
  EXPECT_THAT(OpenRunDomains(domains->data, threads_), IsOk());
}

TEST_F(RunDataTest, ASourceNeedsLabels) {
  std::filesystem::create_directories(folder_ / "plain");
  std::filesystem::copy(Image(kCleanDomain), folder_ / "plain" / "1.jpg");
  request_.mutable_source()->set_name("plain");
  EXPECT_THAT(
      OpenRunDomains(request_, threads_),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("has no labels")));
  request_.mutable_source()->set_name(kCleanDomain);
  request_.mutable_target()->set_name("plain");
  const auto domains = OpenRunDomains(request_, threads_);
  ASSERT_THAT(domains, IsOk());
  EXPECT_EQ(domains->target.images[0].label, -1);
}

TEST_F(RunDataTest, AMissingDomainIsNamed) {
  request_.mutable_target()->set_name("shifty");
  EXPECT_THAT(OpenRunDomains(request_, threads_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("shifty")));
}

TEST(HoldOut, TakesItsShareOfEachClassOnce) {
  DomainDataset source;
  source.classes = {"a", "b", "c"};
  for (int i = 0; i < 30; ++i)
    source.images.push_back({std::to_string(i), i % 3 == 2 ? 2 : i % 2});
  std::map<int64_t, int> all, held_out;
  for (const ImageRecord& image : source.images) ++all[image.label];
  const SourceSplit split = HoldOut(source, 25, Rng(1));
  std::set<std::string> paths;
  for (const ImageRecord& image : split.held_out.images) {
    ++held_out[image.label];
    paths.insert(image.path);
  }
  for (const auto& [label, count] : all)
    EXPECT_EQ(held_out[label], count * 25 / 100) << label;
  for (const ImageRecord& image : split.training.images)
    paths.insert(image.path);
  EXPECT_EQ(paths.size(), source.images.size());
  EXPECT_EQ(split.training.images.size() + split.held_out.images.size(),
            source.images.size());
  // The same seed, the same images; another, others.
  EXPECT_EQ(HoldOut(source, 25, Rng(1)).held_out.images[0].path,
            split.held_out.images[0].path);
}

TEST(HoldOut, NothingHeldOutIsTheWholeSource) {
  DomainDataset source;
  source.classes = {"a"};
  source.images = {{"x", 0}, {"y", 0}};
  const SourceSplit split = HoldOut(source, 0, Rng(1));
  EXPECT_EQ(split.training.images.size(), 2u);
  EXPECT_TRUE(split.held_out.images.empty());
}

}  // namespace
}  // namespace rtfq
