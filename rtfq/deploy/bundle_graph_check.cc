#include "rtfq/deploy/bundle_graph_check.h"

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/bundle_layout.h"

namespace rtfq {
namespace {

constexpr int kMaxConvolutions = 4096;
constexpr int kMaxChannels = 65536;  // as ops::LinearInt8's features
constexpr int kMaxKernel = 31;
constexpr int kMaxStride = 16;
constexpr int kMaxResolution = 4096;
// f32 values of one image.
constexpr int64_t kMaxActivation = (int64_t{1} << 30) / 4;
// Products of one sum: 255 * 128 each, below 2^31 together.
constexpr int64_t kMaxProducts = 65536;
// Multiply-adds of one image: two thousand times those of a ResNet-50, where a
// program would seem to hang. 4096 convolutions within the bounds above have
// less than 2^63.
constexpr int64_t kMaxMacs = int64_t{1} << 43;

template <typename... Parts>
absl::Status Wrong(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

absl::Status CheckConvolution(const BundleGraph::Convolution& conv) {
  const auto within = [](int64_t value, int64_t low, int64_t high) {
    return value >= low && value <= high;
  };
  if (!within(conv.in_channels(), 1, kMaxChannels) ||
      !within(conv.out_channels(), 1, kMaxChannels) ||
      !within(conv.kernel(), 1, kMaxKernel) ||
      !within(conv.stride(), 1, kMaxStride) ||
      !within(conv.padding(), 0, conv.kernel() - 1) ||
      RowCodes(conv) > kMaxProducts) {
    return Wrong("convolution '", conv.name(), "': ", conv.in_channels(),
                 " to ", conv.out_channels(), " channels, kernel ",
                 conv.kernel(), ", stride ", conv.stride(), ", padding ",
                 conv.padding(), " is out of range");
  }
  return absl::OkStatus();
}

// `index` is the next convolution and reads `channels`.
absl::Status CheckNext(const BundleGraph& graph, int index, int& next,
                       int channels) {
  if (index != next || next >= graph.convolutions_size()) {
    return Wrong("convolution ", index, " stands where ", next, " of ",
                 graph.convolutions_size(), " is due");
  }
  const auto& conv = graph.convolutions(next++);
  if (conv.in_channels() != channels) {
    return Wrong("convolution '", conv.name(), "' reads ", conv.in_channels(),
                 " channels of ", channels);
  }
  return absl::OkStatus();
}

// A subnet's images on their way through the graph.
class Walk {
 public:
  Walk(const BundleGraph& graph, const BundleSubnet& subnet)
      : graph_(graph),
        subnet_(subnet),
        in_channels_(InChannels(graph, subnet)) {}

  // Output side of the convolution on a side of `size`, at least 1.
  absl::StatusOr<int64_t> Out(int index, int64_t size) {
    const auto& conv = graph_.convolutions(index);
    const int64_t channels = subnet_.out_channels(index);
    const int64_t padded = size + 2 * int64_t{conv.padding()};
    if (padded < conv.kernel()) {
      return Wrong("convolution '", conv.name(), "': its kernel of ",
                   conv.kernel(), " does not fit into ", padded, " pixels");
    }
    const int64_t out = (padded - conv.kernel()) / conv.stride() + 1;
    const int64_t values = out * out * channels;
    if (values > kMaxActivation) {
      return Wrong("convolution '", conv.name(), "': ", out, "x", out, "x",
                   channels, " values of one image are more than 1 GiB");
    }
    macs_ += values * in_channels_[index] * conv.kernel() * conv.kernel();
    if (macs_ > kMaxMacs) {
      return Wrong("up to convolution '", conv.name(), "': more than ",
                   kMaxMacs, " multiply-adds an image");
    }
    return out;
  }

 private:
  const BundleGraph& graph_;
  const BundleSubnet& subnet_;
  const std::vector<int64_t> in_channels_;
  int64_t macs_ = 0;
};

struct Sizes {
  int64_t side;
  int64_t channels;
};

absl::StatusOr<Sizes> CheckBlockShapes(const BundleGraph& graph,
                                       const BundleGraph::Block& block,
                                       const BundleSubnet& subnet, Sizes in,
                                       Walk& walk) {
  Sizes out = in;
  for (const int32_t unit : block.units()) {
    out.channels = subnet.out_channels(unit);
    RTFQ_ASSIGN_OR_RETURN(out.side, walk.Out(unit, out.side));
  }
  Sizes shortcut = in;
  if (block.has_downsample()) {
    const int32_t index = block.downsample();
    shortcut.channels = subnet.out_channels(index);
    RTFQ_ASSIGN_OR_RETURN(shortcut.side, walk.Out(index, in.side));
  }
  if (shortcut.side != out.side || shortcut.channels != out.channels) {
    return Wrong("behind convolution '",
                 graph.convolutions(block.units(block.units_size() - 1)).name(),
                 "': ", out.side, " pixels, ", out.channels,
                 " channels meet a shortcut of ", shortcut.side, " pixels, ",
                 shortcut.channels, " channels");
  }
  return out;
}

}  // namespace

absl::Status CheckGraph(const BundleGraph& graph) {
  const int count = graph.convolutions_size();
  if (count < 1 || count > kMaxConvolutions) {
    return Wrong(count, " convolutions; 1 to ", kMaxConvolutions,
                 " are possible");
  }
  for (const auto& conv : graph.convolutions()) {
    RTFQ_RETURN_IF_ERROR(CheckConvolution(conv));
  }
  if (graph.convolutions(0).in_channels() != 3) {
    return Wrong("the stem reads ", graph.convolutions(0).in_channels(),
                 " channels; images have 3");
  }
  int next = 1;
  int x = graph.convolutions(0).out_channels();
  for (const auto& block : graph.blocks()) {
    if (block.units_size() < 1) return Wrong("a block without convolutions");
    int read = x;
    for (const int32_t unit : block.units()) {
      RTFQ_RETURN_IF_ERROR(CheckNext(graph, unit, next, read));
      read = graph.convolutions(unit).out_channels();
    }
    if (block.has_downsample()) {
      RTFQ_RETURN_IF_ERROR(CheckNext(graph, block.downsample(), next, x));
    }
    x = read;
  }
  if (next != count) return Wrong(count - next, " convolutions in no block");
  return absl::OkStatus();
}

absl::Status CheckSubnetShapes(const BundleGraph& graph,
                               const BundleSubnet& subnet) {
  if (subnet.resolution() < 1 || subnet.resolution() > kMaxResolution) {
    return Wrong("resolution ", subnet.resolution());
  }
  for (int i = 0; i < graph.convolutions_size(); ++i) {
    const auto& conv = graph.convolutions(i);
    if (subnet.out_channels(i) < 1 ||
        subnet.out_channels(i) > conv.out_channels()) {
      return Wrong("convolution '", conv.name(), "' has ",
                   subnet.out_channels(i), " channels of ",
                   conv.out_channels());
    }
  }
  Sizes x = {.side = 0, .channels = subnet.out_channels(0)};
  Walk walk(graph, subnet);
  RTFQ_ASSIGN_OR_RETURN(x.side, walk.Out(0, subnet.resolution()));
  if (graph.max_pool()) x.side = (x.side - 1) / 2 + 1;
  for (const auto& block : graph.blocks()) {
    RTFQ_ASSIGN_OR_RETURN(x, CheckBlockShapes(graph, block, subnet, x, walk));
  }
  return absl::OkStatus();
}

}  // namespace rtfq
