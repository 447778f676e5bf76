// Convolutions that cannot be, for the makers of plans.
#ifndef TESTS_TESTING_IMPOSSIBLE_GEOMETRIES_H_
#define TESTS_TESTING_IMPOSSIBLE_GEOMETRIES_H_

#include <vector>

#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::test {

// `good` without images, and with a kernel larger than the image.
inline std::vector<ops::Conv2dGeometry> ImpossibleGeometries(
    const ops::Conv2dGeometry& good) {
  ops::Conv2dGeometry no_images = good, small = good;
  no_images.batch = 0;
  small.in_size = 2;
  small.kernel = 7;
  small.padding = 0;
  return {no_images, small};
}

}  // namespace rtfq::test

#endif  // TESTS_TESTING_IMPOSSIBLE_GEOMETRIES_H_
