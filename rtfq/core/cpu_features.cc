#include "rtfq/core/cpu_features.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace rtfq {
namespace {

std::string FirstLine(const std::string& path) {
  std::ifstream stream(path);
  std::string line;
  std::getline(stream, line);
  return line;
}

// The quota of one cgroup's folder, of either version.
double QuotaOfFolder(const std::string& folder) {
  const double v2 = ParseCgroupCpuMax(FirstLine(folder + "/cpu.max"));
  if (v2 > 0) return v2;
  return ParseCgroupCpuMax(
      absl::StrCat(FirstLine(folder + "/cpu.cfs_quota_us"), " ",
                   FirstLine(folder + "/cpu.cfs_period_us")));
}

// The lowest quota of `path` below `root` and of every folder between.
double QuotaAlong(const std::string& root, std::string path) {
  double lowest = 0;
  while (true) {
    const double quota = QuotaOfFolder(root + path);
    if (quota > 0 && (lowest == 0 || quota < lowest)) lowest = quota;
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return lowest;
    path.resize(slash);
  }
}

int AffinityCount() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // It fails on machines of more processors than the set can name.
  if (sched_getaffinity(0, sizeof(set), &set) != 0) {
    return std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
  }
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace

double ParseCgroupCpuMax(const std::string& text) {
  std::istringstream stream(text);
  double quota = 0;
  double period = 0;
  if (!(stream >> quota >> period) || quota <= 0 || period <= 0) return 0;
  return quota / period;
}

double CgroupCpuQuota(const std::string& root, const std::string& self) {
  double lowest = 0;
  const auto take = [&lowest](double quota) {
    if (quota > 0 && (lowest == 0 || quota < lowest)) lowest = quota;
  };
  std::istringstream lines(self);
  for (std::string line; std::getline(lines, line);) {
    // "0::/path" is version 2; "4:cpu,cpuacct:/path" version 1's processors.
    const std::vector<std::string> fields =
        absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3) continue;
    if (fields[0] == "0" && fields[1].empty()) {
      take(QuotaAlong(root, fields[2]));
      continue;
    }
    for (const absl::string_view controller : absl::StrSplit(fields[1], ',')) {
      if (controller == "cpu") take(QuotaAlong(root + "/cpu", fields[2]));
    }
  }
  return lowest;
}

int AvailableCpus() {
  std::ifstream stream("/proc/self/cgroup");
  std::ostringstream self;
  self << stream.rdbuf();
  const double affinity = AffinityCount();
  const double quota = CgroupCpuQuota("/sys/fs/cgroup", self.str());
  if (quota <= 0) return static_cast<int>(affinity);
  return static_cast<int>(std::clamp(std::ceil(quota), 1.0, affinity));
}

absl::StatusOr<int> ResolveThreadCount(int requested) {
  if (requested < 0 || requested > 1024) {
    return absl::InvalidArgumentError(absl::StrCat(
        "threads = ", requested, "; want 1 to 1024, or 0 for all available"));
  }
  return requested == 0 ? AvailableCpus() : requested;
}

std::string CpuDescription() {
  std::string name = "unknown processor";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) name = line.substr(colon + 2);
    break;
  }
  std::string isa;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) isa += " avx2";
  if (__builtin_cpu_supports("avx512bw")) isa += " avx512";
  if (__builtin_cpu_supports("avx512vnni")) isa += " avx512_vnni";
  if (__builtin_cpu_supports("avx512bf16")) isa += " avx512_bf16";
  return absl::StrCat(name, ", instruction sets:", isa.empty() ? " sse2" : isa);
}

}  // namespace rtfq
