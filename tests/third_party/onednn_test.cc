// oneDNN is built here with much of it left out (third_party/onednn). These
// tests hold that what the product calls is in, fast and right: no reference
// implementation is chosen, and results equal those of plain loops. They are
// also run under lower instruction sets (BUILD).

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "oneapi/dnnl/dnnl.hpp"

// The library exports it, its headers do not.
namespace dnnl::impl::cpu::platform {
unsigned get_per_core_cache_size(int level);
}

namespace rtfq {
namespace {

using dnnl::memory;
using testing::HasSubstr;
using testing::Not;
using Tag = memory::format_tag;
using Type = memory::data_type;
using Arguments = std::unordered_map<int, memory>;

constexpr int kN = 2, kI = 32, kO = 48, kSide = 9, kKernel = 3, kOut = 9;
constexpr int kInputs = kN * kI * kSide * kSide;
constexpr int kWeights = kO * kI * kKernel * kKernel;
constexpr int kOutputs = kN * kO * kOut * kOut;

const dnnl::engine& Engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// Small integers, so that every sum is exact in f32 and in any order.
template <typename T>
std::vector<T> Integers(int count, int from, int to, uint32_t seed) {
  std::vector<T> values(count);
  for (T& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<T>(from + static_cast<int>(seed >> 16) % (to - from));
  }
  return values;
}

template <typename T>
memory Wrap(const memory::desc& desc, std::vector<T>& values) {
  return memory(desc, Engine(), values.data());
}

// A copy of `from` in the layout the primitive chose.
memory Reordered(memory from, const memory::desc& desc) {
  memory to(desc, Engine());
  dnnl::stream stream(Engine());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return to;
}

template <typename Descriptor>
void Execute(const Descriptor& descriptor, const Arguments& arguments) {
  const std::string implementation = descriptor.impl_info_str();
  testing::Test::RecordProperty("implementation", implementation);
  EXPECT_THAT(implementation, Not(HasSubstr("ref"))) << implementation;
  EXPECT_THAT(implementation, Not(HasSubstr("gemm:"))) << implementation;
  dnnl::stream stream(Engine());
  dnnl::primitive(descriptor).execute(stream, arguments);
  stream.wait();
}

// Calls f(input, weight, output), flat indices, for every product of a 3x3
// convolution with padding 1 over NHWC images and OIHW weights.
template <typename F>
void ForEachProduct(F f) {
  for (int n = 0; n < kN; ++n)
    for (int y = 0; y < kOut; ++y)
      for (int x = 0; x < kOut; ++x)
        for (int ky = 0; ky < kKernel; ++ky)
          for (int kx = 0; kx < kKernel; ++kx) {
            const int iy = y + ky - 1, ix = x + kx - 1;
            if (iy < 0 || iy >= kSide || ix < 0 || ix >= kSide) continue;
            for (int o = 0; o < kO; ++o)
              for (int i = 0; i < kI; ++i)
                f(((n * kSide + iy) * kSide + ix) * kI + i,
                  ((o * kI + i) * kKernel + ky) * kKernel + kx,
                  ((n * kOut + y) * kOut + x) * kO + o);
          }
}

struct Descs {
  explicit Descs(Type x_type, Type w_type, Type y_type)
      : x({kN, kI, kSide, kSide}, x_type, Tag::nhwc),
        w({kO, kI, kKernel, kKernel}, w_type, Tag::oihw),
        w_any({kO, kI, kKernel, kKernel}, w_type, Tag::any),
        y({kN, kO, kOut, kOut}, y_type, Tag::nhwc) {}
  memory::desc x, w, w_any, y;
};

dnnl::convolution_forward::primitive_desc Forward(const Descs& d) {
  return {Engine(),
          dnnl::prop_kind::forward_training,
          dnnl::algorithm::convolution_direct,
          d.x,
          d.w_any,
          d.y,
          {1, 1},
          {1, 1},
          {1, 1}};
}

TEST(OneDnnTest, U8S8ConvolutionIsExactForSixBitCodes) {
  auto x = Integers<uint8_t>(kInputs, 0, 64, 1);
  auto w = Integers<int8_t>(kWeights, -32, 32, 2);
  std::vector<int32_t> y(kOutputs), expected(kOutputs);
  const Descs d(Type::u8, Type::s8, Type::s32);
  const auto forward = Forward(d);
  Execute(forward,
          {{DNNL_ARG_SRC, Wrap(d.x, x)},
           {DNNL_ARG_WEIGHTS, Reordered(Wrap(d.w, w), forward.weights_desc())},
           {DNNL_ARG_DST, Wrap(d.y, y)}});
  ForEachProduct(
      [&](int in, int wt, int out) { expected[out] += x[in] * w[wt]; });
  EXPECT_EQ(y, expected);
}

class F32Convolution : public testing::Test {
 protected:
  std::vector<float> x_ = Integers<float>(kInputs, -8, 8, 3);
  std::vector<float> w_ = Integers<float>(kWeights, -8, 8, 4);
  std::vector<float> y_ = Integers<float>(kOutputs, -8, 8, 5);
  Descs d_{Type::f32, Type::f32, Type::f32};
};

TEST_F(F32Convolution, Forward) {
  std::vector<float> got(kOutputs), expected(kOutputs);
  const auto forward = Forward(d_);
  Execute(forward, {{DNNL_ARG_SRC, Wrap(d_.x, x_)},
                    {DNNL_ARG_WEIGHTS,
                     Reordered(Wrap(d_.w, w_), forward.weights_desc())},
                    {DNNL_ARG_DST, Wrap(d_.y, got)}});
  ForEachProduct(
      [&](int in, int wt, int out) { expected[out] += x_[in] * w_[wt]; });
  EXPECT_EQ(got, expected);
}

TEST_F(F32Convolution, DataGradient) {
  std::vector<float> got(kInputs), expected(kInputs);
  const dnnl::convolution_backward_data::primitive_desc backward(
      Engine(), dnnl::algorithm::convolution_direct, d_.x, d_.w_any, d_.y,
      {1, 1}, {1, 1}, {1, 1}, Forward(d_));
  Execute(backward, {{DNNL_ARG_DIFF_DST, Wrap(d_.y, y_)},
                     {DNNL_ARG_WEIGHTS,
                      Reordered(Wrap(d_.w, w_), backward.weights_desc())},
                     {DNNL_ARG_DIFF_SRC, Wrap(d_.x, got)}});
  ForEachProduct(
      [&](int in, int wt, int out) { expected[in] += y_[out] * w_[wt]; });
  EXPECT_EQ(got, expected);
}

TEST_F(F32Convolution, WeightGradient) {
  std::vector<float> got(kWeights), expected(kWeights);
  const dnnl::convolution_backward_weights::primitive_desc backward(
      Engine(), dnnl::algorithm::convolution_direct, d_.x, d_.w_any, d_.y,
      {1, 1}, {1, 1}, {1, 1}, Forward(d_));
  memory packed(backward.diff_weights_desc(), Engine());
  Execute(backward, {{DNNL_ARG_DIFF_DST, Wrap(d_.y, y_)},
                     {DNNL_ARG_SRC, Wrap(d_.x, x_)},
                     {DNNL_ARG_DIFF_WEIGHTS, packed}});
  memory plain = Wrap(d_.w, got);
  dnnl::stream stream(Engine());
  dnnl::reorder(packed, plain).execute(stream, packed, plain);
  stream.wait();
  ForEachProduct(
      [&](int in, int wt, int out) { expected[wt] += y_[out] * x_[in]; });
  EXPECT_EQ(got, expected);
}

// Rows of A longer than the product needs, as a slice of a wider matrix has
// them; K is no multiple of what a vector holds.
template <typename T>
void ExpectStridedProductIsRight(Type type) {
  constexpr int kM = 37, kK = 70, kCols = 24, kRow = 96;
  auto a = Integers<T>(kM * kRow, -4, 4, 6);
  auto b = Integers<T>(kK * kCols, -4, 4, 7);
  std::vector<float> c(kM * kCols), expected(kM * kCols);
  const memory::desc a_desc({kM, kK}, type, {kRow, 1});
  const memory::desc b_desc({kK, kCols}, type, Tag::ab);
  const memory::desc b_any({kK, kCols}, type, Tag::any);
  const memory::desc c_desc({kM, kCols}, Type::f32, Tag::ab);
  const dnnl::matmul::primitive_desc product(Engine(), a_desc, b_any, c_desc);
  Execute(product, {{DNNL_ARG_SRC, Wrap(a_desc, a)},
                    {DNNL_ARG_WEIGHTS,
                     Reordered(Wrap(b_desc, b), product.weights_desc())},
                    {DNNL_ARG_DST, Wrap(c_desc, c)}});
  for (int m = 0; m < kM; ++m)
    for (int n = 0; n < kCols; ++n)
      for (int k = 0; k < kK; ++k)
        expected[m * kCols + n] += static_cast<float>(a[m * kRow + k]) *
                                   static_cast<float>(b[k * kCols + n]);
  EXPECT_EQ(c, expected);
}

TEST(OneDnnTest, F32ProductWithLongRows) {
  if (dnnl::get_effective_cpu_isa() < dnnl::cpu_isa::avx512_core) {
    GTEST_SKIP() << "f32 products are built for AVX-512 (options.bzl)";
  }
  ExpectStridedProductIsRight<float>(Type::f32);
}

// f32 -> bf16 by dropping bits: exact for small integers.
struct Bf16 {
  Bf16() = default;
  explicit Bf16(int value) {
    const float f = static_cast<float>(value);
    uint32_t bits;
    std::memcpy(&bits, &f, sizeof(bits));
    half = static_cast<uint16_t>(bits >> 16);
  }
  explicit operator float() const {
    const uint32_t bits = static_cast<uint32_t>(half) << 16;
    float f;
    std::memcpy(&f, &bits, sizeof(f));
    return f;
  }
  uint16_t half = 0;
};

TEST(OneDnnTest, Bf16ProductWithLongRows) {
  if (dnnl::get_effective_cpu_isa() < dnnl::cpu_isa::avx512_core_bf16) {
    GTEST_SKIP() << "this processor has no bf16 arithmetic";
  }
  ExpectStridedProductIsRight<Bf16>(Type::bf16);
}

// What a deployed unit is: scales, residual and ReLU inside the convolution.
TEST(OneDnnTest, ConvolutionWithScalesSumAndReluIsBuilt) {
  const Descs d(Type::u8, Type::s8, Type::f32);
  const memory::desc bias({kO}, Type::f32, Tag::a);
  dnnl::post_ops after;
  after.append_sum(1.0f);
  after.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
  dnnl::primitive_attr attributes;
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 1 << 0);
  attributes.set_post_ops(after);
  const dnnl::convolution_forward::primitive_desc forward(
      Engine(), dnnl::prop_kind::forward_inference,
      dnnl::algorithm::convolution_direct, d.x, d.w_any, bias, d.y, {1, 1},
      {1, 1}, {1, 1}, attributes);
  EXPECT_THAT(forward.impl_info_str(), Not(HasSubstr("ref")));
}

// Of a machine that tells nothing of its caches, too: kernels divide by blocks
// that are cut to fit into them.
TEST(OneDnnTest, CachesHaveCredibleSizes) {
  for (const int level : {1, 2, 3}) {
    EXPECT_GE(dnnl::impl::cpu::platform::get_per_core_cache_size(level),
              unsigned{8} << 10)
        << "level " << level;
  }
}

// A test under ONEDNN_MAX_CPU_ISA that ran with everything would prove nothing.
TEST(OneDnnTest, InstructionSetCanBeLowered) {
  const char* wanted = std::getenv("ONEDNN_MAX_CPU_ISA");
  if (wanted == nullptr) GTEST_SKIP() << "nothing is lowered in this run";
  const auto got = dnnl::get_effective_cpu_isa();
  const std::string name = wanted;
  if (name == "AVX2") {
    EXPECT_LE(got, dnnl::cpu_isa::avx2);
  } else if (name == "AVX512_CORE") {
    EXPECT_LE(got, dnnl::cpu_isa::avx512_core);
  } else if (name == "AVX512_CORE_VNNI") {
    EXPECT_LE(got, dnnl::cpu_isa::avx512_core_vnni);
  } else {
    FAIL() << "unknown instruction set " << name;
  }
}

}  // namespace
}  // namespace rtfq
