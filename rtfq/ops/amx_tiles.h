// Tiles of exact integer matrix products on AMX.
#ifndef RTFQ_OPS_AMX_TILES_H_
#define RTFQ_OPS_AMX_TILES_H_

#include <cstdint>

#include "rtfq/core/bit_width.h"

namespace rtfq::ops {

// What one tile register holds: 16 pixels of at most 64 codes, or as many codes
// of 16 output channels, or 16 x 16 sums of 32 bits.
inline constexpr int kAmxPixels = 16;
inline constexpr int kAmxChannels = 16;
inline constexpr int kAmxCodes = 64;

// A reduction: `segments` runs of `length` adjacent codes, of a convolution the
// rows of a window; segment u begins offsets[u] bytes behind the pixel's first.
// A segment is cut into steps of AmxStepCodes(length) codes; the last of
// several ends where the segment does, so that nothing behind it is read: codes
// it shares with the step before meet weights of 0 there.
struct AmxReduction {
  const int64_t* offsets = nullptr;
  int64_t segments = 1;
  int64_t length = 0;
};

// min(length rounded up to 4, 64): shorter segments than that are read up to 3
// codes beyond their end.
int64_t AmxStepCodes(int64_t length);
int64_t AmxSteps(int64_t length);
// Bytes of a panel, the weights of kAmxChannels channels and one segment.
int64_t AmxPanelBytes(int64_t length);

// The panel of channels [0, `channels`), at most kAmxChannels, from w [O,L]
// with rows of `stride`, for a segment of L = `length` codes: [steps][step
// codes / 4][kAmxChannels][4], zeros where there are none. Returns behind its
// end.
int8_t* PackAmxSegment(const int8_t* w, int64_t stride, int64_t channels,
                       int64_t length, int8_t* panel);

// Pixel p < `count`, at most 2 * kAmxPixels, begins at first + p * bytes.
struct AmxInputs {
  const uint8_t* first = nullptr;
  int64_t bytes = 0;
  int count = 0;
};

// `count` panels, 1 or 2, each of all segments, `bytes` apart.
struct AmxPanels {
  const int8_t* first = nullptr;
  int64_t bytes = 0;
  int count = 1;
};

// The tile registers of the calling thread, from construction to destruction.
// Needs AMX with int8, and the kernel's leave for this process to use it.
class AmxTiles {
 public:
  AmxTiles() = default;
  ~AmxTiles();
  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;

  // sums[p * stride + c] = sum over the reduction of pixel p and channel c, for
  // all pixels and c < panels.count * kAmxChannels; `sign` is the inputs'.
  void Run(Sign sign, const AmxReduction& reduction, const AmxInputs& inputs,
           const AmxPanels& panels, int32_t* sums, int64_t stride);

 private:
  void Configure(int pixels, int codes);

  // That the registers are configured for.
  int pixels_ = 0, codes_ = 0;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_AMX_TILES_H_
