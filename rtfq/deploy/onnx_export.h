// One subnet of a bundle as an ONNX model, for other people's runtimes.
#ifndef RTFQ_DEPLOY_ONNX_EXPORT_H_
#define RTFQ_DEPLOY_ONNX_EXPORT_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/deploy/bundle.h"

namespace rtfq {

enum class OnnxStyle {
  // Weights are 8-bit initializers behind DequantizeLinear, activations pass
  // QuantizeLinear and DequantizeLinear.
  kQdq,
  // f32 and its operators alone, for runtimes that know no others. Still the
  // quantized network: activations are rounded by Div, Clip and Round.
  kFloat,
};

struct OnnxModel {
  std::string bytes;  // of the file
  // Whether no partial sum of any convolution can leave +-2^24, whatever the
  // image: then f32 products and sums of codes are exact in every order, and a
  // runtime that computes node by node gives the bits of Int8Graph.
  bool exact_sums = false;
};

// What Int8Graph computes, in opset 13:
//
//   codes  = round(clip(x / step))                       whole numbers, as f32
//   y[o]   = Conv(codes, weight codes)[o] * scale[o] + bias[o]
//
// Convolutions read codes, not codes times step: the step is in the scale
// already, and with whole numbers nothing depends on a runtime's order of
// summation. The scale is a Mul behind the Conv, because it is negative where a
// batch norm's is, and because folding it into weights would round them.
//
// Input "images", f32 [N,3,R,R] at the subnet's resolution R, normalised;
// output "logits", f32 [N,classes]. Metadata under "rtfq.": subnet, style,
// exact_sums, class_names, preprocessing, provenance (docs/onnx.md).
//
// Errors as Bundle::Subnet(); kDataLoss for damaged sections and for scales or
// biases that are not finite; kResourceExhausted beyond the 2 GiB of one file.
absl::StatusOr<OnnxModel> ToOnnx(const Bundle& bundle,
                                 const std::string& subnet, OnnxStyle style);

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_ONNX_EXPORT_H_
