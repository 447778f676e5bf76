// What a pass keeps of an activation for backward.
#ifndef RTFQ_MODELS_STORED_ACTIVATION_H_
#define RTFQ_MODELS_STORED_ACTIVATION_H_

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/models/pass.h"
#include "rtfq/ops/bf16.h"

namespace rtfq {

// The tensor itself, or its elements rounded to bf16: half the memory.
class StoredActivation {
 public:
  StoredActivation() = default;  // of no elements
  StoredActivation(const ThreadPool& threads, const Tensor& x,
                   ActivationStorage storage);

  const Shape& shape() const {
    return narrow_.empty() ? wide_.shape() : narrow_.shape();
  }
  // The elements in f32: the tensor itself or a new one.
  Tensor Load(const ThreadPool& threads) const;

 private:
  Tensor wide_;
  TensorOf<ops::Bf16> narrow_;  // instead
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_STORED_ACTIVATION_H_
