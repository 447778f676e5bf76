#include "rtfq/train/train_config.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "rtfq/train/text_config.h"

namespace rtfq {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;

// The dotted names of all fields, lists and messages inside included.
void ListFields(
    const Descriptor& type, const std::string& prefix,
    std::vector<std::pair<std::string, const FieldDescriptor*>>& out) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    const std::string name = prefix + field->name();
    if (field->message_type() != nullptr) {
      ListFields(*field->message_type(), name + ".", out);
    } else {
      out.emplace_back(name, field);
    }
  }
}

std::string ErrorOf(const TrainConfig& config) {
  const absl::Status status = ValidateTrainConfig(config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TrainConfig With(const std::vector<std::string>& overrides) {
  TrainConfig config;
  for (const std::string& text : overrides) {
    const absl::Status status = ApplyOverride(text, config);
    EXPECT_TRUE(status.ok()) << status;
  }
  return config;
}

TEST(ValidateTrainConfig, DefaultsAreFine) {
  EXPECT_TRUE(ValidateTrainConfig(TrainConfig()).ok());
  EXPECT_TRUE(ValidateMachineConfig(MachineConfig()).ok());
}

// No field is forgotten: each number refuses some value and is then named.
TEST(ValidateTrainConfig, EveryNumberHasARangeAndIsNamed) {
  std::vector<std::pair<std::string, const FieldDescriptor*>> fields;
  ListFields(*TrainConfig::descriptor(), "", fields);
  int numbers = 0;
  for (const auto& [name, field] : fields) {
    if (name == "seed") continue;  // any is fine
    const bool is_float = field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT;
    if (!is_float && field->cpp_type() != FieldDescriptor::CPPTYPE_INT32)
      continue;
    ++numbers;
    TrainConfig config;
    if (name.find("tiny.") != std::string::npos)
      config = With({"network.family=TINY", "network.tiny.stage_channels=8",
                     "network.tiny.stage_blocks=1"});
    for (const char* value : {"-1", is_float ? "nan" : "-2147483648"}) {
      TrainConfig wrong = config;
      ASSERT_TRUE(ApplyOverride(name + "=" + value, wrong).ok()) << name;
      EXPECT_THAT(ErrorOf(wrong), HasSubstr(name)) << name << "=" << value;
    }
  }
  EXPECT_GE(numbers, 30);
}

TEST(ValidateTrainConfig, EveryEnumeratorAndSwitchIsAccepted) {
  std::vector<std::pair<std::string, const FieldDescriptor*>> fields;
  ListFields(*TrainConfig::descriptor(), "", fields);
  int values = 0;
  for (const auto& [name, field] : fields) {
    std::vector<std::string> accepted;
    if (field->enum_type() != nullptr) {
      for (int i = 0; i < field->enum_type()->value_count(); ++i)
        accepted.push_back(field->enum_type()->value(i)->name());
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      accepted = {"true", "false"};
    }
    for (const std::string& value : accepted) {
      TrainConfig config;
      if (name.find("tiny.") != std::string::npos)
        config = With({"network.family=TINY"});
      ASSERT_TRUE(ApplyOverride(name + "=" + value, config).ok()) << name;
      const absl::Status status = ValidateTrainConfig(config);
      EXPECT_TRUE(status.ok()) << name << "=" << value << ": " << status;
      ++values;
    }
  }
  EXPECT_GE(values, 20);
}

TEST(ValidateTrainConfig, EndsOfRangesAreAccepted) {
  for (const char* text :
       {"data.images_per_domain=2", "data.resize=4096", "data.crop=224",
        "data.min_crop_scale=1", "data.rand_augment_operations=0",
        "data.rand_augment_magnitude=2", "data.held_out_source_percent=90",
        "adaptation.optimizer.momentum=0", "adaptation.teacher_momentum=0",
        "adaptation.teacher_momentum=1", "adaptation.label_smoothing=0",
        "adaptation.pseudo_label_threshold=1",
        "adaptation.classification_weight=0", "batch_norm.momentum=1",
        "warm_up.stop_within_of_floor=0", "search_space.bit_widths=32"}) {
    const absl::Status status = ValidateTrainConfig(With({text}));
    EXPECT_TRUE(status.ok()) << text << ": " << status;
  }
  for (const char* text : {"data.images_per_domain=1",
                           "data.resize=223",
                           "data.crop=223",
                           "data.min_crop_scale=0",
                           "data.max_crop_scale=0.01",
                           "data.rand_augment_magnitude=11",
                           "adaptation.optimizer.momentum=1",
                           "adaptation.optimizer.learning_rate=0",
                           "adaptation.label_smoothing=1",
                           "adaptation.teacher_temperature=0",
                           "adaptation.teacher_momentum=1.01",
                           "adaptation.step_calibration_batches=0",
                           "adaptation.step_calibration_batches=10001",
                           "batch_norm.momentum=0",
                           "batch_norm.epsilon=0",
                           "search_space.resolutions=[56,64]",
                           "search_space.bit_widths=[32,8]",
                           "adaptation.steps=100000001",
                           "adaptation.optimizer.learning_rate=inf",
                           "network.tiny.stem_channels=16"}) {
    EXPECT_FALSE(ValidateTrainConfig(With({text})).ok()) << text;
  }
}

TEST(ValidateTrainConfig, TellsAllProblemsAtOnceWithValueAndRange) {
  const std::string error =
      ErrorOf(With({"data.resize=0", "adaptation.teacher_momentum=2",
                    "warm_up.optimizer.momentum=1", "network.stem_kernel=4",
                    "search_space.width_percents=[100,101]"}));
  EXPECT_THAT(error,
              HasSubstr("adaptation.teacher_momentum: 2; it must be between 0 "
                        "and 1"));
  EXPECT_THAT(error, HasSubstr("warm_up.optimizer.momentum: 1; it must be at "
                               "least 0 and below 1"));
  EXPECT_THAT(error, HasSubstr("data.resize: 0"));
  EXPECT_THAT(error, HasSubstr("network.stem_kernel: 4"));
  EXPECT_THAT(error, HasSubstr("search_space.width_percents[1]"));
}

TEST(ValidateMachineConfig, EveryNumberHasARangeAndIsNamed) {
  const Descriptor& type = *MachineConfig::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    MachineConfig config;
    const std::string name = type.field(i)->name();
    ASSERT_TRUE(ApplyOverride(name + "=-1", config).ok());
    const absl::Status status = ValidateMachineConfig(config);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
  }
}

TEST(ResolveTrainConfig, StepsAreThirtyEpochsOfTheLargerDomainButAtLeast600) {
  const struct {
    int64_t source, target;
    int batch, steps;
  } cases[] = {
      {2817, 795, 128, 30 * 23},  // amazon to webcam: ceil(2817 / 128) = 23
      {795, 2817, 128, 30 * 23},
      {795, 498, 128, 600},  // 30 * 7 = 210
      {1, 1, 2, 600},
      {2560, 1, 128, 600},  // 30 * 20
      {2561, 1, 128, 30 * 21},
  };
  for (const auto& c : cases) {
    TrainConfig config;
    config.mutable_data()->set_images_per_domain(c.batch);
    const auto resolved = ResolveTrainConfig(config, c.source, c.target);
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    EXPECT_EQ(resolved->adaptation().steps(), c.steps) << c.source;
    EXPECT_EQ(resolved->warm_up().steps(), c.steps) << c.source;
  }
}

TEST(ResolveTrainConfig, KeepsWhatIsGiven) {
  const auto resolved = ResolveTrainConfig(
      With({"adaptation.steps=7", "warm_up.steps=5", "data.crop=64",
            "search_space.resolutions=[64,32]"}),
      1000, 1000);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->adaptation().steps(), 7);
  EXPECT_EQ(resolved->warm_up().steps(), 5);
  EXPECT_EQ(resolved->data().crop(), 64);
}

TEST(ResolveTrainConfig, LeavesNothingImplicit) {
  const auto resolved = ResolveTrainConfig(TrainConfig(), 100, 100);
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->data().crop(), 224);
  EXPECT_THAT(resolved->search_space().resolutions(),
              ::testing::ElementsAre(224, 192, 160, 128));
  EXPECT_THAT(resolved->search_space().width_percents(),
              ::testing::ElementsAre(100, 86, 73, 60));
  EXPECT_THAT(resolved->search_space().bit_widths(),
              ::testing::ElementsAre(8, 6, 4));
  EXPECT_FALSE(resolved->network().has_tiny());
  TrainConfig filled = *resolved;
  FillDefaults(filled);
  filled.mutable_network()->clear_tiny();
  EXPECT_TRUE(MessageDifferencer::Equals(filled, *resolved));
}

TEST(ResolveTrainConfig, FillsTheTinyNetwork) {
  const auto resolved =
      ResolveTrainConfig(With({"network.family=TINY"}), 100, 100);
  ASSERT_TRUE(resolved.ok());
  EXPECT_THAT(resolved->network().tiny().stage_channels(),
              ::testing::ElementsAre(8, 16, 32, 64));
  EXPECT_THAT(resolved->network().tiny().stage_blocks(),
              ::testing::ElementsAre(1, 1, 1, 1));
}

TEST(ResolveTrainConfig, TwiceIsOnceAndSurvivesText) {
  const auto once =
      ResolveTrainConfig(With({"network.family=TINY", "seed=9"}), 5000, 10);
  ASSERT_TRUE(once.ok());
  TrainConfig read;
  ASSERT_TRUE(
      ParseTextProto(ToTextProto(*once), "config.textproto", read).ok());
  const auto twice = ResolveTrainConfig(read, 10, 10);
  ASSERT_TRUE(twice.ok());
  EXPECT_TRUE(MessageDifferencer::Equals(*once, *twice));
}

TEST(ResolveTrainConfig, RefusesWhatCannotBeCounted) {
  EXPECT_EQ(
      ResolveTrainConfig(TrainConfig(), std::numeric_limits<int64_t>::max(), 1)
          .status()
          .code(),
      absl::StatusCode::kInvalidArgument);
}

TEST(TransformOptionsOf, CarriesEveryField) {
  const auto config = ResolveTrainConfig(
      With({"data.resize=40", "search_space.resolutions=[32,24]",
            "data.rand_augment_probability=0.25",
            "data.rand_augment_operations=3", "data.rand_augment_magnitude=7",
            "data.horizontal_flip=false", "data.min_crop_scale=0.5",
            "data.max_crop_scale=0.75"}),
      10, 10);
  ASSERT_TRUE(config.ok()) << config.status();
  const TransformOptions options = TransformOptionsOf(*config);
  EXPECT_EQ(options.resize, 40);
  EXPECT_EQ(options.crop, 32);
  EXPECT_EQ(options.rand_augment_probability, 0.25);
  EXPECT_EQ(options.rand_augment_n, 3);
  EXPECT_EQ(options.rand_augment_m, 7);
  EXPECT_FALSE(options.horizontal_flip);
  EXPECT_EQ(options.min_scale, 0.5);
  EXPECT_EQ(options.max_scale, 0.75);
  EXPECT_TRUE(Validate(options).ok());
}

}  // namespace
}  // namespace rtfq
