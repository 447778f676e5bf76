// The sums themselves are held by conv2d_int8_test, under ONEDNN_MAX_CPU_ISA of
// AVX2 and of AVX512_CORE_VNNI; here every size at which images are cut, and
// pairs of convolutions.
#include "rtfq/ops/conv2d_tiles.h"

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

void ExpectEverySizeIsExact(TileSet set) {
  const auto engine = Engine::Create(3).value();
  for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
    for (const auto& [kernel, stride] :
         {std::pair{1, 1}, {1, 2}, {3, 1}, {3, 2}, {7, 2}}) {
      for (const int64_t in : {3, 8, 20}) {
        // 1 to 144 pixels; one vector, a tile and a half, more than a block.
        for (const auto& [size, out] :
             {std::pair<int64_t, int64_t>{1, 5}, {7, 24}, {12, 70}}) {
          const Conv2dGeometry g = {.batch = size == 7 ? 3 : 1,
                                    .in_channels = in,
                                    .out_channels = out,
                                    .in_size = size,
                                    .kernel = kernel,
                                    .stride = stride,
                                    .padding = kernel / 2};
          const Sign sign = in == 3 ? Sign::kSigned : Sign::kUnsigned;
          SCOPED_TRACE(g.ToString() + ", " + std::to_string(BitsOf(bits)) +
                       " bits");
          CodeSite(g, bits, sign)
              .ExpectExact(Conv2dTiles(*engine, g, bits, sign, set));
        }
      }
    }
  }
}

void ExpectAllIsExact(TileSet set) {
  ExpectEverySizeIsExact(set);
  const auto engine = Engine::Create(3).value();
  test::ExpectPairsAreExact([&](const Conv2dGeometry& g) {
    return std::make_unique<Conv2dTiles>(*engine, g, BitWidth::k8,
                                         Sign::kUnsigned, set);
  });
}

TEST(Conv2dTiles, IsExactOnAvx2) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return ExpectAllIsExact(TileSet::kAvx2);
#endif
  GTEST_SKIP() << "needs AVX2";
}

TEST(Conv2dTiles, IsExactOnAvxVnni) {
  if (!test::HasAvxVnni()) GTEST_SKIP() << "needs AVX-VNNI";
  ExpectAllIsExact(TileSet::kAvxVnni);
}

TEST(Conv2dTiles, IsExactOnAvx512Vnni) {
  if (!test::HasAvx512Vnni()) GTEST_SKIP() << "needs AVX-512 VNNI";
  ExpectAllIsExact(TileSet::kAvx512Vnni);
}

}  // namespace
}  // namespace rtfq::ops
