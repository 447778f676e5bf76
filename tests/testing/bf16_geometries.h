// Convolutions that reach each way of computing one in bf16.
#ifndef TESTS_TESTING_BF16_GEOMETRIES_H_
#define TESTS_TESTING_BF16_GEOMETRIES_H_

#include <cstdint>
#include <vector>

#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::test {

inline std::vector<ops::Conv2dGeometry> Bf16Geometries() {
  std::vector<ops::Conv2dGeometry> all;
  for (const int kernel : {1, 3, 7}) {
    for (const int stride : {1, 2}) {
      for (const int64_t in_channels : {3, 8, 40, 70}) {
        for (const int64_t size : {4, 13}) {
          all.push_back({.batch = 3,
                         .in_channels = in_channels,
                         .out_channels = 72,
                         .in_size = size,
                         .kernel = kernel,
                         .stride = stride,
                         .padding = kernel / 2});
        }
      }
    }
  }
  return all;
}

}  // namespace rtfq::test

#endif  // TESTS_TESTING_BF16_GEOMETRIES_H_
