// The loops of batch normalization over rows of C channels, for the units that
// join them with their neighbours. Pointers are to the first row's first
// channel; rows are dense.
#ifndef RTFQ_OPS_BATCH_NORM_KERNELS_H_
#define RTFQ_OPS_BATCH_NORM_KERNELS_H_

#include <cstdint>
#include <vector>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/bf16.h"

namespace rtfq::ops {

// sum += x - shift and square += (x - shift)^2 over the rows, [C] each.
void AddStatistics(const float* x, int64_t rows, int64_t channels,
                   const float* shift, double* sum, double* square);

// Adds to means and sums of squared deviations, [C] each, of n rows those of k
// more, whose AddStatistics() are `sums` [2,C], shifted by `shift` [C].
void JoinStatistics(const double* sums, const float* shift, int64_t channels,
                    double n, double k, double* means, double* deviations);

// y = (x - mean) * scale + beta, and max(y, 0) where `relu`. In place, too.
void Normalize(const float* x, int64_t rows, int64_t channels,
               const float* mean, const float* scale, const float* beta,
               bool relu, float* y);

// y = max((x - mean) * scale + beta + shortcut, 0). In place of either, too.
void NormalizeAddRelu(const float* x, const float* shortcut, int64_t rows,
                      int64_t channels, const float* mean, const float* scale,
                      const float* beta, float* y);

// sum += dy and product += dy * (x - mean) over the rows, [C] each.
void AddGradientSums(const float* x, const float* dy, int64_t rows,
                     int64_t channels, const float* mean, double* sum,
                     double* product);

// What dx = scale * ((dy - mean_dy) - (x - mean) * slope) needs, [C] each.
struct InputGradientFactors {
  std::vector<float> mean_dy, slope, scale;
};

// Adds the chunks' AddGradientSums, `sums` [chunks,2,C], in order; `rows` is
// the number of all rows. dgamma and dbeta [C] are added to.
InputGradientFactors JoinGradientSums(const std::vector<double>& sums,
                                      int64_t rows, View<const float> variance,
                                      View<const float> gamma, float epsilon,
                                      View<float> dgamma, View<float> dbeta);

// dx as above, of all rows; `dx` may be `dy`. Into `rounded` instead, if there
// is one.
void InputGradient(const ThreadPool& threads, View<const float> x,
                   View<const float> dy, const float* mean,
                   const InputGradientFactors& factors, View<float> dx,
                   const Bf16Sink* rounded);

// gamma / sqrt(variance + epsilon), [C].
std::vector<float> NormalizingScale(View<const float> gamma,
                                    View<const float> variance, float epsilon);

// Rows worth handing to a thread, and rows of a reduction's chunk: at most 256
// chunks, so that adding them up in order costs nothing. Both depend on the
// shape alone.
int64_t RowsPerPiece(int64_t channels);
int64_t RowsPerChunk(int64_t rows, int64_t channels);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_BATCH_NORM_KERNELS_H_
