#include "rtfq/models/resnet_spec.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

// Bounds on what a config may ask for: far above any ResNet, far below what
// would exhaust a machine by a typing error.
constexpr int64_t kMaxChannels = 8192;
constexpr int kMaxStages = 8;
constexpr int kMaxBlocks = 64;
constexpr int64_t kMaxClasses = 100000;

absl::Status CheckRange(std::string_view field, int64_t value, int64_t low,
                        int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("network.", absl::string_view(field.data(), field.size()),
                   ": ", value, " is outside ", low, "..", high));
}

// The four stages of a published ResNet (He et al. 2015, table 1).
ResNetSpec Published(BlockKind block, const std::vector<int>& blocks) {
  ResNetSpec spec;
  spec.block = block;
  spec.stem_channels = 64;
  for (size_t i = 0; i < blocks.size(); ++i) {
    spec.stages.push_back({int64_t{64} << i, blocks[i], i == 0 ? 1 : 2});
  }
  return spec;
}

absl::StatusOr<ResNetSpec> Tiny(const NetworkConfig::Tiny& tiny) {
  std::vector<int> channels(tiny.stage_channels().begin(),
                            tiny.stage_channels().end());
  if (channels.empty()) channels = {8, 16, 32, 64};
  RTFQ_RETURN_IF_ERROR(CheckRange("tiny.stage_channels has so many values",
                                  static_cast<int64_t>(channels.size()), 1,
                                  kMaxStages));
  std::vector<int> blocks(tiny.stage_blocks().begin(),
                          tiny.stage_blocks().end());
  if (blocks.empty()) blocks.assign(channels.size(), 1);
  if (blocks.size() != channels.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("network.tiny.stage_blocks: ", blocks.size(),
                     " values, but there are ", channels.size(), " stages"));
  }

  ResNetSpec spec;
  spec.block = tiny.bottleneck() ? BlockKind::kBottleneck : BlockKind::kBasic;
  spec.stem_channels = tiny.stem_channels();
  for (size_t i = 0; i < channels.size(); ++i) {
    RTFQ_RETURN_IF_ERROR(CheckRange(absl::StrCat("tiny.stage_blocks[", i, "]"),
                                    blocks[i], 1, kMaxBlocks));
    spec.stages.push_back({channels[i], blocks[i], i == 0 ? 1 : 2});
  }
  // A shortcut without a convolution needs equal channels at every width, and
  // rule(c) differs from 4 * rule(c / 4).
  if (tiny.bottleneck() && tiny.stem_channels() == 4 * int64_t{channels[0]}) {
    return absl::InvalidArgumentError(absl::StrCat(
        "network.tiny.stem_channels: ", tiny.stem_channels(),
        " is 4 times the first stage's ", channels[0],
        "; its first block would have an identity shortcut whose two sides "
        "differ at smaller widths, so take another number"));
  }
  return spec;
}

absl::StatusOr<ResNetSpec> OfFamily(const NetworkConfig& config) {
  if (config.has_tiny() && config.family() != NetworkConfig::TINY) {
    return absl::InvalidArgumentError(absl::StrCat(
        "network.tiny: given, but network.family is ",
        NetworkConfig::Family_Name(config.family()), "; say family: TINY"));
  }
  switch (config.family()) {
    case NetworkConfig::RESNET18:
      return Published(BlockKind::kBasic, {2, 2, 2, 2});
    case NetworkConfig::RESNET34:
      return Published(BlockKind::kBasic, {3, 4, 6, 3});
    case NetworkConfig::RESNET50:
      return Published(BlockKind::kBottleneck, {3, 4, 6, 3});
    case NetworkConfig::RESNET101:
      return Published(BlockKind::kBottleneck, {3, 4, 23, 3});
    case NetworkConfig::TINY:
      return Tiny(config.tiny());
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "network.family: ", static_cast<int>(config.family()), " is unknown"));
}

absl::Status CheckStem(const NetworkConfig& config) {
  RTFQ_RETURN_IF_ERROR(CheckRange("stem_kernel", config.stem_kernel(), 1, 7));
  if (config.stem_kernel() % 2 == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("network.stem_kernel: ", config.stem_kernel(),
                     " is even; 1, 3, 5 and 7 are accepted"));
  }
  return CheckRange("stem_stride", config.stem_stride(), 1, 4);
}

// With a multiple that divides all full channels the largest subnet has them
// exactly, and no smaller one has more.
absl::Status CheckChannels(std::string_view field, int64_t channels,
                           int multiple) {
  RTFQ_RETURN_IF_ERROR(CheckRange(field, channels, 1, kMaxChannels));
  if (channels % multiple == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "network.", absl::string_view(field.data(), field.size()), ": ", channels,
      " is no multiple of channel_multiple (", multiple, ")"));
}

// Appends the convolutions of one block; moves on channels and size.
void AppendBlock(const ResNetSpec& spec, const std::string& name, int64_t mid,
                 int stride, bool downsample, int64_t& channels, int64_t& size,
                 std::vector<ConvSpec>& convs) {
  const int64_t in = channels;
  const int64_t in_size = size;
  const auto append = [&](int number, int64_t out, int kernel,
                          int conv_stride) {
    convs.push_back({absl::StrCat(name, ".conv", number),
                     absl::StrCat(name, ".bn", number), ConvRole::kInner,
                     channels, out, kernel, conv_stride, kernel / 2, size});
    channels = out;
    size = convs.back().out_size();
  };
  if (spec.block == BlockKind::kBottleneck) {
    append(1, mid, 1, 1);
    append(2, mid, 3, stride);
    append(3, mid * spec.expansion(), 1, 1);
  } else {
    append(1, mid, 3, stride);
    append(2, mid, 3, 1);
  }
  if (downsample) {
    convs.push_back({absl::StrCat(name, ".downsample.0"),
                     absl::StrCat(name, ".downsample.1"), ConvRole::kInner, in,
                     channels, 1, stride, 0, in_size});
  }
  RTFQ_CHECK(downsample || (in == channels && in_size == size));
}

}  // namespace

int64_t ResNetSpec::ChannelsAt(int64_t full, int width_percent) const {
  if (channel_multiple == 1) {
    return std::max<int64_t>(1, full * width_percent / 100);
  }
  // full * width / multiple, plus a half, rounded down; in integers.
  const int64_t multiples =
      (2 * full * width_percent + 100 * int64_t{channel_multiple}) /
      (200 * int64_t{channel_multiple});
  return std::max<int64_t>(1, multiples) * channel_multiple;
}

absl::StatusOr<ResNetSpec> MakeResNetSpec(const NetworkConfig& config,
                                          int64_t num_classes) {
  RTFQ_RETURN_IF_ERROR(CheckStem(config));
  RTFQ_RETURN_IF_ERROR(
      CheckRange("channel_multiple", config.channel_multiple(), 1, 1024));
  if (num_classes < 2 || num_classes > kMaxClasses) {
    return absl::InvalidArgumentError(absl::StrCat(
        "number of classes: ", num_classes, " is outside 2..", kMaxClasses));
  }
  RTFQ_ASSIGN_OR_RETURN(ResNetSpec spec, OfFamily(config));
  spec.stem_kernel = config.stem_kernel();
  spec.stem_stride = config.stem_stride();
  spec.max_pool = config.stem_max_pool();
  spec.num_classes = num_classes;
  spec.channel_multiple = config.channel_multiple();
  const bool tiny = config.family() == NetworkConfig::TINY;
  RTFQ_RETURN_IF_ERROR(
      CheckChannels(tiny ? "tiny.stem_channels" : "stem's channels",
                    spec.stem_channels, spec.channel_multiple));
  for (size_t i = 0; i < spec.stages.size(); ++i) {
    RTFQ_RETURN_IF_ERROR(CheckChannels(
        absl::StrCat(tiny ? "tiny.stage_channels[" : "stage's channels[", i,
                     "]"),
        spec.stages[i].channels, spec.channel_multiple));
  }
  return spec;
}

std::vector<ConvSpec> ConvSpecsAt(const ResNetSpec& spec, int resolution,
                                  int width_percent) {
  std::vector<ConvSpec> convs;
  int64_t channels = spec.ChannelsAt(spec.stem_channels, width_percent);
  convs.push_back({"conv1", "bn1", ConvRole::kStem, 3, channels,
                   spec.stem_kernel, spec.stem_stride, spec.stem_kernel / 2,
                   resolution});
  int64_t size = convs.back().out_size();
  if (spec.max_pool) size = (size + 2 - 3) / 2 + 1;

  // Whether a shortcut has a convolution is a property of the supernet, so it
  // is decided at full width.
  int64_t full = spec.stem_channels;
  for (size_t s = 0; s < spec.stages.size(); ++s) {
    const StageSpec& stage = spec.stages[s];
    const int64_t mid = spec.ChannelsAt(stage.channels, width_percent);
    for (int b = 0; b < stage.blocks; ++b) {
      const int stride = b == 0 ? stage.stride : 1;
      const int64_t full_out = stage.channels * spec.expansion();
      AppendBlock(spec, absl::StrCat("layer", s + 1, ".", b), mid, stride,
                  stride != 1 || full != full_out, channels, size, convs);
      full = full_out;
    }
  }
  return convs;
}

int64_t FeaturesAt(const ResNetSpec& spec, int width_percent) {
  RTFQ_CHECK(!spec.stages.empty());
  return spec.expansion() *
         spec.ChannelsAt(spec.stages.back().channels, width_percent);
}

}  // namespace rtfq
