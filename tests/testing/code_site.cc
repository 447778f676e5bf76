#include "tests/testing/code_site.h"

#include <mutex>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq::test {

CodeSite::CodeSite(const ops::Conv2dGeometry& g, BitWidth bits, Sign input_sign,
                   uint64_t seed)
    : geometry(g),
      sign(input_sign),
      x(TensorOf<uint8_t>::Uninitialized(g.x_shape())),
      w(TensorOf<int8_t>::Uninitialized(g.w_shape())) {
  Rng rng(seed);
  const auto draw = [&](CodeRange r) {
    return r.min + static_cast<int>(rng.Below(r.max - r.min + 1));
  };
  for (uint8_t& q : x.span())
    q = static_cast<uint8_t>(draw(CodesOf(bits, sign)));
  for (int8_t& q : w.span()) {
    q = static_cast<int8_t>(draw(CodesOf(bits, Sign::kSigned)));
  }
}

int32_t CodeSite::SlowSum(int64_t pixel, int64_t o) const {
  const ops::Conv2dGeometry& g = geometry;
  const int64_t side = g.out_size();
  const int64_t n = pixel / (side * side);
  int32_t sum = 0;
  for (int64_t u = 0; u < g.kernel; ++u) {
    for (int64_t v = 0; v < g.kernel; ++v) {
      const int64_t h = pixel / side % side * g.stride + u - g.padding;
      const int64_t k = pixel % side * g.stride + v - g.padding;
      if (h < 0 || k < 0 || h >= g.in_size || k >= g.in_size) continue;
      for (int64_t i = 0; i < g.in_channels; ++i) {
        const uint8_t byte =
            x.data()[((n * g.in_size + h) * g.in_size + k) * g.in_channels + i];
        const int32_t code =
            sign == Sign::kSigned ? static_cast<int8_t>(byte) : int32_t{byte};
        sum +=
            code *
            w.data()[((o * g.in_channels + i) * g.kernel + u) * g.kernel + v];
      }
    }
  }
  return sum;
}

struct SumLedger::Entries {
  std::mutex mutex;
  int64_t channels;
  std::vector<int> times;
  std::vector<int32_t> sums;
};

SumLedger::SumLedger(const ops::Conv2dGeometry& g)
    : entries_(std::make_unique<Entries>()) {
  entries_->channels = g.out_channels;
  entries_->times.resize(static_cast<size_t>(g.y_shape().count()));
  entries_->sums.resize(static_cast<size_t>(g.y_shape().count()));
}

SumLedger::~SumLedger() = default;

void SumLedger::Read(const ops::SumBlock& block) {
  const std::lock_guard lock(entries_->mutex);
  for (int64_t i = 0; i < block.pixels; ++i) {
    for (int64_t c = 0; c < block.channels; ++c) {
      const auto at =
          static_cast<size_t>((block.first_pixel + i) * entries_->channels +
                              block.first_channel + c);
      ++entries_->times.at(at);
      entries_->sums.at(at) = block.sums[i * block.stride + c];
    }
  }
}

void SumLedger::ExpectSumsOf(const CodeSite& site) const {
  const int64_t channels = entries_->channels;
  for (size_t at = 0; at < entries_->sums.size(); ++at) {
    const auto i = static_cast<int64_t>(at);
    ASSERT_EQ(entries_->times[at], 1) << "at " << at;
    ASSERT_EQ(entries_->sums[at], site.SlowSum(i / channels, i % channels))
        << "at " << at;
  }
}

void CodeSite::ExpectExact(const ops::Conv2dCodeKernel& kernel) const {
  std::vector<uint8_t> packed(static_cast<size_t>(kernel.packed_bytes()));
  kernel.Pack(w, packed.data());
  SumLedger ledger(geometry);
  const Tensor beside = Tensor::Zeros(geometry.y_shape());
  kernel.Forward(
      x, packed.data(), [&](const ops::SumBlock& block) { ledger.Read(block); },
      beside);
  ledger.ExpectSumsOf(*this);
}

namespace {

void ExpectPairExact(const CodeSite& site, const ops::Conv2dCodeKernel& kernel,
                     const CodeSite& other_site,
                     const ops::Conv2dCodeKernel& other_kernel) {
  std::vector<uint8_t> packed(static_cast<size_t>(kernel.packed_bytes()));
  std::vector<uint8_t> other(static_cast<size_t>(other_kernel.packed_bytes()));
  kernel.Pack(site.w, packed.data());
  other_kernel.Pack(other_site.w, other.data());
  SumLedger sums(site.geometry), others(other_site.geometry);
  kernel.ForwardPair({site.x, packed.data()}, other_kernel,
                     {other_site.x, other.data()},
                     [&](const ops::SumBlock& a, const ops::SumBlock& b) {
                       EXPECT_EQ(a.first_pixel, b.first_pixel);
                       EXPECT_EQ(a.pixels, b.pixels);
                       EXPECT_EQ(a.first_channel, b.first_channel);
                       EXPECT_EQ(a.channels, b.channels);
                       sums.Read(a);
                       others.Read(b);
                     });
  sums.ExpectSumsOf(site);
  others.ExpectSumsOf(other_site);
}

}  // namespace

void ExpectPairsAreExact(
    const std::function<std::unique_ptr<ops::Conv2dCodeKernel>(
        const ops::Conv2dGeometry&)>& make) {
  for (const int64_t batch : {1, 3}) {
    for (const int stride : {1, 2}) {
      const ops::Conv2dGeometry last = {
          .batch = batch, .in_channels = 40, .out_channels = 70, .in_size = 9};
      const ops::Conv2dGeometry shortcut = {.batch = batch,
                                            .in_channels = 152,
                                            .out_channels = 70,
                                            .in_size = 9 * stride,
                                            .stride = stride};
      SCOPED_TRACE(shortcut.ToString());
      ExpectPairExact(CodeSite(last, BitWidth::k8, Sign::kUnsigned, 1),
                      *make(last),
                      CodeSite(shortcut, BitWidth::k8, Sign::kUnsigned, 2),
                      *make(shortcut));
    }
  }
}

}  // namespace rtfq::test
