#include "rtfq/ops/bf16.h"

#include <bit>

#include "rtfq/core/check.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

RTFQ_MULTIVERSION
void RoundKernel(const float* v, int64_t count, float factor,
                 Bf16* __restrict to) {
  for (int64_t i = 0; i < count; ++i) {
    to[i] = RoundedToBf16(v[i] * factor);
  }
}

RTFQ_MULTIVERSION
void CodesKernel(const uint8_t* codes, int64_t count, Bf16* __restrict to) {
  for (int64_t i = 0; i < count; ++i) {
    const auto v = static_cast<float>(static_cast<int32_t>(codes[i]));
    to[i].bits = static_cast<uint16_t>(std::bit_cast<uint32_t>(v) >> 16);
  }
}

RTFQ_MULTIVERSION
void CodesKernel(const int8_t* codes, int64_t count, Bf16* __restrict to) {
  for (int64_t i = 0; i < count; ++i) {
    const auto v = static_cast<float>(static_cast<int32_t>(codes[i]));
    to[i].bits = static_cast<uint16_t>(std::bit_cast<uint32_t>(v) >> 16);
  }
}

RTFQ_MULTIVERSION
void WidenKernel(const Bf16* v, int64_t count, float* __restrict to) {
  for (int64_t i = 0; i < count; ++i) {
    to[i] = std::bit_cast<float>(static_cast<uint32_t>(v[i].bits) << 16);
  }
}

template <typename Code>
void CodesTo(const ThreadPool& threads, View<const Code> codes,
             View<Bf16> result) {
  RTFQ_CHECK(codes.shape() == result.shape());
  RTFQ_CHECK(codes.IsDense() && result.IsDense());
  threads.For(codes.count(), kGrain, [&](int64_t begin, int64_t end) {
    CodesKernel(codes.data() + begin, end - begin, result.data() + begin);
  });
}

}  // namespace

void RoundToBf16(const ThreadPool& threads, View<const float> v, float factor,
                 View<Bf16> result) {
  RTFQ_CHECK(v.shape() == result.shape());
  RTFQ_CHECK(v.IsDense() && result.IsDense());
  threads.For(v.count(), kGrain, [&](int64_t begin, int64_t end) {
    RoundKernel(v.data() + begin, end - begin, factor, result.data() + begin);
  });
}

void CodesToBf16(const ThreadPool& threads, View<const uint8_t> codes,
                 View<Bf16> result) {
  CodesTo(threads, codes, result);
}

void CodesToBf16(const ThreadPool& threads, View<const int8_t> codes,
                 View<Bf16> result) {
  CodesTo(threads, codes, result);
}

void Widen(const ThreadPool& threads, View<const Bf16> v, View<float> result) {
  RTFQ_CHECK(v.shape() == result.shape());
  RTFQ_CHECK(v.IsDense() && result.IsDense());
  threads.For(v.count(), kGrain, [&](int64_t begin, int64_t end) {
    WidenKernel(v.data() + begin, end - begin, result.data() + begin);
  });
}

}  // namespace rtfq::ops
