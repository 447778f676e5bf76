// Images as the network reads them.
#ifndef RTFQ_DATA_BATCH_H_
#define RTFQ_DATA_BATCH_H_

#include <cstdint>
#include <vector>

#include "rtfq/core/tensor.h"

namespace rtfq {

// N transformed images of one domain.
struct ImageBatch {
  Tensor images;                 // [N,crop,crop,3], normalised
  std::vector<int64_t> labels;   // N; -1 where unknown or kept back
  std::vector<int64_t> indices;  // N; which of the domain's images
};

// What one training step reads. Target labels are always -1.
struct PairedBatch {
  ImageBatch source;
  ImageBatch target;
};

}  // namespace rtfq

#endif  // RTFQ_DATA_BATCH_H_
