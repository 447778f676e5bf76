#include "rtfq/ops/lanes.h"

#include <numeric>

#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

RTFQ_MULTIVERSION
void AddKernel(const float* values, int64_t count, double* lanes) {
  double sums[kLanes];
  for (int j = 0; j < kLanes; ++j) sums[j] = lanes[j];
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) {
      sums[j] += static_cast<double>(values[i + j]);
    }
  }
  for (int j = 0; i + j < count; ++j) {
    sums[j] += static_cast<double>(values[i + j]);
  }
  for (int j = 0; j < kLanes; ++j) lanes[j] = sums[j];
}

RTFQ_MULTIVERSION
void AddMagnitudesKernel(const float* values, int64_t count, double* lanes) {
  double sums[kLanes];
  for (int j = 0; j < kLanes; ++j) sums[j] = lanes[j];
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) {
      sums[j] += static_cast<double>(__builtin_fabsf(values[i + j]));
    }
  }
  for (int j = 0; i + j < count; ++j) {
    sums[j] += static_cast<double>(__builtin_fabsf(values[i + j]));
  }
  for (int j = 0; j < kLanes; ++j) lanes[j] = sums[j];
}

}  // namespace

void AddToLanes(const float* values, int64_t count, double* lanes) {
  AddKernel(values, count, lanes);
}

void AddMagnitudesToLanes(const float* values, int64_t count, double* lanes) {
  AddMagnitudesKernel(values, count, lanes);
}

double SumOfLanes(const double* lanes) {
  return std::accumulate(lanes, lanes + kLanes, 0.0);
}

}  // namespace rtfq::ops
