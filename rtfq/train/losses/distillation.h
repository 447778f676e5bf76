// The student follows the teacher's sharpened prediction, as in AnyDA (after
// DINO, Caron et al. 2021, arXiv:2104.14294).
#ifndef RTFQ_TRAIN_LOSSES_DISTILLATION_H_
#define RTFQ_TRAIN_LOSSES_DISTILLATION_H_

#include "rtfq/core/tensor.h"
#include "rtfq/train/losses/loss.h"

namespace rtfq {

// AnyDA's temperatures.
inline constexpr double kTeacherTemperature = 0.04;
inline constexpr double kStudentTemperature = 0.1;

//   loss = mean over n of -sum over k of
//          softmax(teacher_logits[n] / teacher_temperature)[k] *
//          log_softmax(logits[n] / student_temperature)[k]
//
// Both [N,K] dense; temperatures > 0. No gradient flows to the teacher.
LossAndGradient Distillation(View<const float> logits,
                             View<const float> teacher_logits,
                             double teacher_temperature = kTeacherTemperature,
                             double student_temperature = kStudentTemperature);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_LOSSES_DISTILLATION_H_
