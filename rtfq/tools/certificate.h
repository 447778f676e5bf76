// What verifying a bundle found.
#ifndef RTFQ_TOOLS_CERTIFICATE_H_
#define RTFQ_TOOLS_CERTIFICATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rtfq/core/tensor.h"

namespace rtfq {

// Logits of two ways to compute the same subnet.
struct LogitComparison {
  // Adds a batch; both [N,classes].
  void Add(const Tensor& reference, const Tensor& deployed);

  int64_t differing_images = 0;  // with any bit of a logit different
  double largest_difference = 0;
  double largest_logit = 0;  // magnitude, of the reference
  int64_t top1_flips = 0;
};

// The codes that a subnet's convolutions and classifier read, computed in two
// ways. A value at a tie that rounds the other way differs by 1; the layers
// behind it read that, so differences spread and grow.
struct CodeComparison {
  int64_t codes = 0;
  int64_t differing = 0;
  int64_t largest_difference = 0;
};

struct VerifiedSubnet {
  std::string name;
  // Of all deployed logits, f32, in the images' order: equal on machines that
  // compute the same.
  std::string logits_sha256;
  // Deployed against the forward pass that the run's accuracies come from:
  // equal bit for bit, or something is broken.
  LogitComparison evaluation;
  // Deployed against f32 products of fake-quantized values, the paper's
  // arithmetic: rounding differs, so codes at a tie may, too. Counted, never
  // mixed with the above. Zero unless asked for.
  LogitComparison oracle;
  // Of the evaluation forward and the oracle; what they make of one image.
  CodeComparison oracle_codes;
};

struct Certificate {
  std::string bundle;
  std::string run;
  int64_t images = 0;
  std::string engine;  // processor, instruction set, threads
  bool with_oracle = false;
  std::vector<VerifiedSubnet> subnets;

  // Those that equal their evaluation forward.
  int equal_subnets() const;
  // Whether all do.
  bool holds() const {
    return equal_subnets() == static_cast<int>(subnets.size());
  }
  std::string ToJson() const;
  // A line a subnet, for people.
  std::string ToText() const;
};

}  // namespace rtfq

#endif  // RTFQ_TOOLS_CERTIFICATE_H_
