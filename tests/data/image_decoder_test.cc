#include "rtfq/data/image_decoder.h"

#include <filesystem>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::ImagesEqual;
using test::IsOk;
using test::ReadPpm;
using test::ReadTestData;
using test::StatusIs;
using test::TestData;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(DecodeImage, EqualsPillow) {
  std::istringstream names(ReadTestData("decode/names.txt"));
  int count = 0;
  for (std::string name; std::getline(names, name); ++count) {
    SCOPED_TRACE(name);
    ASSERT_OK_AND_ASSIGN(const RgbImage image,
                         DecodeImageFile(TestData("decode/" + name)));
    EXPECT_TRUE(ImagesEqual(image, ReadPpm("decode/" + name + ".ppm")));
  }
  EXPECT_EQ(count, 15);
}

TEST(DecodeImage, KeepsUpperByteOfSixteenBitGrey) {
  ASSERT_OK_AND_ASSIGN(const RgbImage image,
                       DecodeImageFile(TestData("decode/grey16.png")));
  EXPECT_TRUE(ImagesEqual(image, ReadPpm("decode/grey16.png.ppm")));
}

TEST(DecodeImage, RefusesWhatIsNoImage) {
  EXPECT_THAT(
      DecodeImage("", "a.jpg"),
      StatusIs(kInvalid, AllOf(StartsWith("a.jpg: "), HasSubstr("empty"))));
  for (const std::string text :
       {"x", "these are words", "GIF89a", "\xff\xd8", "\x89PNG"}) {
    EXPECT_THAT(DecodeImage(text, "b.jpg"),
                StatusIs(kInvalid, HasSubstr("b.jpg: neither a JPEG nor")));
  }
}

// Every prefix that lacks pixels is refused, wherever the cut falls. Behind the
// pixels a JPEG has its end marker, a PNG a checksum and the chunk IEND.
TEST(DecodeImage, RefusesTruncatedFiles) {
  for (const std::string name : {"rgb_420.jpg", "progressive.jpg", "cmyk.jpg",
                                 "rgb.png", "palette.png"}) {
    SCOPED_TRACE(name);
    const std::string bytes = ReadTestData("decode/" + name);
    const size_t tail = name.ends_with(".png") ? 4 + 12 : 2;
    for (size_t size = 0; size + tail < bytes.size(); ++size) {
      EXPECT_THAT(DecodeImage(bytes.substr(0, size), name),
                  StatusIs(kInvalid, StartsWith(name)))
          << "the first " << size << " of " << bytes.size() << " bytes";
    }
  }
}

// Whatever a flipped byte does, it is an image of a sane size or an error.
TEST(DecodeImage, SurvivesDamage) {
  const DecodeLimits limits = {.max_pixels = 1 << 16};
  for (const std::string name : {"rgb_420.jpg", "progressive.jpg", "cmyk.jpg",
                                 "grey_alpha.png", "palette.png"}) {
    const std::string good = ReadTestData("decode/" + name);
    for (size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (i % 2 == 0 ? 0xff : 0x10));
      const auto image = DecodeImage(bad, name, limits);
      if (image.ok()) {
        EXPECT_LE(int64_t{image->width} * image->height, limits.max_pixels);
      } else {
        EXPECT_THAT(image, StatusIs(kInvalid, StartsWith(name)));
      }
    }
  }
}

TEST(DecodeImage, ChecksSizeBeforeAllocating) {
  // Headers that claim more than is there; nothing of that size is allocated.
  std::string jpeg = ReadTestData("decode/rgb_420.jpg");
  const size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xea\x60\xea\x60");  // height, width
  EXPECT_THAT(DecodeImage(jpeg, "huge.jpg"),
              StatusIs(kInvalid, HasSubstr("huge.jpg: 60000 x 60000 pixels")));

  std::string png = ReadTestData("decode/rgb.png");
  png.replace(16, 8, std::string("\x7f\xff\xff\xff\x7f\xff\xff\xff", 8));
  EXPECT_THAT(DecodeImage(png, "huge.png"), StatusIs(kInvalid));
}

TEST(DecodeImage, AcceptsExactlyTheLimit) {
  const std::string bytes = ReadTestData("decode/rgb.png");  // 37 x 23
  EXPECT_THAT(DecodeImage(bytes, "a", {.max_pixels = 37 * 23}), IsOk());
  EXPECT_THAT(DecodeImage(bytes, "a", {.max_pixels = 37 * 23 - 1}),
              StatusIs(kInvalid, HasSubstr("37 x 23 pixels; at most 850")));
}

TEST(DecodeImageFile, NamesFilesThatCannotBeRead) {
  const test::TempFolder folder;
  EXPECT_THAT(DecodeImageFile(folder / "none.jpg"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.jpg")));
  std::filesystem::create_directory(folder / "folder.jpg");
  EXPECT_THAT(DecodeImageFile(folder / "folder.jpg"),
              StatusIs(kInvalid, HasSubstr("folder.jpg")));
  folder.Write("large.jpg", std::string(100, 'x'));
  EXPECT_THAT(
      DecodeImageFile(folder / "large.jpg", {.max_file_bytes = 99}),
      StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("large.jpg")));
}

}  // namespace
}  // namespace rtfq
