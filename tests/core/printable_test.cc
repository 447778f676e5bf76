#include "rtfq/core/printable.h"

#include <string>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(Printable, KeepsTextAndEscapesControlCharacters) {
  EXPECT_EQ(Printable("children's \"mugs\" \\ ~"), "children's \"mugs\" \\ ~");
  EXPECT_EQ(Printable("Stühle, 椅子"), "Stühle, 椅子");
  EXPECT_EQ(Printable("a\nb\r\x1b[2J\t\x7f"), "a\\x0ab\\x0d\\x1b[2J\\x09\\x7f");
  EXPECT_EQ(Printable(std::string("\0", 1)), "\\x00");
  EXPECT_EQ(Printable(""), "");
}

}  // namespace
}  // namespace rtfq
