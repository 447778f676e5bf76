#include "rtfq/core/cpu_features.h"

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

void Write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text << "\n";
}

std::string FreshFolder(const std::string& name) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  return folder.string();
}

TEST(ParseCgroupCpuMax, Quotas) {
  EXPECT_EQ(ParseCgroupCpuMax("200000 100000"), 2.0);
  EXPECT_EQ(ParseCgroupCpuMax("150000 100000\n"), 1.5);
  EXPECT_EQ(ParseCgroupCpuMax("50000 100000"), 0.5);
}

TEST(ParseCgroupCpuMax, NoQuota) {
  for (const char* text : {"max 100000", "-1 100000", "", " ", "100000",
                           "100000 0", "x y", "0 100000", "nan 1", "inf 1"}) {
    EXPECT_EQ(ParseCgroupCpuMax(text), 0.0) << text;
  }
}

TEST(CgroupCpuQuota, LowestOfAllFoldersUpToTheRoot) {
  const std::string root = FreshFolder("cgroup_v2");
  Write(root + "/a/cpu.max", "300000 100000");
  Write(root + "/a/b/cpu.max", "max 100000");
  Write(root + "/a/b/c/cpu.max", "800000 100000");
  EXPECT_EQ(CgroupCpuQuota(root, "0::/a/b/c\n"), 3.0);
  EXPECT_EQ(CgroupCpuQuota(root, "0::/\n"), 0.0);
  EXPECT_EQ(CgroupCpuQuota(root, "0::/not/here\n"), 0.0);
  Write(root + "/cpu.max", "100000 100000");
  EXPECT_EQ(CgroupCpuQuota(root, "0::/a/b/c\n"), 1.0);
  EXPECT_EQ(CgroupCpuQuota(root, "0::/\n"), 1.0);
}

TEST(CgroupCpuQuota, VersionOne) {
  const std::string root = FreshFolder("cgroup_v1");
  Write(root + "/cpu/box/cpu.cfs_quota_us", "250000");
  Write(root + "/cpu/box/cpu.cfs_period_us", "100000");
  Write(root + "/cpu/free/cpu.cfs_quota_us", "-1");
  Write(root + "/cpu/free/cpu.cfs_period_us", "100000");
  EXPECT_EQ(CgroupCpuQuota(root, "5:memory:/box\n4:cpu,cpuacct:/box\n"), 2.5);
  EXPECT_EQ(CgroupCpuQuota(root, "5:cpuset:/box\n4:cpu,cpuacct:/free\n"), 0.0);
}

TEST(CgroupCpuQuota, TextThatIsNone) {
  for (const char* text : {"", "\n", "x", "0:", "::", "0::", "a:b:c:d"}) {
    EXPECT_EQ(CgroupCpuQuota("/does/not/exist", text), 0.0) << text;
  }
}

TEST(ResolveThreadCount, ZeroMeansAllAvailable) {
  EXPECT_GE(AvailableCpus(), 1);
  EXPECT_EQ(ResolveThreadCount(0).value(), AvailableCpus());
  EXPECT_EQ(ResolveThreadCount(1).value(), 1);
  EXPECT_EQ(ResolveThreadCount(1024).value(), 1024);
}

TEST(ResolveThreadCount, RefusesNonsenseAndSaysWhatIsRight) {
  for (const int threads : {-1, 1025, -2147483647, 2147483647}) {
    const absl::Status status = ResolveThreadCount(threads).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(status.ToString().find("1 to 1024"), std::string::npos);
  }
}

TEST(CpuDescription, IsOneLine) {
  const std::string text = CpuDescription();
  EXPECT_NE(text.find("instruction sets:"), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace rtfq
