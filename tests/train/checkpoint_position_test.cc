#include "rtfq/train/checkpoint_position.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/safetensors_writer.h"
#include "rtfq/train/train_config.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

absl::StatusOr<CheckpointPosition> Read(const std::string& step,
                                        const std::string& warm_up_end,
                                        bool of_another_config = false) {
  TrainConfig config;
  config.mutable_warm_up()->set_steps(5);
  config.mutable_adaptation()->set_steps(7);
  SafetensorsWriter writer;
  const Tensor tensor = Tensor::Zeros({1});
  writer.AddF32("a", tensor.view());
  writer.SetMetadata(
      "config_sha256",
      ConfigFingerprint(of_another_config ? TrainConfig() : config));
  if (!step.empty()) writer.SetMetadata("step", step);
  if (!warm_up_end.empty()) writer.SetMetadata("warm_up_end", warm_up_end);
  const std::string path = testing::TempDir() + "/position.safetensors";
  EXPECT_THAT(writer.WriteAtomically(path), IsOk());
  return ReadCheckpointPosition(SafetensorsFile::Read(path).value(), config);
}

TEST(CheckpointPosition, ReadsWhatATrainingCanReach) {
  for (const int warm_up_end : {0, 3, 5}) {
    for (const int step : {0, warm_up_end, warm_up_end + 7}) {
      const auto position =
          Read(std::to_string(step), std::to_string(warm_up_end));
      ASSERT_THAT(position, IsOk());
      EXPECT_EQ(position->step, step);
      EXPECT_EQ(position->warm_up_end, warm_up_end);
    }
  }
}

TEST(CheckpointPosition, RefusesWhatItCannot) {
  for (const char* wrong : {"6", "-1", "", "x", "9223372036854775807"}) {
    EXPECT_THAT(Read("3", wrong),
                StatusIs(absl::StatusCode::kDataLoss,
                         AllOf(HasSubstr("position.safetensors"),
                               HasSubstr("warm_up_end"))))
        << wrong;
  }
  for (const char* wrong :
       {"13", "-1", "", "1.5", "9223372036854775807", "99999999999999999999"}) {
    EXPECT_THAT(Read(wrong, "5"),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("\"step\"")))
        << wrong;
  }
}

TEST(CheckpointPosition, RefusesAnotherConfig) {
  EXPECT_THAT(Read("3", "5", /*of_another_config=*/true),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("position.safetensors"),
                             HasSubstr("another config"))));
}

}  // namespace
}  // namespace rtfq
