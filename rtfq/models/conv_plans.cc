#include "rtfq/models/conv_plans.h"

#include <utility>

#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {

absl::Status ConvPlans::PrepareFloat(const ops::Conv2dGeometry& geometry) {
  if (float_.contains(geometry)) return absl::OkStatus();
  RTFQ_ASSIGN_OR_RETURN(auto plan, ops::Conv2dPlan::Create(engine_, geometry));
  float_.emplace(geometry, std::move(plan));
  return absl::OkStatus();
}

absl::Status ConvPlans::PrepareInteger(const ops::Conv2dGeometry& geometry,
                                       BitWidth bits, Sign sign) {
  const IntegerKey key = {geometry, bits, sign};
  if (integer_.contains(key)) return absl::OkStatus();
  RTFQ_ASSIGN_OR_RETURN(
      auto plan, ops::Conv2dInt8Plan::Create(engine_, geometry, bits, sign));
  integer_.emplace(key, std::move(plan));
  return absl::OkStatus();
}

absl::Status ConvPlans::PrepareBf16Forward(
    const ops::Conv2dGeometry& geometry) {
  if (bf16_forward_.contains(geometry)) return absl::OkStatus();
  RTFQ_ASSIGN_OR_RETURN(auto plan,
                        ops::Conv2dBf16Forward::Create(engine_, geometry));
  bf16_forward_.emplace(geometry, std::move(plan));
  return absl::OkStatus();
}

absl::Status ConvPlans::PrepareBf16Gradients(
    const ops::Conv2dGeometry& geometry) {
  if (bf16_gradients_.contains(geometry)) return absl::OkStatus();
  RTFQ_ASSIGN_OR_RETURN(auto plan,
                        ops::Conv2dBf16Gradients::Create(engine_, geometry));
  bf16_gradients_.emplace(geometry, std::move(plan));
  return absl::OkStatus();
}

const ops::Conv2dPlan& ConvPlans::Float(
    const ops::Conv2dGeometry& geometry) const {
  const auto it = float_.find(geometry);
  RTFQ_CHECK(it != float_.end());
  return *it->second;
}

const ops::Conv2dInt8Plan& ConvPlans::Integer(
    const ops::Conv2dGeometry& geometry, BitWidth bits, Sign sign) const {
  const auto it = integer_.find({geometry, bits, sign});
  RTFQ_CHECK(it != integer_.end());
  return *it->second;
}

const ops::Conv2dBf16Forward& ConvPlans::Bf16Forward(
    const ops::Conv2dGeometry& geometry) const {
  const auto it = bf16_forward_.find(geometry);
  RTFQ_CHECK(it != bf16_forward_.end());
  return *it->second;
}

const ops::Conv2dBf16Gradients& ConvPlans::Bf16Gradients(
    const ops::Conv2dGeometry& geometry) const {
  const auto it = bf16_gradients_.find(geometry);
  RTFQ_CHECK(it != bf16_gradients_.end());
  return *it->second;
}

}  // namespace rtfq
