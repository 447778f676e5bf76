#include "rtfq/ops/pair_tiles.h"

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/testing/cpu_features.h"

namespace rtfq::ops {
namespace {

// A small integer, exact in bf16, in the lower half or the upper.
Bf16Pair PairOf(int first, int second) {
  const auto bits = [](int v) {
    return std::bit_cast<uint32_t>(static_cast<float>(v));
  };
  return bits(first) >> 16 | bits(second);
}

struct Panel {
  Panel(int64_t steps, int64_t columns, uint64_t seed) : width(columns) {
    Rng rng(seed);
    for (int64_t i = 0; i < 2 * steps * columns; ++i) {
      numbers.push_back(static_cast<int>(rng.Below(31)) - 15);
    }
    for (int64_t i = 0; i < steps * columns; ++i) {
      pairs.push_back(PairOf(numbers[2 * i], numbers[2 * i + 1]));
    }
  }
  int Dot(int64_t step, int64_t column, const Panel& other, int64_t other_step,
          int64_t other_column) const {
    const int* a = numbers.data() + 2 * (step * width + column);
    const int* b =
        other.numbers.data() + 2 * (other_step * other.width + other_column);
    return a[0] * b[0] + a[1] * b[1];
  }
  int64_t width;
  std::vector<int> numbers;
  std::vector<Bf16Pair> pairs;
};

// Sums of integers below 2^24: exact in any order.
void ExpectExact(int rows, int columns, const PairReduction& r, bool add) {
  SCOPED_TRACE(std::to_string(rows) + " rows, " + std::to_string(columns) +
               " columns, " + std::to_string(r.images) + " x " +
               std::to_string(r.lines) + " x " + std::to_string(r.steps));
  const int64_t left_width = rows + 4;
  const Panel left(r.images * r.lines * r.steps, left_width, 1);
  const Panel right(r.images * r.image + r.lines * r.line + r.steps, columns,
                    2);
  constexpr int64_t kStride = 40;
  std::vector<float> sums(rows * kStride, 7.0f);
  RunPairTile(left.pairs.data(), left_width, rows, right.pairs.data(), columns,
              columns, r, add, sums.data(), kStride);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t c = 0; c < kStride; ++c) {
      int expected = c < columns && !add ? 0 : 7;
      int64_t step = 0;
      for (int64_t n = 0; c < columns && n < r.images; ++n) {
        for (int64_t p = 0; p < r.lines; ++p) {
          for (int64_t i = 0; i < r.steps; ++i, ++step) {
            expected +=
                left.Dot(step, row, right, n * r.image + p * r.line + i, c);
          }
        }
      }
      ASSERT_EQ(sums[row * kStride + c], static_cast<float>(expected))
          << "row " << row << ", column " << c;
    }
  }
}

TEST(PairTiles, EverySizeIsExact) {
  if (!test::HasAvx512Bf16()) GTEST_SKIP() << "needs AVX512-BF16";
  for (const int rows : {kRowUnit, 2 * kRowUnit, kTileRows}) {
    for (const int columns : {kVectorColumns, kTileColumns}) {
      for (const bool add : {false, true}) {
        ExpectExact(rows, columns, {.steps = 1}, add);
        ExpectExact(rows, columns, {.steps = 100}, add);
        ExpectExact(rows, columns, {.lines = 5, .line = 3, .steps = 4}, add);
        ExpectExact(
            rows, columns,
            {.images = 3, .image = 40, .lines = 4, .line = 9, .steps = 7}, add);
      }
    }
  }
}

TEST(PairTiles, NothingAddedIsZero) {
  if (!test::HasAvx512Bf16()) GTEST_SKIP() << "needs AVX512-BF16";
  ExpectExact(kTileRows, kTileColumns, {.images = 0, .steps = 3}, false);
  ExpectExact(kTileRows, kTileColumns, {.images = 0, .steps = 3}, true);
}

}  // namespace
}  // namespace rtfq::ops
