#include "rtfq/core/profiler.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(Profiler, TimeWithinAnotherEntryIsNotCountedTwice) {
  double now = 0;
  Profiler profiler([&now] { return now; });
  {
    const ProfileScope outer(&profiler, Work::kClassifier, "fc");
    now = 1;
    {
      const ProfileScope inner(&profiler, Work::kQuantize);
      now = 4;
      {
        const ProfileScope innermost(&profiler, Work::kDequantize);
        now = 5;
      }
    }
    now = 7;
  }
  ASSERT_EQ(profiler.entries().size(), 3u);
  const Profiler::Entry& outer = profiler.entries()[0];
  EXPECT_EQ(outer.layer, "fc");
  EXPECT_EQ(outer.begin_s, 0);
  EXPECT_EQ(outer.end_s, 7);
  EXPECT_EQ(outer.self_s(), 7 - 4);  // 1..5 is the inner entry's
  EXPECT_EQ(profiler.entries()[1].self_s(), 4 - 1);
  EXPECT_EQ(profiler.entries()[2].self_s(), 1);
  profiler.Clear();
  EXPECT_TRUE(profiler.entries().empty());
}

TEST(Profiler, NullProfilerIsNotAsked) {
  const ProfileScope scope(nullptr, Work::kConvForward, "conv1");
}

TEST(Profiler, KindsOfWorkHaveNamesOfTheirOwn) {
  std::set<std::string> names;
  int convolutions = 0;
  for (int i = 0; i < kNumWorks; ++i) {
    names.insert(NameOf(static_cast<Work>(i)));
    convolutions += IsConvolution(static_cast<Work>(i));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(kNumWorks));
  EXPECT_EQ(names.count(""), 0u);
  EXPECT_EQ(convolutions, 3);
}

}  // namespace
}  // namespace rtfq
