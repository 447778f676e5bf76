#include "rtfq/tools/run_directory.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/train/train_config.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using google::protobuf::util::MessageDifferencer;
using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

class RunDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name() /
              "run";
    std::filesystem::remove_all(folder_.parent_path());
    files_.config = ResolveTrainConfig(TrainConfig(), 10, 10).value();
    files_.data.mutable_source()->set_root("/data");
    files_.data.add_class_names("mug");
    files_.environment.set_commit("abc");
  }
  void TearDown() override {
    std::filesystem::remove_all(folder_.parent_path());
  }
  void MakeRun() {
    auto run = RunDirectory::Create(folder_);
    ASSERT_THAT(run, IsOk());
    ASSERT_THAT(run->Commit(files_), IsOk());
  }
  void Write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / name) << text;
  }

  std::filesystem::path folder_;
  RunFiles files_;
};

TEST_F(RunDirectoryTest, HoldsWhatWasCommitted) {
  MakeRun();
  const auto run = RunDirectory::Open(folder_);
  ASSERT_THAT(run, IsOk());
  EXPECT_TRUE(MessageDifferencer::Equals(run->files().config, files_.config));
  EXPECT_TRUE(MessageDifferencer::Equals(run->files().data, files_.data));
  EXPECT_EQ(run->files().environment.commit(), "abc");
  EXPECT_EQ(run->metrics(), (folder_ / "metrics.jsonl").string());
}

TEST_F(RunDirectoryTest, RefusesAFolderThatIsARun) {
  MakeRun();
  const std::string before = ReadFile(folder_ / "config.textproto").value();
  EXPECT_THAT(
      RunDirectory::Create(folder_),
      StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("--resume=")));
  EXPECT_EQ(ReadFile(folder_ / "config.textproto").value(), before);
}

TEST_F(RunDirectoryTest, RefusesAFolderWithOtherThings) {
  Write("thesis.tex", "x");
  EXPECT_THAT(RunDirectory::Create(folder_),
              StatusIs(absl::StatusCode::kAlreadyExists,
                       HasSubstr("not empty (thesis.tex)")));
}

TEST_F(RunDirectoryTest, RefusesCheckpointsWithoutConfig) {
  std::filesystem::create_directories(folder_ / "checkpoints");
  Write("checkpoints/step-0000000001.safetensors", "x");
  EXPECT_THAT(
      RunDirectory::Create(folder_),
      StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("checkpoints")));
}

TEST_F(RunDirectoryTest, TakesWhatAKilledProcessLeft) {
  Write("lock", "");
  Write("data.textproto", "half");
  Write("config.textproto.tmp", "half");
  std::filesystem::create_directories(folder_ / "checkpoints");
  MakeRun();
  EXPECT_THAT(RunDirectory::Open(folder_), IsOk());
}

TEST_F(RunDirectoryTest, LeavesNothingWithoutCommit) {
  {
    const auto run = RunDirectory::Create(folder_);
    ASSERT_THAT(run, IsOk());
    std::filesystem::create_directories(run->checkpoints());
    EXPECT_TRUE(std::filesystem::exists(folder_));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(RunDirectoryTest, OneProcessAtATime) {
  MakeRun();
  const auto first = RunDirectory::Open(folder_);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(RunDirectory::Open(folder_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("another process")));
  EXPECT_THAT(RunDirectory::OpenForReading(folder_), IsOk());
}

TEST_F(RunDirectoryTest, TheLockGoesWithItsHolder) {
  MakeRun();
  { ASSERT_THAT(RunDirectory::Open(folder_), IsOk()); }
  auto first = RunDirectory::Open(folder_);
  ASSERT_THAT(first, IsOk());
  { const RunDirectory moved = *std::move(first); }
  EXPECT_THAT(RunDirectory::Open(folder_), IsOk());
}

TEST_F(RunDirectoryTest, OpenNeedsARun) {
  EXPECT_THAT(RunDirectory::Open(folder_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("is no run")));
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(RunDirectoryTest, DamagedFilesAreNamed) {
  MakeRun();
  Write("config.textproto", "sead: 3");
  EXPECT_THAT(
      RunDirectory::Open(folder_),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("config.textproto:1:5: unknown field 'sead'")));
  Write("config.textproto", "data { resize: -1 }");
  EXPECT_THAT(
      RunDirectory::Open(folder_),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("data.resize")));
}

TEST_F(RunDirectoryTest, UpdateKeepsTheConfig) {
  MakeRun();
  const std::string before = ReadFile(folder_ / "config.textproto").value();
  {
    auto run = RunDirectory::Open(folder_);
    ASSERT_THAT(run, IsOk());
    MachineConfig machine;
    machine.set_threads(3);
    ASSERT_THAT(
        run->Update(machine, run->files().data, run->files().environment),
        IsOk());
  }
  EXPECT_EQ(ReadFile(folder_ / "config.textproto").value(), before);
  EXPECT_EQ(RunDirectory::Open(folder_)->files().machine.threads(), 3);
}

}  // namespace
}  // namespace rtfq
