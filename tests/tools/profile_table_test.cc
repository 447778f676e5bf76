#include "rtfq/tools/profile_table.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;

std::vector<Profiler::Entry> Entries() {
  return {{.work = Work::kOther,
           .layer = "forward",
           .begin_s = 1,
           .end_s = 4,
           .inner_s = 2},
          {.work = Work::kConvForward,
           .layer = "conv1",
           .begin_s = 1.5,
           .end_s = 3.5}};
}

TEST(ProfileTable, MostTimeComesFirstAndEverySecondOnce) {
  const std::string table = ProfileTable(Entries(), 4);
  EXPECT_LT(table.find("conv forward"), table.find("other"));
  // 2 of 4 seconds, 3 - 2 of 4, and what no entry covers: 4 - 2 - 1.
  EXPECT_THAT(table, HasSubstr("2000.0 ms   50.0 %       1"));
  EXPECT_THAT(table, HasSubstr("1000.0 ms   25.0 %       1"));
  EXPECT_THAT(table,
              HasSubstr("not itemised               1000.0 ms   25.0 %"));
  EXPECT_THAT(table,
              HasSubstr("all                        4000.0 ms  100.0 %"));
}

TEST(ProfileTable, NothingMeasuredIsATableOfNothing) {
  EXPECT_THAT(ProfileTable({}, 0), HasSubstr("all"));
}

TEST(ChromeTrace, TimesAreMicrosecondsFromTheFirstEntry) {
  const std::string trace = ChromeTrace(Entries());
  EXPECT_THAT(trace, HasSubstr("{\"traceEvents\":["));
  EXPECT_THAT(trace, HasSubstr("\"name\":\"conv1\",\"cat\":\"conv forward\","
                               "\"ph\":\"X\",\"ts\":500000.000,"
                               "\"dur\":2000000.000"));
  EXPECT_THAT(ChromeTrace({}), HasSubstr("traceEvents"));
}

}  // namespace
}  // namespace rtfq
