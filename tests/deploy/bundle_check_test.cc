#include "rtfq/deploy/bundle_check.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/deploy/bundle_layout.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

constexpr int64_t kDataBytes = int64_t{1} << 30;

BundleHeader Good() {
  BundleWriter writer = test::SmallSupernet().Frozen();
  BundleHeader header = writer.header();
  header.set_version(kBundleVersion);
  return header;
}

TEST(BundleCheck, AFrozenSupernetPasses) {
  EXPECT_THAT(CheckBundle(Good(), kDataBytes), IsOk());
}

TEST(BundleCheck, AnotherVersionOrUnknownFieldIsUnimplemented) {
  BundleHeader header = Good();
  header.set_version(7);
  EXPECT_THAT(CheckBundle(header, kDataBytes),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("7")));
  header = Good();
  const auto* reflection = header.mutable_subnets(0)->GetReflection();
  reflection->MutableUnknownFields(header.mutable_subnets(0))->AddVarint(99, 1);
  EXPECT_THAT(
      CheckBundle(header, kDataBytes),
      StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("does not know")));
}

// One wrong field each, and a word of the message that names it.
TEST(BundleCheck, EveryWrongFieldIsNamed) {
  using Change = std::function<void(BundleHeader&)>;
  const std::vector<std::pair<const char*, Change>> cases = {
      {"printable",
       [](auto& h) { h.mutable_sections(1)->set_name("two\nlines"); }},
      {"printable", [](auto& h) { h.mutable_subnets(1)->set_name("\x80"); }},
      {"class names", [](auto& h) { h.clear_class_names(); }},
      {"classifier_scale", [](auto& h) { h.set_classifier_scale(NAN); }},
      {"crop", [](auto& h) { h.mutable_preprocessing()->set_crop(99999); }},
      {"3 values", [](auto& h) { h.mutable_preprocessing()->add_mean(1); }},
      {"std 0", [](auto& h) { h.mutable_preprocessing()->set_std(1, 0); }},
      {"twice",
       [](auto& h) { h.mutable_sections(1)->set_name(h.sections(0).name()); }},
      {"multiple of 64", [](auto& h) { h.mutable_sections(1)->set_offset(3); }},
      {"cut short or damaged",
       [](auto& h) { h.mutable_sections(1)->set_size(INT64_MAX); }},
      {"cut short or damaged",
       [](auto& h) { h.mutable_sections(1)->set_offset(-64); }},
      {"cut short or damaged",
       [](auto& h) { h.mutable_sections(1)->set_size(-1); }},
      {"overlap", [](auto& h) { h.mutable_sections(1)->set_offset(0); }},
      {"no sha256", [](auto& h) { h.mutable_sections(0)->clear_sha256(); }},
      {"section 99", [](auto& h) { h.set_outer_section(99); }},
      {"are wanted", [](auto& h) { h.set_outer_section(1); }},
      {"weights of 9", [](auto& h) { h.mutable_weights(0)->set_bits(9); }},
      {"are there twice",
       [](auto& h) { *h.mutable_weights(1) = h.weights(0); }},
      {"subnets", [](auto& h) { h.clear_subnets(); }},
      {"name of its own",
       [](auto& h) { h.mutable_subnets(1)->set_name(h.subnets(0).name()); }},
      {"no weights of 5", [](auto& h) { h.mutable_subnets(0)->set_bits(5); }},
      {"input step",
       [](auto& h) { h.mutable_subnets(0)->set_input_steps(2, -1); }},
      {"classifier_input_step",
       [](auto& h) { h.mutable_subnets(0)->set_classifier_input_step(0); }},
      {"convolutions",
       [](auto& h) { h.mutable_subnets(0)->add_out_channels(8); }},
      {"channels",
       [](auto& h) { h.mutable_subnets(0)->set_out_channels(1, 9999); }},
      {"resolution", [](auto& h) { h.mutable_subnets(0)->set_resolution(0); }},
      {"scales and biases",
       [](auto& h) { h.mutable_subnets(0)->set_affine_section(0); }},
  };
  for (const auto& [word, change] : cases) {
    BundleHeader header = Good();
    change(header);
    EXPECT_THAT(CheckBundle(header, kDataBytes),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(word)))
        << word;
  }
}

TEST(BundleCheck, SectionsBeyondTheFileAreRefused) {
  const BundleHeader header = Good();
  const BundleSection& last = header.sections(header.sections_size() - 1);
  EXPECT_THAT(CheckBundle(header, last.offset() + last.size()), IsOk());
  EXPECT_THAT(
      CheckBundle(header, last.offset() + last.size() - 1),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(last.name())));
}

}  // namespace
}  // namespace rtfq
