// Stochastic gradient descent with momentum, as torch.optim.SGD computes it.
#ifndef RTFQ_TRAIN_SGD_H_
#define RTFQ_TRAIN_SGD_H_

#include <span>

#include "rtfq/core/parallel.h"

namespace rtfq {

struct SgdOptions {
  double rate = 0;          // learning rate of this update
  double momentum = 0.9;    // paper, section IV-A
  bool nesterov = true;     // paper, section IV-A
  double weight_decay = 0;  // paper: 1e-3 on all but step sizes
};

// One update of the parameters p, in place:
//
//   g = gradient + weight_decay * p
//   velocity = momentum * velocity + g
//   p -= rate * (g + momentum * velocity)    with Nesterov
//   p -= rate * velocity                     without
//
// All of one size; a new velocity is 0. The caller keeps the velocity.
void SgdUpdate(const ThreadPool& threads, std::span<float> p,
               std::span<const float> gradient, std::span<float> velocity,
               const SgdOptions& options);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_SGD_H_
