#include "rtfq/ops/amx_registers.h"

#include <cstring>

#include "gtest/gtest.h"
#include "tests/testing/cpu_features.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rtfq::ops {
namespace {

#if defined(__x86_64__)
__attribute__((target("amx-tile"))) AmxConfig Stored() {
  AmxConfig config;
  config.palette = 99;
  _tile_storeconfig(&config);
  asm volatile("" ::: "memory");
  return config;
}

TEST(AmxRegisters, AreAsConfiguredUntilReleased) {
  if (!test::HasAmx()) GTEST_SKIP() << "needs AMX";
  AmxConfig config;
  config.Set(0, 16, 64);
  config.Set(7, 3, 20);
  LoadAmxConfig(config);
  const AmxConfig loaded = Stored();
  EXPECT_EQ(std::memcmp(&loaded, &config, sizeof(config)), 0);
  ReleaseAmx();
  const AmxConfig released = Stored();
  EXPECT_EQ(released.palette, 0);
  EXPECT_EQ(released.rows[0], 0);
}
#endif

}  // namespace
}  // namespace rtfq::ops
