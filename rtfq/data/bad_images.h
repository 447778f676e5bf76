// Finding images that cannot be used before anything depends on them.
#ifndef RTFQ_DATA_BAD_IMAGES_H_
#define RTFQ_DATA_BAD_IMAGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rtfq/core/parallel.h"
#include "rtfq/data/dataset.h"
#include "rtfq/data/image_decoder.h"

namespace rtfq {

// What to do about an image that cannot be decoded.
enum class BadImagePolicy {
  kFail,  // the run stops with an error that names it
  kSkip,  // all are found and dropped before the run begins
};

struct BadImage {
  int64_t index = 0;   // in DomainDataset::images
  std::string reason;  // begins with the path
};

struct BadImageReport {
  std::vector<BadImage> images;  // by index

  bool empty() const { return images.empty(); }
  // One line that counts and one for each image; "" when there are none.
  std::string ToString() const;
};

// Decodes every image once.
BadImageReport CheckImages(const DomainDataset& dataset,
                           const DecodeLimits& limits,
                           const ThreadPool& threads);

// The dataset without the images of `report`, which is of this dataset.
DomainDataset RemoveBad(const DomainDataset& dataset,
                        const BadImageReport& report);

}  // namespace rtfq

#endif  // RTFQ_DATA_BAD_IMAGES_H_
