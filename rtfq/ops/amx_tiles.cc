#include "rtfq/ops/amx_tiles.h"

#include <algorithm>
#include <cstring>

#include "rtfq/core/check.h"
#include "rtfq/ops/amx_registers.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rtfq::ops {

int64_t AmxStepCodes(int64_t length) {
  return std::min<int64_t>((length + 3) / 4 * 4, kAmxCodes);
}

int64_t AmxSteps(int64_t length) {
  return (length + kAmxCodes - 1) / kAmxCodes;
}

int64_t AmxPanelBytes(int64_t length) {
  return AmxSteps(length) * AmxStepCodes(length) * kAmxChannels;
}

namespace {

// Where step `step` of a segment begins.
int64_t StepAt(int64_t step, int64_t length) {
  return std::min(step * kAmxCodes, std::max<int64_t>(0, length - kAmxCodes));
}

}  // namespace

int8_t* PackAmxSegment(const int8_t* w, int64_t stride, int64_t channels,
                       int64_t length, int8_t* panel) {
  constexpr int64_t kGroup = 4;  // adjacent codes of a channel
  const int64_t codes = AmxStepCodes(length);
  std::memset(panel, 0, static_cast<size_t>(AmxPanelBytes(length)));
  for (int64_t step = 0; step < AmxSteps(length); ++step) {
    const int64_t at = StepAt(step, length);
    const int64_t first = step * kAmxCodes;  // not yet counted
    const int64_t end = std::min(at + codes, length);
    for (int64_t c = 0; c < channels; ++c) {
      const int8_t* from = w + c * stride;
      int8_t* to = panel + c * kGroup;
      int64_t i = at;
      for (; i + kGroup <= end; i += kGroup, to += kAmxChannels * kGroup) {
        if (i >= first) {
          std::memcpy(to, from + i, kGroup);
          continue;
        }
        for (int64_t j = std::max<int64_t>(0, first - i); j < kGroup; ++j) {
          to[j] = from[i + j];
        }
      }
      for (; i < end; ++i, ++to) *to = from[i];
    }
    panel += codes * kAmxChannels;
  }
  return panel;
}

#if defined(__x86_64__)
namespace {

#define RTFQ_AMX __attribute__((target("amx-tile,amx-int8")))

// The intrinsics do not tell the compiler what memory they read.
#define RTFQ_MEMORY_IS_READ asm volatile("" ::: "memory")

// Registers: 0 to 3 sums of [two tiles of pixels][two of channels], 4 and 5
// pixels, 6 and 7 channels.

#define RTFQ_DOT(SUM, PIXELS, CHANNELS)  \
  if constexpr (kSigned) {               \
    _tile_dpbssd(SUM, PIXELS, CHANNELS); \
  } else {                               \
    _tile_dpbusd(SUM, PIXELS, CHANNELS); \
  }

// Weights are read once a pass and come from afar. What lies behind the last
// panel is asked for in vain.
inline void FetchAhead(const int8_t* w, int64_t step_bytes) {
  constexpr int64_t kSteps = 4, kLine = 64;
  for (int64_t at = 0; at < step_bytes; at += kLine) {
    __builtin_prefetch(w + kSteps * step_bytes + at, /*rw=*/0, /*locality=*/2);
  }
}

template <bool kSigned, bool kTwoPixels, bool kTwoVectors>
RTFQ_AMX void RunTiles(const AmxReduction& reduction, const AmxInputs& inputs,
                       const AmxPanels& panels, int32_t* sums, int64_t stride) {
  const int64_t steps = AmxSteps(reduction.length);
  const int64_t step_bytes = AmxStepCodes(reduction.length) * kAmxChannels;
  const int64_t last_at = StepAt(steps - 1, reduction.length);
  const int64_t row = inputs.bytes;
  const int8_t* w = panels.first;
  const int8_t* more = w + panels.bytes;
  RTFQ_MEMORY_IS_READ;
  _tile_zero(0);
  if constexpr (kTwoVectors) _tile_zero(1);
  if constexpr (kTwoPixels) _tile_zero(2);
  if constexpr (kTwoPixels && kTwoVectors) _tile_zero(3);
  for (int64_t u = 0; u < reduction.segments; ++u) {
    const uint8_t* segment = inputs.first + reduction.offsets[u];
    for (int64_t s = 0; s < steps; ++s) {
      const uint8_t* x = segment + (s + 1 < steps ? s * kAmxCodes : last_at);
      _tile_loadd(6, w, 64);
      _tile_loadd(4, x, row);
      RTFQ_DOT(0, 4, 6);
      if constexpr (kTwoVectors) {
        _tile_loadd(7, more, 64);
        RTFQ_DOT(1, 4, 7);
      }
      if constexpr (kTwoPixels) {
        _tile_loadd(5, x + kAmxPixels * row, row);
        RTFQ_DOT(2, 5, 6);
        if constexpr (kTwoVectors) {
          RTFQ_DOT(3, 5, 7);
        }
      }
      FetchAhead(w, step_bytes);
      if constexpr (kTwoVectors) FetchAhead(more, step_bytes);
      w += step_bytes;
      more += step_bytes;
    }
  }
  const int64_t stride_bytes = stride * int64_t{sizeof(int32_t)};
  int32_t* second = sums + kAmxPixels * stride;
  _tile_stored(0, sums, stride_bytes);
  if constexpr (kTwoVectors) _tile_stored(1, sums + kAmxChannels, stride_bytes);
  if constexpr (kTwoPixels) _tile_stored(2, second, stride_bytes);
  if constexpr (kTwoPixels && kTwoVectors) {
    _tile_stored(3, second + kAmxChannels, stride_bytes);
  }
  RTFQ_MEMORY_IS_READ;
}

using TilesFn = void (*)(const AmxReduction&, const AmxInputs&,
                         const AmxPanels&, int32_t*, int64_t);

template <bool kSigned>
constexpr TilesFn kTiles[2][2] = {
    {&RunTiles<kSigned, false, false>, &RunTiles<kSigned, false, true>},
    {&RunTiles<kSigned, true, false>, &RunTiles<kSigned, true, true>}};

}  // namespace

void AmxTiles::Configure(int pixels, int codes) {
  AmxConfig config;
  constexpr int kSumBytes = kAmxChannels * sizeof(int32_t);
  for (int i = 0; i < 2; ++i) {
    const int rows = std::clamp(pixels - i * kAmxPixels, 1, kAmxPixels);
    config.Set(2 * i, rows, kSumBytes);
    config.Set(2 * i + 1, rows, kSumBytes);
    config.Set(4 + i, rows, codes);
    config.Set(6 + i, codes / 4, kSumBytes);
  }
  LoadAmxConfig(config);
  pixels_ = pixels;
  codes_ = codes;
}

AmxTiles::~AmxTiles() {
  if (pixels_ > 0) ReleaseAmx();
}

void AmxTiles::Run(Sign sign, const AmxReduction& reduction,
                   const AmxInputs& inputs, const AmxPanels& panels,
                   int32_t* sums, int64_t stride) {
  const auto codes = static_cast<int>(AmxStepCodes(reduction.length));
  if (inputs.count != pixels_ || codes != codes_) {
    Configure(inputs.count, codes);
  }
  const auto& tiles = sign == Sign::kSigned ? kTiles<true> : kTiles<false>;
  tiles[inputs.count > kAmxPixels ? 1 : 0][panels.count - 1](
      reduction, inputs, panels, sums, stride);
}

#else

AmxTiles::~AmxTiles() = default;
void AmxTiles::Configure(int, int) {}
void AmxTiles::Run(Sign, const AmxReduction&, const AmxInputs&,
                   const AmxPanels&, int32_t*, int64_t) {
  RTFQ_CHECK(false && "these tiles of codes need AMX");
}

#endif

}  // namespace rtfq::ops
