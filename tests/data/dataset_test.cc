#include "rtfq/data/dataset.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using test::TempFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

std::vector<std::string> Describe(const DomainDataset& dataset) {
  std::vector<std::string> lines;
  for (const ImageRecord& image : dataset.images) {
    lines.push_back(
        std::filesystem::relative(image.path, dataset.root).string() + " " +
        std::to_string(image.label));
  }
  return lines;
}

TEST(OpenDomain, ReadsBothLayouts) {
  const TempFolder root;
  for (const std::string prefix : {"plain/", "office/images/"}) {
    root.Write(prefix + "mug/2.jpg", "");
    root.Write(prefix + "mug/1.jpg", "");
    root.Write(prefix + "bike/deep/3.png", "");
  }
  ASSERT_OK_AND_ASSIGN(const auto plain, OpenDomain(root.path(), "plain/"));
  EXPECT_EQ(plain.name, "plain");
  EXPECT_EQ(plain.layout, Layout::kClassFolders);
  EXPECT_THAT(plain.classes, ElementsAre("bike", "mug"));
  EXPECT_THAT(Describe(plain),
              ElementsAre("plain/bike/deep/3.png 0", "plain/mug/1.jpg 1",
                          "plain/mug/2.jpg 1"));
  EXPECT_TRUE(plain.has_labels());
  ASSERT_OK_AND_ASSIGN(const auto office, OpenDomain(root.path(), "office"));
  EXPECT_EQ(office.layout, Layout::kImagesClassFolders);
  EXPECT_THAT(office.classes, ElementsAre("bike", "mug"));
  EXPECT_EQ(office.images.size(), 3u);
}

TEST(OpenDomain, ReadsImagesWithoutLabels) {
  const TempFolder root;
  root.Write("a/2.jpg", "");
  root.Write("a/1.jpg", "");
  root.Write("b/images/1.jpg", "");
  for (const char* name : {"a", "b"}) {
    ASSERT_OK_AND_ASSIGN(const auto domain,
                         OpenDomain(root.path(), name, {"x", "y"}));
    EXPECT_EQ(domain.layout, Layout::kUnlabelledFolder);
    EXPECT_FALSE(domain.has_labels());
    EXPECT_EQ(domain.images[0].label, -1);
    EXPECT_THAT(domain.classes, ElementsAre("x", "y"));
  }
}

TEST(OpenDomain, TakesTheSourcesClasses) {
  const TempFolder root;
  root.Write("target/mug/1.jpg", "");
  ASSERT_OK_AND_ASSIGN(const auto target, OpenDomain(root.path(), "target",
                                                     {"bike", "mug", "pen"}));
  EXPECT_EQ(target.images[0].label, 1);
  EXPECT_THAT(OpenDomain(root.path(), "target", {"bike", "pen"}),
              StatusIs(kInvalid, AllOf(HasSubstr("target"), HasSubstr("mug"),
                                       HasSubstr("bike, pen"))));
}

TEST(OpenDomain, RefusesWhatItCannotUnderstand) {
  const TempFolder root;
  root.Write("mixed/1.jpg", "");
  root.Write("mixed/mug/1.jpg", "");
  root.Write("empty/mug/readme", "");
  EXPECT_THAT(OpenDomain(root.path(), "mixed"),
              StatusIs(kInvalid, HasSubstr("beside class folders")));
  EXPECT_THAT(OpenDomain(root.path(), "empty"),
              StatusIs(kInvalid, HasSubstr("no .jpg, .jpeg or .png")));
  EXPECT_THAT(OpenDomain(root.path(), "amazon"),
              StatusIs(kNotFound, AllOf(HasSubstr("\"amazon\""),
                                        HasSubstr("empty, mixed"))));
  EXPECT_THAT(OpenDomain("/no/root", "amazon"), StatusIs(kNotFound));
  EXPECT_THAT(OpenDomain(root.path(), ""), StatusIs(kNotFound));
}

TEST(OpenDomain, ReadsLists) {
  const TempFolder root;
  root.Write("clipart/mug/1.jpg", "");
  root.Write("clipart/bike/1.jpg", "");
  root.Write("lists/local.jpg", "");
  root.Write("train.txt", "clipart/mug/1.jpg 1\nclipart/bike/1.jpg 0\n");
  ASSERT_OK_AND_ASSIGN(const auto train, OpenDomain(root.path(), "train.txt"));
  EXPECT_EQ(train.name, "train");
  EXPECT_EQ(train.layout, Layout::kImageList);
  EXPECT_THAT(train.classes, ElementsAre("bike", "mug"));
  EXPECT_THAT(Describe(train),
              ElementsAre("clipart/mug/1.jpg 1", "clipart/bike/1.jpg 0"));

  // Relative to the root or else to the list; by its own path, without labels.
  root.Write("lists/t.txt", "clipart/mug/1.jpg\nlocal.jpg\nmissing.jpg\n");
  ASSERT_OK_AND_ASSIGN(const auto target,
                       OpenDomain(root.path(), root / "lists/t.txt", {"a"}));
  EXPECT_THAT(Describe(target),
              ElementsAre("clipart/mug/1.jpg -1", "lists/local.jpg -1",
                          "missing.jpg -1"));
  EXPECT_THAT(target.classes, ElementsAre("a"));
}

TEST(OpenDomain, NamesClassesOfListsByNumberWhereFoldersDoNotTell) {
  const TempFolder root;
  root.Write("all/1.jpg", "");
  root.Write("list.txt", "all/1.jpg 0\nall/2.jpg 2\n");
  ASSERT_OK_AND_ASSIGN(const auto list, OpenDomain(root.path(), "list.txt"));
  EXPECT_THAT(list.classes, ElementsAre("0", "1", "2"));
}

TEST(OpenDomain, RefusesListsThatContradictTheClasses) {
  const TempFolder root;
  root.Write("d/mug/1.jpg", "");
  root.Write("beyond.txt", "d/mug/1.jpg 2\n");
  root.Write("other.txt", "d/mug/1.jpg 0\n");
  root.Write("nothing.txt", "gone/1.jpg 0\n");
  EXPECT_THAT(
      OpenDomain(root.path(), "beyond.txt", {"bike", "mug"}),
      StatusIs(kInvalid, HasSubstr("beyond.txt:1: label 2, but the classes")));
  EXPECT_THAT(OpenDomain(root.path(), "other.txt", {"bike", "mug"}),
              StatusIs(kInvalid, AllOf(HasSubstr("other.txt:1: label 0"),
                                       HasSubstr("mug"))));
  EXPECT_THAT(OpenDomain(root.path(), "nothing.txt"),
              StatusIs(kNotFound, HasSubstr("none of its 1 images")));
}

TEST(ManifestHash, ChangesWithTheDataAndNotWithThePlace) {
  const TempFolder a, b;
  for (const TempFolder* root : {&a, &b}) {
    root->Write("d/mug/1.jpg", "12");
    root->Write("d/pen/1.jpg", "1");
  }
  const auto hash = [](const TempFolder& root) {
    return OpenDomain(root.path(), "d")->ManifestHash();
  };
  const std::string before = hash(a);
  EXPECT_EQ(before.size(), 64u);
  EXPECT_EQ(before, hash(b));
  b.Write("d/mug/1.jpg", "123");  // another size
  EXPECT_NE(before, hash(b));
  b.Write("d/mug/1.jpg", "34");
  EXPECT_EQ(before, hash(b));
  b.Write("d/pen/2.jpg", "1");  // one more
  EXPECT_NE(before, hash(b));
  ASSERT_OK_AND_ASSIGN(auto relabelled, OpenDomain(a.path(), "d"));
  relabelled.images[0].label = 1;
  EXPECT_NE(before, relabelled.ManifestHash());
}

TEST(ListDomains, NamesFoldersAndLists) {
  const TempFolder root;
  root.Write("webcam/mug/1.jpg", "");
  root.Write("amazon/mug/1.jpg", "");
  root.Write("list.txt", "");
  ASSERT_OK_AND_ASSIGN(const auto names, ListDomains(root.path()));
  EXPECT_THAT(names, ElementsAre("amazon", "webcam", "list.txt"));
}

}  // namespace
}  // namespace rtfq
