// A block whose shortcut is the identity, forward and backward, against a slow
// oracle in double written from the formulas alone.
#include "rtfq/models/residual_block.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/models/supernet.h"
#include "rtfq/models/supernet_init.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

constexpr int64_t kN = 4, kSize = 6, kChannels = 8;

using Values = std::vector<double>;

// [N,H,W,C] -> 3x3, stride 1, padding 1, C -> C; weights [O,I,3,3]. Forward, or
// with `transposed` the gradient by the input.
Values Convolve(const Values& x, const Values& w, bool transposed) {
  Values y(x.size());
  for (int64_t n = 0; n < kN; ++n)
    for (int64_t p = 0; p < kSize; ++p)
      for (int64_t q = 0; q < kSize; ++q)
        for (int u = -1; u <= 1; ++u)
          for (int v = -1; v <= 1; ++v) {
            const int64_t h = p + u, r = q + v;
            if (h < 0 || r < 0 || h >= kSize || r >= kSize) continue;
            for (int64_t o = 0; o < kChannels; ++o)
              for (int64_t i = 0; i < kChannels; ++i) {
                const int64_t iy =
                    ((n * kSize + p) * kSize + q) * kChannels + o;
                const int64_t ix =
                    ((n * kSize + h) * kSize + r) * kChannels + i;
                const double weight =
                    w[((o * kChannels + i) * 3 + u + 1) * 3 + v + 1];
                if (transposed)
                  y[ix] += weight * x[iy];
                else
                  y[iy] += weight * x[ix];
              }
          }
  return y;
}

struct Normalized {
  Values y, x_hat, inv_std;
};

Normalized Normalize(const Values& x, const Values& gamma, const Values& beta) {
  Normalized result = {Values(x.size()), Values(x.size()), Values(kChannels)};
  const int64_t m = static_cast<int64_t>(x.size()) / kChannels;
  for (int64_t c = 0; c < kChannels; ++c) {
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < m; ++i) mean += x[i * kChannels + c] / m;
    for (int64_t i = 0; i < m; ++i)
      variance += std::pow(x[i * kChannels + c] - mean, 2) / m;
    result.inv_std[c] = 1 / std::sqrt(variance + 1e-5);
    for (int64_t i = 0; i < m; ++i) {
      const int64_t j = i * kChannels + c;
      result.x_hat[j] = (x[j] - mean) * result.inv_std[c];
      result.y[j] = gamma[c] * result.x_hat[j] + beta[c];
    }
  }
  return result;
}

Values NormalizeBackward(const Values& dy, const Normalized& n,
                         const Values& gamma) {
  Values dx(dy.size());
  const int64_t m = static_cast<int64_t>(dy.size()) / kChannels;
  for (int64_t c = 0; c < kChannels; ++c) {
    double sum = 0, sum_x = 0;
    for (int64_t i = 0; i < m; ++i) {
      sum += dy[i * kChannels + c] / m;
      sum_x += dy[i * kChannels + c] * n.x_hat[i * kChannels + c] / m;
    }
    for (int64_t i = 0; i < m; ++i) {
      const int64_t j = i * kChannels + c;
      dx[j] = gamma[c] * n.inv_std[c] * (dy[j] - sum - n.x_hat[j] * sum_x);
    }
  }
  return dx;
}

// codes, and their gradients' masks, of LSQ.
struct Fake {
  Values v_hat;
  std::vector<bool> inside;
};
Fake FakeQuantize(const Values& v, double step, int min, int max) {
  Fake fake;
  for (const double value : v) {
    const double u = value / step;
    fake.v_hat.push_back(
        std::nearbyint(std::clamp(u, double(min), double(max))) * step);
    fake.inside.push_back(u >= min && u <= max);
  }
  return fake;
}

class IdentityShortcutTest : public testing::TestWithParam<int> {};

TEST_P(IdentityShortcutTest, MatchesTheSlowBlock) {
  const auto bits = static_cast<BitWidth>(GetParam());
  const bool quantized = IsQuantized(bits);
  const auto engine = Engine::Create(2).value();
  ConvPlans plans(*engine);
  NetworkConfig network;
  network.set_family(NetworkConfig::TINY);
  network.mutable_tiny()->add_stage_channels(kChannels);
  network.mutable_tiny()->add_stage_blocks(1);
  network.mutable_tiny()->set_stem_channels(kChannels);
  network.mutable_tiny()->set_bottleneck(false);
  network.set_stem_kernel(3);
  network.set_stem_stride(1);
  network.set_stem_max_pool(false);
  SearchSpaceConfig config;
  config.add_resolutions(8);
  config.add_width_percents(100);
  config.add_bit_widths(GetParam());
  const SearchSpace space = SearchSpace::Create(config).value();
  const ResNetSpec spec = MakeResNetSpec(network, 3).value();
  Supernet net(spec, space, BatchNormConfig(), plans, true);
  InitializeRandomly(Rng(3), net);
  const ResidualBlock& block = net.blocks()[0];
  ASSERT_FALSE(block.downsample().has_value());

  Rng rng(5);
  const Shape shape = {kN, kSize, kSize, kChannels};
  Tensor x = Tensor::Uninitialized(shape), dout = Tensor::Uninitialized(shape);
  // Behind a ReLU: not negative.
  for (float& v : x.span()) v = std::max(0.0, rng.Normal());
  for (float& v : dout.span()) v = static_cast<float>(rng.Normal());
  Values gamma[2], beta[2];
  for (int i = 0; i < 2; ++i) {
    const auto& bank = block.units()[i].bn().BankOf(Domain::kTarget, 0);
    for (float& v : bank.gamma->value.span()) v = rng.Uniform(0.5, 1.5);
    for (float& v : bank.beta->value.span()) v = rng.Uniform(-0.5, 0.5);
    gamma[i] = test::DoublesOf(bank.gamma->value);
    beta[i] = test::DoublesOf(bank.beta->value);
    if (quantized) {
      *block.quantizers()[i].steps().ParameterAt(bits)->value.data() =
          bits == BitWidth::k8 ? 0.017f : 0.13f;
    }
  }
  ConvSpec sliced;
  sliced.in_channels = sliced.out_channels = kChannels;
  sliced.in_size = kSize;
  sliced.kernel = 3;
  sliced.padding = 1;
  for (const ConvUnit& unit : block.units()) {
    ASSERT_TRUE(
        unit.conv().Prepare(sliced, kN, bits, Precision::kInteger).ok());
  }
  const Pass pass = {.subnet = space.Largest(), .domain = Domain::kTarget};
  ResidualBlock::Saved saved;
  std::optional<NonFinite> non_finite;
  const Tensor out =
      block.Forward(engine->threads(), x,
                    StoredActivation(engine->threads(), x, pass.storage), pass,
                    saved, &non_finite);
  const Tensor dx =
      block.Backward(engine->threads(), dout.Clone(), saved, &non_finite);
  EXPECT_FALSE(non_finite.has_value());

  // The oracle.
  const auto quantize = [&](const Values& v, float step, bool is_signed) {
    if (!quantized) return Fake{v, std::vector<bool>(v.size(), true)};
    const CodeRange r =
        CodesOf(bits, is_signed ? Sign::kSigned : Sign::kUnsigned);
    return FakeQuantize(v, step, r.min, r.max);
  };
  const auto step = [&](const StepSizes& steps) {
    return quantized ? steps.At(bits) : 1.0f;
  };
  Values w_hat[2];
  for (int i = 0; i < 2; ++i) {
    const SlimmableConv2d& conv = block.units()[i].conv();
    w_hat[i] = quantize(test::DoublesOf(conv.weight().value),
                        step(conv.weight_steps()), true)
                   .v_hat;
  }
  const Values x0 = test::DoublesOf(x);
  const Fake in0 = quantize(x0, step(block.quantizers()[0].steps()), false);
  const Normalized n0 =
      Normalize(Convolve(in0.v_hat, w_hat[0], false), gamma[0], beta[0]);
  Values relu0 = n0.y;
  for (double& v : relu0) v = std::max(v, 0.0);
  const Fake in1 = quantize(relu0, step(block.quantizers()[1].steps()), false);
  const Normalized n1 =
      Normalize(Convolve(in1.v_hat, w_hat[1], false), gamma[1], beta[1]);
  Values expected(x0.size()), d = test::DoublesOf(dout);
  for (size_t i = 0; i < x0.size(); ++i) {
    expected[i] = std::max(n1.y[i] + x0[i], 0.0);
    if (n1.y[i] + x0[i] <= 0) d[i] = 0;
  }
  const Values dsum = d;
  d = Convolve(NormalizeBackward(d, n1, gamma[1]), w_hat[1], true);
  for (size_t i = 0; i < d.size(); ++i)
    if (!in1.inside[i] || n0.y[i] <= 0) d[i] = 0;
  d = Convolve(NormalizeBackward(d, n0, gamma[0]), w_hat[0], true);
  for (size_t i = 0; i < d.size(); ++i)
    d[i] = (in0.inside[i] ? d[i] : 0) + dsum[i];

  // 72 products a sum, normalised over 144 values, twice: some 400 roundings
  // in a row at the very most.
  const test::ErrorBound bound = {.relative_to_max = 400 * test::kRounding};
  EXPECT_THAT(out, test::IsCloseTo(expected, bound));
  EXPECT_THAT(dx, test::IsCloseTo(d, bound));
}

INSTANTIATE_TEST_SUITE_P(Bits, IdentityShortcutTest, testing::Values(8, 4, 32));

}  // namespace
}  // namespace rtfq
