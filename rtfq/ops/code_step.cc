#include "rtfq/ops/code_step.h"

#include <cmath>
#include <limits>

#include "rtfq/core/check.h"
#include "rtfq/ops/code_of.h"

namespace rtfq::ops {
namespace {

// Beyond, products could overflow or lose bits below the smallest normal f32.
constexpr float kSmallestStep = 0x1p-60f, kLargestStep = 0x1p60f;
// Values compared on each side of the middle between two codes, as f32 rounds
// it; both functions change within one.
constexpr int kNeighbours = 3;

float Quotient(const CodeStep& s, float v) {
  return CodeOf(v / s.step, 0, s.max);
}

float Products(const CodeStep& s, float v) {
  const float positive = v > 0 ? v : 0;
  const float c = positive < s.cap ? positive : s.cap;
  return std::nearbyint(std::fma(c, s.high, c * s.low));
}

bool ChangesAlike(const CodeStep& s, int code) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  float below = (static_cast<float>(code) + 0.5f) * s.step;
  for (int i = 0; i < kNeighbours; ++i) below = std::nextafter(below, 0.0f);
  if (Quotient(s, below) != static_cast<float>(code)) return false;
  float v = below;
  for (int i = 0; i <= 2 * kNeighbours; ++i) {
    if (Quotient(s, v) != Products(s, v)) return false;
    if (i < 2 * kNeighbours) v = std::nextafter(v, kInfinity);
  }
  return Quotient(s, v) == static_cast<float>(code + 1);
}

}  // namespace

CodeStep::CodeStep(float step_size, int max_code)
    : step(step_size), max(static_cast<float>(max_code)) {
  RTFQ_CHECK(step > 0 && max_code >= 1 && max_code <= 255);
  if (!(step >= kSmallestStep && step <= kLargestStep)) return;
  const double exact = 1.0 / step;
  high = static_cast<float>(exact);
  low = static_cast<float>(exact - high);
  cap = max * step;
  as_products = Products(*this, cap) == max && Quotient(*this, cap) == max;
  for (int code = 0; as_products && code < max_code; ++code) {
    as_products = ChangesAlike(*this, code);
  }
}

}  // namespace rtfq::ops
