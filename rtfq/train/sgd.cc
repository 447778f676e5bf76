#include "rtfq/train/sgd.h"

#include <cstdint>

#include "rtfq/core/check.h"
#include "rtfq/ops/simd.h"

namespace rtfq {
namespace {

constexpr int64_t kGrain = 32768;

// p -= rate * (g_weight * g + v_weight * velocity)
RTFQ_MULTIVERSION
void UpdateKernel(float* __restrict p, const float* __restrict gradient,
                  float* __restrict velocity, int64_t count, float rate,
                  float momentum, float g_weight, float v_weight,
                  float weight_decay) {
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] + weight_decay * p[i];
    const float v = momentum * velocity[i] + g;
    velocity[i] = v;
    p[i] -= rate * (g_weight * g + v_weight * v);
  }
}

}  // namespace

void SgdUpdate(const ThreadPool& threads, std::span<float> p,
               std::span<const float> gradient, std::span<float> velocity,
               const SgdOptions& options) {
  RTFQ_CHECK(p.size() == gradient.size() && p.size() == velocity.size());
  const float momentum = static_cast<float>(options.momentum);
  threads.For(
      static_cast<int64_t>(p.size()), kGrain, [&](int64_t begin, int64_t end) {
        UpdateKernel(
            p.data() + begin, gradient.data() + begin, velocity.data() + begin,
            end - begin, static_cast<float>(options.rate), momentum,
            options.nesterov ? 1.0f : 0.0f, options.nesterov ? momentum : 1.0f,
            static_cast<float>(options.weight_decay));
      });
}

}  // namespace rtfq
