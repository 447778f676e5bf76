#include "rtfq/serve/device_file.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/serve/device_profiler.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

std::string Path(const std::string& name) {
  return ::testing::TempDir() + "/device_file_" + name;
}

class DeviceFileTest : public ::testing::Test {
 protected:
  const std::string bytes_ = test::SmallSupernet().Frozen().Serialize();
  const std::unique_ptr<Bundle> bundle_ =
      Bundle::FromBytes(bytes_, "small.rtfq").value();

  DeviceProfile Profile() const {
    DeviceProfile profile;
    profile.set_bundle("small.rtfq");
    profile.set_bundle_id(BundleId(*bundle_));
    LatencyRow& row = *profile.add_rows();
    row.set_subnet("r32-w100-q8");
    row.set_threads(2);
    row.set_batch(1);
    row.set_p50_ms(1);
    row.set_p95_ms(2);
    return profile;
  }
};

TEST_F(DeviceFileTest, ComesBack) {
  ASSERT_THAT(WriteDeviceProfile(Path("a"), Profile()), IsOk());
  const auto read = ReadDeviceProfile(Path("a"), *bundle_);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->SerializeAsString(), Profile().SerializeAsString());
}

TEST_F(DeviceFileTest, RefusesAnotherBundlesTimes) {
  DeviceProfile profile = Profile();
  profile.set_bundle_id("another");
  ASSERT_THAT(WriteDeviceProfile(Path("b"), profile), IsOk());
  EXPECT_THAT(ReadDeviceProfile(Path("b"), *bundle_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("another bundle")));
}

TEST_F(DeviceFileTest, NamesThePlaceOfAnError) {
  ASSERT_THAT(WriteFileAtomically(Path("c"), "cpu: \"x\"\nspeed: 3\n"), IsOk());
  EXPECT_THAT(ReadDeviceProfile(Path("c"), *bundle_),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("device_file_c:2:")));
  DeviceProfile profile = Profile();
  profile.mutable_rows(0)->set_p50_ms(-1);
  ASSERT_THAT(WriteDeviceProfile(Path("d"), profile), IsOk());
  EXPECT_THAT(
      ReadDeviceProfile(Path("d"), *bundle_),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("r32-w100-q8")));
  EXPECT_THAT(ReadDeviceProfile(Path("none"), *bundle_),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace rtfq
