// Where things lie inside the sections of a bundle (docs/format.md).
#ifndef RTFQ_DEPLOY_BUNDLE_LAYOUT_H_
#define RTFQ_DEPLOY_BUNDLE_LAYOUT_H_

#include <cstdint>
#include <vector>

#include "rtfq/core/bit_width.h"
#include "rtfq/deploy/bundle.pb.h"

namespace rtfq {

// The file begins "RTFQ\r\n\x1a\n", then the version (u32), 4 zero bytes, the
// length of the header (u64) and the 64 hexadecimal digits of its SHA-256, all
// little-endian; the header follows, and at the next multiple of 64 the
// sections.
inline constexpr char kBundleMagic[] = "RTFQ\r\n\x1a\n";
inline constexpr int64_t kBundleMagicBytes = 8;
inline constexpr int32_t kBundleVersion = 1;
inline constexpr int64_t kBundlePrologueBytes = 8 + 4 + 4 + 8 + 64;
inline constexpr int64_t kBundleAlignment = 64;
// A header of 48 subnets of a ResNet-101 has some 100 KB.
inline constexpr int64_t kMaxBundleHeaderBytes = 4 << 20;

constexpr int64_t AlignedUp(int64_t bytes) {
  return (bytes + kBundleAlignment - 1) / kBundleAlignment * kBundleAlignment;
}

// Codes [O,I,K,K] in rows of I*K*K, each row packed (bit_pack.h) and beginning
// with a byte of its own.
int64_t RowCodes(const BundleGraph::Convolution& conv);
int64_t RowBytes(const BundleGraph::Convolution& conv, BitWidth bits);

// Parts of a section follow each other in order, each at a multiple of 64.
struct PartLayout {
  std::vector<int64_t> offsets;
  int64_t size = 0;  // of the section
};

// Codes of the convolutions, the first (the stem) taking no room.
PartLayout LayoutOfWeights(const BundleGraph& graph, BitWidth bits);

// The stem's codes, the classifier's [classes, features], both at 8 bits, and
// its biases, f32 [classes].
struct OuterPart {
  enum : size_t { kStem, kClassifier, kBias };
};
PartLayout LayoutOfOuter(const BundleGraph& graph, int64_t classes);

// Scales and biases of the convolutions, f32 [2, O].
PartLayout LayoutOfAffine(const BundleSubnet& subnet);

// Input channels of each convolution in a subnet, from the graph's order.
std::vector<int64_t> InChannels(const BundleGraph& graph,
                                const BundleSubnet& subnet);

// The convolution whose output the classifier averages: the last block's last
// unit, or the stem.
int OutputConvolution(const BundleGraph& graph);

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_BUNDLE_LAYOUT_H_
