#include "rtfq/eval/cost_model.h"

#include "rtfq/core/bit_width.h"

namespace rtfq {
namespace {

constexpr int64_t kF32Bytes = 4;

int64_t ClassifierMacs(const ResNetSpec& spec, int width_percent) {
  return FeaturesAt(spec, width_percent) * spec.num_classes;
}

// Stem and classifier are never below 8 bits.
BitWidth OuterBits(BitWidth bits) {
  return IsQuantized(bits) ? BitWidth::k8 : BitWidth::kFloat;
}

BitWidth BitsOfConv(const ConvSpec& conv, BitWidth bits) {
  return conv.role == ConvRole::kStem ? OuterBits(bits) : bits;
}

int64_t Square(BitWidth bits) { return int64_t{BitsOf(bits)} * BitsOf(bits); }

// `count` codes of some bits each, without gaps, to the next whole byte.
int64_t PackedBytes(int64_t count, BitWidth bits) {
  return (count * BitsOf(bits) + 7) / 8;
}

}  // namespace

int64_t Macs(const ResNetSpec& spec, const SubnetConfig& subnet) {
  int64_t macs = ClassifierMacs(spec, subnet.width_percent);
  for (const ConvSpec& conv :
       ConvSpecsAt(spec, subnet.resolution, subnet.width_percent)) {
    macs += conv.macs();
  }
  return macs;
}

int64_t BitOps(const ResNetSpec& spec, const SubnetConfig& subnet) {
  int64_t bit_ops = ClassifierMacs(spec, subnet.width_percent) *
                    Square(OuterBits(subnet.bits));
  for (const ConvSpec& conv :
       ConvSpecsAt(spec, subnet.resolution, subnet.width_percent)) {
    bit_ops += conv.macs() * Square(BitsOfConv(conv, subnet.bits));
  }
  return bit_ops;
}

int64_t WeightBytes(const ResNetSpec& spec, const SubnetConfig& subnet) {
  // A float network folds the batch norm's scale into its weights.
  const int64_t per_channel = (IsQuantized(subnet.bits) ? 2 : 1) * kF32Bytes;
  int64_t bytes = 0;
  for (const ConvSpec& conv :
       ConvSpecsAt(spec, subnet.resolution, subnet.width_percent)) {
    const int64_t weights =
        conv.out_channels * conv.in_channels * conv.kernel * conv.kernel;
    bytes += PackedBytes(weights, BitsOfConv(conv, subnet.bits)) +
             conv.out_channels * per_channel;
  }
  const int64_t weights =
      spec.num_classes * FeaturesAt(spec, subnet.width_percent);
  return bytes + PackedBytes(weights, OuterBits(subnet.bits)) +
         (IsQuantized(subnet.bits) ? kF32Bytes : 0) +
         spec.num_classes * kF32Bytes;
}

}  // namespace rtfq
