// Codes and weights of a convolution, and its sums the slow way.
#ifndef TESTS_TESTING_CODE_SITE_H_
#define TESTS_TESTING_CODE_SITE_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/conv2d_code_kernel.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::test {

// Codes of all values that `bits` allow.
struct CodeSite {
  CodeSite(const ops::Conv2dGeometry& geometry, BitWidth bits, Sign sign,
           uint64_t seed = 5);

  // Of output channel `o` at `pixel`, counted over [N,P,Q].
  int32_t SlowSum(int64_t pixel, int64_t o) const;

  // Every sum is told once, and is SlowSum().
  void ExpectExact(const ops::Conv2dCodeKernel& kernel) const;

  ops::Conv2dGeometry geometry;
  Sign sign;
  TensorOf<uint8_t> x;  // [N,H,W,I]
  TensorOf<int8_t> w;   // [O,I,K,K]
};

// Sums of two convolutions, a block's last one and its shortcut, with and
// without stride, are told of block by block, and each is right. `make` makes a
// kernel for unsigned 8-bit codes.
void ExpectPairsAreExact(
    const std::function<std::unique_ptr<ops::Conv2dCodeKernel>(
        const ops::Conv2dGeometry&)>& make);

// What a convolution tells a reader; thread-safe.
class SumLedger {
 public:
  explicit SumLedger(const ops::Conv2dGeometry& geometry);
  ~SumLedger();
  void Read(const ops::SumBlock& block);
  // Every sum was told once and is that of `site`.
  void ExpectSumsOf(const CodeSite& site) const;

 private:
  struct Entries;
  const std::unique_ptr<Entries> entries_;
};

}  // namespace rtfq::test

#endif  // TESTS_TESTING_CODE_SITE_H_
