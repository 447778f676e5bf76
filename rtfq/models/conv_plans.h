// Convolution plans by geometry.
#ifndef RTFQ_MODELS_CONV_PLANS_H_
#define RTFQ_MODELS_CONV_PLANS_H_

#include <map>
#include <memory>
#include <tuple>

#include "absl/status/status.h"
#include "rtfq/ops/conv2d.h"
#include "rtfq/ops/conv2d_bf16_forward.h"
#include "rtfq/ops/conv2d_bf16_gradients.h"
#include "rtfq/ops/conv2d_int8.h"

namespace rtfq {

// Filled before a pass runs, read while it runs. Student and teacher share one.
// Filling is not thread-safe; reading is.
class ConvPlans {
 public:
  explicit ConvPlans(const Engine& engine) : engine_(engine) {}

  // Makes the plan unless it is there. Errors as the plans' Create().
  absl::Status PrepareFloat(const ops::Conv2dGeometry& geometry);
  absl::Status PrepareInteger(const ops::Conv2dGeometry& geometry,
                              BitWidth bits, Sign sign);
  absl::Status PrepareBf16Forward(const ops::Conv2dGeometry& geometry);
  absl::Status PrepareBf16Gradients(const ops::Conv2dGeometry& geometry);

  // The plan must have been prepared.
  const ops::Conv2dPlan& Float(const ops::Conv2dGeometry& geometry) const;
  const ops::Conv2dInt8Plan& Integer(const ops::Conv2dGeometry& geometry,
                                     BitWidth bits, Sign sign) const;
  const ops::Conv2dBf16Forward& Bf16Forward(
      const ops::Conv2dGeometry& geometry) const;
  const ops::Conv2dBf16Gradients& Bf16Gradients(
      const ops::Conv2dGeometry& geometry) const;

  const Engine& engine() const { return engine_; }
  // Plans made so far; constant in a warm step.
  int64_t num_created() const {
    return static_cast<int64_t>(float_.size() + integer_.size() +
                                bf16_forward_.size() + bf16_gradients_.size());
  }

 private:
  using IntegerKey = std::tuple<ops::Conv2dGeometry, BitWidth, Sign>;

  const Engine& engine_;
  std::map<ops::Conv2dGeometry, std::unique_ptr<ops::Conv2dPlan>> float_;
  std::map<IntegerKey, std::unique_ptr<ops::Conv2dInt8Plan>> integer_;
  std::map<ops::Conv2dGeometry, std::unique_ptr<ops::Conv2dBf16Forward>>
      bf16_forward_;
  std::map<ops::Conv2dGeometry, std::unique_ptr<ops::Conv2dBf16Gradients>>
      bf16_gradients_;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_CONV_PLANS_H_
