#include "rtfq/tools/paths.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(AbsolutePath, IsRelativeToWhereThePersonStands) {
  EXPECT_EQ(AbsolutePath("", "/home/b", "/home/a"), "");
  EXPECT_EQ(AbsolutePath("runs/a", "/home/b", "/home/a"), "/home/b/runs/a");
  EXPECT_EQ(AbsolutePath("../x/./y/", "/home/b/z", "/home/a"), "/home/b/x/y");
  EXPECT_EQ(AbsolutePath("/abs", "/home/b", "/home/a"), "/abs");
  EXPECT_EQ(AbsolutePath("/", "/home/b", "/home/a"), "/");
}

TEST(AbsolutePath, ReplacesALeadingTilde) {
  EXPECT_EQ(AbsolutePath("~/data", "/home/b", "/home/a"), "/home/a/data");
  EXPECT_EQ(AbsolutePath("~", "/home/b", "/home/a"), "/home/a");
  EXPECT_EQ(AbsolutePath("~other/x", "/home/b", "/home/a"), "/home/b/~other/x");
  EXPECT_EQ(AbsolutePath("~/x", "/home/b", ""), "/home/b/~/x");
}

TEST(UserPath, PrefersBazelwsFolderThenBazels) {
  ::setenv("BUILD_WORKING_DIRECTORY", "/somewhere", 1);
  EXPECT_EQ(UserPath("a"), "/somewhere/a");
  ::setenv("RTFQ_WORKING_DIRECTORY", "/outside", 1);
  EXPECT_EQ(UserPath("a"), "/outside/a");
  EXPECT_EQ(UserPath("/a"), "/a");
  ::unsetenv("RTFQ_WORKING_DIRECTORY");
  ::unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_NE(UserPath("a"), "/somewhere/a");
  EXPECT_EQ(UserPath("a").front(), '/');
}

}  // namespace
}  // namespace rtfq
