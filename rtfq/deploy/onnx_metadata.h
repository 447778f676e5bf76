// What an ONNX model says of itself besides its graph.
#ifndef RTFQ_DEPLOY_ONNX_METADATA_H_
#define RTFQ_DEPLOY_ONNX_METADATA_H_

#include <string>

#include "rtfq/deploy/bundle.pb.h"
#include "rtfq/deploy/onnx.pb.h"

namespace rtfq {

// Adds to the model's metadata_props, from `header` and `subnet`:
//
//   rtfq.subnet         r160-w73-q6
//   rtfq.style          `style`
//   rtfq.exact_sums     true, false
//   rtfq.class_names    json, a list in the order of the logits
//   rtfq.preprocessing  json: resize, crop, mean, std, resolution, order
//   rtfq.provenance     json: the fields of BundleProvenance
//
// Json is UTF-8 whatever the names were: what is none is replaced.
void FillOnnxMetadata(const BundleHeader& header, const BundleSubnet& subnet,
                      const std::string& style, bool exact_sums,
                      onnx::ModelProto& model);

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_ONNX_METADATA_H_
