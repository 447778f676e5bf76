#include "rtfq/eval/html.h"

#include <string>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(HtmlTest, MarkupBecomesText) {
  EXPECT_EQ(
      EscapeHtml("<script>alert('a' & \"b\")</script>"),
      "&lt;script&gt;alert(&#39;a&#39; &amp; &quot;b&quot;)&lt;/script&gt;");
}

TEST(HtmlTest, AmpersandsAreEscapedOnceEach) {
  EXPECT_EQ(EscapeHtml("&amp;"), "&amp;amp;");
}

TEST(HtmlTest, ControlCharactersAreReplaced) {
  EXPECT_EQ(EscapeHtml(std::string("a\0b\x1b\x7f", 5)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(EscapeHtml("a\tb\nc"), "a\tb\nc");
}

TEST(HtmlTest, OtherTextStays) {
  EXPECT_EQ(EscapeHtml(""), "");
  EXPECT_EQ(EscapeHtml("Bürostuhl_2 (grün)"), "Bürostuhl_2 (grün)");
}

}  // namespace
}  // namespace rtfq
