// The gradient by a convolution's output, as the batch norm hands it over.
#ifndef RTFQ_MODELS_OUTPUT_GRADIENT_H_
#define RTFQ_MODELS_OUTPUT_GRADIENT_H_

#include "rtfq/core/tensor.h"
#include "rtfq/ops/bf16.h"

namespace rtfq {

// One of the two is empty. [N,P,Q,O].
struct OutputGradient {
  Tensor exact;
  // Times SlimmableConv2d::RoundingFactor().
  TensorOf<ops::Bf16> rounded;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_OUTPUT_GRADIENT_H_
