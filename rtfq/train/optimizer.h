// SGD over a supernet's parameters.
#ifndef RTFQ_TRAIN_OPTIMIZER_H_
#define RTFQ_TRAIN_OPTIMIZER_H_

#include <map>
#include <string>
#include <vector>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/models/parameter.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {

// Nesterov momentum SGD (sgd.h). Weight decay on weights, biases and batch-norm
// affine parameters, none on steps (spec, section 6). A parameter no pass of
// the step touched stays as it is, its velocity too: ours, because a bank whose
// subnet was not drawn has no gradient, not a gradient of zero.
class Optimizer {
 public:
  // Velocities start at 0. `store` must outlive the optimizer.
  Optimizer(ParameterStore& store, const OptimizerConfig& config);

  // One update with the touched gradients. Returns the names of the steps that
  // reached kSmallestStep and were held there.
  std::vector<std::string> Step(const ThreadPool& threads, double rate);

  // The 2-norm of all touched gradients; double, fixed order. Where it is not
  // finite, `culprit` (may be null) gets the first such parameter's name.
  double GradientNorm(std::string* culprit) const;

  // By parameter name; checkpoints save and fill them.
  const std::map<std::string, Tensor>& velocities() const {
    return velocities_;
  }

 private:
  ParameterStore& store_;
  const OptimizerConfig config_;
  std::map<std::string, Tensor> velocities_;
};

}  // namespace rtfq

#endif  // RTFQ_TRAIN_OPTIMIZER_H_
