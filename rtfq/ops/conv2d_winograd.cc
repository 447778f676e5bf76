#include "rtfq/ops/conv2d_winograd.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/core/rounding.h"
#include "rtfq/core/scratch.h"
#include "rtfq/ops/winograd.h"

namespace rtfq::ops {
namespace {

constexpr TileKind kKind = TileKind::kVnni512Bytes;
constexpr int64_t kCodesOfStep = ProductsPerStep(kKind);
// As many as a tile of code_tiles.h has pixels, so that sums of all positions
// stay in the first cache.
constexpr int64_t kBlockTiles = TilePixels(kKind);
// Channels whose sums are read at once.
constexpr int64_t kReadChannels = 2 * TileChannels(kKind);
// Weights of a block's channels stay in the second cache from one block to the
// next. Its inputs are transformed for all of them.
constexpr int64_t kNearBytes = int64_t{1} << 19;
// Below that transforming takes as much time as it saves.
constexpr int64_t kLeastChannels = 96;
// Weights are 16/9 as many: more than so many bytes come from memory, which
// takes longer than the products of less than so many tiles.
constexpr int64_t kMostWeights = int64_t{2} << 20;
constexpr int64_t kManyTiles = 32;
// With fewer blocks a thread than this they get fewer channels.
constexpr int64_t kEnoughBlocks = 4;
constexpr int64_t kPixelsOfTile = kWinogradOutputs * kWinogradOutputs;

// Adjacent tiles of a block in one row of tiles.
struct Run {
  int64_t image, row, column;  // of the first tile
  int64_t first, tiles;        // in the block
};

// body(run) for all rows that the block's tiles lie in.
template <typename Body>
void ForRuns(int64_t first_tile, int64_t tiles, int64_t side, Body body) {
  for (int64_t i = 0; i < tiles;) {
    const int64_t tile = first_tile + i;
    const int64_t column = tile % side;
    const int64_t count = std::min(tiles - i, side - column);
    body(Run{.image = tile / side / side,
             .row = tile / side % side,
             .column = column,
             .first = i,
             .tiles = count});
    i += count;
  }
}

}  // namespace

bool Conv2dWinograd::Suits(const Conv2dGeometry& g, BitWidth bits, Sign sign) {
  const int64_t side = CeilDiv(g.out_size(), kWinogradOutputs);
  const int64_t products = side * side * kWinogradPositions;
  const int64_t direct = g.out_size() * g.out_size() * 9;
  const int64_t weights = g.in_channels * g.out_channels * kWinogradPositions;
  const bool exact = bits == BitWidth::k4 && sign == Sign::kUnsigned &&
                     g.kernel == 3 && g.stride == 1 && g.padding == 1 &&
                     g.in_channels % kCodesOfStep == 0;
  return exact && 4 * products <= 3 * direct &&
         g.in_channels >= kLeastChannels &&
         (weights <= kMostWeights || g.batch * side * side >= kManyTiles);
}

Conv2dWinograd::Conv2dWinograd(const Engine& engine,
                               const Conv2dGeometry& geometry)
    : engine_(engine), geometry_(geometry) {
  RTFQ_CHECK(geometry.kernel == 3 && geometry.stride == 1 &&
             geometry.padding == 1 && geometry.in_channels % kCodesOfStep == 0);
}

std::string Conv2dWinograd::Description() const {
  return "1 x winograd:u8:avx512_vnni";
}

int64_t Conv2dWinograd::side() const {
  return CeilDiv(geometry_.out_size(), kWinogradOutputs);
}

int64_t Conv2dWinograd::PositionBytes(int64_t channels) const {
  return RoundUp(channels, VectorChannels(kKind)) *
         (int64_t{sizeof(int32_t)} + geometry_.in_channels);
}

int64_t Conv2dWinograd::PanelAt(int64_t channel) const {
  return kWinogradPositions * PositionBytes(channel);
}

void Conv2dWinograd::PackPanel(const int8_t* w, int64_t channels,
                               int8_t* panel) const {
  const int64_t in = geometry_.in_channels;
  const auto transformed =
      engine_.scratch().Borrow(kWinogradPositions * channels * in);
  for (int64_t c = 0; c < channels; ++c) {
    TransformWeights(w + c * in * 9, in, transformed.as<int8_t>() + c * in,
                     channels * in);
  }
  for (int64_t k = 0; k < kWinogradPositions; ++k) {
    const int8_t* from = transformed.as<int8_t>() + k * channels * in;
    const int64_t start_bytes =
        RoundUp(channels, VectorChannels(kKind)) * int64_t{sizeof(int32_t)};
    auto* start = reinterpret_cast<int32_t*>(panel);
    std::memset(start, 0, static_cast<size_t>(start_bytes));
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t i = 0; i < in; ++i) {
        start[c] -= kWinogradOffset * from[c * in + i];
      }
    }
    panel = PackSegment(kKind, from, in, channels, in, panel + start_bytes);
  }
}

void Conv2dWinograd::Pack(View<const int8_t> w_codes, void* packed) const {
  RTFQ_CHECK(w_codes.shape() == geometry_.w_shape() && w_codes.IsDense());
  const int64_t out = geometry_.out_channels, width = TileChannels(kKind);
  engine_.threads().For(
      CeilDiv(out, width), 1, [&](int64_t begin, int64_t end) {
        for (int64_t panel = begin; panel < end; ++panel) {
          const int64_t first = panel * width;
          PackPanel(w_codes.data() + first * geometry_.in_channels * 9,
                    std::min(width, out - first),
                    static_cast<int8_t*>(packed) + PanelAt(first));
        }
      });
}

void Conv2dWinograd::TransformBlock(const uint8_t* x_codes,
                                    const uint8_t* zeros, const Block& block,
                                    uint8_t* out) const {
  const int64_t in = geometry_.in_channels, size = geometry_.in_size;
  ForRuns(block.first_tile, block.tiles, side(), [&](const Run& run) {
    const uint8_t* image = x_codes + run.image * size * size * in;
    for (int64_t i = 0; i < run.tiles; ++i) {
      const int64_t top = kWinogradOutputs * run.row - 1;
      const int64_t left = kWinogradOutputs * (run.column + i) - 1;
      std::array<const uint8_t*, kWinogradPositions> x;
      for (int k = 0; k < kWinogradPositions; ++k) {
        const int64_t h = top + k / kWinogradInputs;
        const int64_t w = left + k % kWinogradInputs;
        const bool inside = h >= 0 && h < size && w >= 0 && w < size;
        x[k] = inside ? image + (h * size + w) * in : zeros;
      }
      TransformInputs(x, in, out + (run.first + i) * in, block.tiles * in);
    }
  });
}

void Conv2dWinograd::SumPanel(const uint8_t* inputs, const int8_t* panel,
                              const Block& block, int64_t channels,
                              int32_t* sums) const {
  constexpr int64_t kWidth = TileChannels(kKind);
  alignas(64) int32_t products[kWinogradPositions * kBlockTiles * kWidth];
  const int64_t in = geometry_.in_channels, stride = block.tiles * kWidth;
  const Reduction reduction = {.steps = in / kCodesOfStep};
  const int64_t vector = VectorChannels(kKind);
  const auto padded = static_cast<int>(RoundUp(channels, vector));
  for (int64_t k = 0; k < kWinogradPositions; ++k) {
    const auto* start = reinterpret_cast<const int32_t*>(panel);
    const int8_t* weights = panel + padded * int64_t{sizeof(int32_t)};
    const void* x[kBlockTiles];
    for (int64_t i = 0; i < block.tiles; ++i) {
      x[i] = inputs + (k * block.tiles + i) * in;
    }
    RunTile(kKind, BitWidth::k4, x, static_cast<int>(block.tiles), padded,
            reduction, start, weights, products + k * stride, kWidth);
    panel += PositionBytes(channels);
  }
  ForRuns(block.first_tile, block.tiles, side(), [&](const Run& run) {
    int32_t* upper = sums + run.first * kPixelsOfTile * kReadChannels;
    int32_t* lower = upper + run.tiles * kWinogradOutputs * kReadChannels;
    for (int64_t i = 0; i < run.tiles; ++i) {
      const int64_t at = i * kWinogradOutputs * kReadChannels;
      TransformSums(products + (run.first + i) * kWidth, stride, padded,
                    {upper + at, upper + at + kReadChannels, lower + at,
                     lower + at + kReadChannels});
    }
  });
}

void Conv2dWinograd::Read(const Block& block, const int32_t* sums,
                          SumReader reader) const {
  const int64_t size = geometry_.out_size();
  ForRuns(block.first_tile, block.tiles, side(), [&](const Run& run) {
    const int64_t width = run.tiles * kWinogradOutputs;
    for (int64_t r = 0; r < kWinogradOutputs; ++r) {
      const int64_t p = run.row * kWinogradOutputs + r;
      const int64_t q = run.column * kWinogradOutputs;
      if (p >= size) continue;
      reader({.first_pixel = (run.image * size + p) * size + q,
              .pixels = std::min(width, size - q),
              .first_channel = block.first_channel,
              .channels = block.channels,
              .sums = sums +
                      (run.first * kPixelsOfTile + r * width) * kReadChannels,
              .stride = kReadChannels});
    }
  });
}

int64_t Conv2dWinograd::ChannelsOfBlock(int64_t down) const {
  const int64_t out = geometry_.out_channels;
  const int64_t enough = kEnoughBlocks * engine_.threads().num_threads();
  const int64_t across =
      std::max(CeilDiv(packed_bytes(), kNearBytes), CeilDiv(enough, down));
  return RoundUp(CeilDiv(out, across), kReadChannels);
}

void Conv2dWinograd::Forward(View<const uint8_t> x_codes, const void* packed,
                             SumReader reader, View<const float>) const {
  RTFQ_CHECK(x_codes.shape() == geometry_.x_shape() && x_codes.IsDense());
  const int64_t in = geometry_.in_channels, out = geometry_.out_channels;
  const int64_t tiles = geometry_.batch * side() * side();
  if (tiles == 0) return;
  const int64_t block_tiles = CeilDiv(tiles, CeilDiv(tiles, kBlockTiles));
  const int64_t down = CeilDiv(tiles, block_tiles);
  const int64_t channels = ChannelsOfBlock(down);
  const int64_t across = CeilDiv(out, channels);
  const auto zeros = engine_.scratch().Borrow(in);
  std::memset(zeros.data(), 0, static_cast<size_t>(in));
  engine_.threads().For(down * across, 1, [&](int64_t begin, int64_t end) {
    const auto memory =
        engine_.scratch().Borrow(kWinogradPositions * block_tiles * in);
    alignas(64) int32_t sums[kBlockTiles * kPixelsOfTile * kReadChannels];
    for (int64_t b = begin; b < end; ++b) {
      Block block;
      block.first_tile = b % down * block_tiles;
      block.tiles = std::min(block_tiles, tiles - block.first_tile);
      TransformBlock(x_codes.data(), zeros.as<const uint8_t>(), block,
                     memory.as<uint8_t>());
      const int64_t first = b / down * channels;
      const int64_t last = std::min(out, first + channels);
      for (int64_t c = first; c < last; c += kReadChannels) {
        block.first_channel = c;
        block.channels = std::min(kReadChannels, last - c);
        constexpr int64_t kWidth = TileChannels(kKind);
        for (int64_t v = 0; v < block.channels; v += kWidth) {
          SumPanel(memory.as<uint8_t>(),
                   static_cast<const int8_t*>(packed) + PanelAt(c + v), block,
                   std::min(kWidth, block.channels - v), sums + v);
        }
        Read(block, sums, reader);
      }
    }
  });
}

}  // namespace rtfq::ops
