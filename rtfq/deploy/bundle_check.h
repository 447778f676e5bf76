// Whether a bundle's header makes sense, before anything is made from it.
#ifndef RTFQ_DEPLOY_BUNDLE_CHECK_H_
#define RTFQ_DEPLOY_BUNDLE_CHECK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "rtfq/deploy/bundle.pb.h"

namespace rtfq {

// A header that passes can be run: sections lie in the `data_bytes` behind the
// header without overlap and have the sizes of what they hold, the graph is a
// residual network whose shapes fit at every subnet's resolution with
// activations of at most 1 GiB an image, channels grow no wider than the
// graph's, steps and scales are positive and finite. Contents of the sections
// are not looked at.
//
// kUnimplemented for another version or fields this reader does not know, else
// kInvalidArgument; both name the field and what would be right.
absl::Status CheckBundle(const BundleHeader& header, int64_t data_bytes);

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_BUNDLE_CHECK_H_
