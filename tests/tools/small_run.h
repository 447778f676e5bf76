// A run small enough to be made again and again.
#ifndef TESTS_TOOLS_SMALL_RUN_H_
#define TESTS_TOOLS_SMALL_RUN_H_

#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace rtfq::test {

// A folder with two small synthetic domains, a config of `kSteps` steps and a
// machine config of a checkpoint every kInterval.
class SmallRun : public ::testing::Test {
 protected:
  static constexpr int kWarmUpSteps = 6;
  static constexpr int kSteps = 24;  // both stages
  static constexpr int kInterval = 4;

  void SetUp() override;
  void TearDown() override;

  // Flags of `train` for a new run in <folder>/<run>, and more.
  std::vector<std::string> TrainFlags(
      const std::string& run, const std::vector<std::string>& more = {}) const;
  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Read(const std::string& name) const;
  void Write(const std::string& name, const std::string& text) const;
  // The bytes of a run's last checkpoint; "" when it has not ended.
  std::string LastCheckpoint(const std::string& run) const;
  // The step of the newest checkpoint, 0 for none.
  int NewestStep(const std::string& run) const;

  std::filesystem::path folder_;
};

}  // namespace rtfq::test

#endif  // TESTS_TOOLS_SMALL_RUN_H_
