#include "rtfq/ops/tile_windows.h"

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq::ops {
namespace {

// The code that tap (u, v) of output pixel (n, p, q) meets in channel i.
int32_t CodeAt(const Conv2dGeometry& g, View<const uint8_t> x, Sign sign,
               int64_t pixel, int64_t u, int64_t v, int64_t i) {
  const int64_t side = g.out_size();
  const int64_t n = pixel / side / side;
  const int64_t h = pixel / side % side * g.stride + u - g.padding;
  const int64_t w = pixel % side * g.stride + v - g.padding;
  if (h < 0 || w < 0 || h >= g.in_size || w >= g.in_size) return 0;
  const uint8_t code =
      x.data()[((n * g.in_size + h) * g.in_size + w) * g.in_channels + i];
  return sign == Sign::kSigned ? static_cast<int8_t>(code) : code;
}

void ExpectWindows(const Conv2dGeometry& g, TileKind kind, Sign sign) {
  SCOPED_TRACE(g.ToString());
  Rng rng(4);
  auto codes = TensorOf<uint8_t>::Uninitialized(g.x_shape());
  for (uint8_t& code : codes.view().span()) {
    code = static_cast<uint8_t>(rng.Below(256));
  }
  const ThreadPool threads(3);
  const TileWindows windows(g, kind, sign);
  std::vector<uint8_t> memory(windows.copied_bytes(), 201);
  const TileWindows::Image image = windows.Of(threads, codes, memory.data());
  const int64_t pixels = g.batch * g.out_size() * g.out_size();
  // From the middle of a row, too.
  for (const int64_t first : {int64_t{0}, pixels / 3}) {
    std::vector<const void*> found(pixels - first);
    windows.Find(image, first, pixels - first, found.data());
    for (int64_t pixel = first; pixel < pixels; ++pixel) {
      const auto* window = static_cast<const uint8_t*>(found[pixel - first]);
      for (int64_t at = 0; at < g.kernel * g.kernel * g.in_channels; ++at) {
        const int64_t i = at % g.in_channels, tap = at / g.in_channels;
        const int64_t u = tap / g.kernel, v = tap % g.kernel;
        const uint8_t* code = window + u * image.row_bytes() +
                              (v * g.in_channels + i) * InputBytes(kind);
        int16_t word = *code;
        if (!ReadsBytes(kind)) std::memcpy(&word, code, sizeof(word));
        const int32_t expected = CodeAt(g, codes, sign, pixel, u, v, i) +
                                 (windows.offset() ? kSignedOffset : 0);
        ASSERT_EQ(word, expected)
            << "pixel " << pixel << ", tap " << tap << ", channel " << i;
      }
    }
  }
}

TEST(TileWindows, HoldEveryCode) {
  for (const auto& [kind, sign] : {std::pair{TileKind::kBytes, Sign::kUnsigned},
                                   {TileKind::kVnniBytes, Sign::kUnsigned},
                                   {TileKind::kVnniBytes, Sign::kSigned},
                                   {TileKind::kVnni512Bytes, Sign::kSigned},
                                   {TileKind::kWords, Sign::kUnsigned},
                                   {TileKind::kWords, Sign::kSigned}}) {
    for (const auto& [kernel, stride] :
         {std::pair{1, 1}, {1, 2}, {3, 1}, {3, 2}, {7, 2}}) {
      for (const int64_t in : {3, 8}) {
        ExpectWindows({.batch = 2,
                       .in_channels = in,
                       .out_channels = 4,
                       .in_size = 9,
                       .kernel = kernel,
                       .stride = stride,
                       .padding = kernel / 2},
                      kind, sign);
      }
    }
  }
}

TEST(TileWindows, CopyOnlyWhatMustBe) {
  const Conv2dGeometry point = {
      .batch = 1, .in_channels = 8, .out_channels = 4, .in_size = 5};
  Conv2dGeometry padded = point;
  padded.kernel = 3;
  padded.padding = 1;
  const auto copied = [](const Conv2dGeometry& g, TileKind kind, Sign sign) {
    return TileWindows(g, kind, sign).copied_bytes() > 0;
  };
  EXPECT_FALSE(copied(point, TileKind::kVnniBytes, Sign::kUnsigned));
  EXPECT_TRUE(copied(point, TileKind::kVnniBytes, Sign::kSigned));
  EXPECT_TRUE(copied(point, TileKind::kWords, Sign::kUnsigned));
  EXPECT_TRUE(copied(padded, TileKind::kVnniBytes, Sign::kUnsigned));
}

}  // namespace
}  // namespace rtfq::ops
