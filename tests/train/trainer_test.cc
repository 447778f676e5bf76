// Training end to end on two small generated domains: what is learned does not
// depend on threads, on being stopped, nor on being killed.
#include "rtfq/train/trainer.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/core/safetensors_writer.h"
#include "rtfq/data/synthetic_domains.h"
#include "rtfq/train/train_config.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

class Recorder : public TrainObserver {
 public:
  absl::Status AfterStep(const StepEvent& event) override {
    events.push_back(event.step);
    totals.push_back(event.report->subnets.front().total);
    return absl::OkStatus();
  }
  std::vector<int64_t> events;
  std::vector<double> totals;
};

class TrainerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const ThreadPool threads(2);
    SyntheticOptions options;
    options.images_per_class = 6;
    ASSERT_TRUE(WriteSyntheticDomains(options, Folder("data"), threads).ok());
  }

  static std::string Folder(const std::string& name) {
    return testing::TempDir() + "/trainer_test/" + name;
  }

  static TrainConfig Config() {
    TrainConfig config;
    config.mutable_network()->set_family(NetworkConfig::TINY);
    SearchSpaceConfig& space = *config.mutable_search_space();
    for (const int r : {32, 24}) space.add_resolutions(r);
    for (const int w : {100, 60}) space.add_width_percents(w);
    for (const int b : {8, 4}) space.add_bit_widths(b);
    config.mutable_data()->set_images_per_domain(4);
    config.mutable_data()->set_resize(40);
    config.mutable_data()->set_crop(32);
    config.mutable_warm_up()->set_steps(5);
    config.mutable_warm_up()->mutable_optimizer()->set_learning_rate(1e-3);
    config.mutable_adaptation()->set_steps(7);
    config.mutable_adaptation()->set_step_calibration_batches(2);
    return config;
  }

  struct Run {
    std::unique_ptr<Engine> engine;
    std::unique_ptr<PairedLoader> loader;
    std::unique_ptr<CheckpointStore> checkpoints;
    std::unique_ptr<Trainer> trainer;
  };

  // A trainer over `folder`, continued from its last checkpoint if it has one.
  static Run Open(const std::string& folder, const TrainConfig& config,
                  int num_threads, std::function<bool()> should_stop = {}) {
    Run run;
    run.engine = Engine::Create(num_threads).value();
    const DomainDataset source = OpenDomain(Folder("data"), "clean").value();
    const DomainDataset target =
        OpenDomain(Folder("data"), "shifted", source.classes).value();
    LoaderOptions loader;
    loader.images_per_domain = config.data().images_per_domain();
    loader.seed = config.seed();
    loader.transform.resize = config.data().resize();
    loader.transform.crop = config.data().crop();
    run.loader =
        PairedLoader::Create(loader, source, target, run.engine->threads())
            .value();
    run.checkpoints = std::make_unique<CheckpointStore>(
        CheckpointStore::Open(folder, 2).value());
    Trainer::Options options;
    options.config = config;
    options.num_classes = static_cast<int>(source.classes.size());
    options.checkpoint_interval = 3;
    options.should_stop = std::move(should_stop);
    run.trainer =
        Trainer::Create(*run.engine, options, *run.loader, *run.checkpoints)
            .value();
    std::vector<std::string> skipped;
    auto latest = run.checkpoints->LoadLatest(&skipped).value();
    if (latest.has_value()) {
      const absl::Status restored = run.trainer->Restore(latest->file);
      EXPECT_TRUE(restored.ok()) << restored;
    }
    return run;
  }

  static std::vector<Tensor> FinalValues(const Run& run) {
    std::vector<Tensor> values;
    for (const Parameter& p : run.trainer->student()->store().parameters()) {
      values.push_back(p.value);
    }
    for (const Buffer& b : run.trainer->student()->store().buffers()) {
      values.push_back(b.value);
    }
    return values;
  }

  static void ExpectSame(const std::vector<Tensor>& a,
                         const std::vector<Tensor>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_THAT(a[i], test::HasBitsOf(b[i])) << "tensor " << i;
    }
  }
};

TEST_F(TrainerTest, BitsDependNeitherOnThreadsNorOnStopping) {
  Run straight = Open(Folder("straight"), Config(), 1);
  Recorder recorder;
  ASSERT_TRUE(straight.trainer->Run({&recorder}).ok());
  EXPECT_TRUE(straight.trainer->finished());
  ASSERT_EQ(recorder.events.size(), 12);
  EXPECT_EQ(recorder.events.back(), 12);
  const std::vector<Tensor> expected = FinalValues(straight);

  // Stopped after every single step, in the warm-up, at its end and after it,
  // each time made anew, with other numbers of threads.
  std::vector<double> totals;
  for (int i = 0; i < 12; ++i) {
    Run run = Open(Folder("stopped"), Config(), 1 + i % 3, [] { return true; });
    ASSERT_EQ(run.trainer->step(), i);
    Recorder one;
    ASSERT_TRUE(run.trainer->Run({&one}).ok());
    totals.insert(totals.end(), one.totals.begin(), one.totals.end());
    if (i == 11) ExpectSame(FinalValues(run), expected);
  }
  EXPECT_EQ(totals, recorder.totals);
}

TEST_F(TrainerTest, ARunThatDiesLosesAtMostOneInterval) {
  class Killer : public TrainObserver {
   public:
    absl::Status AfterStep(const StepEvent& event) override {
      return event.step == 8 ? absl::InternalError("killed") : absl::OkStatus();
    }
  };
  {
    Run run = Open(Folder("killed"), Config(), 2);
    Killer killer;
    EXPECT_FALSE(run.trainer->Run({&killer}).ok());
  }
  Run run = Open(Folder("killed"), Config(), 2);
  EXPECT_EQ(run.trainer->step(), 6);  // the last multiple of 3
  ASSERT_TRUE(run.trainer->Run({}).ok());
  Run straight = Open(Folder("not_killed"), Config(), 2);
  ASSERT_TRUE(straight.trainer->Run({}).ok());
  ExpectSame(FinalValues(run), FinalValues(straight));
}

TEST_F(TrainerTest, RefusesACheckpointOfAnotherConfig) {
  {
    Run run = Open(Folder("config"), Config(), 2, [] { return true; });
    ASSERT_TRUE(run.trainer->Run({}).ok());
  }
  TrainConfig other = Config();
  other.set_seed(1);
  const auto engine = Engine::Create(1).value();
  const auto checkpoints = CheckpointStore::Open(Folder("config"), 2).value();
  const auto latest = checkpoints.LoadLatest(nullptr).value();
  ASSERT_TRUE(latest.has_value());
  Run run = Open(Folder("other"), other, 1);
  EXPECT_EQ(run.trainer->Restore(latest->file).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(TrainerTest, RefusesAStepOfTheWarmUpWithoutItsNetwork) {
  Run run = Open(Folder("no_warm_up"), Config(), 1);
  SafetensorsWriter writer;
  const Tensor tensor = Tensor::Zeros({1});
  writer.AddF32("student/fc.weight", tensor.view());
  writer.SetMetadata("step", "2");
  writer.SetMetadata("warm_up_end", "5");
  writer.SetMetadata("config_sha256", ConfigFingerprint(Config()));
  const SafetensorsFile file =
      SafetensorsFile::Parse(writer.Serialize().value(), "a.safetensors")
          .value();
  const absl::Status status = run.trainer->Restore(file);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("a.safetensors"), std::string::npos);
  EXPECT_NE(status.message().find("no warm_up/"), std::string::npos) << status;
}

TEST_F(TrainerTest, StopsAtValuesThatAreNotFinite) {
  TrainConfig config = Config();
  config.mutable_warm_up()->mutable_optimizer()->set_learning_rate(1e30);
  Run run = Open(Folder("nan"), config, 2);
  const absl::Status status = run.trainer->Run({});
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  for (const char* part : {"step ", "student r32-w100-q32", "source"}) {
    EXPECT_NE(status.message().find(part), std::string::npos) << status;
  }
}

TEST_F(TrainerTest, EveryWayToTrainRuns) {
  for (const bool warm_up : {true, false}) {
    for (const auto method :
         {AdaptationConfig::RTFQ, AdaptationConfig::SOURCE_ONLY}) {
      for (const auto sampling :
           {AdaptationConfig::SANDWICH_Q, AdaptationConfig::SANDWICH,
            AdaptationConfig::MAX_K_MIN}) {
        for (const auto nets :
             {AdaptationConfig::SAMPLED, AdaptationConfig::ALL}) {
          TrainConfig config = Config();
          config.mutable_warm_up()->set_enabled(warm_up);
          config.mutable_warm_up()->set_steps(1);
          config.mutable_adaptation()->set_steps(1);
          config.mutable_adaptation()->set_method(method);
          config.mutable_adaptation()->set_sampling(sampling);
          config.mutable_adaptation()->set_teacher_nets(nets);
          const std::string name =
              std::to_string(warm_up) + std::to_string(method) +
              std::to_string(sampling) + std::to_string(nets);
          Run run = Open(Folder(name), config, 2);
          Recorder recorder;
          const absl::Status status = run.trainer->Run({&recorder});
          EXPECT_TRUE(status.ok()) << status;
          EXPECT_EQ(recorder.events.size(), warm_up ? 2 : 1);
        }
      }
    }
  }
}

}  // namespace
}  // namespace rtfq
