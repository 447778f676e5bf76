#include "rtfq/serve/device_profiler.h"

#include <memory>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

class DeviceProfilerTest : public ::testing::Test {
 protected:
  const std::string bytes_ = test::SmallSupernet().Frozen().Serialize();
  const std::shared_ptr<const Bundle> bundle_ =
      Bundle::FromBytes(bytes_, "folder/small.rtfq").value();
};

TEST_F(DeviceProfilerTest, OneRowForEachSubnetThreadsAndBatch) {
  // Each reading is a millisecond later: every pass takes one.
  double now = 0;
  int64_t told = 0;
  const auto profile = ProfileDevice(
      bundle_, {.threads = {1, 2}, .batches = {1, 3}, .seconds = 0.48},
      [&now] { return now += 0.001; },
      [&told](int64_t done, int64_t total) {
        EXPECT_EQ(done, ++told);
        EXPECT_EQ(total, 48);
      });
  ASSERT_THAT(profile, IsOk());
  EXPECT_EQ(profile->rows_size(), 12 * 2 * 2);
  EXPECT_EQ(profile->bundle(), "small.rtfq");
  std::set<std::string> different;
  for (const LatencyRow& row : profile->rows()) {
    different.insert(row.subnet() + " " + std::to_string(row.threads()) + " " +
                     std::to_string(row.batch()));
    EXPECT_NEAR(row.p50_ms(), 1, 1e-6);
    EXPECT_NEAR(row.ready_ms(), 1, 1e-6);
    // A hundredth of a second for each row.
    EXPECT_NEAR(row.samples(), 10, 1);
  }
  EXPECT_EQ(different.size(), 48u);
  // There and back, for each number of threads and batch.
  ASSERT_EQ(profile->switches_size(), 2 * 2 * 2);
  for (const SwitchCost& cost : profile->switches()) {
    EXPECT_NE(cost.from(), cost.to());
    EXPECT_NE(bundle_->FindSubnet(cost.from()), nullptr);
    EXPECT_NE(bundle_->FindSubnet(cost.to()), nullptr);
    EXPECT_NEAR(cost.added_us(), 0, 1e-3);
  }
  EXPECT_EQ(profile->switches(7).threads(), 2);
  EXPECT_EQ(profile->switches(7).batch(), 3);
  // All take the same time: no drift, no noise, and bits that do not help.
  ASSERT_EQ(profile->notes_size(), 1);
  EXPECT_THAT(profile->notes(0), HasSubstr("fewer bits: 32 of 32"));
}

TEST_F(DeviceProfilerTest, NotesDriftAndNoise) {
  // Time runs faster and faster.
  double now = 0, tick = 0.001;
  const auto profile = ProfileDevice(
      bundle_, {.threads = {1}, .batches = {1}, .seconds = 0.12},
      [&] { return now += tick *= 1.05; }, [](int64_t, int64_t) {});
  ASSERT_THAT(profile, IsOk());
  std::string notes;
  for (const std::string& note : profile->notes()) notes += note + "\n";
  EXPECT_THAT(notes, HasSubstr("drift: r32-w100-q8"));
  EXPECT_THAT(notes, HasSubstr("noise: in"));
}

TEST_F(DeviceProfilerTest, WhatCannotBeIsRefusedBeforeAnythingIsMeasured) {
  int readings = 0;
  for (const ProfileOptions& options :
       {ProfileOptions{{1, 1 << 20}, {1}}, ProfileOptions{{1}, {1, 4097}},
        ProfileOptions{{1}, {0}}}) {
    EXPECT_THAT(ProfileDevice(
                    bundle_, options,
                    [&] {
                      ++readings;
                      return 0.0;
                    },
                    [](int64_t, int64_t) {}),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
  EXPECT_EQ(readings, 0);
}

TEST_F(DeviceProfilerTest, IdsTellBundlesApart) {
  const std::string other =
      test::SmallSupernet({.bits = {8, 4}}).Frozen().Serialize();
  EXPECT_EQ(BundleId(*bundle_),
            BundleId(*Bundle::FromBytes(bytes_, "copy").value()));
  EXPECT_NE(BundleId(*bundle_),
            BundleId(*Bundle::FromBytes(other, "other").value()));
}

}  // namespace
}  // namespace rtfq
