// Slow, obvious versions of the ops in double: the oracles of tests/ops. NHWC
// activations, OIHW weights, as rtfq/ops.
#ifndef TESTS_TESTING_REFERENCE_OPS_H_
#define TESTS_TESTING_REFERENCE_OPS_H_

#include <cstdint>
#include <vector>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/shape.h"
#include "rtfq/core/tensor.h"

namespace rtfq::test {

// A dense row-major array of doubles.
struct Array {
  explicit Array(const Shape& shape) : shape(shape), values(shape.count()) {}
  Array(const Tensor& tensor)  // NOLINT: tests hand tensors to references
      : shape(tensor.shape()),
        values(tensor.span().begin(), tensor.span().end()) {}

  double& operator()(int64_t i, int64_t j) { return values[i * shape[1] + j]; }
  double operator()(int64_t i, int64_t j) const {
    return values[i * shape[1] + j];
  }
  double& operator()(int64_t i, int64_t j, int64_t k, int64_t l) {
    return values[((i * shape[1] + j) * shape[2] + k) * shape[3] + l];
  }
  double operator()(int64_t i, int64_t j, int64_t k, int64_t l) const {
    return values[((i * shape[1] + j) * shape[2] + k) * shape[3] + l];
  }
  // As a container of numbers, for IsCloseTo.
  auto begin() const { return values.begin(); }
  auto end() const { return values.end(); }

  Shape shape;
  std::vector<double> values;
};

// Eq. (1), (2) and LSQ's gradients; dstep_magnitude = g * sum |dv_hat * e|.
struct LsqReference {
  Array codes, v_hat, dv;
  double dstep = 0;
  double dstep_magnitude = 0;
};
LsqReference ReferenceLsq(const Array& v, double step, CodeRange range,
                          int64_t n, const Array& dv_hat);

// Batch statistics over the last dimension, y, and the gradients given dy; with
// `relu`, y = max(bn(x), 0).
struct BatchNormReference {
  std::vector<double> mean, variance, dgamma, dbeta;
  Array y, dx;
};
BatchNormReference ReferenceBatchNorm(const Array& x, const Array& gamma,
                                      const Array& beta, double epsilon,
                                      bool relu, const Array& dy);

// 3x3, stride 2, padding 1. winner holds 3u + v.
struct MaxPoolReference {
  Array y, winner, dx;
};
MaxPoolReference ReferenceMaxPool(const Array& x, const Array& dy);

// y = x w^T + bias and its gradients.
struct LinearReference {
  Array y, dx, dw, dbias;
};
LinearReference ReferenceLinear(const Array& x, const Array& w,
                                const Array& bias, const Array& dy);

Array ReferenceSoftmax(const Array& x);

Array ReferenceResizeAlignCorners(const Array& x, int64_t height,
                                  int64_t width);

// Six loops; x [N,H,W,I], any sides, w [O,I,K,K].
Array ReferenceConv2d(const Array& x, const Array& w, int stride, int padding);
Array ReferenceConv2dBackwardData(const Array& dy, const Array& w, int stride,
                                  int padding, const Shape& x_shape);
Array ReferenceConv2dBackwardWeights(const Array& x, const Array& dy,
                                     int stride, int padding,
                                     const Shape& w_shape);

}  // namespace rtfq::test

#endif  // TESTS_TESTING_REFERENCE_OPS_H_
