#include "rtfq/deploy/bundle_writer.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/core/sha256.h"
#include "rtfq/deploy/bundle_layout.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

TEST(BundleWriter, BytesByHand) {
  BundleWriter writer;
  EXPECT_EQ(writer.AddSection("a", "xyz"), 0);
  EXPECT_EQ(writer.AddSection("b", std::string(65, 'q')), 1);
  const std::string bytes = writer.Serialize();
  EXPECT_EQ(bytes.substr(0, 8), std::string("RTFQ\r\n\x1a\n", 8));
  EXPECT_EQ(bytes.substr(8, 8), std::string("\1\0\0\0\0\0\0\0", 8));
  const auto length =
      static_cast<size_t>(static_cast<uint8_t>(bytes[16])) +
      256 * static_cast<size_t>(static_cast<uint8_t>(bytes[17]));
  const std::string header = bytes.substr(kBundlePrologueBytes, length);
  EXPECT_EQ(bytes.substr(24, 64), Sha256Hex(header));
  BundleHeader parsed;
  ASSERT_TRUE(parsed.ParseFromString(header));
  EXPECT_EQ(parsed.version(), 1);
  EXPECT_EQ(parsed.sections(1).offset(), 64);
  EXPECT_EQ(parsed.sections(1).size(), 65);
  EXPECT_EQ(parsed.sections(0).sha256(), Sha256Hex("xyz"));
  const size_t data = AlignedUp(kBundlePrologueBytes + length);
  EXPECT_EQ(bytes.substr(data, 4), std::string("xyz\0", 4));
  EXPECT_EQ(bytes.size(), data + 64 + 128);
}

TEST(BundleWriter, FileAndMemoryHoldTheSame) {
  BundleWriter writer;
  writer.AddSection("a", "xyz");
  const std::string path = ::testing::TempDir() + "/bundle_writer.rtfq";
  ASSERT_THAT(writer.WriteAtomically(path), test::IsOk());
  EXPECT_EQ(ReadFile(path).value(), writer.Serialize());
}

}  // namespace
}  // namespace rtfq
