#include "rtfq/ops/conv2d_pair_weights.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "rtfq/core/check.h"
#include "rtfq/core/rounding.h"
#include "rtfq/core/scratch.h"
#include "rtfq/ops/simd.h"
#include "rtfq/ops/skipped_pixels.h"

namespace rtfq::ops {
namespace {

// Panels of so many bytes stay in the last cache while they are multiplied.
constexpr int64_t kPanelBytes = int64_t{2} << 20;
// Rows of dw that a thread computes at a time against one panel of x.
constexpr int64_t kTaskRows = 4 * kTileRows;
constexpr int64_t kMostWindowColumns = 3;
constexpr int64_t kPackGrain = 32;         // steps
constexpr int64_t kUnpackGrain = 1 << 14;  // elements

RTFQ_MULTIVERSION
void PairUp(const Bf16* first, const Bf16* second, int64_t count,
            Bf16Pair* __restrict pairs) {
  for (int64_t i = 0; i < count; ++i) {
    pairs[i] = static_cast<uint32_t>(first[i].bits) |
               static_cast<uint32_t>(second[i].bits) << 16;
  }
}

// A code as a number, exactly, in the upper half.
template <typename Code>
RTFQ_ALWAYS_INLINE uint32_t NumberOf(Code code) {
  return std::bit_cast<uint32_t>(static_cast<float>(int32_t{code}));
}

RTFQ_MULTIVERSION
void PairUp(const uint8_t* first, const uint8_t* second, int64_t count,
            Bf16Pair* __restrict pairs) {
  for (int64_t i = 0; i < count; ++i) {
    pairs[i] = NumberOf(first[i]) >> 16 | NumberOf(second[i]);
  }
}

RTFQ_MULTIVERSION
void PairUp(const int8_t* first, const int8_t* second, int64_t count,
            Bf16Pair* __restrict pairs) {
  for (int64_t i = 0; i < count; ++i) {
    pairs[i] = NumberOf(first[i]) >> 16 | NumberOf(second[i]);
  }
}

// Pairs of adjacent pixels, of bf16 or of codes, into panels.
template <typename T>
class PairWriter {
 public:
  // Panels hold `padded` channels, zeros behind the first `channels`.
  PairWriter(const Engine& engine, int64_t channels, int64_t padded)
      : channels_(channels),
        padded_(padded),
        memory_(
            engine.scratch().Borrow(2 * padded * int64_t{sizeof(Bf16Pair)})),
        pairs_(memory_.as<Bf16Pair>()),
        zeros_(reinterpret_cast<const T*>(pairs_ + padded)) {
    std::memset(memory_.data(), 0,
                static_cast<size_t>(2 * padded) * sizeof(Bf16Pair));
  }

  // To step `step` of `steps`; a pixel that is null is zeros.
  template <int64_t kPanelChannels>
  void Write(const T* first, const T* second, int64_t steps, int64_t step,
             Bf16Pair* panels) const {
    PairUp(first == nullptr ? zeros_ : first,
           second == nullptr ? zeros_ : second, channels_, pairs_);
    int64_t c = 0;
    for (; c + kPanelChannels <= padded_; c += kPanelChannels) {
      std::memcpy(panels + c * steps + step * kPanelChannels, pairs_ + c,
                  kPanelChannels * sizeof(Bf16Pair));
    }
    const int64_t rest = padded_ - c;
    if (rest == 0) return;
    std::memcpy(panels + c * steps + step * rest, pairs_ + c,
                static_cast<size_t>(rest) * sizeof(Bf16Pair));
  }

 private:
  const int64_t channels_, padded_;
  const ScratchPool::Block memory_;
  Bf16Pair* const pairs_;
  const T* const zeros_;
};

int64_t ImagesAtOnce(int64_t batch, int64_t image_pairs) {
  const auto bytes = image_pairs * static_cast<int64_t>(sizeof(Bf16Pair));
  return std::clamp<int64_t>(kPanelBytes / bytes, 1, batch);
}

}  // namespace

bool Conv2dPairWeights::Suits(const Conv2dGeometry& g) {
  return g.kernel <= kMostWindowColumns && (g.kernel > 1 || g.padding == 0);
}

Conv2dPairWeights::Conv2dPairWeights(const Engine& engine,
                                     const Conv2dGeometry& geometry)
    : engine_(engine),
      geometry_(geometry),
      run_(WithoutSkipping(geometry)),
      rows_(RoundUp(run_.out_channels, kRowUnit)),
      columns_(RoundUp(run_.in_channels, kVectorColumns)),
      in_lines_(run_.kernel == 1
                    ? 1
                    : (run_.out_size() - 1) * run_.stride + run_.kernel),
      out_lines_(run_.kernel == 1 ? 1 : run_.out_size()),
      line_pixels_(run_.out_size() * (run_.kernel == 1 ? run_.out_size() : 1)),
      steps_((line_pixels_ + 1) / 2),
      images_(ImagesAtOnce(run_.batch, PairsOfX(1) * run_.kernel +
                                           rows_ * out_lines_ * steps_)) {
  RTFQ_CHECK(Suits(geometry));
}

std::string Conv2dPairWeights::Description() const {
  return "1 x tiles:bf16:avx512_bf16";
}

int64_t Conv2dPairWeights::PairsOfX(int64_t images) const {
  return columns_ * images * in_lines_ * steps_;
}

Conv2dPairWeights::Panels Conv2dPairWeights::XPanels(Bf16Pair* memory,
                                                     int64_t images,
                                                     int64_t v) const {
  return {.pairs = memory + v * PairsOfX(images),
          .channels = columns_,
          .panel_channels = kTileColumns,
          .steps = images * in_lines_ * steps_};
}

Conv2dPairWeights::Panels Conv2dPairWeights::DyPanels(Bf16Pair* memory,
                                                      int64_t images) const {
  return {.pairs = memory,
          .channels = rows_,
          .panel_channels = kTileRows,
          .steps = images * out_lines_ * steps_};
}

template <typename T>
const T* Conv2dPairWeights::PixelOfX(const T* image, int64_t l, int64_t v,
                                     int64_t q) const {
  if (q >= line_pixels_) return nullptr;
  if (run_.kernel == 1) return image + q * run_.in_channels;
  const int64_t h = l - run_.padding;
  const int64_t w = q * run_.stride + v - run_.padding;
  if (h < 0 || h >= run_.in_size || w < 0 || w >= run_.in_size) return nullptr;
  return image + (h * run_.in_size + w) * run_.in_channels;
}

template <typename T>
void Conv2dPairWeights::PackX(const T* x, int64_t images,
                              Bf16Pair* memory) const {
  const int64_t image = run_.in_size * run_.in_size * run_.in_channels;
  const int64_t all = images * in_lines_ * steps_;
  engine_.threads().For(all, kPackGrain, [&](int64_t begin, int64_t end) {
    const PairWriter<T> writer(engine_, run_.in_channels, columns_);
    for (int64_t step = begin; step < end; ++step) {
      const int64_t line = step / steps_, q = 2 * (step % steps_);
      const T* from = x + line / in_lines_ * image;
      const int64_t l = line % in_lines_;
      for (int64_t v = 0; v < run_.kernel; ++v) {
        writer.template Write<kTileColumns>(
            PixelOfX(from, l, v, q), PixelOfX(from, l, v, q + 1), all, step,
            XPanels(memory, images, v).pairs);
      }
    }
  });
}

void Conv2dPairWeights::PackDy(const Bf16* dy, int64_t images,
                               Bf16Pair* memory) const {
  const int64_t channels = run_.out_channels;
  const int64_t all = images * out_lines_ * steps_;
  engine_.threads().For(all, kPackGrain, [&](int64_t begin, int64_t end) {
    const PairWriter<Bf16> writer(engine_, channels, rows_);
    for (int64_t step = begin; step < end; ++step) {
      const int64_t line = step / steps_, q = 2 * (step % steps_);
      const Bf16* first = dy + (line * line_pixels_ + q) * channels;
      const Bf16* second = q + 1 < line_pixels_ ? first + channels : nullptr;
      writer.Write<kTileRows>(first, second, all, step, memory);
    }
  });
}

void Conv2dPairWeights::Multiply(Bf16Pair* x, Bf16Pair* dy, int64_t images,
                                 bool add, float* sums) const {
  const int64_t kernel = run_.kernel;
  const Panels left = DyPanels(dy, images);
  const PairReduction reduction = {.images = images,
                                   .image = in_lines_ * steps_,
                                   .lines = out_lines_,
                                   .line = run_.stride * steps_,
                                   .steps = steps_};
  const int64_t across = RoundUp(columns_, kTileColumns) / kTileColumns;
  const int64_t down = RoundUp(rows_, kTaskRows) / kTaskRows;
  engine_.threads().For(kernel * down * across, 1, [&](int64_t task, int64_t) {
    const int64_t u = task / (down * across);
    const int64_t first_row = task / across % down * kTaskRows;
    const int64_t column = task % across * kTileColumns;
    const int64_t end_row = std::min(first_row + kTaskRows, rows_);
    for (int64_t row = first_row; row < end_row; row += kTileRows) {
      for (int64_t v = 0; v < kernel; ++v) {
        const Panels right = XPanels(x, images, v);
        const int64_t width = right.WidthOf(column);
        RunPairTile(left.Of(row), left.WidthOf(row),
                    static_cast<int>(left.WidthOf(row)),
                    right.Of(column) + u * steps_ * width, width,
                    static_cast<int>(width), reduction, add,
                    sums + ((u * kernel + v) * rows_ + row) * columns_ + column,
                    columns_);
      }
    }
  });
}

void Conv2dPairWeights::Unpack(const float* sums, View<float> dw) const {
  const int64_t in = run_.in_channels;
  const int64_t area = int64_t{run_.kernel} * run_.kernel;
  const int64_t grain = std::max<int64_t>(1, kUnpackGrain / (in * area));
  engine_.threads().For(
      run_.out_channels, grain, [&](int64_t begin, int64_t end) {
        for (int64_t o = begin; o < end; ++o) {
          for (int64_t t = 0; t < area; ++t) {
            const float* from = sums + (t * rows_ + o) * columns_;
            float* to = dw.data() + o * in * area + t;
            for (int64_t i = 0; i < in; ++i) to[i * area] = from[i];
          }
        }
      });
}

template <typename T>
void Conv2dPairWeights::RunOn(View<const T> x, View<const Bf16> dy,
                              View<float> dw) const {
  RTFQ_CHECK(x.shape() == geometry_.x_shape() && x.IsDense());
  RTFQ_CHECK(dy.shape() == geometry_.y_shape() && dy.IsDense());
  RTFQ_CHECK(dw.shape() == geometry_.w_shape() && dw.IsDense());
  ScratchPool& scratch = engine_.scratch();
  const bool gathers = run_ != geometry_;
  const auto gathered = scratch.Borrow(
      gathers ? run_.x_shape().count() * static_cast<int64_t>(sizeof(T)) : 0);
  if (gathers) {
    GatherPixels(engine_.threads(), geometry_, x.data(), gathered.as<T>());
  }
  const T* pixels = gathers ? gathered.as<T>() : x.data();
  const int64_t kernel = run_.kernel;
  const auto x_panels = scratch.Borrow(kernel * PairsOfX(images_) *
                                       static_cast<int64_t>(sizeof(Bf16Pair)));
  const auto dy_panels = scratch.Borrow(rows_ * images_ * out_lines_ * steps_ *
                                        static_cast<int64_t>(sizeof(Bf16Pair)));
  const auto sums = scratch.Borrow(kernel * kernel * rows_ * columns_ *
                                   static_cast<int64_t>(sizeof(float)));
  const int64_t x_image = run_.x_shape().count() / run_.batch;
  const int64_t dy_image = dy.count() / run_.batch;
  for (int64_t n = 0; n < run_.batch; n += images_) {
    const int64_t images = std::min(images_, run_.batch - n);
    PackX(pixels + n * x_image, images, x_panels.as<Bf16Pair>());
    PackDy(dy.data() + n * dy_image, images, dy_panels.as<Bf16Pair>());
    Multiply(x_panels.as<Bf16Pair>(), dy_panels.as<Bf16Pair>(), images, n > 0,
             sums.as<float>());
  }
  Unpack(sums.as<float>(), dw);
}

void Conv2dPairWeights::Run(View<const uint8_t> x_codes, Sign sign,
                            View<const Bf16> dy, View<float> dw) const {
  if (sign == Sign::kUnsigned) return RunOn(x_codes, dy, dw);
  RTFQ_CHECK(x_codes.IsDense());
  RunOn(View<const int8_t>(reinterpret_cast<const int8_t*>(x_codes.data()),
                           x_codes.shape()),
        dy, dw);
}

void Conv2dPairWeights::Run(View<const Bf16> x, View<const Bf16> dy,
                            View<float> dw) const {
  RunOn(x, dy, dw);
}

}  // namespace rtfq::ops
