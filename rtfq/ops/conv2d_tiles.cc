#include "rtfq/ops/conv2d_tiles.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/rounding.h"
#include "rtfq/core/scratch.h"

namespace rtfq::ops {
namespace {

// A block's inputs and sums stay in the first two caches: 48 windows share most
// of their codes, 64 channels of sums are 12 KiB.
constexpr int64_t kBlockPixels = 48;
constexpr int64_t kMostBlockPixels = 72;
constexpr int64_t kBlockChannels = 64;
// With fewer blocks a thread than this they are cut smaller.
constexpr int64_t kEnoughBlocks = 4;
// But not smaller than that: weights would be read too often.
constexpr int64_t kLeastBlockPixels = 12;

using Sums = int32_t[kMostBlockPixels * kBlockChannels];

struct Blocks {
  int64_t pixels, channels;  // of a block
  int64_t down, across;      // how many
  int64_t count() const { return down * across; }
};

Blocks BlocksOf(int64_t pixels, int64_t channels, int64_t down,
                int64_t block_channels) {
  const int64_t block_pixels = CeilDiv(pixels, down);
  return {.pixels = block_pixels,
          .channels = block_channels,
          .down = CeilDiv(pixels, block_pixels),
          .across = CeilDiv(channels, block_channels)};
}

// First narrower, as a block's inputs are more than its weights; then lower.
Blocks CutIntoBlocks(int64_t pixels, int64_t channels, int64_t tile_channels,
                     int64_t enough) {
  int64_t down =
      std::max<int64_t>(1, (pixels + kBlockPixels / 2) / kBlockPixels);
  Blocks blocks = BlocksOf(pixels, channels, down, kBlockChannels);
  if (blocks.count() >= enough) return blocks;
  blocks = BlocksOf(pixels, channels, down, tile_channels);
  while (blocks.count() < enough && blocks.pixels >= 2 * kLeastBlockPixels) {
    blocks = BlocksOf(pixels, channels, ++down, tile_channels);
  }
  return blocks;
}

}  // namespace

Conv2dTiles::Conv2dTiles(const Engine& engine, const Conv2dGeometry& geometry,
                         BitWidth bits, Sign sign, TileSet set)
    : engine_(engine),
      geometry_(geometry),
      bits_(bits),
      kind_(TileKindFor(bits, sign, set)),
      windows_(geometry, kind_, sign),
      segment_codes_(geometry.kernel * geometry.in_channels),
      steps_(CeilDiv(segment_codes_, ProductsPerStep(kind_))) {}

std::string Conv2dTiles::Description() const {
  return absl::StrCat("1 x tiles:", ReadsBytes(kind_) ? "u8" : "s16", ":",
                      NeedsAvx512(kind_) ? "avx512_vnni"
                      : NeedsVnni(kind_) ? "avx_vnni"
                                         : "avx2");
}

int64_t Conv2dTiles::StartBytes(int64_t channels) const {
  return windows_.offset() ? RoundUp(channels, VectorChannels(kind_)) *
                                 int64_t{sizeof(int32_t)}
                           : 0;
}

int64_t Conv2dTiles::PanelAt(int64_t channel) const {
  return StartBytes(channel) + RoundUp(channel, VectorChannels(kind_)) *
                                   geometry_.kernel * steps_ *
                                   ProductsPerStep(kind_);
}

void Conv2dTiles::PackPanel(const int8_t* w, int64_t channels,
                            int8_t* panel) const {
  const int64_t length = geometry_.kernel * segment_codes_;
  const auto rows = engine_.scratch().Borrow(TileChannels(kind_) * length);
  const bool turned = geometry_.kernel > 1;
  for (int64_t c = 0; turned && c < channels; ++c) {
    PutChannelsLast(geometry_, w + c * length, rows.as<int8_t>() + c * length);
  }
  const int8_t* from = turned ? rows.as<int8_t>() : w;
  if (windows_.offset()) {
    auto* start = reinterpret_cast<int32_t*>(panel);
    std::memset(start, 0, static_cast<size_t>(StartBytes(channels)));
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t i = 0; i < length; ++i) {
        start[c] -= kSignedOffset * from[c * length + i];
      }
    }
    panel += StartBytes(channels);
  }
  for (int64_t u = 0; u < geometry_.kernel; ++u) {
    panel = PackSegment(kind_, from + u * segment_codes_, length, channels,
                        segment_codes_, panel);
  }
}

void Conv2dTiles::Pack(View<const int8_t> w_codes, void* packed) const {
  RTFQ_CHECK(w_codes.shape() == geometry_.w_shape() && w_codes.IsDense());
  const int64_t out = geometry_.out_channels;
  const int64_t width = TileChannels(kind_);
  const int64_t panels = CeilDiv(out, width);
  engine_.threads().For(panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t first = panel * width;
      PackPanel(w_codes.data() + first * geometry_.kernel * segment_codes_,
                std::min(width, out - first),
                static_cast<int8_t*>(packed) + PanelAt(first));
    }
  });
}

SumBlock Conv2dTiles::Sum(const TileWindows::Image& image, const void* packed,
                          SumBlock block, const float* beside,
                          int32_t* sums) const {
  const void* windows[kMostBlockPixels];
  windows_.Find(image, block.first_pixel, block.pixels, windows);
  const Reduction reduction = {.segments = geometry_.kernel,
                               .segment_bytes = image.row_bytes(),
                               .steps = steps_};
  const int vector = VectorChannels(kind_), tile = TileChannels(kind_);
  // Tiles of equal size: a short last one would take the time of a long one.
  const int64_t most =
      CeilDiv(block.pixels, CeilDiv(block.pixels, TilePixels(kind_)));
  for (int64_t c = 0; c < block.channels; c += tile) {
    const int64_t there = std::min<int64_t>(tile, block.channels - c);
    const auto* panel =
        static_cast<const int8_t*>(packed) + PanelAt(block.first_channel + c);
    const auto* start =
        windows_.offset() ? reinterpret_cast<const int32_t*>(panel) : nullptr;
    panel += StartBytes(there);
    for (int64_t i = 0; i < block.pixels; i += most) {
      const int64_t pixels = std::min(most, block.pixels - i);
      if (beside != nullptr) {
        FetchRows(beside + (block.first_pixel + i) * geometry_.out_channels +
                      block.first_channel + c,
                  geometry_.out_channels, pixels, there);
      }
      RunTile(kind_, bits_, windows + i, static_cast<int>(pixels),
              there <= vector ? vector : tile, reduction, start, panel,
              sums + i * kBlockChannels + c, kBlockChannels);
    }
  }
  block.sums = sums;
  block.stride = kBlockChannels;
  return block;
}

void Conv2dTiles::ForBlocks(
    absl::FunctionRef<void(const SumBlock&)> body) const {
  const int64_t pixels = this->pixels(), out = geometry_.out_channels;
  if (pixels == 0) return;
  const Blocks blocks =
      CutIntoBlocks(pixels, out, TileChannels(kind_),
                    kEnoughBlocks * engine_.threads().num_threads());
  RTFQ_CHECK(blocks.pixels <= kMostBlockPixels);
  engine_.threads().For(blocks.count(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      SumBlock block;
      block.first_pixel = b / blocks.across * blocks.pixels;
      block.pixels = std::min(blocks.pixels, pixels - block.first_pixel);
      block.first_channel = b % blocks.across * blocks.channels;
      block.channels = std::min(blocks.channels, out - block.first_channel);
      body(block);
    }
  });
}

void Conv2dTiles::Forward(View<const uint8_t> x_codes, const void* packed,
                          SumReader reader, View<const float> beside) const {
  RTFQ_CHECK(beside.data() == nullptr ||
             (beside.shape() == geometry_.y_shape() && beside.IsDense()));
  const auto memory = engine_.scratch().Borrow(windows_.copied_bytes());
  const TileWindows::Image image =
      windows_.Of(engine_.threads(), x_codes, memory.as<uint8_t>());
  ForBlocks([&](const SumBlock& block) {
    alignas(64) Sums sums;
    reader(Sum(image, packed, block, beside.data(), sums));
  });
}

bool Conv2dTiles::PairsWith(const Conv2dCodeKernel& other) const {
  return dynamic_cast<const Conv2dTiles*>(&other) != nullptr;
}

void Conv2dTiles::ForwardPair(const PackedInput& input,
                              const Conv2dCodeKernel& other,
                              const PackedInput& other_input,
                              SumPairReader reader) const {
  const auto* second = dynamic_cast<const Conv2dTiles*>(&other);
  RTFQ_CHECK(second != nullptr);
  RTFQ_CHECK(second->geometry_.y_shape() == geometry_.y_shape());
  const auto memory = engine_.scratch().Borrow(windows_.copied_bytes());
  const auto more = engine_.scratch().Borrow(second->windows_.copied_bytes());
  const TileWindows::Image image =
      windows_.Of(engine_.threads(), input.x_codes, memory.as<uint8_t>());
  const TileWindows::Image other_image = second->windows_.Of(
      engine_.threads(), other_input.x_codes, more.as<uint8_t>());
  ForBlocks([&](const SumBlock& block) {
    alignas(64) Sums sums[2];
    reader(
        Sum(image, input.packed, block, nullptr, sums[0]),
        second->Sum(other_image, other_input.packed, block, nullptr, sums[1]));
  });
}

}  // namespace rtfq::ops
