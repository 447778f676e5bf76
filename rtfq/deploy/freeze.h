// From a supernet to what is deployed.
#ifndef RTFQ_DEPLOY_FREEZE_H_
#define RTFQ_DEPLOY_FREEZE_H_

#include <span>

#include "absl/status/status.h"
#include "rtfq/core/domain.h"
#include "rtfq/deploy/bundle_writer.h"
#include "rtfq/models/supernet.h"

namespace rtfq {

// Adds to `writer` the graph, the codes at the largest width and at every bit
// width among `subnets`, and for each subnet its channels, steps and folded
// batch norms with the running statistics of `domain` (calibrate them first).
// Provenance, preprocessing, class names and scores are the caller's.
//
// What is stored are the numbers Supernet::Forward() computes with in
// Mode::kInference: the same codes, and scales and biases of the same fold.
//
// kInvalidArgument for no subnets, a full-precision one, and for scales,
// biases or steps that are not finite, naming subnet and layer.
absl::Status Freeze(std::span<const SubnetConfig> subnets, Domain domain,
                    const Supernet& supernet, BundleWriter& writer);

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_FREEZE_H_
