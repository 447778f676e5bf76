// What a subnet costs, from the spec alone: no tensor is made.
#ifndef RTFQ_EVAL_COST_MODEL_H_
#define RTFQ_EVAL_COST_MODEL_H_

#include <cstdint>

#include "rtfq/models/resnet_spec.h"
#include "rtfq/models/subnet_config.h"

namespace rtfq {

// Multiply-adds of one image: convolutions and classifier. The paper's figures
// are half of these ("0.2 to 2.0 G" for ResNet-50, where 0.50 to 4.09 are
// counted here and elsewhere in the field); PaperMacs() is its way to count.
int64_t Macs(const ResNetSpec& spec, const SubnetConfig& subnet);
inline int64_t PaperMacs(int64_t macs) { return macs / 2; }

// The sum of MACs * bits of the weight * bits of the input (paper, section
// IV-A). Stem and classifier are 8/8 in every quantized subnet: 64 a MAC, the
// others bits * bits. Full precision: 32 * 32 a MAC everywhere.
int64_t BitOps(const ResNetSpec& spec, const SubnetConfig& subnet);

// Bytes of the weights as a deployed subnet stores them, batch norms folded.
// Quantized: codes packed without gaps within a layer (the subnet's bits; 8 for
// stem and classifier), an f32 scale and bias for every output channel of a
// convolution, one f32 scale and the f32 biases of the classifier. Full
// precision: f32 weights and biases. Names, steps of activations and file
// headers are not counted.
int64_t WeightBytes(const ResNetSpec& spec, const SubnetConfig& subnet);

}  // namespace rtfq

#endif  // RTFQ_EVAL_COST_MODEL_H_
