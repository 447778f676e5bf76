// Whether a bundle's network is one, and fits a subnet's sizes.
#ifndef RTFQ_DEPLOY_BUNDLE_GRAPH_CHECK_H_
#define RTFQ_DEPLOY_BUNDLE_GRAPH_CHECK_H_

#include "absl/status/status.h"
#include "rtfq/deploy/bundle.pb.h"

namespace rtfq {

// Sizes within bounds; the stem first, then every convolution in exactly one
// block, in order (a block's downsample behind its units); channels that fit
// each other. kInvalidArgument naming the convolution or block.
absl::Status CheckGraph(const BundleGraph& graph);

// For a graph that passed: channels of the subnet are at most the graph's, both
// ways into a residual sum have the same shape, no image is smaller than a
// kernel, and no activation of one image needs more than 1 GiB.
// kInvalidArgument naming the convolution or block.
absl::Status CheckSubnetShapes(const BundleGraph& graph,
                               const BundleSubnet& subnet);

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_BUNDLE_GRAPH_CHECK_H_
