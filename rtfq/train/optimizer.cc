#include "rtfq/train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "rtfq/models/step_sizes.h"
#include "rtfq/train/sgd.h"

namespace rtfq {

Optimizer::Optimizer(ParameterStore& store, const OptimizerConfig& config)
    : store_(store), config_(config) {
  for (const Parameter& parameter : store.parameters()) {
    velocities_.emplace(parameter.name, Tensor::Zeros(parameter.value.shape()));
  }
}

std::vector<std::string> Optimizer::Step(const ThreadPool& threads,
                                         double rate) {
  std::vector<std::string> clamped;
  for (Parameter& parameter : store_.parameters()) {
    if (!parameter.touched) continue;
    const bool is_step = parameter.kind == ParameterKind::kStep;
    double scale = is_step ? config_.step_size_lr_multiplier() : 1.0;
    if (parameter.name.rfind("fc.", 0) == 0 && !is_step) {
      scale = config_.classifier_lr_multiplier();
    }
    const SgdOptions options = {
        .rate = rate * scale,
        .momentum = config_.momentum(),
        .nesterov = true,
        .weight_decay = is_step ? 0.0 : config_.weight_decay()};
    SgdUpdate(threads, parameter.value.span(), parameter.gradient.span(),
              velocities_.at(parameter.name).span(), options);
    if (is_step && *parameter.value.data() < kSmallestStep) {
      *parameter.value.data() = kSmallestStep;
      clamped.push_back(parameter.name);
    }
  }
  return clamped;
}

double Optimizer::GradientNorm(std::string* culprit) const {
  double total = 0;
  for (const Parameter& parameter : store_.parameters()) {
    if (!parameter.touched) continue;
    double sum = 0;
    for (const float g : parameter.gradient.span()) {
      sum += static_cast<double>(g) * g;
    }
    if (!std::isfinite(sum) && std::isfinite(total) && culprit != nullptr) {
      *culprit = parameter.name;
    }
    total += sum;
  }
  return std::sqrt(total);
}

}  // namespace rtfq
