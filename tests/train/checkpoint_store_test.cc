#include "rtfq/train/checkpoint_store.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/core/random.h"
#include "tests/testing/file_size_limit.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kValues = 5000;

class CheckpointStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  CheckpointStore Open(int keep = CheckpointStore::kDefaultKeep) const {
    return CheckpointStore::Open(folder_, keep).value();
  }
  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.insert(entry.path().filename());
    }
    return names;
  }
  void Damage(const std::string& path) const {
    std::string bytes = ReadFile(path).value();
    bytes[bytes.size() - 5] ^= 1;
    ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  }
  void Truncate(const std::string& path) const {
    ASSERT_EQ(::truncate(path.c_str(), 100), 0);
  }

  std::filesystem::path folder_;
};

// Every value of the checkpoint of a step is the step.
absl::Status SaveStep(const CheckpointStore& store, int64_t step) {
  const Tensor values = Tensor::Filled({kValues}, static_cast<float>(step));
  SafetensorsWriter writer;
  writer.AddF32("values", values);
  return store.Save(step, writer);
}

void ExpectIsStep(const LoadedCheckpoint& checkpoint) {
  const Tensor values = checkpoint.file.ReadF32("values").value();
  ASSERT_EQ(values.count(), kValues);
  for (const float value : values.span()) {
    ASSERT_EQ(value, static_cast<float>(checkpoint.step));
  }
}

// The step of the latest whole checkpoint, or -1.
int64_t Latest(const CheckpointStore& store,
               std::vector<std::string>* skipped) {
  const absl::StatusOr<std::optional<LoadedCheckpoint>> latest =
      store.LoadLatest(skipped);
  EXPECT_TRUE(latest.ok()) << latest.status();
  if (!latest.ok() || !latest->has_value()) return -1;
  ExpectIsStep(**latest);
  return (*latest)->step;
}

TEST_F(CheckpointStoreTest, AnEmptyFolderHasNone) {
  std::vector<std::string> skipped;
  EXPECT_EQ(Latest(Open(), &skipped), -1);
  EXPECT_THAT(skipped, IsEmpty());
  EXPECT_TRUE(std::filesystem::is_directory(folder_));
}

TEST_F(CheckpointStoreTest, KeepsTheNewestFew) {
  for (const int keep : {1, 2, 3}) {
    std::filesystem::remove_all(folder_);
    const CheckpointStore store = Open(keep);
    for (int64_t step = 0; step <= 50; step += 10) {
      ASSERT_TRUE(SaveStep(store, step).ok());
      std::vector<std::string> skipped;
      EXPECT_EQ(Latest(store, &skipped), step);
      const int64_t saved = step / 10 + 1;
      EXPECT_EQ(static_cast<int64_t>(Names().size()),
                std::min<int64_t>(keep, saved));
    }
    EXPECT_TRUE(Names().contains("step-0000000050.safetensors"));
    EXPECT_EQ(Names().contains("step-0000000040.safetensors"), keep > 1);
  }
}

TEST_F(CheckpointStoreTest, PassesOverDamagedOnesAndNamesThem) {
  const CheckpointStore store = Open(3);
  for (const int64_t step : {1, 2, 3}) {
    ASSERT_TRUE(SaveStep(store, step).ok());
  }
  Damage(store.PathOf(3));
  Truncate(store.PathOf(2));
  std::vector<std::string> skipped;
  EXPECT_EQ(Latest(store, &skipped), 1);
  EXPECT_THAT(skipped, ElementsAre(HasSubstr(store.PathOf(3) + ": damaged"),
                                   HasSubstr(store.PathOf(2) + ": header")));
  EXPECT_EQ(Names().size(), 3u);
  Truncate(store.PathOf(1));
  skipped.clear();
  EXPECT_EQ(Latest(store, &skipped), -1);
  EXPECT_EQ(skipped.size(), 3u);
}

// Resumed from 20 behind a damaged 40, what is saved next must not make way
// for the damaged one.
TEST_F(CheckpointStoreTest, DamagedLaterOnesDoNotCountAsKept) {
  for (const int keep : {1, 2}) {
    std::filesystem::remove_all(folder_);
    const CheckpointStore store = Open(keep);
    ASSERT_TRUE(SaveStep(store, 40).ok());
    Damage(store.PathOf(40));
    ASSERT_TRUE(SaveStep(store, 20).ok());
    ASSERT_TRUE(SaveStep(store, 30).ok());
    std::vector<std::string> skipped;
    EXPECT_EQ(Latest(store, &skipped), 30);
    EXPECT_EQ(std::filesystem::exists(store.PathOf(20)), keep == 2);
    ASSERT_TRUE(SaveStep(store, 40).ok());
    EXPECT_EQ(Latest(store, &skipped), 40);
    EXPECT_EQ(static_cast<int>(Names().size()), keep);
  }
}

TEST_F(CheckpointStoreTest, TouchesOnlyItsOwnFiles) {
  const std::set<std::string> others = {"notes.txt",
                                        "step-1.safetensors",
                                        "step-00000000001.safetensors",
                                        "step-000000000x.safetensors",
                                        "step-0000000001.safetensors.bak",
                                        "xstep-0000000001.safetensors",
                                        "other.safetensors.tmp"};
  ASSERT_TRUE(MakeFolders(folder_).ok());
  for (const std::string& name : others) {
    ASSERT_TRUE(WriteFileAtomically(folder_ / name, "mine").ok());
  }
  const CheckpointStore store = Open(1);
  std::vector<std::string> skipped;
  EXPECT_EQ(Latest(store, &skipped), -1);
  EXPECT_THAT(skipped, IsEmpty());
  ASSERT_TRUE(SaveStep(store, 5).ok());
  ASSERT_TRUE(SaveStep(store, 6).ok());
  std::set<std::string> expected = others;
  expected.insert("step-0000000006.safetensors");
  EXPECT_EQ(Names(), expected);
}

TEST_F(CheckpointStoreTest, OpenRemovesWhatWasLeftHalfWritten) {
  ASSERT_TRUE(SaveStep(Open(), 5).ok());
  const std::string leftover = Open().PathOf(6) + ".tmp";
  ASSERT_TRUE(WriteFileAtomically(leftover, "half").ok());
  std::vector<std::string> skipped;
  EXPECT_EQ(Latest(Open(), &skipped), 5);
  EXPECT_EQ(Names(), std::set<std::string>{"step-0000000005.safetensors"});
}

TEST_F(CheckpointStoreTest, AFullDiskCostsNothing) {
  const CheckpointStore store = Open(1);
  ASSERT_TRUE(SaveStep(store, 5).ok());
  {
    const test::FileSizeLimit limit(100);
    const absl::Status status = SaveStep(store, 6);
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(status.ToString(), HasSubstr("step-0000000006"));
  }
  std::vector<std::string> skipped;
  EXPECT_EQ(Latest(store, &skipped), 5);
  EXPECT_EQ(Names().size(), 1u);
}

TEST_F(CheckpointStoreTest, AFileThatMayNotBeReadIsNoDamage) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read anything";
  const CheckpointStore store = Open();
  ASSERT_TRUE(SaveStep(store, 5).ok());
  ASSERT_EQ(::chmod(store.PathOf(5).c_str(), 0), 0);
  std::vector<std::string> skipped;
  EXPECT_EQ(store.LoadLatest(&skipped).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(CheckpointStoreTest, RefusesBadArguments) {
  EXPECT_EQ(CheckpointStore::Open(folder_, 0).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(folder_));
  ASSERT_TRUE(WriteFileAtomically(folder_, "a file").ok());
  EXPECT_FALSE(CheckpointStore::Open(folder_).ok());
}

// Saves in a loop, in another process, until that is killed; each step is
// reported through `reported` once it is saved.
pid_t StartSaving(const std::string& folder, int64_t first, int reported) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const absl::StatusOr<CheckpointStore> store = CheckpointStore::Open(folder);
  for (int64_t step = first; store.ok(); ++step) {
    if (!SaveStep(*store, step).ok()) break;
    if (::write(reported, &step, sizeof(step)) != sizeof(step)) break;
  }
  ::_exit(1);
}

TEST_F(CheckpointStoreTest, KilledAtAnyMomentTheLastSavedOneIsThere) {
  int64_t latest = -1;
  for (int round = 0; round < 20; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = StartSaving(folder_, latest + 1, pipe[1]);
    ASSERT_GT(child, 0);
    ::close(pipe[1]);
    int64_t saved = -1;
    Rng rng = Rng(31).Stream(round);
    for (int64_t i = rng.Below(5); i >= 0; --i) {
      ASSERT_EQ(::read(pipe[0], &saved, sizeof(saved)),
                static_cast<ssize_t>(sizeof(saved)));
    }
    ::usleep(static_cast<useconds_t>(rng.Below(3000)));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ::close(pipe[0]);
    std::vector<std::string> skipped;
    latest = Latest(Open(), &skipped);
    EXPECT_GE(latest, saved);
    EXPECT_THAT(skipped, IsEmpty());
    EXPECT_LE(Names().size(), 3u);  // killed between saving and removing
  }
}

}  // namespace
}  // namespace rtfq
