#include "rtfq/core/stored_zip.h"

#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/core/zip_bytes.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// "a" and "b/c"; `change` is made before the second of them.
ZipBytes Two(const std::function<void(ZipBytes&)>& change = nullptr) {
  ZipBytes zip;
  zip.Add("a", "first");
  if (change) change(zip);
  zip.Add("b/c", "the second");
  return zip;
}

void ExpectTwo(const std::string& file) {
  const absl::StatusOr<StoredZip> zip = ReadStoredZip(file);
  ASSERT_THAT(zip, IsOk());
  ASSERT_EQ(zip->size(), 2u);
  EXPECT_EQ(zip->at("a").bytes, "first");
  EXPECT_EQ(zip->at("b/c").bytes, "the second");
  EXPECT_EQ(file.substr(zip->at("b/c").at, 10), "the second");
}

TEST(ReadStoredZip, EntriesPointIntoTheFile) {
  ExpectTwo(Two().Finish());
  ExpectTwo(Two().Finish("a comment with PK\x05\x06 in it"));
  EXPECT_TRUE(LooksLikeZip(Two().Finish()));
  EXPECT_FALSE(LooksLikeZip("PK"));
  EXPECT_THAT(ReadStoredZip(ZipBytes().Finish()), IsOk());
}

TEST(ReadStoredZip, Zip64) {
  ExpectTwo(Two().Finish64());
  ExpectTwo(Two([](ZipBytes& zip) { zip.wide = true; }).Finish64());
  ExpectTwo(Two([](ZipBytes& zip) { zip.wide = true; }).Finish());
}

struct Bad {
  std::string file;
  std::string message;
};

class BadZip : public ::testing::TestWithParam<Bad> {};

TEST_P(BadZip, IsRefusedByName) {
  EXPECT_THAT(ReadStoredZip(GetParam().file),
              StatusIs(kInvalid, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Entries, BadZip,
    ::testing::Values(
        Bad{Two([](ZipBytes& zip) { zip.method = 8; }).Finish(),
            "zip entry 'b/c': is compressed (method 8)"},
        Bad{Two([](ZipBytes& zip) { zip.flags = 9; }).Finish(),
            "zip entry 'b/c': is encrypted"},
        Bad{Two([](ZipBytes& zip) { zip.crc_error = 1; }).Finish(),
            "zip entry 'b/c': is damaged"},
        Bad{Two([](ZipBytes& zip) { zip.local_name = "b/d"; }).Finish(),
            "its local header has another name, 'b/d'"},
        Bad{Two([](ZipBytes& zip) { zip.Add("a", "again"); }).Finish(),
            "zip entry 'a': is there twice"},
        Bad{Two([](ZipBytes& zip) { zip.size_error = 1; }).Finish(),
            "zip entry 'b/c': reaches into what follows it"},
        Bad{Two([](ZipBytes& zip) { zip.size_error = 1000; }).Finish(),
            "zip entry 'b/c': truncated"},
        Bad{Two([](ZipBytes& zip) {
              zip.wide = true;
              zip.size_error = ~uint64_t{0} - 10;
            }).Finish(),
            "zip entry 'b/c': truncated"}));

std::string Overlapping() {
  ZipBytes zip, inner;
  inner.Add("inner", "all of it");
  zip.Add("outer", inner.Finish());
  zip.AddRecord("inner", "all of it", 30 + 5 + 3);
  return zip.Finish();
}

std::string Elsewhere(uint64_t at) {
  ZipBytes zip;
  zip.AddRecord("a", "first", at);
  return zip.Finish();
}

INSTANTIATE_TEST_SUITE_P(
    Layout, BadZip,
    ::testing::Values(Bad{Overlapping(), "zip entry 'outer': reaches into"},
                      Bad{Elsewhere(0), "no header of a zip entry at byte 0"},
                      Bad{Elsewhere(70000), "zip entry 'a': truncated"},
                      Bad{Two().Finish("", 1), "has 2 entries, but says 3"},
                      Bad{Two().Finish().substr(1), "is not within the file"},
                      Bad{Two().Finish().substr(0, 40),
                          "the directory at the end"},
                      Bad{"PK\x03\x04", "the directory at the end"},
                      Bad{"", "truncated"}));

TEST(ReadStoredZip, EveryTruncationAndChangeIsRefusedOrHarmless) {
  for (const std::string& file : {Two().Finish(), Two().Finish64()}) {
    for (size_t length = 0; length < file.size(); ++length) {
      EXPECT_THAT(ReadStoredZip(file.substr(0, length)), StatusIs(kInvalid));
    }
    for (int round = 0; round < 2000; ++round) {
      Rng rng = Rng(3).Stream(round);
      std::string damaged = file;
      damaged[rng.Below(file.size())] ^= static_cast<char>(1 + rng.Below(255));
      const absl::StatusOr<StoredZip> zip = ReadStoredZip(damaged);
      if (!zip.ok()) continue;
      for (const auto& [name, entry] : *zip) {
        EXPECT_TRUE(entry.bytes == "first" || entry.bytes == "the second");
      }
    }
  }
}

}  // namespace
}  // namespace rtfq
