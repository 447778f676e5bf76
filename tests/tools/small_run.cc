#include "tests/tools/small_run.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "rtfq/data/synthetic_domains.h"

namespace rtfq::test {
namespace {

constexpr char kConfig[] = R"(
network {
  family: TINY
  tiny { stage_channels: [8, 16] stage_blocks: [1, 1] stem_channels: 16 }
  stem_kernel: 3 stem_stride: 2 stem_max_pool: false
}
search_space {
  resolutions: [16, 12] width_percents: [100, 60] bit_widths: [8, 4]
}
data { images_per_domain: 4 resize: 16 }
warm_up { steps: 6 optimizer { learning_rate: 0.01 } }
adaptation { steps: 18 step_calibration_batches: 2 }
)";

}  // namespace

void SmallRun::SetUp() {
  const ::testing::TestInfo* info =
      ::testing::UnitTest::GetInstance()->current_test_info();
  folder_ = std::filesystem::path(::testing::TempDir()) /
            (std::string(info->test_suite_name()) + info->name());
  std::filesystem::remove_all(folder_);
  SyntheticOptions options;
  options.side = 16;
  options.images_per_class = 3;
  const ThreadPool threads(1);
  const absl::Status status =
      WriteSyntheticDomains(options, Path("data"), threads);
  ASSERT_TRUE(status.ok()) << status;
  Write("config.textproto", kConfig);
  Write("machine.textproto",
        "threads: 1 checkpoint_interval: " + std::to_string(kInterval));
}

void SmallRun::TearDown() { std::filesystem::remove_all(folder_); }

std::vector<std::string> SmallRun::TrainFlags(
    const std::string& run, const std::vector<std::string>& more) const {
  std::vector<std::string> flags = {"--config=" + Path("config.textproto"),
                                    "--machine=" + Path("machine.textproto"),
                                    "--data=" + Path("data"),
                                    std::string("--source=") + kCleanDomain,
                                    std::string("--target=") + kShiftedDomain,
                                    "--run=" + Path(run),
                                    "--progress=none"};
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

std::string SmallRun::Read(const std::string& name) const {
  std::ifstream file(Path(name), std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void SmallRun::Write(const std::string& name, const std::string& text) const {
  std::ofstream(Path(name), std::ios::binary) << text;
}

std::string SmallRun::LastCheckpoint(const std::string& run) const {
  char name[64];
  std::snprintf(name, sizeof(name), "/checkpoints/step-%010d.safetensors",
                kSteps);
  return Read(run + name);
}

int SmallRun::NewestStep(const std::string& run) const {
  int newest = 0;
  std::error_code none;
  for (const auto& entry :
       std::filesystem::directory_iterator(Path(run + "/checkpoints"), none)) {
    int step = 0;
    if (entry.path().extension() == ".safetensors" &&
        std::sscanf(entry.path().filename().c_str(), "step-%d", &step) == 1) {
      newest = std::max(newest, step);
    }
  }
  return newest;
}

}  // namespace rtfq::test
