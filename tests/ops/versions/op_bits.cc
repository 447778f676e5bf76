// Prints a hash of what each elementwise operation makes of the same numbers:
// op_versions_test.sh compares them between instruction sets.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/random.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/activation.h"
#include "rtfq/ops/batch_norm.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/code_parts.h"
#include "rtfq/ops/codes.h"
#include "rtfq/ops/dot.h"
#include "rtfq/ops/linear.h"
#include "rtfq/ops/linear_int8.h"
#include "rtfq/ops/lsq.h"
#include "rtfq/ops/normalize_quantize.h"
#include "rtfq/ops/pooling.h"
#include "rtfq/ops/pooling_backward.h"
#include "rtfq/ops/requantize.h"
#include "rtfq/ops/resize_bilinear.h"

namespace rtfq::ops {
namespace {

// Rows that no vector divides, and enough of them for several pieces.
const Shape& kShape = *new Shape{3, 23, 23, 37};
constexpr int64_t kChannels = 37;
constexpr float kStep = 0.03f;

// One line for each operation.
class Line {
 public:
  explicit Line(std::string_view name) : name_(name) {}
  ~Line() { std::printf("%s %s\n", name_.c_str(), hash_.HexDigest().c_str()); }
  template <typename T>
  Line& operator<<(const TensorOf<T>& tensor) {
    for (T value : tensor.span()) Add(value);
    return *this;
  }
  Line& operator<<(double value) {
    Add(value);
    return *this;
  }

 private:
  template <typename T>
  void Add(T value) {
    // Which of two NaNs a sum keeps is the compiler's choice.
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();
    }
    hash_.Update({reinterpret_cast<const char*>(&value), sizeof(value)});
  }
  const std::string name_;
  Sha256 hash_;
};

Tensor Random(const Shape& shape, uint64_t seed) {
  Tensor tensor = Tensor::Uninitialized(shape);
  Rng rng(seed);
  for (float& v : tensor.span()) v = static_cast<float>(rng.Normal());
  return tensor;
}

// The same with what is no ordinary number here and there, and with halves of
// steps, which rounding has to tell apart.
Tensor Special(uint64_t seed) {
  using Limits = std::numeric_limits<float>;
  const std::vector<float> values = {
      Limits::quiet_NaN(),  Limits::infinity(), -Limits::infinity(), -0.0f, 0,
      Limits::denorm_min(), -Limits::min(),     Limits::max(),       1e-30f};
  Tensor tensor = Random(kShape, seed);
  for (int64_t i = 0; i < tensor.count(); ++i) {
    const int64_t k = i % 29;
    if (k < static_cast<int64_t>(values.size())) tensor.data()[i] = values[k];
    if (k == 11) tensor.data()[i] = (static_cast<float>(i % 19) - 9.5f) * kStep;
  }
  return tensor;
}

template <typename T>
TensorOf<T> RandomCodes(const Shape& shape, uint64_t seed, int low, int high) {
  auto codes = TensorOf<T>::Uninitialized(shape);
  Rng rng(seed);
  for (T& c : codes.span()) c = static_cast<T>(rng.Uniform(low, high));
  return codes;
}

struct Inputs {
  Tensor x, dy;
  std::string suffix;
};

struct Channels {
  Tensor gamma = Random({kChannels}, 11), beta = Random({kChannels}, 12);
  Tensor mean = Tensor::Zeros({kChannels}),
         variance = Tensor::Zeros({kChannels});
  Normalization normalization() const {
    return {mean, variance, gamma, beta, 1e-5f};
  }
};

void Elementwise(const ThreadPool& threads, const Inputs& in) {
  Tensor y = Tensor::Uninitialized(kShape);
  Relu(threads, in.x, y);
  Line("relu" + in.suffix) << y;
  Add(threads, in.x, in.dy, y);
  Line("add" + in.suffix) << y;
  Scale(threads, 0.7f, y);
  Line("scale" + in.suffix) << y;
  ReluBackward(threads, in.x, in.dy, y);
  Line("relu backward" + in.suffix) << y;
  const auto narrow = TensorOf<Bf16>::Uninitialized(kShape);
  RoundToBf16(threads, in.x, 0.3f, narrow.view());
  Widen(threads, narrow, y);
  Line("round to bf16, widen" + in.suffix) << y;
  Line("dot" + in.suffix) << Dot(threads, in.x, in.dy);
}

void Quantizers(const ThreadPool& threads, const Inputs& in) {
  for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
    const std::string suffix =
        " " + std::to_string(static_cast<int>(bits)) + in.suffix;
    const CodeRange range = CodesOf(bits, Sign::kUnsigned);
    const CodeRange both = CodesOf(bits, Sign::kSigned);
    const auto codes = TensorOf<uint8_t>::Uninitialized(kShape);
    const auto signed_codes = TensorOf<int8_t>::Uninitialized(kShape);
    Quantize(threads, in.x, kStep, range, codes.view());
    Quantize(threads, in.x, kStep, both, signed_codes.view());
    Line("quantize" + suffix) << codes << signed_codes;
    Tensor v = Tensor::Uninitialized(kShape);
    Dequantize(threads, View<const uint8_t>(codes), kStep, v);
    Line line("dequantize" + suffix);
    line << v;
    Dequantize(threads, View<const int8_t>(signed_codes), kStep, v);
    line << v;
    FakeQuantize(threads, in.x, kStep, both, v);
    Line("fake quantize" + suffix) << v;
    const float dstep =
        FakeQuantizeBackward(threads, in.x, kStep, both, 100, in.dy, v);
    Line("fake quantize backward" + suffix) << v << dstep;
    StepResidual(threads, in.x, kStep, both, v);
    Line("step residual" + suffix) << v;
  }
  Line("mean magnitude" + in.suffix) << MeanMagnitude(threads, in.x);
}

void BatchNorms(const ThreadPool& threads, const Inputs& in) {
  Channels c;
  BatchNormStatistics(threads, in.x, c.mean, c.variance);
  Line("batch norm statistics" + in.suffix) << c.mean << c.variance;
  Tensor y = Tensor::Uninitialized(kShape);
  for (const bool relu : {false, true}) {
    BatchNormNormalize(threads, in.x, c.mean, c.variance, c.gamma, c.beta,
                       1e-5f, relu, y);
    Line("batch norm" + in.suffix) << y;
  }
  BatchNormAddRelu(threads, in.x, c.normalization(), in.dy, y);
  Line("batch norm, add, relu" + in.suffix) << y;
  Tensor dgamma = Tensor::Zeros({kChannels}), dbeta = dgamma.Clone();
  BatchNormBackward(threads, in.x, c.mean, c.variance, c.gamma, 1e-5f, in.dy, y,
                    dgamma, dbeta);
  Line("batch norm backward" + in.suffix) << y << dgamma << dbeta;
  const auto codes = TensorOf<uint8_t>::Uninitialized(kShape);
  const CodeRange range = CodesOf(BitWidth::k6, Sign::kUnsigned);
  NormalizeQuantize(threads, in.x, c.normalization(), kStep, range, codes);
  Line("normalize, quantize" + in.suffix) << codes;
  const auto narrow = TensorOf<Bf16>::Uninitialized(kShape);
  const Bf16Sink sink = {narrow, 0.3f};
  const float dstep =
      NormalizeQuantizeBackward(threads, in.x, c.normalization(), kStep, range,
                                100, in.dy, y, dgamma, dbeta, &sink);
  Widen(threads, narrow, y);
  Line("normalize, quantize backward" + in.suffix)
      << y << dgamma << dbeta << dstep;
}

void Poolings(const ThreadPool& threads, const Inputs& in) {
  const Shape half = {3, 12, 12, kChannels};
  Tensor y = Tensor::Uninitialized(half), dx = Tensor::Uninitialized(kShape);
  const auto winner = TensorOf<uint8_t>::Uninitialized(half);
  MaxPool(threads, in.x, y, winner);
  Line("max pool" + in.suffix) << y << winner;
  MaxPoolBackward(threads, winner, y, dx);
  Line("max pool backward" + in.suffix) << dx;
  Tensor mean = Tensor::Uninitialized({3, kChannels});
  GlobalAveragePool(threads, in.x, mean);
  Line("average pool" + in.suffix) << mean;
  GlobalAveragePoolBackward(threads, mean, dx);
  Line("average pool backward" + in.suffix) << dx;
  ResizeAlignCorners(threads, in.x, y);
  Line("resize" + in.suffix) << y;
}

void Sums(const ThreadPool& threads) {
  const auto sums = RandomCodes<int32_t>(kShape, 21, -2000000, 2000000);
  const SumBlock block = {.first_pixel = 0,
                          .pixels = kShape.count() / kChannels,
                          .first_channel = 0,
                          .channels = kChannels,
                          .sums = sums.data(),
                          .stride = kChannels};
  Channels c;
  for (float& s : c.gamma.span()) s *= 1e-6f;
  const ChannelAffine affine = {c.gamma, c.beta};
  Tensor y = Tensor::Uninitialized(kShape);
  ScaleSums(block, 1e-6f, y);
  Line("scale sums") << y;
  for (const bool relu : {false, true}) {
    AffineSums(block, affine, relu, y);
    Line("affine sums") << y;
  }
  const auto codes = TensorOf<uint8_t>::Uninitialized(kShape);
  const CodeSink sink = {
      CodeStep(kStep, CodesOf(BitWidth::k6, Sign::kUnsigned).max), codes};
  RequantizeSums(block, affine, sink);
  Line("requantize sums") << codes;
  const Tensor shortcut = Random(kShape, 22);
  AddReluSums(block, affine, {.values = shortcut}, kShape, y, nullptr);
  Line("add, relu sums") << y;
  AddReluSums(block, affine, {.values = shortcut}, kShape, y, &sink);
  Line("add, relu, quantize sums") << y << codes;
  AddReluSums(block, affine, {.sums = &block, .affine = affine}, kShape, y,
              &sink);
  Line("add two sums, relu, quantize") << y << codes;
  const auto more = sums.Clone();
  Accumulate(threads, sums.data(), 16, more);
  Line("accumulate") << more;
  for (const Part part : {Part::kLowNibble, Part::kHighNibble, Part::kPositive,
                          Part::kNegative}) {
    const auto cut = TensorOf<uint8_t>::Zeros(kShape);
    CopyPart(threads, RandomCodes<uint8_t>(kShape, 23, 0, 256), 0, kChannels,
             part, cut.data());
    Line("part of codes") << cut;
  }
}

void Linears(const ThreadPool& threads) {
  const Tensor x = Random({9, 131}, 31), w = Random({17, 131}, 32);
  const Tensor bias = Random({17}, 33), dy = Random({9, 17}, 34);
  Tensor y = Tensor::Uninitialized({9, 17});
  Linear(threads, x, w, bias, y);
  Line("linear") << y;
  Tensor dx = Tensor::Zeros({9, 131}), dw = Tensor::Zeros({17, 131});
  Tensor dbias = Tensor::Zeros({17});
  LinearBackward(threads, x, w, dy, dx, dw, dbias);
  Line("linear backward") << dx << dw << dbias;
  LinearInt8(threads, RandomCodes<uint8_t>({9, 131}, 35, 0, 256),
             RandomCodes<int8_t>({17, 131}, 36, -128, 128), 1e-3f, bias, y);
  Line("linear int8") << y;
  const auto narrow = TensorOf<Bf16>::Uninitialized({9, 131});
  Tensor wide = Tensor::Uninitialized({9, 131});
  CodesToBf16(threads, RandomCodes<int8_t>({9, 131}, 37, -128, 128),
              narrow.view());
  Widen(threads, narrow, wide);
  Line("codes to bf16") << wide;
}

bool Has(std::string_view instruction_set) {
#if defined(__x86_64__)
  if (instruction_set == "avx2") return __builtin_cpu_supports("avx2") != 0;
#endif
  return instruction_set.empty();
}

}  // namespace
}  // namespace rtfq::ops

// op_bits [instruction set it was compiled for]
int main(int argc, char** argv) {
  using namespace rtfq::ops;
  if (!Has(argc > 1 ? argv[1] : "")) {
    std::printf("this processor has no %s\n", argv[1]);
    return 77;
  }
  const rtfq::ThreadPool threads(2);
  for (const Inputs& in :
       {Inputs{Random(kShape, 1), Random(kShape, 2), ""},
        Inputs{Special(3), Special(4), ", no ordinary numbers"}}) {
    Elementwise(threads, in);
    Quantizers(threads, in);
    BatchNorms(threads, in);
    Poolings(threads, in);
  }
  Sums(threads);
  Linears(threads);
  return 0;
}
