#include "rtfq/ops/conv2d_amx.h"

#include <algorithm>
#include <cstring>

#include "rtfq/core/check.h"
#include "rtfq/core/rounding.h"
#include "rtfq/core/scratch.h"

namespace rtfq::ops {
namespace {

// 64 channels of 64 pixels are 16 KiB of sums, which stay in the first cache.
constexpr int64_t kBlockPixels = 64;
constexpr int64_t kBlockChannels = 64;
// So many chunks of blocks a thread, so that one that is slow gets fewer.
constexpr int64_t kChunksOfThread = 8;
// Shorter segments than a step read so far behind their end.
constexpr int64_t kSlackBytes = 64;
// Copied at once: less is not worth handing to a thread.
constexpr int64_t kCopyBytes = 32768;

}  // namespace

Conv2dAmx::Conv2dAmx(const Engine& engine, const Conv2dGeometry& geometry,
                     Sign sign)
    : engine_(engine),
      geometry_(geometry),
      sign_(sign),
      pixel_bytes_(geometry.kernel * geometry.in_channels) {
  for (int64_t u = 0; u < geometry.kernel; ++u) {
    offsets_.push_back(PlaceOf(u) * geometry.out_size() * pixel_bytes_);
  }
}

std::string Conv2dAmx::Description() const { return "1 x tiles:u8:amx"; }

int64_t Conv2dAmx::packed_bytes() const {
  return CeilDiv(geometry_.out_channels, kAmxChannels) * panel_bytes();
}

void Conv2dAmx::Pack(View<const int8_t> w_codes, void* packed) const {
  RTFQ_CHECK(w_codes.shape() == geometry_.w_shape() && w_codes.IsDense());
  const int64_t out = geometry_.out_channels;
  const int64_t length = geometry_.kernel * pixel_bytes_;
  engine_.threads().For(
      CeilDiv(out, kAmxChannels), 1, [&](int64_t begin, int64_t end) {
        const auto turned = engine_.scratch().Borrow(
            geometry_.kernel > 1 ? kAmxChannels * length : 0);
        for (int64_t v = begin; v < end; ++v) {
          const int64_t first = v * kAmxChannels;
          const int64_t channels = std::min<int64_t>(kAmxChannels, out - first);
          const int8_t* w = w_codes.data() + first * length;
          for (int64_t c = 0; geometry_.kernel > 1 && c < channels; ++c) {
            PutChannelsLast(geometry_, w + c * length,
                            turned.as<int8_t>() + c * length);
          }
          if (geometry_.kernel > 1) w = turned.as<int8_t>();
          auto* panel = static_cast<int8_t*>(packed) + v * panel_bytes();
          for (int64_t u = 0; u < geometry_.kernel; ++u) {
            panel = PackAmxSegment(w + u * pixel_bytes_, length, channels,
                                   pixel_bytes_, panel);
          }
        }
      });
}

bool Conv2dAmx::ReadsInPlace() const {
  return geometry_.kernel == 1 && geometry_.stride == 1 &&
         geometry_.padding == 0 &&
         (pixel_bytes_ % 4 == 0 || pixel_bytes_ > kAmxCodes);
}

// Rows that a window's first row can be come first, then those that its second
// can be, and so on: so those of neighbouring output rows are neighbours.
int64_t Conv2dAmx::PlaceOf(int64_t row) const {
  const int64_t stride = geometry_.stride;
  const int64_t phase = row % stride;
  int64_t place = row / stride;
  for (int64_t earlier = 0; earlier < phase; ++earlier) {
    place += CeilDiv(copied_rows() - earlier, stride);
  }
  return place;
}

void Conv2dAmx::CopyRow(const uint8_t* x_codes, int64_t row,
                        uint8_t* to) const {
  const Conv2dGeometry& g = geometry_;
  const int64_t in = g.in_channels, side = g.in_size;
  const int64_t n = row / copied_rows(), h = row % copied_rows() - g.padding;
  if (row % copied_rows() % g.stride >= g.kernel) return;  // nobody reads it
  to += (n * copied_rows() + PlaceOf(row % copied_rows())) * g.out_size() *
        pixel_bytes_;
  if (h < 0 || h >= side) {
    std::memset(to, 0, static_cast<size_t>(g.out_size() * pixel_bytes_));
    return;
  }
  const uint8_t* from = x_codes + (n * side + h) * side * in;
  for (int64_t q = 0; q < g.out_size(); ++q, to += pixel_bytes_) {
    const int64_t w = q * g.stride - g.padding;  // may begin before the image
    const int64_t begin = std::max<int64_t>(0, -w);
    const int64_t end = std::min<int64_t>(g.kernel, side - w);
    if (begin > 0) std::memset(to, 0, static_cast<size_t>(begin * in));
    std::memcpy(to + begin * in, from + (w + begin) * in,
                static_cast<size_t>((end - begin) * in));
    if (end < g.kernel) {
      std::memset(to + end * in, 0, static_cast<size_t>((g.kernel - end) * in));
    }
  }
}

int64_t Conv2dAmx::copied_bytes() const {
  if (ReadsInPlace()) return 0;
  return geometry_.batch * copied_rows() * geometry_.out_size() * pixel_bytes_ +
         kSlackBytes;
}

Conv2dAmx::Rows Conv2dAmx::RowsOf(View<const uint8_t> x_codes,
                                  uint8_t* memory) const {
  RTFQ_CHECK(x_codes.shape() == geometry_.x_shape() && x_codes.IsDense());
  if (ReadsInPlace()) {
    return {.data = x_codes.data(),
            .images = geometry_.batch,
            .pixels = image_pixels(),
            .image_bytes = image_pixels() * pixel_bytes_};
  }
  const int64_t row_bytes = geometry_.out_size() * pixel_bytes_;
  const int64_t rows = geometry_.batch * copied_rows();
  const int64_t grain = std::max<int64_t>(1, kCopyBytes / row_bytes);
  engine_.threads().For(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      CopyRow(x_codes.data(), row, memory);
    }
  });
  std::memset(memory + rows * row_bytes, 0, kSlackBytes);
  return {.data = memory,
          .images = geometry_.batch,
          .pixels = image_pixels(),
          .image_bytes = copied_rows() * row_bytes};
}

void Conv2dAmx::ForBlocks(
    const Rows& rows,
    absl::FunctionRef<void(AmxTiles&, int64_t, const SumBlock&)> body) const {
  const int64_t in_image = CeilDiv(rows.pixels, kBlockPixels);
  const int64_t down = rows.images * in_image;
  const int64_t across = CeilDiv(geometry_.out_channels, kBlockChannels);
  // Threads share what weighs less and divide what weighs more.
  const bool channels_first =
      packed_bytes() > rows.images * rows.pixels * pixel_bytes_;
  const int64_t blocks = down * across;
  const int64_t grain = std::max<int64_t>(
      1, blocks / (kChunksOfThread * engine_.threads().num_threads()));
  engine_.threads().For(blocks, grain, [&](int64_t begin, int64_t end) {
    AmxTiles tiles;
    for (int64_t b = begin; b < end; ++b) {
      const int64_t i = channels_first ? b % down : b / across;
      const int64_t j = channels_first ? b / down : b % across;
      SumBlock block;
      block.first_pixel = i % in_image * kBlockPixels;
      block.pixels = std::min(kBlockPixels, rows.pixels - block.first_pixel);
      block.first_channel = j * kBlockChannels;
      block.channels = std::min(kBlockChannels,
                                geometry_.out_channels - block.first_channel);
      body(tiles, i / in_image, block);
    }
  });
}

SumBlock Conv2dAmx::Sum(AmxTiles& tiles, const Rows& rows, const void* packed,
                        int64_t image, SumBlock block, const float* beside,
                        int32_t* sums) const {
  constexpr int64_t kMostPixels = 2 * kAmxPixels;
  constexpr int64_t kMostChannels = 2 * kAmxChannels;
  const AmxReduction reduction = {offsets_.data(), geometry_.kernel,
                                  pixel_bytes_};
  const uint8_t* x =
      rows.data + image * rows.image_bytes + block.first_pixel * pixel_bytes_;
  block.first_pixel += image * rows.pixels;
  const int64_t out = geometry_.out_channels;
  for (int64_t c = 0; c < block.channels; c += kMostChannels) {
    const int64_t there = std::min(kMostChannels, block.channels - c);
    const AmxPanels panels = {
        static_cast<const int8_t*>(packed) +
            (block.first_channel + c) / kAmxChannels * panel_bytes(),
        panel_bytes(), there > kAmxChannels ? 2 : 1};
    for (int64_t i = 0; i < block.pixels; i += kMostPixels) {
      const int64_t pixels = std::min(kMostPixels, block.pixels - i);
      if (beside != nullptr) {
        FetchRows(
            beside + (block.first_pixel + i) * out + block.first_channel + c,
            out, pixels, there);
      }
      tiles.Run(sign_, reduction,
                {x + i * pixel_bytes_, pixel_bytes_, static_cast<int>(pixels)},
                panels, sums + i * kBlockChannels + c, kBlockChannels);
    }
  }
  block.sums = sums;
  block.stride = kBlockChannels;
  return block;
}

void Conv2dAmx::Forward(View<const uint8_t> x_codes, const void* packed,
                        SumReader reader, View<const float> beside) const {
  RTFQ_CHECK(beside.data() == nullptr ||
             (beside.shape() == geometry_.y_shape() && beside.IsDense()));
  const auto memory = engine_.scratch().Borrow(copied_bytes());
  Rows rows = RowsOf(x_codes, memory.as<uint8_t>());
  if (ReadsInPlace()) {  // as one image, whose last block alone is short
    rows.pixels *= rows.images;
    rows.images = 1;
  }
  ForBlocks(rows, [&](AmxTiles& tiles, int64_t image, const SumBlock& block) {
    alignas(64) int32_t sums[kBlockPixels * kBlockChannels];
    reader(Sum(tiles, rows, packed, image, block, beside.data(), sums));
  });
}

bool Conv2dAmx::PairsWith(const Conv2dCodeKernel& other) const {
  return dynamic_cast<const Conv2dAmx*>(&other) != nullptr;
}

void Conv2dAmx::ForwardPair(const PackedInput& input,
                            const Conv2dCodeKernel& other,
                            const PackedInput& other_input,
                            SumPairReader reader) const {
  const auto* second = dynamic_cast<const Conv2dAmx*>(&other);
  RTFQ_CHECK(second != nullptr);
  RTFQ_CHECK(second->geometry_.y_shape() == geometry_.y_shape());
  const auto memory = engine_.scratch().Borrow(copied_bytes());
  const auto more = engine_.scratch().Borrow(second->copied_bytes());
  const Rows rows = RowsOf(input.x_codes, memory.as<uint8_t>());
  const Rows others = second->RowsOf(other_input.x_codes, more.as<uint8_t>());
  ForBlocks(rows, [&](AmxTiles& tiles, int64_t image, const SumBlock& block) {
    alignas(64) int32_t sums[2][kBlockPixels * kBlockChannels];
    reader(Sum(tiles, rows, input.packed, image, block, nullptr, sums[0]),
           second->Sum(tiles, others, other_input.packed, image, block, nullptr,
                       sums[1]));
  });
}

}  // namespace rtfq::ops
