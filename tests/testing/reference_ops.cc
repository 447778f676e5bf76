#include "tests/testing/reference_ops.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rtfq::test {
namespace {

// visit(y index..., x index..., w index...) for every product of a convolution.
template <typename Visit>
void ForEachProduct(const Shape& x, const Shape& w, const Shape& y, int stride,
                    int padding, Visit visit) {
  for (int64_t n = 0; n < y[0]; ++n)
    for (int64_t p = 0; p < y[1]; ++p)
      for (int64_t q = 0; q < y[2]; ++q)
        for (int64_t o = 0; o < y[3]; ++o)
          for (int64_t i = 0; i < x[3]; ++i)
            for (int64_t u = 0; u < w[2]; ++u)
              for (int64_t v = 0; v < w[3]; ++v) {
                const int64_t h = p * stride + u - padding;
                const int64_t k = q * stride + v - padding;
                if (h < 0 || h >= x[1] || k < 0 || k >= x[2]) continue;
                visit(n, p, q, o, h, k, i, u, v);
              }
}

}  // namespace

LsqReference ReferenceLsq(const Array& v, double step, CodeRange range,
                          int64_t n, const Array& dv_hat) {
  LsqReference result{Array(v.shape), Array(v.shape), Array(v.shape)};
  const double g = 1 / std::sqrt(static_cast<double>(n) * range.max);
  for (size_t i = 0; i < v.values.size(); ++i) {
    const double u = v.values[i] / step;
    const double clamped = std::clamp<double>(u, range.min, range.max);
    // The default rounding mode rounds half to even.
    const double code = std::nearbyint(clamped);
    const bool inside = u >= range.min && u <= range.max;
    result.codes.values[i] = code;
    result.v_hat.values[i] = code * step;
    result.dv.values[i] = inside ? dv_hat.values[i] : 0;
    const double product = dv_hat.values[i] * (inside ? code - u : clamped);
    result.dstep += g * product;
    result.dstep_magnitude += g * std::fabs(product);
  }
  return result;
}

BatchNormReference ReferenceBatchNorm(const Array& x, const Array& gamma,
                                      const Array& beta, double epsilon,
                                      bool relu, const Array& dy) {
  const int64_t channels = x.shape[x.shape.rank() - 1];
  const int64_t rows = x.shape.count() / channels;
  BatchNormReference r{{}, {}, {}, {}, Array(x.shape), Array(x.shape)};
  for (int64_t c = 0; c < channels; ++c) {
    double mean = 0, variance = 0, dbeta = 0, dgamma = 0;
    for (int64_t i = 0; i < rows; ++i) mean += x.values[i * channels + c];
    mean /= rows;
    for (int64_t i = 0; i < rows; ++i) {
      variance += std::pow(x.values[i * channels + c] - mean, 2);
    }
    variance /= rows;
    const double inverse = 1 / std::sqrt(variance + epsilon);
    std::vector<double> dv(rows), x_hat(rows);
    for (int64_t i = 0; i < rows; ++i) {
      x_hat[i] = (x.values[i * channels + c] - mean) * inverse;
      const double y = gamma.values[c] * x_hat[i] + beta.values[c];
      const bool dead = relu && y <= 0;
      r.y.values[i * channels + c] = dead ? 0 : y;
      dv[i] = dead ? 0 : dy.values[i * channels + c];
      dbeta += dv[i];
      dgamma += dv[i] * x_hat[i];
    }
    for (int64_t i = 0; i < rows; ++i) {
      r.dx.values[i * channels + c] =
          gamma.values[c] * inverse *
          (dv[i] - dbeta / rows - x_hat[i] * dgamma / rows);
    }
    r.mean.push_back(mean);
    r.variance.push_back(variance);
    r.dbeta.push_back(dbeta);
    r.dgamma.push_back(dgamma);
  }
  return r;
}

MaxPoolReference ReferenceMaxPool(const Array& x, const Array& dy) {
  MaxPoolReference r{Array(dy.shape), Array(dy.shape), Array(x.shape)};
  for (int64_t n = 0; n < dy.shape[0]; ++n)
    for (int64_t p = 0; p < dy.shape[1]; ++p)
      for (int64_t q = 0; q < dy.shape[2]; ++q)
        for (int64_t c = 0; c < dy.shape[3]; ++c) {
          double best = -std::numeric_limits<double>::infinity();
          int winner = -1;
          for (int tap = 0; tap < 9; ++tap) {
            const int64_t h = 2 * p + tap / 3 - 1;
            const int64_t w = 2 * q + tap % 3 - 1;
            if (h < 0 || h >= x.shape[1] || w < 0 || w >= x.shape[2]) continue;
            if (winner < 0 || x(n, h, w, c) > best) {
              best = x(n, h, w, c);
              winner = tap;
            }
          }
          r.y(n, p, q, c) = best;
          r.winner(n, p, q, c) = winner;
          r.dx(n, 2 * p + winner / 3 - 1, 2 * q + winner % 3 - 1, c) +=
              dy(n, p, q, c);
        }
  return r;
}

LinearReference ReferenceLinear(const Array& x, const Array& w,
                                const Array& bias, const Array& dy) {
  LinearReference r{Array(dy.shape), Array(x.shape), Array(w.shape),
                    Array(bias.shape)};
  for (int64_t n = 0; n < dy.shape[0]; ++n)
    for (int64_t k = 0; k < dy.shape[1]; ++k) {
      r.y(n, k) = bias.values[k];
      r.dbias.values[k] += dy(n, k);
      for (int64_t f = 0; f < x.shape[1]; ++f) {
        r.y(n, k) += x(n, f) * w(k, f);
        r.dx(n, f) += dy(n, k) * w(k, f);
        r.dw(k, f) += dy(n, k) * x(n, f);
      }
    }
  return r;
}

Array ReferenceSoftmax(const Array& x) {
  Array y(x.shape);
  for (int64_t n = 0; n < x.shape[0]; ++n) {
    for (int64_t k = 0; k < x.shape[1]; ++k) {
      double sum = 0;
      for (int64_t j = 0; j < x.shape[1]; ++j) {
        sum += std::exp(x(n, j) - x(n, k));
      }
      y(n, k) = 1 / sum;
    }
  }
  return y;
}

Array ReferenceResizeAlignCorners(const Array& x, int64_t height,
                                  int64_t width) {
  Array y({x.shape[0], height, width, x.shape[3]});
  const auto position = [](int64_t i, int64_t in, int64_t out) {
    return out == 1 ? 0.0 : static_cast<double>(i) * (in - 1) / (out - 1);
  };
  // A tent of width one around each input pixel.
  const auto weight = [](double at, int64_t pixel) {
    return std::max(0.0, 1 - std::fabs(at - pixel));
  };
  for (int64_t n = 0; n < y.shape[0]; ++n)
    for (int64_t i = 0; i < height; ++i)
      for (int64_t j = 0; j < width; ++j)
        for (int64_t c = 0; c < y.shape[3]; ++c)
          for (int64_t h = 0; h < x.shape[1]; ++h)
            for (int64_t w = 0; w < x.shape[2]; ++w) {
              y(n, i, j, c) += weight(position(i, x.shape[1], height), h) *
                               weight(position(j, x.shape[2], width), w) *
                               x(n, h, w, c);
            }
  return y;
}

Array ReferenceConv2d(const Array& x, const Array& w, int stride, int padding) {
  const auto out = [&](int64_t size) {
    return (size + 2 * padding - w.shape[2]) / stride + 1;
  };
  Array y({x.shape[0], out(x.shape[1]), out(x.shape[2]), w.shape[0]});
  ForEachProduct(
      x.shape, w.shape, y.shape, stride, padding,
      [&](auto n, auto p, auto q, auto o, auto h, auto k, auto i, auto u,
          auto v) { y(n, p, q, o) += w(o, i, u, v) * x(n, h, k, i); });
  return y;
}

Array ReferenceConv2dBackwardData(const Array& dy, const Array& w, int stride,
                                  int padding, const Shape& x_shape) {
  Array dx(x_shape);
  ForEachProduct(
      x_shape, w.shape, dy.shape, stride, padding,
      [&](auto n, auto p, auto q, auto o, auto h, auto k, auto i, auto u,
          auto v) { dx(n, h, k, i) += w(o, i, u, v) * dy(n, p, q, o); });
  return dx;
}

Array ReferenceConv2dBackwardWeights(const Array& x, const Array& dy,
                                     int stride, int padding,
                                     const Shape& w_shape) {
  Array dw(w_shape);
  ForEachProduct(
      x.shape, w_shape, dy.shape, stride, padding,
      [&](auto n, auto p, auto q, auto o, auto h, auto k, auto i, auto u,
          auto v) { dw(o, i, u, v) += dy(n, p, q, o) * x(n, h, k, i); });
  return dw;
}

}  // namespace rtfq::test
