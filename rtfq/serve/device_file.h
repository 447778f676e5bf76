// Device profiles in files.
#ifndef RTFQ_SERVE_DEVICE_FILE_H_
#define RTFQ_SERVE_DEVICE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/serve/device.pb.h"

namespace rtfq {

// Protobuf text format. Errors of WriteFileAtomically().
absl::Status WriteDeviceProfile(const std::string& path,
                                const DeviceProfile& profile);

// kInvalidArgument with path, line and what is wrong; kFailedPrecondition when
// it was measured with another bundle; ReadFile's errors.
absl::StatusOr<DeviceProfile> ReadDeviceProfile(const std::string& path,
                                                const Bundle& bundle);

}  // namespace rtfq

#endif  // RTFQ_SERVE_DEVICE_FILE_H_
