// One subnet of a bundle, ready to run: the edge half.
#ifndef RTFQ_DEPLOY_INT8_GRAPH_H_
#define RTFQ_DEPLOY_INT8_GRAPH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/ops/code_step.h"
#include "rtfq/ops/conv2d_geometry.h"
#include "rtfq/ops/conv2d_int8.h"
#include "rtfq/ops/requantize.h"
#include "rtfq/ops/sum_block.h"

namespace rtfq {

// Integer convolutions between folded batch norms (ops/requantize.h); the
// residual stream is f32, as in training. The logits are, bit for bit, those of
// Supernet::Forward() in Mode::kInference, on every instruction set and number
// of threads. Links no backward pass, no trainer, no supernet. Immutable, so
// any number of threads may run it at once.
//
// A large batch passes in parts of equal size, the largest whose activations
// stay in a cache, at least an image a thread: beyond it the residual stream
// goes through memory, block after block (ours, because measured:
// docs/performance.md). A prime number of images passes whole or one by one.
class Int8Graph {
 public:
  // Half of a common last-level cache; the weights want some, too.
  static constexpr int64_t kCacheBytes = int64_t{16} << 20;

  // kInvalidArgument unless so many images at once are possible, 1 to 4096.
  static absl::Status CheckBatch(int64_t batch);

  // Unpacks the subnet's codes and compiles its convolutions for `batch` images
  // at once. kNotFound naming the subnets there are, kInvalidArgument for a bad
  // batch, kDataLoss for damaged sections or scales that are not finite; errors
  // of Conv2dInt8Plan::Create(). `engine` must outlive the graph.
  // `cache_bytes`: for the largest activation of the images that pass at once.
  static absl::StatusOr<std::unique_ptr<Int8Graph>> Create(
      const Engine& engine, std::shared_ptr<const Bundle> bundle,
      const std::string& subnet, int64_t batch,
      int64_t cache_bytes = kCacheBytes);

  // images [batch,S,S,3], normalised -> logits [batch, classes]. Where S is not
  // the subnet's resolution they are resized to it (ops/resize_bilinear.h).
  Tensor Forward(const Tensor& images) const;

  const BundleSubnet& subnet() const { return *subnet_; }
  int64_t batch() const { return batch_; }
  // A divisor of batch().
  int64_t images_at_once() const { return at_once_; }
  // Of the weights as the kernels want them.
  int64_t packed_bytes() const;
  // What each convolution is computed with, a line each.
  std::string Description() const;

 private:
  struct Convolution {
    std::unique_ptr<ops::Conv2dInt8Plan> plan;
    ops::Conv2dInt8Plan::PackedWeights weights;
    ops::ChannelAffine affine;
    // Of the codes it reads; the first one's are signed and made by division.
    ops::CodeStep input_step;
  };
  Int8Graph(const Engine& engine, std::shared_ptr<const Bundle> bundle,
            const BundleSubnet* subnet, int64_t batch)
      : engine_(engine),
        bundle_(std::move(bundle)),
        subnet_(subnet),
        batch_(batch) {}

  absl::Status Compile(int64_t cache_bytes);
  absl::Status AddConvolution(const ops::Conv2dGeometry& geometry);

  const BundleGraph& graph() const { return bundle_->header().graph(); }
  Shape OutputShape(int index) const;
  void Convolve(int index, const TensorOf<uint8_t>& codes,
                ops::SumReader reader, View<const float> beside = {}) const;
  // The convolution with its batch norm.
  Tensor Affine(int index, const TensorOf<uint8_t>& codes, bool relu) const;
  TensorOf<uint8_t> Quantized(const Tensor& x, float step, BitWidth bits) const;
  // Of the images at the subnet's resolution.
  TensorOf<uint8_t> ImageCodes(View<const float> images) const;
  Tensor Stem(View<const float> images) const;
  // The codes of Stem()'s values: as both are monotone, pooling and quantizing
  // may change places.
  TensorOf<uint8_t> StemCodes(View<const float> images,
                              const ops::CodeStep& step) const;
  // Whether there is a block `index` and its shortcut is a convolution, so that
  // nobody reads the f32 values before it.
  bool ReadsCodesAlone(int index) const;
  // The block's first convolution.
  const Convolution& FirstOf(int index) const;
  // `x` are the block's input, without data where ReadsCodesAlone(); `codes`
  // are its codes and become those of the next one, unless it is the last.
  Tensor Block(int index, const Tensor& x, TensorOf<uint8_t>& codes) const;
  // images [G,S,S,3] -> logits [G,K], G = at_once_.
  void ForwardPart(View<const float> images, View<float> logits) const;

  const Engine& engine_;
  const std::shared_ptr<const Bundle> bundle_;
  const BundleSubnet* const subnet_;
  const int64_t batch_;
  int64_t at_once_ = 1;
  std::vector<Convolution> convolutions_;
  TensorOf<int8_t> classifier_codes_;  // [K,F]
};

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_INT8_GRAPH_H_
