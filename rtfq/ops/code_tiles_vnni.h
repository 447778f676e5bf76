// The tiles of code_tiles.h on AVX-512 with VNNI.
#ifndef RTFQ_OPS_CODE_TILES_VNNI_H_
#define RTFQ_OPS_CODE_TILES_VNNI_H_

#include <cstdint>

#include "rtfq/ops/code_tiles.h"

namespace rtfq::ops {

// RunTile() of kVnni512Bytes.
void RunVnniTile(const void* const* inputs, int pixels, int channels,
                 const Reduction& reduction, const int32_t* start,
                 const int8_t* panel, int32_t* sums, int64_t stride);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CODE_TILES_VNNI_H_
