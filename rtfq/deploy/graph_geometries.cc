#include "rtfq/deploy/graph_geometries.h"

#include "rtfq/core/check.h"
#include "rtfq/deploy/bundle_layout.h"
#include "rtfq/ops/pooling.h"

namespace rtfq {

std::vector<ops::Conv2dGeometry> GeometriesOfAnImage(
    const BundleGraph& graph, const BundleSubnet& subnet) {
  const std::vector<int64_t> in = InChannels(graph, subnet);
  std::vector<ops::Conv2dGeometry> geometries;
  geometries.reserve(graph.convolutions_size());
  // Returns the side of the output.
  const auto add = [&](int index, int64_t side) {
    RTFQ_CHECK(index == static_cast<int>(geometries.size()));
    const auto& conv = graph.convolutions(index);
    geometries.push_back({.batch = 1,
                          .in_channels = in[index],
                          .out_channels = subnet.out_channels(index),
                          .in_size = side,
                          .kernel = conv.kernel(),
                          .stride = conv.stride(),
                          .padding = conv.padding()});
    return geometries.back().out_size();
  };
  int64_t side = add(0, subnet.resolution());
  if (graph.max_pool()) side = ops::MaxPoolSize(side);
  for (const auto& block : graph.blocks()) {
    const int64_t block_side = side;
    for (const int32_t unit : block.units()) side = add(unit, side);
    if (block.has_downsample()) add(block.downsample(), block_side);
  }
  return geometries;
}

}  // namespace rtfq
