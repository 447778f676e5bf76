// A quantizer's step prepared for many codes: products in place of a division.
#ifndef RTFQ_OPS_CODE_STEP_H_
#define RTFQ_OPS_CODE_STEP_H_

namespace rtfq::ops {

// The codes of an unsigned quantizer,
//
//   code(v) = round_half_even(clamp(v / step, 0, max))     (code_of.h)
//
// where the quotient is an f32. With `as_products`
//
//   round_half_even(fma(c, high, c * low)),  c = min(max(v, 0), cap)
//
// is the same code for every f32 v, infinities and NaN (0) among them; high +
// low is 1 / step. Both are monotone in v, so it is enough to compare them
// around the values where the code changes, which the constructor does. Ours,
// because a division takes as long as ten products.
struct CodeStep {
  CodeStep() = default;
  // `step` positive, `max` 1 to 255. Takes some microseconds.
  CodeStep(float step, int max);

  float step = 1;
  float max = 255;
  bool as_products = false;
  float high = 1, low = 0, cap = 255;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CODE_STEP_H_
