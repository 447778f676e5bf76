// Resized images kept in memory, so that each is decoded once.
#ifndef RTFQ_DATA_IMAGE_CACHE_H_
#define RTFQ_DATA_IMAGE_CACHE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/data/dataset.h"
#include "rtfq/data/image.h"
#include "rtfq/data/image_decoder.h"
#include "rtfq/data/transforms.h"

namespace rtfq {

// The images of a dataset after ResizeFirst. The first ones asked for are kept
// until `max_bytes` are used and stay; the rest are decoded every time. (Each
// epoch asks for every image once, where throwing out the oldest would keep
// none.) What is kept never changes a result. Thread-safe.
class ImageCache {
 public:
  // `images` are only looked at here: their paths are copied.
  ImageCache(const std::vector<ImageRecord>& images,
             const TransformOptions& options, const DecodeLimits& limits,
             int64_t max_bytes);

  // Fails as DecodeImageFile does.
  absl::StatusOr<std::shared_ptr<const RgbImage>> Get(int64_t index);

 private:
  std::vector<std::string> paths_;
  const TransformOptions options_;
  const DecodeLimits limits_;
  std::mutex mutex_;
  int64_t bytes_left_;                                   // guarded by mutex_
  std::vector<std::shared_ptr<const RgbImage>> images_;  // guarded by mutex_
};

}  // namespace rtfq

#endif  // RTFQ_DATA_IMAGE_CACHE_H_
