// The sums themselves are held by conv2d_int8_test, too; here every size at
// which images, windows and channels are cut, and pairs of convolutions.
#include "rtfq/ops/conv2d_amx.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "tests/testing/code_site.h"
#include "tests/testing/cpu_features.h"

namespace rtfq::ops {
namespace {

using test::CodeSite;

TEST(Conv2dAmx, EverySizeIsExact) {
  if (!test::HasAmx()) GTEST_SKIP() << "needs AMX with int8";
  const auto engine = Engine::Create(3).value();
  for (const auto& [kernel, stride] :
       {std::pair{1, 1}, {1, 2}, {1, 3}, {3, 1}, {3, 2}, {7, 2}}) {
    // Less than a step, a step, no multiple of four, a step and a rest.
    for (const int64_t in : {3, 8, 21, 64, 70, 153}) {
      // 1 to 144 pixels; one vector, more than one, more than a block.
      for (const auto& [size, out] :
           {std::pair<int64_t, int64_t>{1, 5}, {7, 24}, {12, 70}}) {
        for (const Sign sign : {Sign::kSigned, Sign::kUnsigned}) {
          const Conv2dGeometry g = {.batch = size == 7 ? 3 : 1,
                                    .in_channels = in,
                                    .out_channels = out,
                                    .in_size = size,
                                    .kernel = kernel,
                                    .stride = stride,
                                    .padding = kernel / 2};
          SCOPED_TRACE(g.ToString());
          CodeSite(g, BitWidth::k8, sign)
              .ExpectExact(Conv2dAmx(*engine, g, sign));
        }
      }
    }
  }
}

TEST(Conv2dAmx, PairsOfOneShapeAreExact) {
  if (!test::HasAmx()) GTEST_SKIP() << "needs AMX with int8";
  const auto engine = Engine::Create(3).value();
  test::ExpectPairsAreExact([&](const Conv2dGeometry& g) {
    return std::make_unique<Conv2dAmx>(*engine, g, Sign::kUnsigned);
  });
}

}  // namespace
}  // namespace rtfq::ops
