#include "rtfq/ops/conv2d_amx_weights.h"

#include <algorithm>

#include "rtfq/core/check.h"
#include "rtfq/core/rounding.h"
#include "rtfq/core/scratch.h"
#include "rtfq/ops/amx_pair_tiles.h"

namespace rtfq::ops {
namespace {

// Panels of so many bytes stay in a cache while they are multiplied.
constexpr int64_t kPanelBytes = int64_t{2} << 20;
constexpr int64_t kTileChannels = 2 * kBlockChannels;  // of AmxPairTiles::Run()
constexpr int64_t kMostWindowColumns = 3;
constexpr int64_t kPackGrain = 1 << 14;  // pairs

template <typename T>
int64_t BytesOf(int64_t count) {
  return count * static_cast<int64_t>(sizeof(T));
}

// The panels of the channels from `channel` on.
PairPanels PanelsAt(const Bf16Pair* panels, int64_t panel_pairs,
                    int64_t channel, int64_t channels) {
  return {.first = panels + channel / kBlockChannels * panel_pairs,
          .distance = panel_pairs,
          .count = channels - channel > kBlockChannels ? 2 : 1};
}

}  // namespace

bool Conv2dAmxWeights::Suits(const Conv2dGeometry& g) {
  return g.kernel <= kMostWindowColumns && (g.kernel > 1 || g.padding == 0);
}

Conv2dAmxWeights::Conv2dAmxWeights(const Engine& engine,
                                   const Conv2dGeometry& geometry)
    : engine_(engine),
      geometry_(geometry),
      rows_(RoundUp(geometry.out_channels, kBlockChannels)),
      columns_(RoundUp(geometry.in_channels, kBlockChannels)),
      blocks_(geometry),
      images_(ImagesAtOnce()) {
  RTFQ_CHECK(Suits(geometry));
}

// Sums that are larger than panels would be decide: each part of the batch
// reads and writes them all. Parts are about equal.
int64_t Conv2dAmxWeights::ImagesAtOnce() const {
  const int64_t kernel = geometry_.kernel;
  const int64_t image =
      BytesOf<Bf16Pair>(kernel * columns_ * blocks_.steps() + PairsOfDy(1));
  const int64_t sums = BytesOf<float>(kernel * kernel * rows_ * columns_);
  const int64_t most = std::clamp<int64_t>(std::max(kPanelBytes, sums) / image,
                                           1, blocks_.batch());
  return CeilDiv(blocks_.batch(), CeilDiv(blocks_.batch(), most));
}

// Enough to reuse what a tile of x reads from a cache, few enough for threads.
int64_t Conv2dAmxWeights::TaskRows() const {
  return kTileChannels * (geometry_.kernel == 1 ? 4 : 1);
}

int64_t Conv2dAmxWeights::BlockSums() const {
  return TaskRows() * kTileChannels * geometry_.kernel * geometry_.kernel;
}

std::string Conv2dAmxWeights::Description() const {
  return "1 x tiles:bf16:amx";
}

int64_t Conv2dAmxWeights::PairsOfX(int64_t images) const {
  return columns_ * blocks_.OfX(images) * kBlockSteps;
}

int64_t Conv2dAmxWeights::PairsOfDy(int64_t images) const {
  return rows_ * blocks_.OfDy(images) * kBlockSteps;
}

template <typename T>
void Conv2dAmxWeights::Pack(const T* x, const Bf16* dy, const Part& part,
                            const Panels& panels) const {
  const int64_t kernel = geometry_.kernel;
  const int64_t of_x = blocks_.OfX(part.images);
  const int64_t of_dy = blocks_.OfDy(part.images);
  const int64_t pairs = std::max(kernel * columns_, rows_) * kBlockSteps;
  const auto pack_x = [&](int64_t block) {
    const T* pixels[kBlockPixels];
    for (int64_t v = 0; v < kernel; ++v) {
      blocks_.FindX(x, part, block, v, pixels);
      PackBlocks(pixels, geometry_.in_channels,
                 panels.x + v * PairsOfX(part.images) + block * kBlockPairs,
                 of_x * kBlockPairs);
    }
  };
  const auto pack_dy = [&](int64_t block) {
    const Bf16* pixels[kBlockPixels];
    blocks_.FindDy(dy, part, block, pixels);
    PackTransposedBlocks(pixels, geometry_.out_channels,
                         panels.dy + block * kBlockPairs, of_dy * kBlockPairs);
  };
  engine_.threads().For(of_x + of_dy, CeilDiv(kPackGrain, pairs),
                        [&](int64_t begin, int64_t end) {
                          for (int64_t i = begin; i < end; ++i) {
                            i < of_x ? pack_x(i) : pack_dy(i - of_x);
                          }
                        });
}

void Conv2dAmxWeights::MultiplyBlock(const Panels& panels, const Part& part,
                                     const Block& block, float* sums) const {
  const int64_t kernel = geometry_.kernel, area = kernel * kernel;
  const int64_t x_panel = blocks_.OfX(part.images) * kBlockPairs;
  const int64_t dy_panel = blocks_.OfDy(part.images) * kBlockPairs;
  const BlockReduction reduction = {.images = part.images,
                                    .image = blocks_.steps(),
                                    .blocks = blocks_.blocks()};
  AmxPairTiles tiles;
  for (int64_t row = 0; row < block.rows; row += kTileChannels) {
    const PairPanels left =
        PanelsAt(panels.dy, dy_panel, block.row + row, rows_);
    for (int64_t v = 0; v < kernel; ++v) {
      for (int64_t u = 0; u < kernel; ++u) {
        PairPanels right = PanelsAt(panels.x + v * PairsOfX(part.images),
                                    x_panel, block.column, columns_);
        right.first += blocks_.StepOf(u) * kBlockChannels;
        tiles.Run(left, right, reduction, part.first > 0,
                  sums + (row * area + u * kernel + v) * kTileChannels,
                  area * kTileChannels);
      }
    }
  }
}

void Conv2dAmxWeights::Multiply(const Panels& panels, const Part& part,
                                float* sums, View<float> dw) const {
  const int64_t task_rows = TaskRows();
  const int64_t down = CeilDiv(rows_, task_rows);
  const int64_t across = CeilDiv(columns_, kTileChannels);
  // The larger factor is read once, the smaller one again and again.
  const bool rows_outside = rows_ > geometry_.kernel * columns_;
  engine_.threads().For(down * across, 1, [&](int64_t task, int64_t) {
    const int64_t i = rows_outside ? task / across : task % down;
    const int64_t j = rows_outside ? task % across : task / down;
    const Block block = {.row = i * task_rows,
                         .rows = std::min(task_rows, rows_ - i * task_rows),
                         .column = j * kTileChannels};
    const auto memory = engine_.scratch().Borrow(
        sums == nullptr ? BytesOf<float>(BlockSums()) : 0);
    float* to =
        sums == nullptr ? memory.as<float>() : sums + task * BlockSums();
    MultiplyBlock(panels, part, block, to);
    if (part.first + part.images < blocks_.batch()) return;
    switch (geometry_.kernel) {
      case 1:
        return Unpack<1>(to, block, dw.data());
      case 2:
        return Unpack<4>(to, block, dw.data());
      default:
        return Unpack<9>(to, block, dw.data());
    }
  });
}

template <int kArea>
void Conv2dAmxWeights::Unpack(const float* sums, const Block& block,
                              float* dw) const {
  const int64_t in = geometry_.in_channels;
  const int64_t rows = std::min(block.rows, geometry_.out_channels - block.row);
  const int64_t columns = std::min(kTileChannels, in - block.column);
  for (int64_t row = 0; row < rows; ++row) {
    const float* from = sums + row * kArea * kTileChannels;
    float* to = dw + ((block.row + row) * in + block.column) * kArea;
    for (int64_t c = 0; c < columns; ++c) {
      for (int t = 0; t < kArea; ++t) *to++ = from[t * kTileChannels + c];
    }
  }
}

template <typename T>
void Conv2dAmxWeights::RunOn(View<const T> x, View<const Bf16> dy,
                             View<float> dw) const {
  RTFQ_CHECK(x.shape() == geometry_.x_shape() && x.IsDense());
  RTFQ_CHECK(dy.shape() == geometry_.y_shape() && dy.IsDense());
  RTFQ_CHECK(dw.shape() == geometry_.w_shape() && dw.IsDense());
  ScratchPool& scratch = engine_.scratch();
  const int64_t kernel = geometry_.kernel;
  const auto x_panels =
      scratch.Borrow(BytesOf<Bf16Pair>(kernel * PairsOfX(images_)));
  const auto dy_panels = scratch.Borrow(BytesOf<Bf16Pair>(PairsOfDy(images_)));
  // Sums of one part need not outlive a task.
  const int64_t tasks =
      CeilDiv(rows_, TaskRows()) * CeilDiv(columns_, kTileChannels);
  const auto memory = scratch.Borrow(
      images_ < blocks_.batch() ? BytesOf<float>(tasks * BlockSums()) : 0);
  float* sums = images_ < blocks_.batch() ? memory.as<float>() : nullptr;
  const Panels panels = {x_panels.as<Bf16Pair>(), dy_panels.as<Bf16Pair>()};
  for (int64_t n = 0; n < blocks_.batch(); n += images_) {
    const Part part = {n, std::min(images_, blocks_.batch() - n)};
    Pack(x.data(), dy.data(), part, panels);
    Multiply(panels, part, sums, dw);
  }
}

void Conv2dAmxWeights::Run(View<const uint8_t> x_codes, Sign sign,
                           View<const Bf16> dy, View<float> dw) const {
  if (sign == Sign::kUnsigned) return RunOn(x_codes, dy, dw);
  RTFQ_CHECK(x_codes.IsDense());
  RunOn(View<const int8_t>(reinterpret_cast<const int8_t*>(x_codes.data()),
                           x_codes.shape()),
        dy, dw);
}

void Conv2dAmxWeights::Run(View<const Bf16> x, View<const Bf16> dy,
                           View<float> dw) const {
  RunOn(x, dy, dw);
}

}  // namespace rtfq::ops
