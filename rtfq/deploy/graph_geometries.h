// What a subnet of a bundle convolves.
#ifndef RTFQ_DEPLOY_GRAPH_GEOMETRIES_H_
#define RTFQ_DEPLOY_GRAPH_GEOMETRIES_H_

#include <vector>

#include "rtfq/deploy/bundle.pb.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq {

// Of one image, in the order of the graph's convolutions.
std::vector<ops::Conv2dGeometry> GeometriesOfAnImage(
    const BundleGraph& graph, const BundleSubnet& subnet);

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_GRAPH_GEOMETRIES_H_
