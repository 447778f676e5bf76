#include "rtfq/models/stored_activation.h"

namespace rtfq {

StoredActivation::StoredActivation(const ThreadPool& threads, const Tensor& x,
                                   ActivationStorage storage) {
  if (storage == ActivationStorage::kF32) {
    wide_ = x;
    return;
  }
  narrow_ = TensorOf<ops::Bf16>::Uninitialized(x.shape());
  ops::RoundToBf16(threads, x, 1.0f, narrow_.view());
}

Tensor StoredActivation::Load(const ThreadPool& threads) const {
  if (narrow_.empty()) return wide_;
  Tensor x = Tensor::Uninitialized(narrow_.shape());
  ops::Widen(threads, narrow_, x.view());
  return x;
}

}  // namespace rtfq
