#include "rtfq/train/ema_update.h"

#include <cstdint>

#include "rtfq/core/check.h"
#include "rtfq/ops/simd.h"

namespace rtfq {
namespace {

constexpr int64_t kGrain = 32768;

RTFQ_MULTIVERSION
void UpdateKernel(float* __restrict teacher, const float* __restrict student,
                  int64_t count, float momentum, float rest) {
  for (int64_t i = 0; i < count; ++i) {
    teacher[i] = momentum * teacher[i] + rest * student[i];
  }
}

}  // namespace

void EmaUpdate(const ThreadPool& threads, std::span<float> teacher,
               std::span<const float> student, float momentum) {
  RTFQ_CHECK(teacher.size() == student.size());
  const float rest = static_cast<float>(1.0 - static_cast<double>(momentum));
  threads.For(static_cast<int64_t>(teacher.size()), kGrain,
              [&](int64_t begin, int64_t end) {
                UpdateKernel(teacher.data() + begin, student.data() + begin,
                             end - begin, momentum, rest);
              });
}

}  // namespace rtfq
