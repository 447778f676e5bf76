// The sums themselves are held by conv2d_int8_test, under ONEDNN_MAX_CPU_ISA of
// AVX2 and of AVX512_CORE_VNNI; here every size at which images are cut.
#include "rtfq/ops/conv2d_tiles.h"

#include <cstdint>
#include <mutex>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/random.h"

namespace rtfq::ops {
namespace {

int32_t SlowSum(const Conv2dGeometry& g, const TensorOf<uint8_t>& x,
                const TensorOf<int8_t>& w, Sign sign, int64_t pixel,
                int64_t o) {
  const int64_t side = g.out_size();
  const int64_t n = pixel / (side * side);
  int32_t sum = 0;
  for (int64_t u = 0; u < g.kernel; ++u) {
    for (int64_t v = 0; v < g.kernel; ++v) {
      const int64_t h = pixel / side % side * g.stride + u - g.padding;
      const int64_t k = pixel % side * g.stride + v - g.padding;
      if (h < 0 || k < 0 || h >= g.in_size || k >= g.in_size) continue;
      for (int64_t i = 0; i < g.in_channels; ++i) {
        const uint8_t byte =
            x.data()[((n * g.in_size + h) * g.in_size + k) * g.in_channels + i];
        const int32_t code =
            sign == Sign::kSigned ? static_cast<int8_t>(byte) : int32_t{byte};
        sum +=
            code *
            w.data()[((o * g.in_channels + i) * g.kernel + u) * g.kernel + v];
      }
    }
  }
  return sum;
}

void ExpectExact(const Conv2dGeometry& g, BitWidth bits, Sign sign, bool vnni) {
  SCOPED_TRACE((vnni ? "VNNI, " : "AVX2, ") + g.ToString() + ", " +
               std::to_string(BitsOf(bits)) + " bits");
  const auto engine = Engine::Create(3).value();
  Rng rng(5);
  const auto draw = [&](CodeRange r) {
    return r.min + rng.Below(r.max - r.min);
  };
  auto x = TensorOf<uint8_t>::Uninitialized(g.x_shape());
  for (uint8_t& q : x.span())
    q = static_cast<uint8_t>(draw(CodesOf(bits, sign)));
  auto w = TensorOf<int8_t>::Uninitialized(g.w_shape());
  for (int8_t& q : w.span()) {
    q = static_cast<int8_t>(draw(CodesOf(bits, Sign::kSigned)));
  }
  const Conv2dTiles tiles(*engine, g, bits, sign, vnni);
  std::vector<uint8_t> packed(tiles.packed_bytes());
  tiles.Pack(w, packed.data());
  std::vector<int32_t> times(g.y_shape().count(), 0);
  std::vector<int32_t> sums(times.size(), 0);
  std::mutex mutex;
  const Tensor beside = Tensor::Zeros(g.y_shape());
  const auto read = [&](const SumBlock& block) {
    const std::lock_guard lock(mutex);
    for (int64_t i = 0; i < block.pixels; ++i) {
      for (int64_t c = 0; c < block.channels; ++c) {
        const int64_t at =
            (block.first_pixel + i) * g.out_channels + block.first_channel + c;
        ++times.at(at);
        sums.at(at) = block.sums[i * block.stride + c];
      }
    }
  };
  tiles.Forward(x, packed.data(), read, beside);
  for (int64_t at = 0; at < g.y_shape().count(); ++at) {
    ASSERT_EQ(times[at], 1) << "at " << at;
    ASSERT_EQ(sums[at],
              SlowSum(g, x, w, sign, at / g.out_channels, at % g.out_channels))
        << "at " << at;
  }
}

void ExpectEverySizeIsExact(bool vnni) {
  for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
    for (const auto& [kernel, stride] :
         {std::pair{1, 1}, {1, 2}, {3, 1}, {3, 2}, {7, 2}}) {
      for (const int64_t in : {3, 8, 20}) {
        // 1 to 144 pixels; one vector, a tile and a half, more than a block.
        for (const auto& [size, out] :
             {std::pair<int64_t, int64_t>{1, 5}, {7, 24}, {12, 70}}) {
          ExpectExact({.batch = size == 7 ? 3 : 1,
                       .in_channels = in,
                       .out_channels = out,
                       .in_size = size,
                       .kernel = kernel,
                       .stride = stride,
                       .padding = kernel / 2},
                      bits, in == 3 ? Sign::kSigned : Sign::kUnsigned, vnni);
        }
      }
    }
  }
}

TEST(Conv2dTiles, EverySizeIsExactOnAvx2) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return ExpectEverySizeIsExact(false);
#endif
  GTEST_SKIP() << "needs AVX2";
}

TEST(Conv2dTiles, EverySizeIsExactOnVnni) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vnni")) return ExpectEverySizeIsExact(true);
#endif
  GTEST_SKIP() << "needs AVX-512 VNNI";
}

}  // namespace
}  // namespace rtfq::ops
