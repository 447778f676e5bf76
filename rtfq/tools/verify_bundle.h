// Whether what is deployed computes what was trained.
#ifndef RTFQ_TOOLS_VERIFY_BUNDLE_H_
#define RTFQ_TOOLS_VERIFY_BUNDLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/tools/certificate.h"
#include "rtfq/tools/progress.h"

namespace rtfq {

struct VerifyOptions {
  std::string bundle;  // .rtfq
  std::string folder;  // of the run it was exported from
  // Folder of images; "": the run's target images.
  std::string images;
  int64_t most_images = 64;
  int64_t batch_size = 16;
  // Beside the evaluation forward, also compare with the f32 oracle.
  bool with_oracle = true;
  std::vector<std::string> subnets;  // empty: all of the bundle's
  int64_t threads = 0;               // 0: all processors
};

// kFailedPrecondition when the run is not the bundle's (CheckIsOf() in
// export_run.h);
// errors of reading bundle, run and images.
absl::StatusOr<Certificate> VerifyBundle(const VerifyOptions& options,
                                         Progress& progress);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_VERIFY_BUNDLE_H_
