// What this machine can do.
#ifndef RTFQ_CORE_CPU_FEATURES_H_
#define RTFQ_CORE_CPU_FEATURES_H_

#include <string>

#include "absl/status/statusor.h"

namespace rtfq {

// Processors this process may use: the smaller of its affinity mask and its
// cgroup's CPU quota (versions 1 and 2), rounded up; at least 1.
int AvailableCpus();

// The lowest quota, in processors, of the cgroup that `self` (the text of
// /proc/self/cgroup) names and of those around it, whose files are below `root`
// (/sys/fs/cgroup); 0 where nothing limits them.
double CgroupCpuQuota(const std::string& root, const std::string& self);

// The quota in a cgroup v2 `cpu.max` file's text ("200000 100000" is 2.0), or 0
// for "max" and for anything that is no quota.
double ParseCgroupCpuMax(const std::string& text);

// `requested` threads, or all available ones for 0. Fails with kInvalidArgument
// for a negative number or one beyond 1024.
absl::StatusOr<int> ResolveThreadCount(int requested);

// One line: the processor's name and its instruction sets that matter here.
std::string CpuDescription();

}  // namespace rtfq

#endif  // RTFQ_CORE_CPU_FEATURES_H_
