// Activations become codes here, once per tensor.
#ifndef RTFQ_MODELS_ACTIVATION_QUANTIZER_H_
#define RTFQ_MODELS_ACTIVATION_QUANTIZER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/models/pass.h"
#include "rtfq/models/step_sizes.h"

namespace rtfq {

// A tensor as the convolutions behind it read it: codes and their step, or, at
// full precision, the values themselves.
struct QuantizedActivation {
  // Before quantization, [N,H,W,C] or [N,F]; empty where the values were never
  // stored (SwitchableBatchNorm::ForwardQuantized).
  Tensor value;
  TensorOf<uint8_t> codes;  // the bytes of s8 where the sign says so
  BitWidth bits = BitWidth::kFloat;
  Sign sign = Sign::kUnsigned;
  float step = 1;

  const Shape& shape() const {
    return IsQuantized(bits) ? codes.shape() : value.shape();
  }
  // v_hat = codes * step, or the values at full precision.
  Tensor Dequantized(const ThreadPool& threads) const;
};

// Tells the pass's watcher, if there is one, what `layer` reads; at full
// precision there are no codes to tell of.
void TellReads(const Pass& pass, const std::string& layer,
               const QuantizedActivation& x);

// The quantizer in front of one or several convolutions that read the same
// tensor (spec, section 4: a tensor is quantized once).
class ActivationQuantizer {
 public:
  // Steps are parameters "<layer>.input_step.<bits>".
  ActivationQuantizer(ParameterStore& store, const std::string& layer,
                      Sign sign, const std::vector<BitWidth>& bit_widths)
      : sign_(sign), steps_(store, layer + ".input_step", bit_widths) {}

  // `bits` are the quantizer's, which at the stem and the classifier are not
  // the subnet's.
  QuantizedActivation Forward(const ThreadPool& threads, const Tensor& value,
                              BitWidth bits, const Pass& pass) const;

  // Codes of `shape` to be filled by an operation that also makes the values;
  // `bits` at most 8.
  QuantizedActivation Unfilled(const Shape& shape, BitWidth bits) const;
  // Adds the gradient of the step that such codes were made with.
  void AddStepGradient(BitWidth bits, float dstep) const {
    *steps_.ParameterAt(bits)->Touch().data() += dstep;
  }

  // dx_hat, the gradient by v_hat summed over all readers, becomes the gradient
  // by the value (in place); the step's is added to its parameter.
  Tensor Backward(const ThreadPool& threads, const QuantizedActivation& saved,
                  Tensor dx_hat) const;

  // For a reader whose input nobody else learns from: instead of dx_hat, e of
  // v_hat's derivative by the step (ops/lsq.h), empty at full precision; and
  // then sum(dx_hat * e), found without dx_hat.
  Tensor StepResidual(const ThreadPool& threads,
                      const QuantizedActivation& saved) const;
  void AddStepGradientFrom(const QuantizedActivation& saved, double sum) const;

  const StepSizes& steps() const { return steps_; }
  Sign sign() const { return sign_; }

 private:
  void CalibrateStep(const ThreadPool& threads, const Tensor& value,
                     BitWidth bits, int64_t batch) const;

  Sign sign_;
  StepSizes steps_;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_ACTIVATION_QUANTIZER_H_
