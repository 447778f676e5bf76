#include "rtfq/data/image_cache.h"

#include <utility>

#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {

ImageCache::ImageCache(const std::vector<ImageRecord>& images,
                       const TransformOptions& options,
                       const DecodeLimits& limits, int64_t max_bytes)
    : options_(options),
      limits_(limits),
      bytes_left_(max_bytes),
      images_(images.size()) {
  paths_.reserve(images.size());
  for (const ImageRecord& image : images) paths_.push_back(image.path);
}

absl::StatusOr<std::shared_ptr<const RgbImage>> ImageCache::Get(int64_t index) {
  RTFQ_CHECK(index >= 0 && index < static_cast<int64_t>(paths_.size()));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (images_[index] != nullptr) return images_[index];
  }
  // Outside the lock; should two threads want the same image, both decode it.
  RTFQ_ASSIGN_OR_RETURN(const RgbImage decoded,
                        DecodeImageFile(paths_[index], limits_));
  auto image = std::make_shared<const RgbImage>(ResizeFirst(decoded, options_));
  const int64_t bytes = static_cast<int64_t>(image->pixels.size());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (images_[index] == nullptr && bytes <= bytes_left_) {
    bytes_left_ -= bytes;
    images_[index] = image;
  }
  return image;
}

}  // namespace rtfq
