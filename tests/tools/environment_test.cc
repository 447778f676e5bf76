#include "rtfq/tools/environment.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;

TEST(ShellLine, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(ShellLine({"train", "--run=runs/a-1", "--set=a.b=1"}),
            "train --run=runs/a-1 --set=a.b=1");
  EXPECT_EQ(ShellLine({"a b", "", "it's", "$(x)"}),
            "'a b' '' 'it'\\''s' '$(x)'");
}

TEST(DescribeEnvironment, ARecipeIsNamedAsInTheCheckout) {
  const auto engine = Engine::Create(1);
  ASSERT_TRUE(engine.ok()) << engine.status();
  const auto command = [&](const std::string& word) {
    return DescribeEnvironment(**engine, {"train", word}).command();
  };
  EXPECT_EQ(command("--config=/x/bin/recipes/a.runfiles/rtfq/recipes/a.b"),
            "train --config=recipes/a.b");
  EXPECT_EQ(command("--config=/home/me/a.b"), "train --config=/home/me/a.b");
  // Where images are is the person's own affair.
  EXPECT_EQ(command("--data=/x.runfiles/rtfq/a"),
            "train --data=/x.runfiles/rtfq/a");
}

TEST(DescribeEnvironment, SaysWhereItRuns) {
  const auto engine = Engine::Create(1);
  ASSERT_TRUE(engine.ok()) << engine.status();
  const RunEnvironment environment =
      DescribeEnvironment(**engine, {"bin/tools/train", "--run=a"});
  EXPECT_THAT(environment.engine(), HasSubstr("1 thread"));
  EXPECT_EQ(environment.command(), "train --run=a");
  EXPECT_GE(environment.libraries_size(), 2);
  EXPECT_FALSE(environment.compiler().empty());
  // A test has no checkout.
  EXPECT_EQ(environment.commit(), "unknown");
}

}  // namespace
}  // namespace rtfq
