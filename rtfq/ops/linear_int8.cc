#include "rtfq/ops/linear_int8.h"

#include <algorithm>

#include "rtfq/core/check.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// Products worth handing to a thread.
constexpr int64_t kGrain = 1 << 16;
// 65536 * 255 * 128 < 2^31.
constexpr int64_t kMostFeatures = 65536;

RTFQ_MULTIVERSION
void RowKernel(const uint8_t* x, const int8_t* w, int64_t classes,
               int64_t features, float scale, const float* bias, float* y) {
  for (int64_t k = 0; k < classes; ++k, w += features) {
    int32_t sum = 0;
    for (int64_t f = 0; f < features; ++f) {
      sum += static_cast<int32_t>(x[f]) * static_cast<int32_t>(w[f]);
    }
    y[k] = static_cast<float>(sum) * scale + bias[k];
  }
}

}  // namespace

void LinearInt8(const ThreadPool& threads, View<const uint8_t> x_codes,
                View<const int8_t> w_codes, float scale, View<const float> bias,
                View<float> y) {
  const int64_t images = x_codes.shape()[0];
  const int64_t features = x_codes.shape()[1];
  const int64_t classes = w_codes.shape()[0];
  RTFQ_CHECK(features <= kMostFeatures && w_codes.shape()[1] == features);
  RTFQ_CHECK(bias.count() == classes && y.shape() == Shape({images, classes}));
  RTFQ_CHECK(x_codes.IsDense() && w_codes.IsDense());
  RTFQ_CHECK(bias.IsDense() && y.IsDense());
  const int64_t grain =
      std::max<int64_t>(1, kGrain / std::max<int64_t>(1, features * classes));
  threads.For(images, grain, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      RowKernel(x_codes.data() + n * features, w_codes.data(), classes,
                features, scale, bias.data(), y.data() + n * classes);
    }
  });
}

}  // namespace rtfq::ops
