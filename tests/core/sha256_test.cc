#include "rtfq/core/sha256.h"

#include "gtest/gtest.h"

namespace rtfq {
namespace {

// Examples of FIPS 180-4.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(Sha256Hex(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(
      Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesDoNotMatter) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  const std::string expected = Sha256Hex(text);
  for (size_t size = 1; size < text.size(); size += 13) {
    Sha256 sha256;
    for (size_t at = 0; at < text.size(); at += size) {
      sha256.Update(std::string_view(text).substr(at, size));
      sha256.Update({});
    }
    EXPECT_EQ(sha256.HexDigest(), expected) << size;
  }
}

}  // namespace
}  // namespace rtfq
