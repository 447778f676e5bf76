#include "rtfq/ops/conv2d_tiles.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/rounding.h"
#include "rtfq/core/scratch.h"
#include "rtfq/ops/simd.h"
#include "rtfq/ops/skipped_pixels.h"

namespace rtfq::ops {
namespace {

// A block's inputs and sums stay in the first two caches: 48 windows share most
// of their codes, 64 channels of sums are 12 KiB.
constexpr int64_t kBlockPixels = 48;
constexpr int64_t kMostBlockPixels = 72;
constexpr int64_t kBlockChannels = 64;
// With fewer blocks a thread than this they are cut smaller.
constexpr int64_t kEnoughBlocks = 4;
// The last step of the last window may read so far behind the image.
constexpr int64_t kSlackBytes = 16;
// Copied at once: less is not worth handing to a thread.
constexpr int64_t kCopyBytes = 32768;

RTFQ_MULTIVERSION
void WidenUnsigned(const uint8_t* x, int64_t count, int16_t* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<int16_t>(x[i]);
}

RTFQ_MULTIVERSION
void WidenSigned(const int8_t* x, int64_t count, int16_t* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<int16_t>(x[i]);
}

void CopyCodes(TileKind kind, Sign sign, const uint8_t* x, int64_t count,
               uint8_t* out) {
  if (ReadsBytes(kind)) {
    std::memcpy(out, x, static_cast<size_t>(count));
  } else if (sign == Sign::kUnsigned) {
    WidenUnsigned(x, count, reinterpret_cast<int16_t*>(out));
  } else {
    WidenSigned(reinterpret_cast<const int8_t*>(x), count,
                reinterpret_cast<int16_t*>(out));
  }
}

}  // namespace

Conv2dTiles::Conv2dTiles(const Engine& engine, const Conv2dGeometry& geometry,
                         BitWidth bits, Sign sign, bool vnni)
    : engine_(engine),
      geometry_(geometry),
      bits_(bits),
      sign_(sign),
      kind_(TileKindFor(bits, sign, vnni)),
      segment_codes_(geometry.kernel * geometry.in_channels),
      steps_(CeilDiv(segment_codes_, ProductsPerStep(kind_))) {}

std::string Conv2dTiles::Description() const {
  return absl::StrCat("1 x tiles:", ReadsBytes(kind_) ? "u8" : "s16", ":",
                      NeedsVnni(kind_) ? "avx512_vnni" : "avx2");
}

int64_t Conv2dTiles::PanelAt(int64_t channel) const {
  return RoundUp(channel, VectorChannels(kind_)) * geometry_.kernel * steps_ *
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

bool Conv2dTiles::ReadsInPlace() const {
  return ReadsBytes(kind_) && geometry_.padding == 0 &&
         segment_codes_ % ProductsPerStep(kind_) == 0;
}

int64_t Conv2dTiles::copied_side() const {
  return SkipsPixels(geometry_) ? geometry_.out_size()
                                : geometry_.in_size + 2 * geometry_.padding;
}

// Row `row` of the copies of all images, [N,side,side,I].
void Conv2dTiles::CopyRow(const uint8_t* x_codes, int64_t row,
                          uint8_t* to) const {
  const Conv2dGeometry& g = geometry_;
  const int64_t side = copied_side(), in = g.in_channels;
  const int64_t bytes = in * InputBytes(kind_);
  const int64_t n = row / side, r = row % side;
  if (SkipsPixels(g)) {
    const uint8_t* from =
        x_codes + (n * g.in_size + r * g.stride) * g.in_size * in;
    for (int64_t q = 0; q < side; ++q) {
      CopyCodes(kind_, sign_, from + q * g.stride * in, in, to + q * bytes);
    }
    return;
  }
  const int64_t h = r - g.padding;
  if (h < 0 || h >= g.in_size) {
    std::memset(to, 0, static_cast<size_t>(side * bytes));
    return;
  }
  const auto margin = static_cast<size_t>(g.padding * bytes);
  std::memset(to, 0, margin);
  CopyCodes(kind_, sign_, x_codes + (n * g.in_size + h) * g.in_size * in,
            g.in_size * in, to + margin);
  std::memset(to + margin + g.in_size * bytes, 0, margin);
}

Conv2dTiles::Image Conv2dTiles::Copied(View<const uint8_t> x_codes,
                                       uint8_t* memory) const {
  const int64_t side = copied_side();
  const int64_t pixel_bytes = geometry_.in_channels * InputBytes(kind_);
  const int64_t row_bytes = side * pixel_bytes;
  const int64_t rows = geometry_.batch * side;
  const int64_t grain = std::max<int64_t>(1, kCopyBytes / row_bytes);
  engine_.threads().For(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      CopyRow(x_codes.data(), row, memory + row * row_bytes);
    }
  });
  std::memset(memory + rows * row_bytes, 0, kSlackBytes);
  return {.data = memory,
          .side = side,
          .stride = SkipsPixels(geometry_) ? 1 : geometry_.stride,
          .pixel_bytes = pixel_bytes};
}

Conv2dTiles::Blocks Conv2dTiles::CutIntoBlocks() const {
  const int64_t pixels = geometry_.y_shape().count() / geometry_.out_channels;
  Blocks blocks;
  const int64_t about =
      std::max<int64_t>(1, (pixels + kBlockPixels / 2) / kBlockPixels);
  blocks.pixels = RoundUp(CeilDiv(pixels, about), kTilePixels);
  RTFQ_CHECK(blocks.pixels <= kMostBlockPixels);
  blocks.down = CeilDiv(pixels, blocks.pixels);
  blocks.channels = kBlockChannels;
  blocks.across = CeilDiv(geometry_.out_channels, blocks.channels);
  if (blocks.down * blocks.across <
      kEnoughBlocks * engine_.threads().num_threads()) {
    blocks.channels = TileChannels(kind_);
    blocks.across = CeilDiv(geometry_.out_channels, blocks.channels);
  }
  return blocks;
}

void Conv2dTiles::FindWindows(const Image& image, int64_t first, int64_t count,
                              const void** windows) const {
  const int64_t side = geometry_.out_size();
  const int64_t pixel_bytes = image.stride * image.pixel_bytes;
  int64_t row = first / side, q = first % side;  // row = n * P + p
  for (int64_t i = 0; i < count; ++row, q = 0) {
    const int64_t n = row / side, p = row % side;
    const uint8_t* at = image.data + (n * image.side + p * image.stride) *
                                         image.side * image.pixel_bytes;
    for (; q < side && i < count; ++q, ++i) windows[i] = at + q * pixel_bytes;
  }
}

void Conv2dTiles::RunBlock(const Image& image, const uint8_t* packed,
                           SumBlock block, SumReader reader,
                           const float* beside) const {
  alignas(64) int32_t sums[kMostBlockPixels * kBlockChannels];
  const void* windows[kMostBlockPixels];
  FindWindows(image, block.first_pixel, block.pixels, windows);
  const Reduction reduction = {.segments = geometry_.kernel,
                               .segment_bytes = image.side * image.pixel_bytes,
                               .steps = steps_};
  const int vector = VectorChannels(kind_), tile = TileChannels(kind_);
  for (int64_t c = 0; c < block.channels; c += tile) {
    const auto* panel = reinterpret_cast<const int8_t*>(packed) +
                        PanelAt(block.first_channel + c);
    const int channels = block.channels - c <= vector ? vector : tile;
    const int64_t there = std::min<int64_t>(channels, block.channels - c);
    for (int64_t i = 0; i < block.pixels; i += kTilePixels) {
      const auto pixels =
          static_cast<int>(std::min<int64_t>(kTilePixels, block.pixels - i));
      if (beside != nullptr) {
        FetchRows(beside + (block.first_pixel + i) * geometry_.out_channels +
                      block.first_channel + c,
                  geometry_.out_channels, pixels, there);
      }
      RunTile(kind_, bits_, windows + i, pixels, channels, reduction, panel,
              sums + i * kBlockChannels + c, kBlockChannels);
    }
  }
  block.sums = sums;
  block.stride = kBlockChannels;
  reader(block);
}

void Conv2dTiles::Forward(View<const uint8_t> x_codes, const void* packed,
                          SumReader reader, View<const float> beside) const {
  RTFQ_CHECK(x_codes.shape() == geometry_.x_shape() && x_codes.IsDense());
  RTFQ_CHECK(beside.data() == nullptr ||
             (beside.shape() == geometry_.y_shape() && beside.IsDense()));
  const int64_t pixels = geometry_.y_shape().count() / geometry_.out_channels;
  if (pixels == 0) return;
  const int64_t copied_bytes = geometry_.batch * copied_side() * copied_side() *
                                   geometry_.in_channels * InputBytes(kind_) +
                               kSlackBytes;
  const auto memory =
      engine_.scratch().Borrow(ReadsInPlace() ? 0 : copied_bytes);
  const Image image = ReadsInPlace()
                          ? Image{.data = x_codes.data(),
                                  .side = geometry_.in_size,
                                  .stride = geometry_.stride,
                                  .pixel_bytes = geometry_.in_channels}
                          : Copied(x_codes, memory.as<uint8_t>());
  const Blocks blocks = CutIntoBlocks();
  engine_.threads().For(
      blocks.down * blocks.across, 1, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; ++b) {
          SumBlock block;
          block.first_pixel = b / blocks.across * blocks.pixels;
          block.pixels = std::min(blocks.pixels, pixels - block.first_pixel);
          block.first_channel = b % blocks.across * blocks.channels;
          block.channels = std::min(
              blocks.channels, geometry_.out_channels - block.first_channel);
          RunBlock(image, static_cast<const uint8_t*>(packed), block, reader,
                   beside.data());
        }
      });
}

}  // namespace rtfq::ops
