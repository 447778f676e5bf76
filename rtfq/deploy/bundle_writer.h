// Puts a bundle together.
#ifndef RTFQ_DEPLOY_BUNDLE_WRITER_H_
#define RTFQ_DEPLOY_BUNDLE_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rtfq/deploy/bundle.pb.h"

namespace rtfq {

// Collects sections and the header that names them.
class BundleWriter {
 public:
  // Everything but the version and the sections is the caller's to fill.
  BundleHeader& header() { return header_; }

  // Returns the section's index.
  int32_t AddSection(const std::string& name, std::string bytes);

  // The whole file.
  std::string Serialize() const;
  // The same, as WriteFileAtomically (file.h) with its errors.
  absl::Status WriteAtomically(const std::string& path) const;

 private:
  // Everything before the sections.
  std::string Start() const;

  BundleHeader header_;
  std::vector<std::string> sections_;  // each padded to the alignment
  int64_t size_ = 0;
};

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_BUNDLE_WRITER_H_
