#include "rtfq/ops/conv2d_int8.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "rtfq/core/check.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/code_tiles.h"
#include "rtfq/ops/conv2d_amx.h"
#include "rtfq/ops/conv2d_code_groups.h"
#include "rtfq/ops/conv2d_memory.h"
#include "rtfq/ops/conv2d_tiles.h"
#include "rtfq/ops/conv2d_winograd.h"

namespace rtfq::ops {
namespace {

// Reads sums into `acc`.
auto CopyTo(View<int32_t> acc) {
  return [acc](const SumBlock& block) {
    const int64_t channels = acc.shape()[3];
    int32_t* to =
        acc.data() + block.first_pixel * channels + block.first_channel;
    for (int64_t i = 0; i < block.pixels; ++i) {
      std::copy_n(block.sums + i * block.stride, block.channels,
                  to + i * channels);
    }
  };
}

std::optional<TileSet> TilesHere() {
  if (UsesAvx512Vnni()) return TileSet::kAvx512Vnni;
  if (UsesAvxVnni()) return TileSet::kAvxVnni;
  if (UsesPlainAvx2()) return TileSet::kAvx2;
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<Conv2dCodeKernel>> KernelFor(
    const Engine& engine, const Conv2dGeometry& geometry, BitWidth bits,
    Sign sign) {
  if (UsesAmx()) return std::make_unique<Conv2dAmx>(engine, geometry, sign);
  if (UsesAvx512Vnni() && Conv2dWinograd::Suits(geometry, bits, sign)) {
    return std::make_unique<Conv2dWinograd>(engine, geometry);
  }
  if (const std::optional<TileSet> set = TilesHere()) {
    return std::make_unique<Conv2dTiles>(engine, geometry, bits, sign, *set);
  }
  return Conv2dCodeGroups::Create(engine, geometry, bits, sign);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Conv2dInt8Plan>> Conv2dInt8Plan::Create(
    const Engine& engine, const Conv2dGeometry& geometry, BitWidth bits,
    Sign sign) {
  RTFQ_RETURN_IF_ERROR(CheckGeometry(geometry));
  RTFQ_CHECK(IsQuantized(bits));
  auto plan =
      std::unique_ptr<Conv2dInt8Plan>(new Conv2dInt8Plan(engine, geometry));
  RTFQ_ASSIGN_OR_RETURN(plan->kernel_, KernelFor(engine, geometry, bits, sign));
  return plan;
}

Conv2dInt8Plan::PackedWeights Conv2dInt8Plan::Pack(
    View<const int8_t> w_codes) const {
  PackedWeights weights;
  weights.packed_ = TensorOf<uint8_t>::Uninitialized({kernel_->packed_bytes()});
  kernel_->Pack(w_codes, weights.packed_.data());
  return weights;
}

void Conv2dInt8Plan::Forward(View<const uint8_t> x_codes,
                             View<const int8_t> w_codes,
                             View<int32_t> acc) const {
  RTFQ_CHECK(acc.shape() == geometry_.y_shape() && acc.IsDense());
  Forward(x_codes, w_codes, CopyTo(acc));
}

void Conv2dInt8Plan::Forward(View<const uint8_t> x_codes,
                             View<const int8_t> w_codes,
                             SumReader reader) const {
  const auto packed = engine_.scratch().Borrow(kernel_->packed_bytes());
  kernel_->Pack(w_codes, packed.data());
  kernel_->Forward(x_codes, packed.data(), reader, {});
}

void Conv2dInt8Plan::Forward(View<const uint8_t> x_codes,
                             const PackedWeights& weights,
                             View<int32_t> acc) const {
  RTFQ_CHECK(acc.shape() == geometry_.y_shape() && acc.IsDense());
  Forward(x_codes, weights, CopyTo(acc));
}

void Conv2dInt8Plan::Forward(View<const uint8_t> x_codes,
                             const PackedWeights& weights, SumReader reader,
                             View<const float> beside) const {
  RTFQ_CHECK(weights.bytes() == kernel_->packed_bytes());
  kernel_->Forward(x_codes, weights.packed_.data(), reader, beside);
}

void Conv2dInt8Plan::ForwardPair(View<const uint8_t> x_codes,
                                 const PackedWeights& weights,
                                 const Conv2dInt8Plan& other,
                                 View<const uint8_t> other_codes,
                                 const PackedWeights& other_weights,
                                 SumPairReader reader) const {
  if (kernel_->PairsWith(*other.kernel_)) {
    kernel_->ForwardPair({x_codes, weights.packed_.data()}, *other.kernel_,
                         {other_codes, other_weights.packed_.data()}, reader);
    return;
  }
  const Shape shape = geometry_.y_shape();
  const auto memory = engine_.scratch().Borrow(shape.count() * 4);
  const View<int32_t> sums(memory.as<int32_t>(), shape);
  other.Forward(other_codes, other_weights, sums);
  Forward(x_codes, weights, [&](const SumBlock& block) {
    SumBlock beside = block;
    beside.stride = shape[3];
    beside.sums =
        sums.data() + block.first_pixel * shape[3] + block.first_channel;
    reader(block, beside);
  });
}

}  // namespace rtfq::ops
