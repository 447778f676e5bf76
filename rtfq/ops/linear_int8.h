// The classifier on codes.
#ifndef RTFQ_OPS_LINEAR_INT8_H_
#define RTFQ_OPS_LINEAR_INT8_H_

#include <cstdint>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// y[n,k] = float(sum_f x_codes[n,f] * w_codes[k,f]) * scale + bias[k]
//
// x_codes [N,F] unsigned, w_codes [K,F] signed, bias [K], y [N,K]; all dense,
// F at most 65536 so that no sum leaves 32 bits. scale = step_x * step_w. The
// sums are exact: every instruction set gives the same bits.
void LinearInt8(const ThreadPool& threads, View<const uint8_t> x_codes,
                View<const int8_t> w_codes, float scale, View<const float> bias,
                View<float> y);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_LINEAR_INT8_H_
