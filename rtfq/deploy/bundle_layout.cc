#include "rtfq/deploy/bundle_layout.h"

#include "rtfq/core/bit_pack.h"

namespace rtfq {
namespace {

PartLayout Sequence(const std::vector<int64_t>& sizes) {
  PartLayout layout;
  for (const int64_t size : sizes) {
    layout.offsets.push_back(layout.size);
    layout.size = AlignedUp(layout.size + size);
  }
  return layout;
}

}  // namespace

int64_t RowCodes(const BundleGraph::Convolution& conv) {
  return int64_t{conv.in_channels()} * conv.kernel() * conv.kernel();
}

int64_t RowBytes(const BundleGraph::Convolution& conv, BitWidth bits) {
  return PackedBytes(RowCodes(conv), bits);
}

PartLayout LayoutOfWeights(const BundleGraph& graph, BitWidth bits) {
  std::vector<int64_t> sizes;
  for (int i = 0; i < graph.convolutions_size(); ++i) {
    const auto& conv = graph.convolutions(i);
    sizes.push_back(i == 0 ? 0 : conv.out_channels() * RowBytes(conv, bits));
  }
  return Sequence(sizes);
}

PartLayout LayoutOfOuter(const BundleGraph& graph, int64_t classes) {
  const auto& stem = graph.convolutions(0);
  const int64_t features =
      graph.convolutions(OutputConvolution(graph)).out_channels();
  return Sequence({stem.out_channels() * RowBytes(stem, BitWidth::k8),
                   classes * features, classes * 4});
}

PartLayout LayoutOfAffine(const BundleSubnet& subnet) {
  std::vector<int64_t> sizes;
  for (const int32_t channels : subnet.out_channels()) {
    sizes.push_back(int64_t{2} * channels * 4);
  }
  return Sequence(sizes);
}

std::vector<int64_t> InChannels(const BundleGraph& graph,
                                const BundleSubnet& subnet) {
  std::vector<int64_t> in(graph.convolutions_size());
  in[0] = graph.convolutions(0).in_channels();
  int64_t x = subnet.out_channels(0);
  for (const auto& block : graph.blocks()) {
    int64_t read = x;
    for (const int32_t unit : block.units()) {
      in[unit] = read;
      read = subnet.out_channels(unit);
    }
    if (block.has_downsample()) in[block.downsample()] = x;
    x = read;
  }
  return in;
}

int OutputConvolution(const BundleGraph& graph) {
  if (graph.blocks_size() == 0) return 0;
  const auto& block = graph.blocks(graph.blocks_size() - 1);
  return block.units(block.units_size() - 1);
}

}  // namespace rtfq
