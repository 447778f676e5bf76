// Learned Step size Quantization, Esser et al. 2020, arXiv:1902.08153 [L];
// paper equations (1) and (2):
//
//   u     = v / step
//   code  = round_half_even(clamp(u, -Q_N, Q_P))
//   v_hat = code * step
//
// with the codes -Q_N..Q_P = CodeRange{min..max}. `v` may be the prefix of a
// supernet's weight: rows apart, each dense. Steps are positive. Results do not
// depend on the number of threads, nor on whether a view is dense.
#ifndef RTFQ_OPS_LSQ_H_
#define RTFQ_OPS_LSQ_H_

#include <cstdint>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// The smallest step there is; ours, because a division needs one.
inline constexpr float kSmallestStep = 1e-8f;

// Writes `v_hat`, of v's shape, strided in any way of its own that `v` could
// be; it may be `v` itself. NaN becomes the value of code range.min.
void FakeQuantize(const ThreadPool& threads, View<const float> v, float step,
                  CodeRange range, View<float> v_hat);

// Straight-through estimator: dv = dv_hat where -Q_N <= u <= Q_P, both ends
// inside, else 0. `dv` may be `dv_hat` itself. Returns d(loss)/d(step),
//
//   g * sum(dv_hat * e),  e = code - u inside, -Q_N below, Q_P above
//   g = 1 / sqrt(n * Q_P)                                     [L] section 2.2
//
// `n` is the number of elements of a weight's slice, or of one image's features
// (not of the batch). Sums are in double, in a fixed order. A NaN in `v` makes
// the result NaN, so that it does not go unnoticed.
[[nodiscard]] float FakeQuantizeBackward(const ThreadPool& threads,
                                         View<const float> v, float step,
                                         CodeRange range, int64_t n,
                                         View<const float> dv_hat,
                                         View<float> dv);

// The parts of that gradient, for those who have its sum by another way: e, of
// v's shape, and g.
void StepResidual(const ThreadPool& threads, View<const float> v, float step,
                  CodeRange range, View<float> e);
double StepGradientScale(int64_t n, CodeRange range);

// mean |v|; 0 for no elements.
double MeanMagnitude(const ThreadPool& threads, View<const float> v);

// Where training begins: 2 * mean|v| / sqrt(Q_P), [L] section 2.1, and at least
// kSmallestStep.
float InitialStep(const ThreadPool& threads, View<const float> v,
                  CodeRange range);
// The same from a mean of |v| found elsewhere, such as over several batches.
float InitialStep(double mean_magnitude, CodeRange range);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_LSQ_H_
