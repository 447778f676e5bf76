// Residual networks as data.
#ifndef RTFQ_MODELS_RESNET_SPEC_H_
#define RTFQ_MODELS_RESNET_SPEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/models/network.pb.h"

namespace rtfq {

enum class BlockKind { kBasic, kBottleneck };

struct StageSpec {
  int64_t channels = 0;  // of the 3x3 convolutions, at full width
  int blocks = 0;
  int stride = 1;  // of the first block
};

// torchvision's ResNet "v1.5" (the stride is on the 3x3) without its weights:
// a stem convolution, perhaps a 3x3/2 max pool, the stages (four in
// torchvision's), global average pool, classifier.
struct ResNetSpec {
  BlockKind block = BlockKind::kBottleneck;
  int64_t stem_channels = 64;
  int stem_kernel = 7;
  int stem_stride = 2;
  bool max_pool = true;
  std::vector<StageSpec> stages;
  int64_t num_classes = 0;
  // Channels at a width are the nearest multiple of it; 1 means floor(c * w).
  int channel_multiple = 8;

  int64_t expansion() const { return block == BlockKind::kBottleneck ? 4 : 1; }
  // Channels `full` become at a width: the nearest multiple of
  // channel_multiple, halves up, at least one multiple (ours, because vectors
  // and tiles have such sizes); floor(full * width) but at least 1 where it
  // is 1.
  int64_t ChannelsAt(int64_t full, int width_percent) const;
};

// What a convolution is for, where it matters to quantization.
enum class ConvRole { kStem, kInner };

// One convolution at one width and resolution; square, without groups.
struct ConvSpec {
  std::string name;     // "layer2.0.conv1", torchvision's
  std::string bn_name;  // "layer2.0.bn1", "layer2.0.downsample.1"
  ConvRole role = ConvRole::kInner;
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int kernel = 1;
  int stride = 1;
  int padding = 0;
  int64_t in_size = 0;  // height == width

  int64_t out_size() const {
    return (in_size + 2 * padding - kernel) / stride + 1;
  }
  int64_t macs() const {  // of one image
    return out_size() * out_size() * in_channels * out_channels * kernel *
           kernel;
  }
};

// Builds the spec a config describes; depths 18, 34, 50, 101 and the `tiny`
// family (1..8 stages; the stem's channels are not 4 times a bottleneck's first
// stage, whose shortcut could then not be an identity at every width). All
// channels are multiples of channel_multiple; 2..100000 classes.
// kInvalidArgument naming the field, its value and what is accepted.
absl::StatusOr<ResNetSpec> MakeResNetSpec(const NetworkConfig& config,
                                          int64_t num_classes);

// All convolutions in forward order (a block's downsample after its last
// convolution), with the channels at `width_percent` and the sizes at
// `resolution`.
std::vector<ConvSpec> ConvSpecsAt(const ResNetSpec& spec, int resolution,
                                  int width_percent);

// Features the classifier reads at a width.
int64_t FeaturesAt(const ResNetSpec& spec, int width_percent);

}  // namespace rtfq

#endif  // RTFQ_MODELS_RESNET_SPEC_H_
