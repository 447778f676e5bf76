#include "rtfq/ops/conv2d_code_kernel.h"

#include <cstring>

#include "rtfq/core/check.h"

namespace rtfq::ops {

void Conv2dCodeKernel::ForwardPair(const PackedInput&, const Conv2dCodeKernel&,
                                   const PackedInput&, SumPairReader) const {
  RTFQ_CHECK(false && "this kernel pairs with no other");
}

void PutChannelsLast(const Conv2dGeometry& geometry, const int8_t* w,
                     int8_t* out) {
  const int64_t in = geometry.in_channels;
  const int64_t area = int64_t{geometry.kernel} * geometry.kernel;
  constexpr int64_t kAtOnce = 8;  // single stores would take twice the time
  int64_t i = 0;
  for (; i + kAtOnce <= in; i += kAtOnce, w += kAtOnce * area) {
    for (int64_t k = 0; k < area; ++k) {
      int8_t some[kAtOnce];
      for (int64_t j = 0; j < kAtOnce; ++j) some[j] = w[j * area + k];
      std::memcpy(out + k * in + i, some, kAtOnce);
    }
  }
  for (; i < in; ++i, w += area) {
    for (int64_t k = 0; k < area; ++k) out[k * in + i] = w[k];
  }
}

void FetchRows(const float* rows, int64_t stride, int64_t pixels,
               int64_t channels) {
  constexpr int64_t kLine = 64 / sizeof(float);
  for (int64_t i = 0; i < pixels; ++i) {
    for (int64_t c = 0; c < channels; c += kLine) {
      __builtin_prefetch(rows + i * stride + c);
    }
  }
}

}  // namespace rtfq::ops
