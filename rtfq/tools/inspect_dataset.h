// What a folder of images is understood to be, before anything runs.
#ifndef RTFQ_TOOLS_INSPECT_DATASET_H_
#define RTFQ_TOOLS_INSPECT_DATASET_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/parallel.h"

namespace rtfq {

// Text for people about each domain below `root` (folders and image lists): its
// layout, number of images, classes with the smallest, middle and largest
// number of images, classes that other domains have and it has not, its
// manifest hash, or the reason why it is no domain; with `check_images` also
// every image that cannot be decoded, which reads them all. Fails when `root`
// cannot be read or holds nothing that could be a domain.
absl::StatusOr<std::string> DescribeDataset(const std::string& root,
                                            bool check_images,
                                            const ThreadPool& threads);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_INSPECT_DATASET_H_
