#include "rtfq/tools/profile_table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace rtfq {
namespace {

struct Row {
  const char* name = "";
  double seconds = 0;
  int64_t entries = 0;
};

std::string Line(const Row& row, double seconds) {
  return absl::StrFormat(
      "%-22s %10.1f ms %6.1f %% %7d\n", row.name, row.seconds * 1000,
      seconds > 0 ? row.seconds / seconds * 100 : 0, row.entries);
}

}  // namespace

std::string ProfileTable(std::span<const Profiler::Entry> entries,
                         double seconds) {
  std::vector<Row> rows(kNumWorks);
  for (int i = 0; i < kNumWorks; ++i) {
    rows[static_cast<size_t>(i)].name = NameOf(static_cast<Work>(i));
  }
  double covered = 0;
  for (const Profiler::Entry& entry : entries) {
    Row& row = rows[static_cast<size_t>(entry.work)];
    row.seconds += entry.self_s();
    ++row.entries;
    covered += entry.self_s();
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.seconds > b.seconds;
  });
  std::string table;
  for (const Row& row : rows) {
    if (row.entries > 0) table += Line(row, seconds);
  }
  table += Line({"not itemised", std::max(0.0, seconds - covered), 0}, seconds);
  table +=
      Line({"all", seconds, static_cast<int64_t>(entries.size())}, seconds);
  return table;
}

std::string ChromeTrace(std::span<const Profiler::Entry> entries) {
  std::vector<std::string> events;
  const double origin = entries.empty() ? 0 : entries.front().begin_s;
  for (const Profiler::Entry& entry : entries) {
    // Names are layers' and ours: no character in them needs escaping.
    const std::string name =
        entry.layer.empty() ? NameOf(entry.work) : entry.layer;
    events.push_back(absl::StrFormat(
        "{\"name\":\"%s\",\"cat\":\"%s\",\"ph\":\"X\",\"ts\":%.3f,"
        "\"dur\":%.3f,\"pid\":1,\"tid\":1}",
        name, NameOf(entry.work), (entry.begin_s - origin) * 1e6,
        (entry.end_s - entry.begin_s) * 1e6));
  }
  return absl::StrCat("{\"traceEvents\":[\n", absl::StrJoin(events, ",\n"),
                      "\n]}\n");
}

}  // namespace rtfq
