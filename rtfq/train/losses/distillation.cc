#include "rtfq/train/losses/distillation.h"

#include <cmath>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/softmax.h"
#include "rtfq/train/losses/rows.h"

namespace rtfq {

LossAndGradient Distillation(View<const float> logits,
                             View<const float> teacher_logits,
                             double teacher_temperature,
                             double student_temperature) {
  RTFQ_CHECK(logits.shape() == teacher_logits.shape());
  const Rows<const float> rows(logits);
  const Rows<const float> teacher_rows(teacher_logits);
  const int64_t classes = rows.columns;
  const double count = static_cast<double>(rows.count);
  LossAndGradient result;
  result.dlogits = Tensor::Uninitialized(logits.shape());
  std::vector<double> target(classes);
  std::vector<double> log_p(classes);
  for (int64_t n = 0; n < rows.count; ++n) {
    ops::Softmax(teacher_rows[n], teacher_temperature, target);
    ops::LogSoftmax(rows[n], student_temperature, log_p);
    for (int64_t k = 0; k < classes; ++k) {
      result.loss -= target[k] * log_p[k] / count;
      result.dlogits.data()[n * classes + k] = static_cast<float>(
          (std::exp(log_p[k]) - target[k]) / (student_temperature * count));
    }
  }
  return result;
}

}  // namespace rtfq
