#include "rtfq/ops/fold_batch_norm.h"

#include <cmath>
#include <cstdint>

#include "rtfq/core/check.h"

namespace rtfq::ops {

FoldedBatchNorm FoldBatchNorm(const Normalization& normalization,
                              float sum_scale) {
  const Normalization& norm = normalization;
  const int64_t channels = norm.gamma.count();
  for (const auto& v : {norm.mean, norm.variance, norm.gamma, norm.beta}) {
    RTFQ_CHECK(v.IsDense() && v.count() == channels);
  }
  FoldedBatchNorm folded = {Tensor::Uninitialized({channels}),
                            Tensor::Uninitialized({channels})};
  for (int64_t c = 0; c < channels; ++c) {
    const double slope =
        static_cast<double>(norm.gamma.data()[c]) /
        std::sqrt(static_cast<double>(norm.variance.data()[c]) +
                  static_cast<double>(norm.epsilon));
    folded.scale.data()[c] =
        static_cast<float>(static_cast<double>(sum_scale) * slope);
    folded.bias.data()[c] =
        static_cast<float>(static_cast<double>(norm.beta.data()[c]) -
                           static_cast<double>(norm.mean.data()[c]) * slope);
  }
  return folded;
}

}  // namespace rtfq::ops
