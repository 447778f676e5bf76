#include "rtfq/tools/calibration_file.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::SmallSupernet;
using test::StatusIs;
using ::testing::HasSubstr;

std::string Path(const std::string& name) {
  return ::testing::TempDir() + "/calibration_" + name;
}

constexpr Calibration kFacts = {
    .step = 7, .domain = Domain::kTarget, .batches = 3, .batch_size = 16};

// The statistics of the last batch norm's bank of a subnet.
Tensor& LastMean(SmallSupernet& small, const SubnetConfig& subnet) {
  const int key = small.net().switches().KeyOf(subnet);
  return small.net()
      .batch_norms()
      .back()
      ->BankOf(Domain::kTarget, key)
      .running_mean->value;
}

TEST(CalibrationFile, BringsTheStatisticsBack) {
  SmallSupernet small;
  const auto subnets = small.net().space().All();
  ASSERT_THAT(WriteCalibration(Path("a"), kFacts, subnets, small.net()),
              IsOk());
  const Tensor before = LastMean(small, subnets[3]).Clone();
  LastMean(small, subnets[3]).span()[0] += 1;
  const auto restored = RestoreCalibration(Path("a"), 7, subnets, small.net());
  ASSERT_THAT(restored, IsOk());
  EXPECT_EQ(restored->batches, 3);
  EXPECT_EQ(restored->batch_size, 16);
  EXPECT_EQ(restored->domain, Domain::kTarget);
  EXPECT_THAT(LastMean(small, subnets[3]), test::HasBitsOf(before));
}

TEST(CalibrationFile, SaysWhatToRun) {
  SmallSupernet small;
  const auto subnets = small.net().space().All();
  EXPECT_THAT(RestoreCalibration(Path("none"), 7, subnets, small.net()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("evaluate the run first")));
  const std::vector<SubnetConfig> one = {subnets[0]};
  ASSERT_THAT(WriteCalibration(Path("b"), kFacts, one, small.net()), IsOk());
  EXPECT_THAT(RestoreCalibration(Path("b"), 8, one, small.net()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("measured at step 7")));
  EXPECT_THAT(RestoreCalibration(Path("b"), 7, subnets, small.net()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("for all these subnets")));
  std::string bytes = ReadFile(Path("b")).value();
  bytes.back() ^= 1;
  ASSERT_THAT(WriteFileAtomically(Path("b"), bytes), IsOk());
  EXPECT_THAT(RestoreCalibration(Path("b"), 7, one, small.net()),
              StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace rtfq
