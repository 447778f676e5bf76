#include "rtfq/ops/amx_registers.h"

#include "rtfq/core/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rtfq::ops {

#if defined(__x86_64__)

__attribute__((target("amx-tile"))) void LoadAmxConfig(
    const AmxConfig& config) {
  // The intrinsic does not tell the compiler what memory it reads.
  asm volatile("" ::: "memory");
  _tile_loadconfig(&config);
}

__attribute__((target("amx-tile"))) void ReleaseAmx() { _tile_release(); }

#else

void LoadAmxConfig(const AmxConfig&) { RTFQ_CHECK(false && "needs AMX"); }
void ReleaseAmx() {}

#endif

}  // namespace rtfq::ops
