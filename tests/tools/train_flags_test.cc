#include "rtfq/tools/train_flags.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

auto Invalid(const char* said) {
  return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(said));
}

class TrainFlagsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / "train_flags";
    std::filesystem::create_directories(folder_ / "data" / "amazon");
    flags_.run = folder_ / "run";
    flags_.data = folder_ / "data";
    flags_.source = "amazon";
    flags_.target = "webcam";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::filesystem::path folder_;
  TrainFlags flags_;
};

TEST_F(TrainFlagsTest, AllOfThemMakeARun) {
  flags_.config = Write("c.textproto", "seed: 3 adaptation { steps: 50 }");
  flags_.machine = Write("m.textproto", "threads: 2 checkpoint_interval: 9");
  flags_.set = {"seed=4", "data.resize=256"};
  flags_.steps = 70;
  flags_.threads = 3;
  flags_.on_bad_image = "skip";
  flags_.init = "/w.safetensors";
  flags_.warm_up = "/other";
  const auto run = NewRunFrom(flags_, TrainConfig(), {"train", "--x"});
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(run->config.seed(), 4u);
  EXPECT_EQ(run->config.data().resize(), 256);
  EXPECT_EQ(run->config.adaptation().steps(), 70);
  EXPECT_EQ(run->machine.threads(), 3);
  EXPECT_EQ(run->machine.checkpoint_interval(), 9);
  EXPECT_TRUE(run->data.skip_bad_images());
  EXPECT_EQ(run->data.init(), "/w.safetensors");
  EXPECT_EQ(run->warm_up_from, "/other");
  EXPECT_EQ(run->data.source().root(), (folder_ / "data").string());
  EXPECT_EQ(run->data.source().name(), "amazon");
  EXPECT_EQ(run->folder, (folder_ / "run").string());
  EXPECT_EQ(run->command.size(), 2u);
}

TEST_F(TrainFlagsTest, ConfigReplacesTheBase) {
  TrainConfig base;
  base.set_seed(9);
  EXPECT_EQ(NewRunFrom(flags_, base, {})->config.seed(), 9u);
  flags_.config = Write("c.textproto", "data { resize: 256 }");
  EXPECT_FALSE(NewRunFrom(flags_, base, {})->config.has_seed());
}

TEST_F(TrainFlagsTest, AListMayLieElsewhere) {
  flags_.target = Write("list.txt", "a.jpg 0\n");
  EXPECT_EQ(NewRunFrom(flags_, TrainConfig(), {})->data.target().name(),
            (folder_ / "list.txt").string());
}

TEST_F(TrainFlagsTest, MissingOnesAreNamedWithAnExample) {
  for (std::string TrainFlags::*flag :
       {&TrainFlags::run, &TrainFlags::data, &TrainFlags::source,
        &TrainFlags::target}) {
    TrainFlags without = flags_;
    (without.*flag).clear();
    EXPECT_THAT(NewRunFrom(without, TrainConfig(), {}), Invalid("is missing"));
  }
}

TEST_F(TrainFlagsTest, WrongValuesAreNamed) {
  const auto with = [&](auto change) {
    TrainFlags flags = flags_;
    change(flags);
    return NewRunFrom(flags, TrainConfig(), {});
  };
  EXPECT_THAT(with([](TrainFlags& f) { f.set = {"sead=3"}; }),
              Invalid("--set: sead: unknown field 'sead'"));
  EXPECT_THAT(with([](TrainFlags& f) { f.steps = 5000000000; }),
              Invalid("--steps: adaptation.steps"));
  EXPECT_THAT(with([](TrainFlags& f) { f.threads = -1; }),
              Invalid("--threads=-1"));
  EXPECT_THAT(with([](TrainFlags& f) { f.on_bad_image = "weep"; }),
              Invalid("fail or skip"));
  EXPECT_THAT(with([&](TrainFlags& f) {
                f.config = Write("wrong.textproto", "\n  stepz: 3");
              }),
              Invalid("wrong.textproto:2:"));
  EXPECT_THAT(with([](TrainFlags& f) { f.config = "/none.textproto"; }),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/none")));
}

TEST_F(TrainFlagsTest, AResumedRunKeepsWhatItLearns) {
  TrainFlags flags;
  flags.resume = folder_ / "run";
  flags.data = "/moved";
  flags.threads = 2;
  const auto run = ResumedRunFrom(flags, {"train"});
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(run->folder, (folder_ / "run").string());
  EXPECT_EQ(run->data_root, "/moved");
  EXPECT_EQ(run->threads, 2);
  EXPECT_FALSE(run->machine.has_value());
  const auto refused = [&](auto change) {
    TrainFlags wrong = flags;
    change(wrong);
    return ResumedRunFrom(wrong, {});
  };
  EXPECT_THAT(refused([](TrainFlags& f) { f.config = "c"; }),
              Invalid("--config"));
  EXPECT_THAT(refused([](TrainFlags& f) { f.set = {"seed=1"}; }),
              Invalid("--set"));
  EXPECT_THAT(refused([](TrainFlags& f) { f.steps = 3; }), Invalid("--steps"));
  EXPECT_THAT(refused([](TrainFlags& f) { f.run = "r"; }), Invalid("--run"));
  EXPECT_THAT(refused([](TrainFlags& f) { f.init = "r"; }), Invalid("--init"));
}

}  // namespace
}  // namespace rtfq
