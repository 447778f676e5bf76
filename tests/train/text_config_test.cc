#include "rtfq/train/text_config.h"

#include <cstdio>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "rtfq/train/machine_config.pb.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ErrorOf(const std::string& text) {
  TrainConfig config;
  config.set_seed(77);
  const absl::Status status = ParseTextProto(text, "c.textproto", config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_EQ(config.ByteSizeLong(),
            [] {
              TrainConfig before;
              before.set_seed(77);
              return before.ByteSizeLong();
            }())
      << "changed by: " << text;
  return std::string(status.message());
}

TEST(ParseTextProto, ReadsEveryKindOfField) {
  TrainConfig config;
  const absl::Status status = ParseTextProto(
      "# a comment\n"
      "network { family: TINY tiny { stage_channels: [8, 16] } }\n"
      "search_space { resolutions: [64, 48] bit_widths: 8 bit_widths: 4 }\n"
      "data { horizontal_flip: false min_crop_scale: 0.25 }\n"
      "seed: 18446744073709551615\n",
      "c.textproto", config);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(config.network().family(), NetworkConfig::TINY);
  EXPECT_EQ(config.network().tiny().stage_channels(1), 16);
  EXPECT_EQ(config.search_space().resolutions(0), 64);
  EXPECT_EQ(config.search_space().bit_widths(1), 4);
  EXPECT_FALSE(config.data().horizontal_flip());
  EXPECT_EQ(config.data().min_crop_scale(), 0.25f);
  EXPECT_EQ(config.seed(), 18446744073709551615u);
}

TEST(ParseTextProto, ReplacesWhatWasThere) {
  TrainConfig config;
  config.set_seed(3);
  ASSERT_TRUE(ParseTextProto("data { resize: 40 }", "c", config).ok());
  EXPECT_FALSE(config.has_seed());
}

TEST(ParseTextProto, UnknownFieldNamesPlaceAndNearestFields) {
  const std::string error = ErrorOf("seed: 1\nadaptation {\n  stepz: 3\n}\n");
  EXPECT_THAT(error, StartsWith("c.textproto:3:"));
  EXPECT_THAT(error, HasSubstr("unknown field 'stepz'; fields of "
                               "AdaptationConfig: steps, "));
  EXPECT_THAT(error, HasSubstr("teacher_nets"));
  EXPECT_THAT(ErrorOf("sead: 1"),
              HasSubstr("fields of TrainConfig: seed, data, "));
}

TEST(ParseTextProto, WrongValuesNameKeyAndWhatWouldBeRight) {
  const std::string word = ErrorOf("adaptation {\n  steps: many\n}");
  EXPECT_THAT(word,
              StartsWith("c.textproto:2:10: field 'steps' takes an integer"));
  EXPECT_THAT(word, HasSubstr("many"));
  EXPECT_THAT(ErrorOf("seed: -1"), HasSubstr("integer of at least 0"));
  EXPECT_THAT(ErrorOf("data { resize: 99999999999 }"),
              HasSubstr("field 'resize'"));
  EXPECT_THAT(ErrorOf("data { horizontal_flip: maybe }"),
              HasSubstr("true or false"));
  EXPECT_THAT(ErrorOf("adaptation { sampling: SANDWISH }"),
              HasSubstr("one of SANDWICH_Q, SANDWICH, MAX_K_MIN"));
  EXPECT_THAT(ErrorOf("data: 3"), HasSubstr("c.textproto:1:"));
  EXPECT_THAT(ErrorOf("seed: 1 seed: 2"), HasSubstr("seed"));
}

TEST(ParseTextProto, HostileTextIsAnErrorNotACrash) {
  for (const std::string& text :
       {std::string("{{{{{{"), std::string("data {"), std::string(5, '\0'),
        std::string("\xff\xfe\x00x", 4), std::string(100000, '{'),
        std::string("seed: \"unterminated"), std::string("}"),
        std::string("data { resize: [1, }"), std::string("[x.y]: 3")}) {
    ErrorOf(text);
  }
}

TEST(ReadTextProto, ErrorsNameThePath) {
  TrainConfig config;
  EXPECT_EQ(ReadTextProto("/nonexistent/c.textproto", config).code(),
            absl::StatusCode::kNotFound);
  const std::string path = ::testing::TempDir() + "/big.textproto";
  std::ofstream(path) << std::string(kMaxConfigBytes + 1, '#');
  const absl::Status big = ReadTextProto(path, config);
  EXPECT_EQ(big.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(big.message()), HasSubstr(path));
  std::ofstream(path) << "seed: 5\n";
  ASSERT_TRUE(ReadTextProto(path, config).ok());
  EXPECT_EQ(config.seed(), 5u);
  std::remove(path.c_str());
}

TEST(ApplyOverride, SetsEveryKindOfField) {
  TrainConfig config;
  for (const char* assignment :
       {"seed=7", "adaptation.steps=100", "adaptation.steps = 200",
        "adaptation.sampling=MAX_K_MIN", "adaptation.teacher_momentum=.5",
        "adaptation.optimizer.learning_rate=1e-3", "data.horizontal_flip=false",
        "search_space.resolutions=[64,56]",
        "search_space.width_percents=100, 60", "search_space.bit_widths=8",
        "network.tiny.stage_channels=[8]", "network.tiny.stage_channels=[]"}) {
    const absl::Status status = ApplyOverride(assignment, config);
    EXPECT_TRUE(status.ok()) << assignment << ": " << status;
  }
  EXPECT_EQ(config.seed(), 7u);
  EXPECT_EQ(config.adaptation().steps(), 200);
  EXPECT_EQ(config.adaptation().sampling(), AdaptationConfig::MAX_K_MIN);
  EXPECT_EQ(config.adaptation().teacher_momentum(), 0.5f);
  EXPECT_EQ(config.adaptation().optimizer().learning_rate(), 1e-3f);
  EXPECT_FALSE(config.data().horizontal_flip());
  ASSERT_EQ(config.search_space().resolutions_size(), 2);
  EXPECT_EQ(config.search_space().resolutions(1), 56);
  ASSERT_EQ(config.search_space().width_percents_size(), 2);
  EXPECT_EQ(config.search_space().width_percents(1), 60);
  EXPECT_EQ(config.search_space().bit_widths_size(), 1);
  EXPECT_EQ(config.network().tiny().stage_channels_size(), 0);
}

TEST(ApplyOverride, ReplacesAListInsteadOfAppending) {
  TrainConfig config;
  config.mutable_search_space()->add_resolutions(224);
  ASSERT_TRUE(ApplyOverride("search_space.resolutions=64", config).ok());
  ASSERT_EQ(config.search_space().resolutions_size(), 1);
  EXPECT_EQ(config.search_space().resolutions(0), 64);
}

TEST(ApplyOverride, ErrorsNameKeyAndWhatWouldBeRightAndChangeNothing) {
  const struct {
    const char* assignment;
    const char* said;
  } cases[] = {
      {"seed", "name.of.field=value"},
      {"=3", "name.of.field=value"},
      {"sead=3", "sead: unknown field 'sead'; fields of TrainConfig: seed"},
      {"adaptation.stepz=3", "fields of AdaptationConfig: steps"},
      {"adaptation..steps=3", "unknown field ''"},
      {"adaptation=3", "'adaptation' is a group; set one of its fields: "},
      {"adaptation.steps.more=3", "'steps' has no fields of its own"},
      {"adaptation.steps=many", "adaptation.steps: 'many' is not an integer"},
      {"adaptation.steps=1.5", "'1.5' is not an integer"},
      {"adaptation.steps=3000000000", "is not an integer"},
      {"adaptation.steps=", "'' is not an integer"},
      {"adaptation.steps=1 seed: 2", "is not an integer"},
      {"seed=-1", "'-1' is not an integer of at least 0"},
      {"adaptation.sampling=BEST", "one of SANDWICH_Q, SANDWICH, MAX_K_MIN"},
      {"data.horizontal_flip=maybe", "true or false"},
      {"search_space.resolutions=[64,x]", "'x' is not an integer"},
      {"search_space.resolutions=64,,56", "'' is not an integer"},
      {"adaptation.teacher_momentum=half", "is not a number"},
  };
  for (const auto& c : cases) {
    TrainConfig config;
    config.set_seed(3);
    config.mutable_search_space()->add_resolutions(64);
    const TrainConfig before = config;
    const absl::Status status = ApplyOverride(c.assignment, config);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
        << c.assignment;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.said))
        << c.assignment;
    EXPECT_TRUE(MessageDifferencer::Equals(config, before)) << c.assignment;
  }
}

TEST(FillDefaults, WritesEveryDefaultAndKeepsWhatIsSet) {
  MachineConfig machine;
  machine.set_threads(3);
  FillDefaults(machine);
  EXPECT_EQ(machine.threads(), 3);
  EXPECT_TRUE(machine.has_checkpoint_interval());
  EXPECT_EQ(machine.checkpoint_interval(),
            MachineConfig().checkpoint_interval());

  TrainConfig config;
  FillDefaults(config);
  EXPECT_TRUE(config.adaptation().has_sampling());
  EXPECT_TRUE(config.adaptation().optimizer().has_momentum());
  EXPECT_EQ(config.adaptation().optimizer().momentum(), 0.9f);
  EXPECT_TRUE(config.data().horizontal_flip());
}

TEST(ToTextProto, RoundTripsEveryField) {
  TrainConfig config;
  FillDefaults(config);
  config.mutable_adaptation()->set_teacher_momentum(0.1f + 0.2f);
  config.mutable_search_space()->add_resolutions(64);
  config.mutable_search_space()->add_resolutions(56);
  const std::string text = ToTextProto(config);
  EXPECT_THAT(text, HasSubstr("resolutions: [64, 56]"));
  TrainConfig again;
  ASSERT_TRUE(ParseTextProto(text, "text", again).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(config, again)) << text;
}

}  // namespace
}  // namespace rtfq
