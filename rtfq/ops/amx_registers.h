// The tile registers of AMX in the calling thread.
#ifndef RTFQ_OPS_AMX_REGISTERS_H_
#define RTFQ_OPS_AMX_REGISTERS_H_

#include <cstdint>

namespace rtfq::ops {

// The shapes of the registers, as the processor reads them.
struct alignas(64) AmxConfig {
  void Set(int tile, int tile_rows, int tile_row_bytes) {
    rows[tile] = static_cast<uint8_t>(tile_rows);
    row_bytes[tile] = static_cast<uint16_t>(tile_row_bytes);
  }

  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};  // at most 16, of at most 64 bytes
};
static_assert(sizeof(AmxConfig) == 64);

// All registers become zeros. Needs AMX, and the kernel's leave for this
// process to use it.
void LoadAmxConfig(const AmxConfig& config);

// The registers need not be saved any more when threads change.
void ReleaseAmx();

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_AMX_REGISTERS_H_
