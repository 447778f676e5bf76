// Measures the subnets of a bundle on this machine.
#ifndef RTFQ_SERVE_DEVICE_PROFILER_H_
#define RTFQ_SERVE_DEVICE_PROFILER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/serve/device.pb.h"

namespace rtfq {

struct ProfileOptions {
  std::vector<int> threads;  // not empty
  std::vector<int> batches;  // not empty
  // For all measuring together; compiling comes on top.
  double seconds = 60;
};

// Seconds since some moment; tools hand one down.
using SecondsClock = std::function<double()>;

// One row for each subnet, number of threads and batch, warm: compiled,
// weights packed, two passes made. At least 5 samples a row, else as many as
// the time allows, at most 500. The largest subnet is measured again at the
// end: a different time is noted as throttling or other load, and so are noisy
// rows and bit widths that are not faster than 8. Then switches between the
// slowest and the fastest. `progress` is told rows done and rows in all. Errors
// of Engine and Int8Graph; kInvalidArgument for threads and batches that cannot
// be, before anything is measured.
absl::StatusOr<DeviceProfile> ProfileDevice(
    std::shared_ptr<const Bundle> bundle, const ProfileOptions& options,
    const SecondsClock& clock,
    const std::function<void(int64_t, int64_t)>& progress);

// Tells bundles apart: a hash of their sections' hashes.
std::string BundleId(const Bundle& bundle);

}  // namespace rtfq

#endif  // RTFQ_SERVE_DEVICE_PROFILER_H_
